"""LIS-CITY with rooms that have numbers: 101 and 102 of type A, 201 and 202 of type B; and stays from today on."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.contracts.bookings import (
    AssignRoom,
    Booking,
    CheckInBooking,
    CheckOutBooking,
    HotelRoom,
    HotelRooms,
    NewRoom,
    Person,
    ReadRooms,
    SetRoomStatus,
    SetUpRooms,
)
from tests.bookings.makers import Desk

TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
DAY = timedelta(days=1)


def day(n: int) -> date:
    """So many days from today."""
    return TODAY + n * DAY


def rooms_of(room_type: str, *numbers: str, **more: Any) -> tuple[NewRoom, ...]:
    return tuple(NewRoom(number=number, room_type=room_type, **more) for number in numbers)


FOUR = (*rooms_of("A", "101", "102"), *rooms_of("B", "201", "202"))


def sets_up_rooms(desk: Desk, *rooms: NewRoom, **more: Any) -> HotelRooms:
    return desk.service.set_up_rooms(SetUpRooms(property="LIS-CITY", rooms=rooms or FOUR, **more))


def room(desk: Desk, number: str) -> HotelRoom:
    items = desk.service.read_rooms(ReadRooms(property="LIS-CITY")).items
    return next(each for each in items if each.number == number)


def opens(desk: Desk, first: int = 0, until: int = 2, **more: Any) -> Booking:
    """A stay of somebody from the first to the last of these days, counted from today."""
    said = {"arrival": day(first), "departure": day(until), "booker": Person(profile_id=uuid4())}
    return desk.opens(**{**said, **more})


def assigns(desk: Desk, booking: Booking, number: str | None, position: int = 0, **more: Any) -> Booking:
    return desk.service.assign_room(AssignRoom(booking_id=booking.id, position=position, room=number, **more))


def checks_in(desk: Desk, booking: Booking, **more: Any) -> Booking:
    return desk.service.check_in_booking(CheckInBooking(booking_id=booking.id, **more))


def checks_out(desk: Desk, booking: Booking) -> Booking:
    return desk.service.check_out_booking(CheckOutBooking(booking_id=booking.id))


def says_status(desk: Desk, number: str, status: Any) -> HotelRoom:
    return desk.service.set_room_status(SetRoomStatus(room_id=room(desk, number).id, housekeeping=status))


def places(booking: Booking, position: int = 0) -> list[tuple[str, date, date, bool]]:
    """Numbers and nights of the rooms that a room of the booking has, and whether its guests are in them."""
    found = next(each for each in booking.rooms if each.position == position)
    return [(each.number, each.arrival, each.departure, each.occupied) for each in found.assigned]


def numbers(desk: Desk, booking_id: UUID, position: int = 0) -> list[str]:
    return [number for number, *_ in places(desk.booking(booking_id), position)]
