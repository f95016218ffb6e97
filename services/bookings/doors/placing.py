"""How the rooms of the house follow a booking, whatever changes it, and how a booking is put into others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from services.bookings.domain.assigning import (
    ROOM_LOST,
    Assignment,
    following,
    occupied,
    overlapping,
    spans_of,
    uncovered,
)
from services.bookings.domain.booking import Booking, flagged
from services.bookings.domain.changing import today_there
from services.bookings.domain.life import OPEN
from services.bookings.domain.rooms_choosing import free, ranked
from services.bookings.store import assigning, housekeeping
from services.contracts.bookings import RoomNotReady, RoomOccupied, RoomPlace, RoomsAssigned, RoomTaken
from services.kit.db import Tx


def follow(tx: Tx, after: Booking, before: Booking, *, sold_elsewhere: bool = False) -> Booking:
    """Bring the rooms that the booking has to its nights and its state; its row is locked and its nights are moved.

    Nights that it holds no more are free at once, and rooms that guests leave are dirty. A room that cannot be kept is
    lost and the booking flagged; but guests in house keep theirs, or the change is refused with RoomTaken, unless it
    was made elsewhere. No statement where nothing of this differs, one where there are no rooms.
    """
    if _places(after) == _places(before):
        return after
    held = assigning.of_bookings(tx, [after.id])
    if not held:
        return after
    today = today_there(after, tx.now)
    plan = following(held, after, today, tx.now)
    wanted, held_ids = list(plan.wanted), {each.room_id for each in held}
    assigning.lock_rooms(tx, held_ids)
    taken = assigning.taken(tx, plan.grown, [after.id])
    if after.state == "in_house" and not sold_elsewhere and (taken or plan.stuck):
        kept_out = [*plan.stuck, *(each for each in plan.grown if each.room_id in taken)]
        raise RoomTaken(facts=_alternatives(tx, after, kept_out, today))
    if after.state == "in_house" and before.state != "in_house":
        others = assigning.occupied_by_others(tx, held_ids, [after.id])
        entering = occupied(wanted, today, tx.now)
        wanted = [was if was.room_id in others else now for was, now in zip(wanted, entering, strict=True)]
    known = {each.id: each for each in held}
    kept = [replace(each, until=min(each.until, max(each.first, after.held_until))) for each in plan.stuck]
    for each in wanted:
        if each.room_id not in taken or each not in plan.grown:
            kept.append(each)
        elif each.occupied:
            kept.append(replace(each, until=min(each.until, known[each.id].until)))
    clear = [each for n, each in enumerate(kept) if not overlapping(each, kept[:n])]
    had = {each.position for each in held} - _without_room(before, held, today)
    if plan.stuck or _without_room(after, clear, today) & had:
        after = flagged(after, ROOM_LOST)
    _write(tx, [after], held, clear)
    return after


def put(
    tx: Tx, bookings: Sequence[Booking], held: Sequence[Assignment], wanted: Sequence[Assignment], accept_dirty: bool
) -> None:
    """Put bookings of one property, whose rows are locked, into the rooms wanted in place of those they have.

    Refuses with RoomTaken, RoomOccupied, and RoomNotReady unless `accept_dirty`.
    """
    locked = assigning.lock_rooms(tx, {each.room_id for each in (*held, *wanted)})
    new = [each for each in wanted if each not in held]
    stale = any(
        (room := locked[each.room_id]).retired or room.room_type_id != each.room_type_id
        for each in new
        if each.vacated_at is None
    )
    growing = [each for each in new if each.vacated_at is None]
    mine = [booking.id for booking in bookings]
    taken = assigning.taken(tx, growing, mine)
    if stale or taken or any(overlapping(each, wanted[:n]) for n, each in enumerate(wanted)):
        numbers = sorted({each.number for each in growing if each.room_id in taken})
        raise RoomTaken(facts={"rooms": ", ".join(numbers)} if numbers else None)
    was_in = {(each.position, each.room_id, each.booking_id) for each in held if each.occupied}
    entered = [e for e in new if e.occupied and (e.position, e.room_id, e.booking_id) not in was_in]
    leaving = {each.room_id for each in wanted if each.vacated_at}
    others = assigning.occupied_by_others(tx, {each.room_id for each in entered}, mine)
    if others:
        raise RoomOccupied(facts={"rooms": ", ".join(sorted(e.number for e in entered if e.room_id in others))})
    dirty = sorted(
        each.number for each in entered if locked[each.room_id].housekeeping == "dirty" or each.room_id in leaving
    )
    if dirty and not accept_dirty:
        raise RoomNotReady(facts={"rooms": ", ".join(dirty)})
    _write(tx, bookings, held, wanted)


def freshened(booking: Booking, held: Sequence[Assignment], tx: Tx) -> Booking:
    """The booking's next version, now that it has these rooms."""
    return unflagged(replace(booking, version=booking.version + 1, changed_at=tx.now), held, tx)


