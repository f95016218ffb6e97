"""Which rooms of the house a booking's rooms stand for, and what becomes of that when the booking changes.

A room of a booking is put into a room of the house for all nights of a part of its stay: its nights in one room type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.bookings.domain.booking import Booking
from services.bookings.domain.nights import Span
from services.contracts.bookings import NoSuchRoom, StateForbids

ROOM_LOST = "room-lost"


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A room for the nights from `first` up to but not including `until`; `id` where it is kept already.

    Guests are in it from `occupied_at` to `vacated_at`.
    """

    id: int | None = None
    booking_id: UUID
    position: int
    room_id: UUID
    room_type_id: UUID
    number: str
    first: date
    until: date
    occupied_at: datetime | None = None
    vacated_at: datetime | None = None

    @property
    def occupied(self) -> bool:
        return self.occupied_at is not None and self.vacated_at is None

    def left(self, day: date, now: datetime) -> Assignment:
        """The guests leave on this day: what nights were theirs later are free.

        Never before they came, though `now` may be: who waits for a lock took the time before.
        """
        vacated_at = max(now, self.occupied_at) if self.occupied_at else now
        return replace(self, until=min(self.until, max(self.first, day)), vacated_at=vacated_at)


@dataclass(frozen=True)
class Following:
    """What the assignments become. `grown` of them need nights that they did not have, which may be another's by now;
    for `stuck` ones there is no place in the booking any more, though guests are in them.
    """

    wanted: tuple[Assignment, ...]
    grown: tuple[Assignment, ...] = ()
    stuck: tuple[Assignment, ...] = ()


def spans_of(booking: Booking, position: int) -> tuple[Span, ...]:
    """The nights that a room of the booking holds, by room type."""
    room = next((room for room in booking.rooms if room.position == position), None)
    if room is None:
        return ()
    spans = (
        Span(part.room_type_id, part.arrival, min(part.departure, booking.held_until))
        for part in room.stays(booking.arrival, booking.departure)
    )
    return tuple(span for span in spans if span.first < span.until)


def spans_left(booking: Booking, position: int, today: date) -> list[Span]:
    """The nights of a room of the booking, in house those from today on. Refuses with NoSuchRoom and StateForbids."""
    if all(room.position != position for room in booking.rooms):
        raise NoSuchRoom
    spans = spans_of(booking, position)
    if booking.state == "in_house":
        spans = tuple(span._replace(first=max(span.first, today)) for span in spans if span.until > today)
    if not spans:
        raise StateForbids("The stay has no night left: extend it.", facts={"state": booking.state})
    return list(spans)


def following(held: Sequence[Assignment], booking: Booking, today: date, now: datetime) -> Following:
    """What the assignments that are not over become, now that the booking is this."""
    if booking.state in ("cancelled", "no_show"):
        return Following(())
    if booking.state == "departed":
        return Following(tuple(_departed(held, booking.held_until, now)))
    if booking.state != "in_house":  # a check-in that was none
        held = [replace(each, occupied_at=None) for each in held]
    wanted: list[Assignment] = []
    stuck: list[Assignment] = []
    for position in sorted({each.position for each in held}):
        mine = sorted((each for each in held if each.position == position), key=lambda each: each.first)
        spans = spans_of(booking, position)
        there = [each for each in mine if each.occupied]
        for each in there:
            alike = (s for s in spans if s.room_type == each.room_type_id)
            span = next((s for s in alike if s.first <= each.first < s.until), None)
            if span:
                wanted.append(replace(each, until=span.until))
            elif any(s.until > today for s in spans):
                stuck.append(each)
            else:
                wanted.append(each.left(today, now))
        planned = [each for each in mine if not each.occupied]
        taken = {(each.first, each.until) for each in there}
        for span in spans:
            found = next((each for each in planned if each.room_type_id == span.room_type), None)
            if found and not any(first < span.until and span.first < until for first, until in taken):
                planned.remove(found)
                first = max(span.first, found.first) if booking.state == "in_house" else span.first
                wanted.append(replace(found, first=first, until=span.until))
    known = {each.id: each for each in held}
    grown = [w for w in wanted if w.first < known[w.id].first or w.until > known[w.id].until]
    return Following(tuple(wanted), tuple(grown), tuple(stuck))


def occupied(held: Iterable[Assignment], today: date, now: datetime) -> list[Assignment]:
    """The guests come into the house: of each of their rooms, into the one for tonight."""
    coming: dict[int, Assignment] = {}
    given = list(held)
    for each in sorted(given, key=lambda each: each.first):
        if each.position not in coming or each.first <= today:
            coming[each.position] = each
    return [replace(each, occupied_at=now) if each is coming[each.position] else each for each in given]


def overlapping(one: Assignment, others: Iterable[Assignment]) -> bool:
    """Would it share a night, or its guests, with one of the others?"""
    return any(
        one.room_id == other.room_id
        and (one.first < other.until and other.first < one.until or one.occupied and other.occupied)
        for other in others
    )


def uncovered(booking: Booking, held: Iterable[Assignment], today: date) -> list[tuple[int, Span]]:
    """Nights from today on for which rooms of the booking have no room of the house."""
    given = list(held)
    missing = []
    for room in booking.rooms:
        for span in spans_of(booking, room.position):
            first = max(span.first, today) if booking.state == "in_house" else span.first
            mine = (each for each in given if each.position == room.position)
            if first < span.until and not any(each.first <= first and span.until <= each.until for each in mine):
                missing.append((room.position, span._replace(first=first)))
    return missing


def _departed(held: Iterable[Assignment], until: date, now: datetime) -> Iterable[Assignment]:
    for each in held:
        if each.occupied:
            yield each.left(until, now)
        elif each.first < until:
            yield replace(each, until=min(each.until, until))
