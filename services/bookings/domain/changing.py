"""Changes of a stay at the desk. Each answers the booking as it is to be; what cannot be is refused with a pointer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.bookings.domain import life
from services.bookings.domain.booking import Booking
from services.bookings.domain.holding import hold_until
from services.bookings.domain.opening import (
    MOST_ROOMS,
    faults_of_amount,
    faults_of_dates,
    faults_of_occupancy,
    faults_of_room,
    room_of,
)
from services.bookings.domain.rooms import Part, Room, follow, placed
from services.contracts.bookings import BookedRoom, NoSuchRoom, NotABooking, Property, StateForbids
from services.contracts.values import Money
from services.kit.refusal import Problem


def redated(
    booking: Booking, arrival: date | None, departure: date | None, price: Money | None, now: datetime
) -> Booking:
    """The booking with other dates, or another price. Who is in house has arrived, and leaves today at the earliest."""
    life.still_open(booking.state)
    before, today = (booking.arrival, booking.departure), today_there(booking, now)
    dates = arrival or booking.arrival, departure or booking.departure
    if booking.state == "in_house" and dates[0] != booking.arrival:
        raise StateForbids("The guests have arrived.", facts={"state": booking.state})
    problems = list(faults_of_dates(*dates, now.date())) if dates != before else []
    if booking.state == "in_house" and dates[1] < min(today, booking.departure):
        problems.append(Problem("/departure", "Must not be before today: the nights until then are stayed."))
    problems += _faults_of_price(price, booking)
    if problems:
        raise NotABooking(errors=problems)
    rooms = []
    for room in booking.rooms:
        following = follow(room, before, dates)
        if following is None:
            detail = f"Leaves no night of room {room.position}: remove it first."
            raise NotABooking(errors=[Problem("/departure" if dates[1] != before[1] else "/arrival", detail)])
        rooms.append(following)
    return _with(booking, rooms, price, now, dates)


def retyped(
    booking: Booking,
    house: Property,
    position: int | None,
    room_type: str,
    first: date | None,
    price: Money | None,
    now: datetime,
) -> Booking:
    """The booking with a room, or all (None), in another type from a day on: from arrival, in house from today."""
    life.still_open(booking.state)
    today = today_there(booking, now)
    kind = next((kind for kind in house.room_types if kind.code == room_type), None)
    problems = list(_faults_of_price(price, booking))
    if kind is None:
        problems.append(Problem("/room_type", "The property has no such room type."))
    chosen = [room for room in booking.rooms if position in (None, room.position)]
    if not chosen:
        raise NoSuchRoom
    changed: dict[int, Room] = {}
    for room in chosen:
        parts = room.stays(booking.arrival, booking.departure)
        begins, ends = parts[0].arrival, parts[-1].departure
        start = first or (max(today, begins) if booking.state == "in_house" else begins)
        if not begins <= start < ends:
            problems.append(Problem("/first", "Must be a night of the room's stay."))
        elif booking.state == "in_house" and start < min(today, ends):
            problems.append(Problem("/first", "Must not be before today: the nights until then are stayed."))
        elif kind:
            problems += faults_of_occupancy("/room_type", room, [kind])
            other = Part(room_type_id=kind.id, room_type=kind.code, arrival=start, departure=ends)
            kept = (replace(part, departure=min(part.departure, start)) for part in parts)
            changed[room.position] = placed(room, [*kept, other], booking.arrival, booking.departure)
    if problems:
        raise NotABooking(errors=problems[:50])
    return _with(booking, [changed.get(room.position, room) for room in booking.rooms], price, now)


def with_room(booking: Booking, house: Property, said: BookedRoom, price: Money | None, now: datetime) -> Booking:
    """The booking with one room more; in house, from today on."""
    life.still_open(booking.state)
    start = max(booking.arrival, today_there(booking, now)) if booking.state == "in_house" else booking.arrival
    problems = [*faults_of_room("/room", said, house, start, booking.departure), *_faults_of_price(price, booking)]
    if len(booking.rooms) >= MOST_ROOMS:
        problems.append(Problem("/room", f"A booking has at most {MOST_ROOMS} rooms."))
    if start >= booking.departure:
        problems.append(Problem("/room", "The stay has no night left."))
    if problems:
        raise NotABooking(errors=problems[:50])
    types = {kind.code: kind for kind in house.room_types}
    room = room_of(said, booking.rooms_given, types, booking.arrival, booking.departure)
    stays = room.stays(start, booking.departure)
    added = placed(room, stays, booking.arrival, booking.departure)
    after = _with(booking, [*booking.rooms, added], price, now)
    if booking.state == "tentative" and not booking.rooms:  # only now is anything held
        after = replace(after, held_until_at=booking.held_until_at or hold_until(house, booking.arrival, now))
    return replace(after, rooms_given=booking.rooms_given + 1)


def without_room(booking: Booking, position: int, price: Money | None, now: datetime) -> Booking:
    """The booking without a room. Nights that have been stayed in it remain."""
    life.still_open(booking.state)
    if all(room.position != position for room in booking.rooms):
        raise NoSuchRoom
    if problems := list(_faults_of_price(price, booking)):
        raise NotABooking(errors=problems)
    today, rooms = today_there(booking, now), []
    for room in booking.rooms:
        if room.position != position:
            rooms.append(room)
        elif booking.state == "in_house":
            parts = room.stays(booking.arrival, booking.departure)
            stayed = [replace(part, departure=min(part.departure, today)) for part in parts]
            if any(part.nights > 0 for part in stayed):
                rooms.append(placed(room, stayed, booking.arrival, booking.departure))
    if not any(room.position != position for room in rooms):
        raise StateForbids("The last room goes with the booking: cancel it, or check it out.")
    return _with(booking, rooms, price, now)


def today_there(booking: Booking, now: datetime) -> date:
    return now.astimezone(ZoneInfo(booking.time_zone)).date()


def _with(
    booking: Booking,
    rooms: Iterable[Room],
    price: Money | None,
    now: datetime,
    dates: tuple[date, date] | None = None,
) -> Booking:
    """The booking in its next version; the very same where nothing of it differs."""
    arrival, departure = dates or (booking.arrival, booking.departure)
    after = _priced(replace(booking, rooms=tuple(rooms), arrival=arrival, departure=departure), booking, price)
    if after == booking:
        return booking
    return replace(after, held_until=departure, version=booking.version + 1, changed_at=now)


def _priced(after: Booking, before: Booking, price: Money | None) -> Booking:
    """A price that is said is the whole stay's, and says nothing of the rooms beside one another. Without one, the
    whole stays the sum of its rooms where it was that, else what it was.
    """
    if price is not None:
        own = price.amount_minor if len(after.rooms) == 1 else None
        return replace(after, price=price, rooms=tuple(replace(room, price_minor=own) for room in after.rooms))
    sums = [room.price_minor for room in before.rooms]
    if not sums or None in sums or sum(minor or 0 for minor in sums) != before.price.amount_minor:
        return after
    total = sum(room.price_minor or 0 for room in after.rooms)
    return replace(after, price=replace(after.price, amount_minor=total))


def _faults_of_price(price: Money | None, booking: Booking) -> Iterable[Problem]:
    return faults_of_amount("/price", price, booking.price.currency) if price else ()
