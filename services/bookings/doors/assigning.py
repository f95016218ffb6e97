"""Bookings are put into rooms of the house: by staff, by need and gap, at check-in; moved and swapped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain import life
from services.bookings.domain.assigning import ROOM_LOST, Assignment, occupied, spans_of, uncovered
from services.bookings.domain.booking import Booking
from services.bookings.domain.changing import retyped, today_there
from services.bookings.domain.life import hotel_day
from services.bookings.domain.nights import Span
from services.bookings.domain.rooms_choosing import Candidate, FreeRoom, explained, fits, free, option, ranked, taking
from services.bookings.doors.keeping import shown_after, told, with_rooms
from services.bookings.doors.placing import put
from services.bookings.doors.routing import refuse_others
from services.bookings.store import assigning, bookings, properties
from services.bookings.store.assigning import LockedRoom
from services.contracts import bookings as contract
from services.contracts.bookings import (
    ArrivalAssigned,
    ArrivalsAssigned,
    AssignArrivals,
    AssignRoom,
    CheckInBooking,
    MoveRoom,
    Need,
    NoRoomFree,
    NoSuchBooking,
    NoSuchRoom,
    NotABooking,
    NotInTeam,
    PlaceOnBooking,
    ReadRoomOptions,
    RoomNotReady,
    RoomOptions,
    RoomsSwapped,
    StateForbids,
    SwapRooms,
    UnassignRoom,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem

_MOST_ARRIVALS = 100  # in one transaction, well within what a caller waits for
_MOST_OPTIONS = 50


class Assigning:
    @command
    def assign_room(self, tx: Tx, request: AssignRoom) -> contract.Booking:
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        life.still_open(before.state)
        held, today = assigning.of_bookings(tx, [before.id]), _first_night(before, tx)
        spans = _spans_left(before, request.position, today)
        if request.room is None:
            missing = [span for position, span in uncovered(before, held, today) if position == request.position]
            new = _best(tx, before, held, [(request.position, span) for span in missing], today, request.accept_dirty)
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
        if _spans_left(before, request.position, today)[0].room_type != room.room_type_id:
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
        span = _spans_left(after, request.position, today)[0]
        new = replace(_in_room(after, request.position, span, room), occupied_at=tx.now)
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
        after = [_freshened(booking, wanted, tx) for booking in found.values()]
        put(tx, after, held, wanted, request.accept_dirty)
        kept = [told(tx, booking, found[booking.id]) for booking in after]
        return RoomsSwapped(items=tuple(shown_after(tx, booking, routing[booking.id]) for booking in kept))

    @query
    def read_room_options(self, tx: Tx, request: ReadRoomOptions) -> RoomOptions:
        booking = bookings.read(tx, request.booking_id)
        life.still_open(booking.state)
        today = today_there(booking, tx.now)
        span = _spans_left(booking, request.position, today)[0]
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
        after = {stay.id: _freshened(stay, wanted, tx) for stay in stays if stay.id in with_new}
        if after:
            put(tx, list(after.values()), held, wanted, accept_dirty=True)
        for stay in stays:
            if stay.id in after:
                told(tx, after[stay.id], stay)
        more = found[_MOST_ARRIVALS - 1] if len(found) > _MOST_ARRIVALS else None
        return ArrivalsAssigned(items=tuple(lines), next=more)


def checked_in(tx: Tx, request: CheckInBooking, after: Booking, before: Booking) -> Booking:
    """Keep a booking that comes into the house, and put it into the rooms that are said, assigned, or best.

    A property without rooms of a type needs none for it.
    """
    held, today = assigning.of_bookings(tx, [before.id]), _first_night(after, tx)
    wanted = held
    for n, choice in enumerate(request.rooms):
        room = assigning.named(tx, after.property_id, choice.room)
        spans = _spans_left(after, choice.position, today)
        wanted = _in_place(wanted, _in_named(after, choice.position, spans, room, f"/rooms/{n}/room"))
    numbered = assigning.types_with_rooms(tx, after.property_id)
    missing = [
        (position, span)
        for position, span in uncovered(after, wanted, today)
        if span.room_type in numbered and span == _spans_left(after, position, today)[0]
    ]
    wanted = [*wanted, *_best(tx, after, wanted, missing, today, request.accept_dirty)]
    wanted = occupied(wanted, today, tx.now)
    after = _found(after, wanted, tx)
    put(tx, [after], held, wanted, request.accept_dirty)
    return told(tx, after, before)


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
            wanted.append(_in_free(stay, position, span, best))
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


def _best(
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
        chosen.append(_in_free(booking, position, span, best))
    return chosen


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
    fresh = _found(after, wanted, tx) if after != before else _freshened(before, wanted, tx)
    put(tx, [fresh], held, wanted, accept_dirty)
    return told(tx, fresh, before)


def _freshened(booking: Booking, held: Sequence[Assignment], tx: Tx) -> Booking:
    return _found(replace(booking, version=booking.version + 1, changed_at=tx.now), held, tx)


def _found(booking: Booking, held: Sequence[Assignment], tx: Tx) -> Booking:
    """No longer flagged as having lost a room once it has one for every night."""
    mine = [each for each in held if each.booking_id == booking.id]
    if ROOM_LOST not in booking.flags or uncovered(booking, mine, today_there(booking, tx.now)):
        return booking
    return replace(booking, flags=tuple(flag for flag in booking.flags if flag != ROOM_LOST))


def _first_night(booking: Booking, tx: Tx) -> date:
    """From which on guests who come now have their room: today's, in the small hours that of the day of arrival."""
    there = tx.now.astimezone(ZoneInfo(booking.time_zone))
    return booking.arrival if hotel_day(there) == booking.arrival else there.date()


def _spans_left(booking: Booking, position: int, today: date) -> list[Span]:
    """The nights of a room of the booking, in house those from today on. Refuses with NoSuchRoom and StateForbids."""
    if all(room.position != position for room in booking.rooms):
        raise NoSuchRoom
    spans = spans_of(booking, position)
    if booking.state == "in_house":
        spans = tuple(span._replace(first=max(span.first, today)) for span in spans if span.until > today)
    if not spans:
        raise StateForbids("The stay has no night left: extend it.", facts={"state": booking.state})
    return list(spans)


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
    found = [_in_room(booking, position, span, room) for span in spans if span.room_type == room.room_type_id]
    if not found:
        raise NotABooking(errors=[Problem(pointer, "Is of another room type than the booking's room.")])
    return found


def _in_room(booking: Booking, position: int, span: Span, room: LockedRoom) -> Assignment:
    return Assignment(
        booking_id=booking.id,
        position=position,
        room_id=room.id,
        room_type_id=room.room_type_id,
        number=room.number,
        first=span.first,
        until=span.until,
    )


def _in_free(booking: Booking, position: int, span: Span, room: FreeRoom) -> Assignment:
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
