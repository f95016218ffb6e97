"""The rows of a batch as they would be written by hand: what the house needs on every card, and its own fields.

Who is new is asked for all of it; whoever is known already lacks what they lacked before.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from services.contracts.profiles import EntryRule, FieldDefinition
from services.kit.db import Tx
from services.profiles.domain import columns, field_values
from services.profiles.domain.entry import lacking
from services.profiles.domain.faults import Faults
from services.profiles.domain.field_values import Kept
from services.profiles.domain.importing import Draft, Plan, read
from services.profiles.doors.fields import defaults, place_of, tell
from services.profiles.store import entry, identifiers, register
from services.profiles.store import field_definitions as definitions
from services.profiles.store import fields as store

T = TypeVar("T")
_AT_ONCE: Final = 20  # rows: a millisecond or two


def in_turns(items: Iterable[T]) -> Iterator[T]:
    """The same, and after some of them the process's other green threads: one may hold what all batches wait for."""
    for n, item in enumerate(items):
        if n % _AT_ONCE == 0:
            time.sleep(0)
        yield item


def drafts_of(tx: Tx, rows: Iterable[Sequence[str]], plan: Plan, now: datetime) -> list[Draft]:
    """Each row begins with its number in the file."""
    levels, rules = register.levels(tx), identifiers.rules(tx)
    wanted, known = entry.rules(tx), definitions.known(tx)
    drafts = [read(int(row[0]), row[1:], plan, levels, now, rules) for row in in_turns(rows)]
    if not (wanted or known or any(draft.fields for draft in drafts)):
        return drafts
    return [_whole(draft, plan.country, wanted, known) if draft.card else draft for draft in in_turns(drafts)]


def fill(
    tx: Tx,
    said: Iterable[tuple[UUID, Mapping[str, Any] | None, Mapping[str, Any] | None]],
    created: Collection[UUID],
) -> set[UUID]:
    """The house's own fields of cards that have nothing in them: as a row says, or by default where the card is new.

    Answers whose of those that were there before.
    """
    wanted: dict[UUID, dict[str, Any]] = {}
    by_default: dict[UUID, dict[str, Any]] = {}
    for who, values, otherwise in said:
        wanted[who] = {**(values or {}), **wanted.get(who, {})}
        if who in created:
            by_default.setdefault(who, {}).update(otherwise or {})
    for who, otherwise in by_default.items():
        wanted[who] = {**otherwise, **wanted[who]}
    known = definitions.known(tx, {code for values in wanted.values() for code in values}) if wanted else {}
    kept: list[tuple[UUID, Kept]] = []
    for who, values in sorted(wanted.items()):
        has = set() if who in created or not values else {*store.of_profile(tx, register.lock(tx, who).id)}
        for code, value in values.items():
            if code in known and code not in has:
                made = known[code]
                kept.append((who, Kept(made, made.type, value, "import", tx.context.actor, tx.now)))
    store.keep(tx, kept)
    filled = {who for who, _ in kept if who not in created}
    if filled:
        tell(tx, filled)
    return filled


def _whole(
    draft: Draft, country: str | None, wanted: Iterable[EntryRule], known: Mapping[str, FieldDefinition]
) -> Draft:
    """With the values of its own fields, and what it lacks to be a new card; refused where a value cannot be."""
    assert draft.card is not None
    faults = Faults()
    place = place_of(draft.card, country, None)
    lives = next((each.country for each in draft.card.addresses if each.country), country)
    values: dict[str, Any] = {}
    for code, text in (draft.fields or {}).items():
        made = known.get(code)
        if made is None or made.retired or (made.kinds and draft.card.kind not in made.kinds):
            faults.add(code, "There is no such field.")
        else:
            value = faults.check(code, field_values.from_text, made, text, lives)
            if value is not None:
                values[code] = value
    if faults.found:
        return Draft(draft.row, faults=tuple((f"{columns.OWN}{each.pointer}", each.detail) for each in faults.found))
    otherwise = defaults(known, place, draft.fields or {})
    missing = lacking(draft.card, wanted, country=country, property_id=None)
    missing += [f"{columns.OWN}{code}" for code in field_values.lacking(known.values(), {*otherwise, *values}, place)]
    return replace(draft, fields=values, defaults=otherwise, lacking=tuple(missing))
