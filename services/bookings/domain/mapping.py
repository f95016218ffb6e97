"""Codes of other systems: what a source calls a property, its room types and its rates, and what the house does.

The house's own codes need no mapping; one of the source's that reads the same is still the source's where it is mapped.
Rates are free words of the house: a source none of whose rates is mapped says the house's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from services.bookings.domain.texts import faults
from services.contracts.bookings import BookingNotice, Code, CodeKind, NotACode, Property
from services.kit.refusal import Problem

LONGEST = 60

Ours = Mapping[tuple[CodeKind, str], str]


@dataclass(frozen=True, kw_only=True)
class House(Property):
    """A property with the codes of the source that speaks, (kind, theirs) → ours, and the `groups` that book there."""

    codes: Ours = field(default_factory=dict)
    groups: frozenset[str] = frozenset()


def checked(codes: tuple[Code, ...], source: str, house: Property) -> tuple[Code, ...]:
    """The codes to keep, without stray spaces; refuses with NotACode."""
    stripped = tuple(replace(c, theirs=c.theirs.strip(), ours=c.ours.strip(), source=source.strip()) for c in codes)
    problems = [*faults("/source", source, LONGEST, needed=True), *_faults(stripped, house)]
    if problems:
        raise NotACode(errors=problems[:50])
    return stripped


def _faults(codes: tuple[Code, ...], house: Property) -> Iterator[Problem]:
    types = {kind.code for kind in house.room_types}
    seen = set()
    for n, code in enumerate(codes):
        for name in ("theirs", "ours"):
            yield from faults(f"/codes/{n}/{name}", getattr(code, name), LONGEST, needed=True)
        if (code.kind, code.theirs) in seen:
            yield Problem(f"/codes/{n}/theirs", "There twice.")
        seen.add((code.kind, code.theirs))
        if code.kind == "property" and code.ours != house.code:
            yield Problem(f"/codes/{n}/ours", f"These are the codes of {house.code}.")
        if code.kind == "room_type" and code.ours not in types:
            yield Problem(f"/codes/{n}/ours", f"{house.code} has no room type with this code.")


def lacking(notice: BookingNotice, house: House | None) -> tuple[str, str] | None:
    """Why the notice cannot be said in the house's words, as a code and a text that names the code it stumbles over."""
    if house is None:
        return "unknown-property", f'"{notice.property}" is neither a property nor mapped to one for {notice.source}'
    if notice.group and notice.group not in house.groups:
        return "unknown-group", f'"{notice.group}" is not the code of a group at {house.code} that is not cancelled'
    types = {kind.code for kind in house.room_types}
    rates = {code for (kind, _), code in house.codes.items() if kind == "rate"}
    for room in _in_our_words(notice, house).rooms:
        if room.room_type not in types:
            said = f'"{room.room_type}" is neither a room type of {house.code} nor mapped to one for {notice.source}'
            return "unknown-room-type", said
        if room.rate and rates and room.rate not in rates:
            said = f'"{room.rate}" is not among the rates of {house.code} that are mapped for {notice.source}'
            return "unknown-rate", said
    return None


def in_our_words(notice: BookingNotice, house: House) -> BookingNotice:
    """The notice with the house's codes in place of the source's; what is not mapped stays as it is."""
    return _in_our_words(notice, house) if house.codes else notice


def _in_our_words(notice: BookingNotice, house: House) -> BookingNotice:
    def ours(kind: CodeKind, theirs: str) -> str:
        return house.codes.get((kind, theirs.strip()), theirs)

    rooms = (
        replace(r, room_type=ours("room_type", r.room_type), rate=ours("rate", r.rate) if r.rate else None)
        for r in notice.rooms
    )
    return replace(notice, rooms=tuple(rooms))
