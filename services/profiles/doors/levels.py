"""The house's levels, and what becomes of whoever has one that is changed."""

from __future__ import annotations

from dataclasses import replace

from services.contracts.profiles import (
    AddLevel,
    Level,
    LevelChanged,
    LevelHasChanged,
    LevelRuleChanged,
    LevelsFound,
    ProfileChanged,
    ReadLevel,
    ReadLevels,
    SetLevel,
)
from services.kit.db import Tx
from services.kit.doors import command, query, subscribe
from services.profiles.domain.levels import is_told, level_of
from services.profiles.store import levels as store


class LevelsOfTheHouse:
    @query
    def read_levels(self, tx: Tx, request: ReadLevels) -> LevelsFound:
        return LevelsFound(items=store.find(tx, request.retired))

    @query
    def read_level(self, tx: Tx, request: ReadLevel) -> Level:
        return store.read(tx, request.code)

    @command
    def add_level(self, tx: Tx, request: AddLevel) -> Level:
        level = level_of(request)
        store.add(tx, level)
        return level

    @command
    def set_level(self, tx: Tx, request: SetLevel) -> Level:
        """A change that changes nothing leaves the version as it is. Recognition and cards know of it at once; bookings
        of Do Not Book, and caches of cards, as soon as everybody who has the level was told of.
        """
        before = store.lock(tx, request.code)
        if before.version != request.version:
            raise LevelHasChanged(facts={"version": str(before.version)})
        after = replace(level_of(request), version=before.version)
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        store.replace(tx, after)
        if is_told(before, after):
            tx.announce(LevelRuleChanged(code=after.code, version=after.version))
        return after

    @subscribe(LevelRuleChanged)
    def tell_who_has_it(self, tx: Tx, event: LevelRuleChanged) -> None:
        """A batch, and then the next one; where the level was changed again meanwhile, that begins its own."""
        level = store.lock(tx, event.code)
        if level.version != event.version:
            return
        found = store.renew(tx, level.code, event.after)
        for row in found:
            tx.announce(ProfileChanged(profile_id=row.id, version=row.version))
            tx.announce(
                LevelChanged(profile_id=row.id, version=row.version, level=level.name, do_not_book=level.do_not_book)
            )
        if len(found) == store.AT_ONCE:
            last = max(row.id for row in found)
            tx.announce(LevelRuleChanged(code=level.code, version=level.version, after=last))