def unflagged(booking: Booking, held: Sequence[Assignment], tx: Tx) -> Booking:
    """No longer flagged as having lost a room once it has one for every night."""
    mine = [each for each in held if each.booking_id == booking.id]
    if ROOM_LOST not in booking.flags or uncovered(booking, mine, today_there(booking, tx.now)):
        return booking
    return replace(booking, flags=tuple(flag for flag in booking.flags if flag != ROOM_LOST))


def take_out(tx: Tx, booking: Booking, held: Sequence[Assignment], lost: Sequence[Assignment]) -> None:
    """Take rooms from a booking whose row is locked, as those rooms are."""
    _write(tx, [booking], held, [each for each in held if each not in lost])


def _write(tx: Tx, bookings: Iterable[Booking], held: Sequence[Assignment], wanted: Sequence[Assignment]) -> None:
    gone = [each for each in held if each not in wanted]
    come = [each for each in wanted if each not in held]
    if not gone and not come:
        return
    told = list(bookings)
    assigning.put(tx, told[0].property_id, gone, come)
    left = sorted({each.room_id for each in come if each.vacated_at})
    for event in housekeeping.set_status(tx, left, "dirty") if left else ():
        tx.announce(event)
    for booking in told:
        if any(each.booking_id == booking.id for each in (*gone, *come)):
            tx.announce(_assigned(booking, gone, wanted))


def _assigned(booking: Booking, gone: Iterable[Assignment], wanted: Iterable[Assignment]) -> RoomsAssigned:
    mine = [each for each in wanted if each.booking_id == booking.id]
    there = [each for each in mine if each.vacated_at is None]
    left = {each.room_id for each in (*gone, *mine) if each.booking_id == booking.id}
    return RoomsAssigned(
        booking_id=booking.id,
        version=booking.version,
        property_id=booking.property_id,
        state=booking.state,
        rooms=tuple(
            RoomPlace(
                position=each.position,
                room_id=each.room_id,
                arrival=each.first,
                departure=each.until,
                occupied=each.occupied,
            )
            for each in there
        ),
        left_room_ids=tuple(sorted(left - {each.room_id for each in there})),
    )


def _alternatives(tx: Tx, booking: Booking, kept_out: Iterable[Assignment], today: date) -> dict[str, str]:
    """Numbers of rooms into which guests could be moved who cannot stay where they are."""
    said: dict[str, str] = {}
    for each in kept_out:
        spans = (span for span in spans_of(booking, each.position) if span.until > today)
        for span in sorted(spans, key=lambda span: span.first)[:1]:
            nights = span._replace(first=max(span.first, today))
            rooms = assigning.candidates(tx, booking.property_id, [nights.room_type], nights.first, nights.until)
            best = ranked(free(rooms, nights), booking.needs, (), today=True)
            said |= {"room": each.number, "free": ", ".join(room.number for room in best[:20])}
    return said


def _without_room(booking: Booking, held: Iterable[Assignment], today: date) -> set[int]:
    """Rooms of a stay to come, or in house, that have no room of the house for some night."""
    return {position for position, _ in uncovered(booking, held, today)} if booking.state in OPEN else set()


def _places(booking: Booking) -> tuple[object, ...]:
    rooms = sorted((room.position, room.stays(booking.arrival, booking.departure)) for room in booking.rooms)
    return booking.state, booking.held_until, rooms
