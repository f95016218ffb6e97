"""Cards: entered, read and changed by hand."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from services.contracts.profiles import (
    ChangeProfile,
    ContactsChanged,
    CreateProfile,
    LevelChanged,
    Profile,
    ProfileChanged,
    ProfileCreated,
    ProfileHasChanged,
    ReadProfile,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.profiles.domain.card import changed_card, is_unwelcome, new_card
from services.profiles.domain.registered import Registered
from services.profiles.store import recognition, register


class Cards:
    @command
    def create_profile(self, tx: Tx, request: CreateProfile) -> Profile:
        levels = register.levels(tx) if request.level else {}
        card = new_card(request, levels, tx.now.date())
        unwelcome = is_unwelcome(card, levels)
        created = Registered(uuid4(), 1, card, unwelcome, "lead", tx.now, tx.now)
        recognition.save(tx, created={created.id: card}, stage=created.stage)
        tx.announce(ProfileCreated(profile_id=created.id, version=1, kind=card.kind))
        if card.level:
            tx.announce(_level_changed(created))
        return created.shown()

    @query
    def read_profile(self, tx: Tx, request: ReadProfile) -> Profile:
        return register.read(tx, request.profile_id).shown()

    @command
    def change_profile(self, tx: Tx, request: ChangeProfile) -> Profile:
        """A change that changes nothing leaves the version as it is."""
        before = register.lock(tx, request.profile_id)
        if before.version != request.version:
            raise ProfileHasChanged(facts={"version": str(before.version)})
        levels = register.levels(tx)
        card = changed_card(before.card, request, levels, tx.now.date())
        if card == before.card:
            return before.shown()
        unwelcome = is_unwelcome(card, levels)
        version = register.replace(tx, before.id, card, points_too=card.points != before.card.points)
        after = replace(before, version=version, card=card, do_not_book=unwelcome, changed_at=tx.now)
        tx.announce(ProfileChanged(profile_id=after.id, version=version))
        if card.level != before.card.level:
            tx.announce(_level_changed(after))
        if card.identity != before.card.identity:
            tx.announce(ContactsChanged(profile_id=after.id, version=version))
        return after.shown()


def _level_changed(profile: Registered) -> LevelChanged:
    return LevelChanged(
        profile_id=profile.id, version=profile.version, level=profile.card.level, do_not_book=profile.do_not_book
    )
