"""The best rooms for bookings, by need and gap: shown to staff, and given to the arrivals of a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from services.bookings.domain import life
from services.bookings.domain.assigning import Assignment, spans_left, uncovered
from services.bookings.domain.booking import Booking
from services.bookings.domain.changing import today_there
from services.bookings.domain.nights import Span
from services.bookings.domain.rooms_choosing import Candidate, FreeRoom, explained, fits, free, option, ranked, taking
from services.bookings.doors.keeping import told
from services.bookings.doors.placing import freshened, put
from services.bookings.doors.routing import refuse_others
from services.bookings.store import assigning, bookings, properties
from services.bookings.store.assigning import LockedRoom
from services.contracts.bookings import (
    ArrivalAssigned,
    ArrivalsAssigned,
    AssignArrivals,
    Need,
    NoRoomFree,
    NotInTeam,
    ReadRoomOptions,
    RoomNotReady,
    RoomOptions,
)
from services.kit.db import Tx
from services.kit.doors import command, query

_MOST_ARRIVALS = 100  # in one transaction, well within what a caller waits for
_MOST_OPTIONS = 50


class Choosing:
    @query
    def read_room_options(self, tx: Tx, request: ReadRoomOptions) -> RoomOptions:
        booking = bookings.read(tx, request.booking_id)
        life.still_open(booking.state)
        today = today_there(booking, tx.now)
        span = spans_left(booking, request.position, today)[0]
        held = assigning.of_bookings(tx, [booking.id])
        beside = [each.number for each in held if each.position != request.position]
        others = [each.room_id for each in held if each.position != request.position]
        needs = _needs(booking)
        rooms = free(_candidates(tx, booking.property_id, [span]), span, booking.id)
        best = ranked((r for r in rooms if r.id not in others), needs, beside, today=span.first <= today)
        house = properties.read(tx, str(booking.property_id))
        return RoomOptions(
            booking_id=booking.id,
            position=request.position,
            room_type=next(kind.code for kind in house.room_types if kind.id == span.room_type),
            arrival=span.first,
            departure=span.until,
            items=tuple(option(room, needs, beside) for room in best[:_MOST_OPTIONS]),
        )

    @command
    def assign_arrivals(self, tx: Tx, request: AssignArrivals) -> ArrivalsAssigned:
        """Those with the most needs and the longest stays choose first."""
        house = properties.read(tx, request.property)
        found = assigning.arriving(tx, house.id, request.day, request.after, _MOST_ARRIVALS + 1)
        stays = [b for b in assigning.lock_bookings(tx, found[:_MOST_ARRIVALS]) if b.state == "confirmed"]
        stays.sort(key=lambda b: (-len(_needs(b)), b.arrival - b.departure, b.id))
        held = assigning.of_bookings(tx, [stay.id for stay in stays])
        assigning.lock_rooms(tx, (), house.id, {kind.id for kind in house.room_types})
        lines, wanted = _given_rooms(tx, house.id, stays, held)
        with_new = {each.booking_id for each in wanted if each not in held}
        after = {stay.id: freshened(stay, wanted, tx) for stay in stays if stay.id in with_new}
        if after:
            put(tx, list(after.values()), held, wanted, accept_dirty=True)
        for stay in stays:
            if stay.id in after:
                told(tx, after[stay.id], stay)
        more = found[_MOST_ARRIVALS - 1] if len(found) > _MOST_ARRIVALS else None
        return ArrivalsAssigned(items=tuple(lines), next=more)


def best_rooms(
    tx: Tx,
    booking: Booking,
    held: Sequence[Assignment],
    missing: Sequence[tuple[int, Span]],
    today: date,
    accept_dirty: bool,
) -> list[Assignment]:
    """The best rooms for these; refuses with NoRoomFree, and with RoomNotReady where none is clean that must be."""
    if not missing:
        return []
    types = {span.room_type for _, span in missing}
    assigning.lock_rooms(tx, {each.room_id for each in held}, booking.property_id, types)
    rooms = _candidates(tx, booking.property_id, [span for _, span in missing])
    chosen: list[Assignment] = []
    for position, span in missing:
        best, _ = _choice(rooms, booking, [*held, *chosen], position, span, today, accept_dirty=accept_dirty)
        if best is None:
            raise NoRoomFree(facts={"position": str(position)})
        chosen.append(in_room(booking, position, span, best))
    return chosen


def _given_rooms(
    tx: Tx, property_id: UUID, stays: Sequence[Booking], held: Sequence[Assignment]
) -> tuple[list[ArrivalAssigned], list[Assignment]]:
    """The best rooms for stays, in their order, and what is to be told of each."""
    lines, wanted = [], list(held)
    missing = [(stay, *each) for stay in stays for each in uncovered(stay, held, today_there(stay, tx.now))]
    rooms = _candidates(tx, property_id, [span for *_, span in missing]) if missing else []
    for stay, position, span in missing:
        mine, today = [each for each in wanted if each.booking_id == stay.id], today_there(stay, tx.now)
        best, beside = _choice(rooms, stay, mine, position, span, today, accept_dirty=True)
        why: tuple[str, ...] = ("no-room-free",)
        if _of_others(tx, stay):
            best, why = None, ("not-in-team",)
        elif best:
            why = explained(best, _needs(stay), beside)
            wanted.append(in_room(stay, position, span, best))
            rooms = taking(rooms, best.id, stay.id, span)
        lines.append(
            ArrivalAssigned(booking_id=stay.id, position=position, room=best.number if best else None, why=why)
        )
    return lines, wanted


def _of_others(tx: Tx, stay: Booking) -> bool:
    try:
        refuse_others(tx, stay.id)
    except NotInTeam:
        return True
    return False


def _candidates(tx: Tx, property_id: UUID, spans: Sequence[Span]) -> list[Candidate]:
    """Rooms of the types, with who has them around all these nights."""
    first, until = min(span.first for span in spans), max(span.until for span in spans)
    return assigning.candidates(tx, property_id, {span.room_type for span in spans}, first, until)


def _choice(
    rooms: Iterable[Candidate],
    booking: Booking,
    held: Sequence[Assignment],
    position: int,
    span: Span,
    today: date,
    *,
    accept_dirty: bool,
) -> tuple[FreeRoom | None, list[str]]:
    """The best room for a room of the booking, and the numbers of those beside it."""
    needs = _needs(booking)
    entering = booking.state == "in_house" and span.first <= max(today, booking.arrival)
    others = [each for each in held if each.position != position]
    beside = [each.number for each in others]
    theirs = {e.room_id for e in others if e.first < span.until and span.first < e.until}
    apart = [room for room in free(rooms, span, booking.id) if room.id not in theirs]
    found = [room for room in apart if fits(room, needs) and not (entering and room.occupied)]
    ready = [room for room in found if accept_dirty or not entering or room.housekeeping != "dirty"]
    if found and not ready:
        raise RoomNotReady("The rooms that are free are not clean.", facts={"rooms": _numbers(found)})
    return next(iter(ranked(ready, needs, beside, today=span.first <= today)), None), beside


def in_room(booking: Booking, position: int, span: Span, room: FreeRoom | LockedRoom) -> Assignment:
    """A room of the span's type."""
    return Assignment(
        booking_id=booking.id,
        position=position,
        room_id=room.id,
        room_type_id=span.room_type,
        number=room.number,
        first=span.first,
        until=span.until,
    )


def _needs(booking: Booking) -> tuple[Need, ...]:
    """Of the booking and of everybody on it."""
    said = (*booking.needs, *(need for person in booking.people for need in person.needs))
    return tuple(dict.fromkeys(said))


def _numbers(rooms: Iterable[FreeRoom]) -> str:
    return ", ".join(sorted(room.number for room in rooms)[:20])
