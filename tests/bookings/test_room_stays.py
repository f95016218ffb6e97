"""What is told of rooms with dates of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.contracts.bookings import BookedRoom, Booking, RoomPart
from tests.bookings.makers import ARRIVAL, DEPARTURE, Desk, eur

DAY = timedelta(days=1)


def told(desk: Desk, booking: Booking) -> list[dict[str, Any]]:
    """The rooms in what was announced of the booking last."""
    with desk.db.engine.connect() as connection:
        found = connection.execute(
            sa.text("SELECT body FROM outbox WHERE routing_key LIKE 'booking.c%' ORDER BY seq DESC LIMIT 1")
        )
        facts: dict[str, Any] = json.loads(found.scalar_one())["booking"]
    assert facts["booking_id"] == str(booking.id)
    return facts["room_stays"]  # type: ignore[no-any-return]


@pytest.mark.servers
def test_rooms_that_all_take_the_whole_stay_are_not_told_one_by_one(desk: Desk) -> None:
    halves = (
        RoomPart(room_type="A", arrival=ARRIVAL, departure=ARRIVAL + DAY),
        RoomPart(room_type="B", arrival=ARRIVAL + DAY, departure=DEPARTURE),
    )
    assert told(desk, desk.opens(rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="A", parts=halves)))) == []


@pytest.mark.servers
def test_where_one_has_dates_of_its_own_all_are_told_with_their_people_and_prices(desk: Desk) -> None:
    late = RoomPart(room_type="A", arrival=ARRIVAL + DAY, departure=DEPARTURE)
    booking = desk.opens(
        rooms=(
            BookedRoom(room_type="A", adults=2, price=eur("300.00")),
            BookedRoom(room_type="A", adults=1, children=1, child_ages=(7,), parts=(late,)),
        )
    )
    first, second = told(desk, booking)
    assert first == {
        "position": 0,
        "arrival": str(ARRIVAL),
        "departure": str(DEPARTURE),
        "adults": 2,
        "children": 0,
        "child_ages": [],
        "price": {"amount_minor": 30000, "currency": "EUR"},
    }
    assert second == {
        "position": 1,
        "arrival": str(ARRIVAL + DAY),
        "departure": str(DEPARTURE),
        "adults": 1,
        "children": 1,
        "child_ages": [7],
        "price": None,
    }
