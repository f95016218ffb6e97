"""Entering somebody: what the house wants on every card, and the warning that they may be in the register already."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from uuid import UUID

from services.contracts.profiles import (
    ChangeProfile,
    CreateProfile,
    EntryRule,
    EntryRules,
    PossibleDuplicate,
    ReadEntryRules,
    SetEntryRule,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.profiles.domain.card import Card
from services.profiles.domain.entry import entry_rule, refuse_incomplete
from services.profiles.domain.guests import Guest
from services.profiles.domain.recognition import traces
from services.profiles.domain.waiting import locks
from services.profiles.doors.matching import Nearest, nearest
from services.profiles.store import entry as store
from services.profiles.store import recognition

_MOST = 10  # candidates that are shown


class Entering:
    @query
    def read_entry_rules(self, tx: Tx, request: ReadEntryRules) -> EntryRules:
        return EntryRules(items=store.rules(tx))

    @command
    def set_entry_rule(self, tx: Tx, request: SetEntryRule) -> EntryRules:
        said = EntryRule(
            kind=request.kind, country=request.country, property_id=request.property_id, required=request.required
        )
        store.set_rule(tx, entry_rule(said))
        return EntryRules(items=store.rules(tx))


def check_entry(tx: Tx, request: CreateProfile | ChangeProfile, card: Card, before: Card | None = None) -> None:
    """Raises NotAProfile where something is missing that is wanted where the card is written."""
    refuse_incomplete(card, store.rules(tx), country=request.country, property_id=request.property_id, before=before)


def wait_for_twins(tx: Tx, card: Card) -> None:
    """Of two who write the same person at once, the second goes on when the first is done. Before any row is locked."""
    recognition.wait_for(tx, locks(traces([Guest(0, card)])))


def warn_of_duplicates(tx: Tx, card: Card, confirmed: Iterable[UUID]) -> None:
    """Raises PossibleDuplicate, unless everybody who may be the same has been confirmed to be somebody else."""
    _warn(_like(tx, card, ()), confirmed)


def warn_of_new_duplicates(tx: Tx, profile_id: UUID, card: Card, before: Card, confirmed: Iterable[UUID]) -> None:
    """As `warn_of_duplicates`, for a card that becomes like somebody whom it was not like before the change."""
    near = _like(tx, card, {profile_id})
    if {each.profile_id for each in near} - {*confirmed}:
        known = {each.profile_id for each in _like(tx, before, {profile_id})}
        _warn([each for each in near if each.profile_id not in known], confirmed)


def _like(tx: Tx, card: Card, apart_from: Container[UUID]) -> list[Nearest]:
    return [each for each in nearest(tx, card, apart_from=apart_from, most=_MOST) if each.verdict != "new"]


def _warn(near: list[Nearest], confirmed: Iterable[UUID]) -> None:
    if {each.profile_id for each in near} - {*confirmed}:
        shown = [{"id": str(e.profile_id), "score": e.score, "reasons": list(e.reasons)} for e in near]
        raise PossibleDuplicate(facts={"candidates": json.dumps(shown)})
