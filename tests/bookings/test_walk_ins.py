"""Guests who stand at the desk: booked and checked in with one call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.bookings.domain.opening import open_direct
from services.contracts.bookings import BookedRoom, Booking, Closed, NoRoomLeft, NotABooking, Person, SetAvailability
from tests.bookings.makers import ANA, Desk, stay

DAY = timedelta(days=1)
TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()


def walks_in(desk: Desk, **more: Any) -> Booking:
    return desk.opens(**{"walk_in": True, "arrival": TODAY, "departure": TODAY + 2 * DAY, **more})


def test_a_walk_in_is_in_house_at_once(desk: Desk) -> None:
    booking = walks_in(desk)
    assert (booking.state, booking.method, booking.version) == ("in_house", "walk-in", 1)
    assert desk.said() == ["BookingCheckedIn"]
    assert desk.sold(TODAY) == 1


def test_a_walk_in_nobody_knows_is_told_of_when_it_is_known_who_it_is(desk: Desk) -> None:
    booking = walks_in(desk, booker=Person(given_name="Ana", family_name="Silva"))
    desk.identifies(booking.id, ANA)
    assert desk.said() == ["BookingReceived", "BookingCheckedIn"]


def test_for_a_walk_in_the_last_room_is_the_last(desk: Desk) -> None:
    walks_in(desk, rooms=(BookedRoom(room_type="A"),) * 2)
    with pytest.raises(NoRoomLeft):
        walks_in(desk)


def test_a_closed_day_is_closed_to_walk_ins(desk: Desk) -> None:
    said = SetAvailability(property="LIS-CITY", first=TODAY, until=TODAY + DAY, closed_to_arrival=True)
    desk.service.set_availability(said)
    with pytest.raises(Closed):
        walks_in(desk)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [({"arrival": TODAY + DAY}, "/arrival"), ({"tentative": True}, "/tentative")],
)
def test_a_walk_in_is_there_today(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotABooking) as refused:
        walks_in(desk, **more)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_today_is_the_propertys_and_ends_at_four(desk: Desk) -> None:
    house = desk.sets_up(time_zone="Asia/Tokyo")
    night = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)  # half past three in Tokyo, on the second
    days = {
        day
        for day in (night.date() + n * DAY for n in range(-2, 3))
        if _is_taken(stay(walk_in=True, arrival=day, departure=day + DAY), house, night)
    }
    assert days == {datetime(2026, 12, 1, tzinfo=UTC).date(), datetime(2026, 12, 2, tzinfo=UTC).date()}


def _is_taken(request: Any, house: Any, now: datetime) -> bool:
    try:
        return open_direct(request, house, now).state == "in_house"
    except NotABooking:
        return False
