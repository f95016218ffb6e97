"""Bookings are put into rooms of the house: by staff, at check-in; moved and swapped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from services.bookings.domain import life
from services.bookings.domain.assigning import Assignment, occupied, spans_left, uncovered
from services.bookings.domain.booking import Booking
from services.bookings.domain.changing import retyped, today_there
from services.bookings.domain.life import hotel_day
from services.bookings.domain.nights import Span
from services.bookings.doors.choosing import best_rooms, in_room
from services.bookings.doors.keeping import shown_after, told, with_rooms
from services.bookings.doors.placing import freshened, put, unflagged
from services.bookings.doors.routing import refuse_others
from services.bookings.store import assigning, bookings, properties
from services.bookings.store.assigning import LockedRoom
from services.contracts import bookings as contract
from services.contracts.bookings import (
    AssignRoom,
    CheckInBooking,
    MoveRoom,
    NoSuchBooking,
    NoSuchRoom,
    NotABooking,
    PlaceOnBooking,
    RoomsSwapped,
    StateForbids,
    SwapRooms,
    UnassignRoom,
)
from services.kit.db import Tx
from services.kit.doors import command
from services.kit.refusal import Problem


class Assigning:
    @command
    def assign_room(self, tx: Tx, request: AssignRoom) -> contract.Booking:
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        life.still_open(before.state)
        held, today = assigning.of_bookings(tx, [before.id]), _first_night(before, tx)
        spans = spans_left(before, request.position, today)
        if request.room is None:
            missing = [span for position, span in uncovered(before, held, today) if position == request.position]
            new = best_rooms(
                tx, before, held, [(request.position, span) for span in missing], today, request.accept_dirty
            )
        else:
            room = assigning.named(tx, before.property_id, request.room)
            new = _in_named(before, request.position, spans, room, "/room")
        wanted = _in_place(held, new)
        if before.state == "in_house":
            wanted = _entered(wanted, held, max(today, before.arrival), tx)
        return shown_after(tx, _put(tx, before, before, held, wanted, request.accept_dirty), routing)

    @command
    def unassign_room(self, tx: Tx, request: UnassignRoom) -> contract.Booking:
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        life.still_open(before.state)
        held = assigning.of_bookings(tx, [before.id])
        if any(each.occupied for each in held if each.position == request.position):
            raise StateForbids("The guests are in the room: move them.", facts={"state": before.state})
        wanted = [each for each in held if each.position != request.position]
        return shown_after(tx, _put(tx, before, before, held, wanted, accept_dirty=False), routing)

    @command
    def move_room(self, tx: Tx, request: MoveRoom) -> contract.Booking:
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        if before.state != "in_house":
            raise StateForbids("Only guests in house are moved: assign another room.", facts={"state": before.state})
        today, room = today_there(before, tx.now), assigning.named(tx, before.property_id, request.room)
        after = before
        if spans_left(before, request.position, today)[0].room_type != room.room_type_id:
            house = properties.read(tx, str(before.property_id))
            kind = next(kind.code for kind in house.room_types if kind.id == room.room_type_id)
            changed = retyped(before, house, request.position, kind, None, request.price, tx.now)
            after = with_rooms(tx, changed, before)
        elif request.price is not None:
            raise NotABooking(errors=[Problem("/price", "Only with a room of another type.")])
        held = assigning.of_bookings(tx, [before.id])
        mine = [each for each in held if each.position == request.position]
        if any(each.occupied and each.room_id == room.id for each in mine):
            return shown_after(tx, before, routing)
        span = spans_left(after, request.position, today)[0]
        new = replace(in_room(after, request.position, span, room), occupied_at=tx.now)
        left = [each.left(today, tx.now) for each in mine if each.occupied]
        later = [each for each in mine if not each.occupied and each.first >= span.until]
        wanted = [*(each for each in held if each.position != request.position), *left, new, *later]
        return shown_after(tx, _put(tx, after, before, held, wanted, request.accept_dirty), routing)

    @command
    def swap_rooms(self, tx: Tx, request: SwapRooms) -> RoomsSwapped:
        """Each goes on in the other's room, for the nights that are left of its own part."""
        places = request.one, request.other
        found = {b.id: b for b in assigning.lock_bookings(tx, {place.booking_id for place in places})}
        if missing := {place.booking_id for place in places} - found.keys():
            raise NoSuchBooking(facts={"booking_id": str(min(missing))})
        routing = {booking_id: refuse_others(tx, booking_id) for booking_id in sorted(found)}
        for booking in found.values():
            life.still_open(booking.state)
        held = assigning.of_bookings(tx, found)
        one, other = (_present(held, place, found[place.booking_id], tx) for place in places)
        first, until = (found[one.booking_id], found[other.booking_id])
        if first.property_id != until.property_id or one.room_type_id != other.room_type_id:
            raise NotABooking(errors=[Problem("/other", "The rooms are not of one type.")])
        wanted = [each for each in held if each not in (one, other)]
        for mine, theirs in ((one, other), (other, one)):
            wanted += _gone_over(mine, theirs, found[mine.booking_id], tx)
        after = [freshened(booking, wanted, tx) for booking in found.values()]
        put(tx, after, held, wanted, request.accept_dirty)
        kept = [told(tx, booking, found[booking.id]) for booking in after]
        return RoomsSwapped(items=tuple(shown_after(tx, booking, routing[booking.id]) for booking in kept))


