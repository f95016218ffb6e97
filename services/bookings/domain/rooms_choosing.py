"""Which of the free rooms is best for a stay: what the guests need first, then as few empty nights as can be.

The rooms of a type are filled so that long stays still find one room for all their nights: a stay goes where it leaves
the smallest gaps to the stays before and after it (best fit).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.bookings.domain.nights import Span
from services.contracts.bookings import Feature, Housekeeping, Need, RoomOption

# What of a room fulfils a need; other needs are not the room's.
_FULFILLED_BY: Mapping[Need, Feature] = {
    "accessible": "accessible",
    "double-bed": "double-bed",
    "ground-floor": "ground-floor",
    "high-floor": "high-floor",
    "non-smoking": "non-smoking",
    "pet": "pets",
    "quiet": "quiet",
    "smoking": "smoking",
    "twin-beds": "twin-beds",
}
CONNECTING: Need = "connecting-rooms"
# Without these a guest cannot live in a room: it is never chosen for them, though people may.
MUST: frozenset[Need] = frozenset({"accessible", "non-smoking"})
_SCARCE: Mapping[Feature, Need] = {"accessible": "accessible", "smoking": "smoking", "pets": "pet"}
HORIZON = 30  # nights; a room that stays empty for longer is empty


@dataclass(frozen=True, kw_only=True)
class FreeRoom:
    """`gap_before` and `gap_after` are nights without a stay on either side, None where there is none for a month."""

    id: UUID
    number: str
    position: int = 0
    features: tuple[Feature, ...] = ()
    connects_with: tuple[str, ...] = ()
    housekeeping: Housekeeping = "clean"
    occupied: bool = False
    gap_before: int | None = None
    gap_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A room of the house with the bookings that have it, from a night up to another, and when it is closed."""

    room: FreeRoom
    room_type_id: UUID
    stays: tuple[tuple[UUID, date, date], ...] = ()
    closures: tuple[tuple[date, date], ...] = ()


def free(candidates: Iterable[Candidate], span: Span, apart_from: UUID | None = None) -> list[FreeRoom]:
    """Rooms of the type that are free on all the nights, for a booking whose own rooms do not count."""
    found = []
    for each in candidates:
        stays = [(first, until) for booking_id, first, until in each.stays if booking_id != apart_from]
        taken = any(first < span.until and span.first < until for first, until in (*stays, *each.closures))
        if each.room_type_id != span.room_type or taken:
            continue
        before = [(span.first - until).days for _, until in stays if until <= span.first]
        after = [(first - span.until).days for first, _ in stays if first >= span.until]
        found.append(replace(each.room, gap_before=min(before, default=None), gap_after=min(after, default=None)))
    return found


def taking(candidates: Iterable[Candidate], room_id: UUID, booking_id: UUID, span: Span) -> list[Candidate]:
    """The rooms, once a booking has this one."""
    stay = booking_id, span.first, span.until
    return [replace(c, stays=(*c.stays, stay)) if c.room.id == room_id else c for c in candidates]


def ranked(rooms: Iterable[FreeRoom], needs: Collection[Need], beside: Sequence[str], today: bool) -> list[FreeRoom]:
    """Best first. `beside` are the numbers of the booking's other rooms; `today` the guests come into it today."""

    def rank(room: FreeRoom) -> tuple[object, ...]:
        missing = unmet(room, needs, beside)
        return (
            sum(need in MUST for need in missing),
            len(missing),
            today and (room.occupied or room.housekeeping == "dirty"),
            sum(feature in room.features and need not in needs for feature, need in _SCARCE.items()),
            _gap(room.gap_before) + _gap(room.gap_after),
            room.position,
            room.number,
        )

    return sorted(rooms, key=rank)


def unmet(room: FreeRoom, needs: Collection[Need], beside: Sequence[str]) -> tuple[Need, ...]:
    """Needs of the guests that the room does not fulfil."""
    missing = [need for need, feature in _FULFILLED_BY.items() if need in needs and feature not in room.features]
    if CONNECTING in needs and beside and not {n.casefold() for n in beside} & _doors(room):
        missing.append(CONNECTING)
    return tuple(missing)


def fits(room: FreeRoom, needs: Collection[Need]) -> bool:
    return not any(need in MUST for need in unmet(room, needs, ()))


def explained(room: FreeRoom, needs: Collection[Need], beside: Sequence[str]) -> tuple[str, ...]:
    """Codes: ``has:quiet``, ``lacks:twin-beds``, ``gap:2`` (nights left empty around it), ``empty``, ``dirty``."""
    missing = unmet(room, needs, beside)
    wished = [need for need in _FULFILLED_BY if need in needs]
    if CONNECTING in needs and beside:
        wished.append(CONNECTING)
    gap = gap_of(room)
    said = [f"lacks:{need}" if need in missing else f"has:{need}" for need in wished]
    said.append("empty" if gap is None else f"gap:{gap}")
    if room.housekeeping == "dirty":
        said.append("dirty")
    if room.occupied:
        said.append("occupied")
    return tuple(said)


def option(room: FreeRoom, needs: Collection[Need], beside: Sequence[str]) -> RoomOption:
    return RoomOption(
        room_id=room.id,
        number=room.number,
        housekeeping=room.housekeeping,
        unmet=unmet(room, needs, beside),
        gap=gap_of(room),
        why=explained(room, needs, beside),
    )


def gap_of(room: FreeRoom) -> int | None:
    """Nights left empty between it and the stays next to it."""
    known = [gap for gap in (room.gap_before, room.gap_after) if gap is not None]
    return sum(known) if known else None


def _gap(nights: int | None) -> int:
    return HORIZON if nights is None else min(nights, HORIZON)


def _doors(room: FreeRoom) -> set[str]:
    return {number.casefold() for number in room.connects_with}
