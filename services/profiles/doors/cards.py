"""Cards: entered, read and changed by hand."""

from __future__ import annotations

from dataclasses import replace

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
from services.kit.ids import new_id
from services.profiles.domain.card import changed_card, changed_fields, is_unwelcome, new_card
from services.profiles.domain.entry import written
from services.profiles.domain.registered import Registered
from services.profiles.doors import fields
from services.profiles.doors.entry import check_entry, wait_for_twins, warn_of_duplicates, warn_of_new_duplicates
from services.profiles.store import identifiers, recognition, register, timeline
from services.profiles.store.timeline import Entry


class Cards:
    @command
    def create_profile(self, tx: Tx, request: CreateProfile) -> Profile:
        request = written(request, request.kind)
        levels = register.levels(tx, hold=True) if request.level else {}
        card = new_card(request, levels, tx.now.date(), identifiers.rules(tx))
        check_entry(tx, request, card)
        filling = fields.fill_new(tx, request, card)
        wait_for_twins(tx, card)
        warn_of_duplicates(tx, card, request.confirm)
        unwelcome = is_unwelcome(card, levels)
        created = Registered(new_id(), 1, card, unwelcome, "lead", tx.now, tx.now)
        recognition.save(tx, created={created.id: card}, stage=created.stage)
        fields.keep(tx, created.id, filling)
        tx.announce(ProfileCreated(profile_id=created.id, version=1, kind=card.kind))
        if card.level:
            tx.announce(_level_changed(created))
        return register.read(tx, created.id).shown()

    @query
    def read_profile(self, tx: Tx, request: ReadProfile) -> Profile:
        return register.read(tx, request.profile_id).shown()

    @command
    def change_profile(self, tx: Tx, request: ChangeProfile) -> Profile:
        """A change that changes nothing leaves the version as it is."""
        before = register.look(tx, request.profile_id)
        if before.version != request.version:
            raise ProfileHasChanged(facts={"version": str(before.version)})
        levels = register.levels(tx, hold=request.level is not None)
        request = written(request, before.card.kind)
        card = changed_card(before.card, request, levels, tx.now.date(), identifiers.rules(tx))
        filling = fields.fill(tx, request, before.id, card)
        if card == before.card and not filling.values:
            return register.read(tx, before.id).shown()
        check_entry(tx, request, card, before.card)
        if card.identity != before.card.identity:
            wait_for_twins(tx, card)
            warn_of_new_duplicates(tx, before.id, card, before.card, request.confirm)
        if (version := register.lock(tx, before.id).version) != request.version:
            raise ProfileHasChanged(facts={"version": str(version)})
        unwelcome = is_unwelcome(card, levels)
        version = register.replace(tx, before.id, card, points_too=card.points != before.card.points)
        fields.keep(tx, before.id, filling)
        after = replace(before, version=version, card=card, do_not_book=unwelcome, changed_at=tx.now)
        tx.announce(ProfileChanged(profile_id=after.id, version=version))
        facts = {"fields": [*changed_fields(before.card, card), *filling.names]}
        timeline.record(tx, Entry(after.id, tx.now, "change", "profile.changed", actor=tx.context.actor, facts=facts))
        if card.level != before.card.level:
            tx.announce(_level_changed(after))
            timeline.record(tx, Entry(after.id, tx.now, "change", "level.changed", actor=tx.context.actor))
        if card.identity != before.card.identity:
            tx.announce(ContactsChanged(profile_id=after.id, version=version))
        return register.read(tx, after.id).shown()


def _level_changed(profile: Registered) -> LevelChanged:
    return LevelChanged(
        profile_id=profile.id, version=profile.version, level=profile.card.level, do_not_book=profile.do_not_book
    )