def checked_in(tx: Tx, request: CheckInBooking, after: Booking, before: Booking) -> Booking:
    """Keep a booking that comes into the house, and put it into the rooms that are said, assigned, or best.

    A property without rooms of a type needs none for it.
    """
    held, today = assigning.of_bookings(tx, [before.id]), _first_night(after, tx)
    wanted = held
    for n, choice in enumerate(request.rooms):
        room = assigning.named(tx, after.property_id, choice.room)
        spans = spans_left(after, choice.position, today)
        wanted = _in_place(wanted, _in_named(after, choice.position, spans, room, f"/rooms/{n}/room"))
    numbered = assigning.types_with_rooms(tx, after.property_id)
    missing = [
        (position, span)
        for position, span in uncovered(after, wanted, today)
        if span.room_type in numbered and span == spans_left(after, position, today)[0]
    ]
    wanted = [*wanted, *best_rooms(tx, after, wanted, missing, today, request.accept_dirty)]
    wanted = occupied(wanted, today, tx.now)
    after = unflagged(after, wanted, tx)
    put(tx, [after], held, wanted, request.accept_dirty)
    return told(tx, after, before)


def _put(
    tx: Tx,
    after: Booking,
    before: Booking,
    held: Sequence[Assignment],
    wanted: Sequence[Assignment],
    accept_dirty: bool,
) -> Booking:
    """The booking in these rooms, kept and told of; nothing happens where it is in them."""
    if list(held) == list(wanted) and after == before:
        return before
    fresh = unflagged(after, wanted, tx) if after != before else freshened(before, wanted, tx)
    put(tx, [fresh], held, wanted, accept_dirty)
    return told(tx, fresh, before)


def _first_night(booking: Booking, tx: Tx) -> date:
    """From which on guests who come now have their room: today's, in the small hours that of the day of arrival."""
    there = tx.now.astimezone(ZoneInfo(booking.time_zone))
    return booking.arrival if hotel_day(there) == booking.arrival else there.date()


def _present(held: Sequence[Assignment], place: PlaceOnBooking, booking: Booking, tx: Tx) -> Assignment:
    """The room that is to be swapped: the one with the guests in it, else the next one."""
    if all(room.position != place.position for room in booking.rooms):
        raise NoSuchRoom
    mine = [e for e in held if (e.booking_id, e.position) == (place.booking_id, place.position)]
    today = today_there(booking, tx.now)
    found = min((e for e in mine if e.until > today), key=lambda e: (not e.occupied, e.first), default=None)
    if found is None:
        raise StateForbids("It has no room to swap.", facts={"booking_id": str(booking.id)})
    return found


def _gone_over(mine: Assignment, theirs: Assignment, booking: Booking, tx: Tx) -> list[Assignment]:
    """What becomes of the booking's room when it goes on in theirs."""
    there = replace(mine, id=None, room_id=theirs.room_id, number=theirs.number)
    if not mine.occupied:
        return [there]
    today = today_there(booking, tx.now)
    return [mine.left(today, tx.now), replace(there, first=max(mine.first, today), occupied_at=tx.now)]


def _in_place(held: Sequence[Assignment], new: Sequence[Assignment]) -> list[Assignment]:
    """The new ones instead of those that the same rooms of the booking had for the same nights.

    Refuses with StateForbids where guests are in one of those.
    """
    kept = []
    for each in held:
        again = [n for n in new if n.position == each.position and n.first < each.until and each.first < n.until]
        same = any((n.room_id, n.first, n.until) == (each.room_id, each.first, each.until) for n in again)
        inside = each.occupied and any(n.room_id == each.room_id and n.first >= each.first for n in again)
        if same or inside or not again:
            kept.append(each)
            new = [n for n in new if n not in again] if same or inside else new
        elif each.occupied:
            raise StateForbids("The guests are in a room: move them.", facts={"room": each.number})
    return [*kept, *new]


def _entered(wanted: Sequence[Assignment], held: Sequence[Assignment], tonight: date, tx: Tx) -> list[Assignment]:
    """Guests in house are in the room that they get for tonight."""
    new = [each for each in wanted if each not in held and not each.occupied]
    return [replace(each, occupied_at=tx.now) if each in new and each.first <= tonight else each for each in wanted]


def _in_named(
    booking: Booking, position: int, spans: Iterable[Span], room: LockedRoom, pointer: str
) -> list[Assignment]:
    """The room for those of the nights that are in its type."""
    found = [in_room(booking, position, span, room) for span in spans if span.room_type == room.room_type_id]
    if not found:
        raise NotABooking(errors=[Problem(pointer, "Is of another room type than the booking's room.")])
    return found
