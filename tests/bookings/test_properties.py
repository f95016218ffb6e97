"""Properties, their room types, and what is left of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.bookings import (
    BookedRoom,
    NewRoomType,
    NoRoomLeft,
    NoSuchProperty,
    NotABooking,
    NotAProperty,
    Person,
    ReadAvailability,
    ReadProperties,
)
from tests.bookings.makers import ARRIVAL, DEPARTURE, Desk, lisbon_city, notice, room


def test_a_property_is_set_up_once_and_then_changed(desk: Desk) -> None:
    before = desk.sets_up()
    after = desk.sets_up(capacity=9, name="Lisbon Old Town")
    assert (after.id, after.name) == (before.id, "Lisbon Old Town")
    assert [(t.id, t.capacity) for t in after.room_types] == [(t.id, 9) for t in before.room_types]
    assert desk.service.read_properties(ReadProperties()).items == (after,)


def test_room_types_that_are_not_named_stay(desk: Desk) -> None:
    kinds = desk.sets_up(room_types=(NewRoomType(code="C", name="Suite", capacity=1),)).room_types
    assert [t.code for t in kinds] == ["A", "B", "C"]


def test_hours_that_are_not_said_stay_and_those_cleared_are_gone(desk: Desk) -> None:
    hours = {"check_in_from": "15:00", "check_out_until": "11:00", "no_show_at": "06:00", "hold_hours": 48}
    desk.sets_up(**hours)
    after = desk.sets_up(check_out_until="10:30", clear=("no_show_at", "hold_hours"))
    assert (after.check_in_from, after.check_out_until) == ("15:00", "10:30")
    assert (after.no_show_at, after.hold_hours) == (None, None)


def test_a_property_is_read_by_code_or_id(desk: Desk) -> None:
    house = desk.sets_up()
    for key in (house.code, str(house.id)):
        assert desk.service.read_properties(ReadProperties(property=key)).items == (house,)
    with pytest.raises(NoSuchProperty):
        desk.service.read_properties(ReadProperties(property=str(uuid4())))


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"code": "LIS CITY"}, "/code"),
        ({"name": " "}, "/name"),
        ({"currency": "XXY"}, "/currency"),
        ({"currency": "USD"}, "/currency"),
        ({"time_zone": "Europe/Atlantis"}, "/time_zone"),
        ({"country": "Portugal"}, "/country"),
        ({"check_in_from": "3 pm"}, "/check_in_from"),
        ({"check_out_until": "24:00"}, "/check_out_until"),
        ({"no_show_at": "٠٦:٠٠"}, "/no_show_at"),
        ({"hold_hours": 0}, "/hold_hours"),
        ({"hold_hours": 48, "clear": ("hold_hours",)}, "/hold_hours"),
        ({"room_types": (NewRoomType(code="A", name="A", capacity=-1),)}, "/room_types/0/capacity"),
        ({"room_types": (NewRoomType(code="A", name="A", capacity=1),) * 2}, "/room_types/1/code"),
    ],
)
def test_a_fault_is_refused_with_its_place(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotAProperty) as refused:
        desk.sets_up(lisbon_city(**more))
    assert [e.pointer for e in refused.value.errors] == [pointer]


def test_what_is_left_is_said_night_by_night(desk: Desk) -> None:
    desk.sets_up(overbooking=1)
    desk.opens(departure=ARRIVAL + timedelta(days=1))
    asked = ReadAvailability(property="LIS-CITY", first=ARRIVAL, until=ARRIVAL + timedelta(days=2))
    nights = desk.service.read_availability(asked).nights
    assert [(n.room_type, n.night, n.capacity, n.sold, n.left) for n in nights] == [
        ("A", ARRIVAL, 2, 1, 2),
        ("A", ARRIVAL + timedelta(days=1), 2, 0, 3),
        ("B", ARRIVAL, 2, 0, 3),
        ("B", ARRIVAL + timedelta(days=1), 2, 0, 3),
    ]


@pytest.mark.parametrize("nights", [-1, 0, 401])
def test_availability_is_asked_for_up_to_four_hundred_nights(desk: Desk, nights: int) -> None:
    asked = ReadAvailability(property="LIS-CITY", first=ARRIVAL, until=ARRIVAL + timedelta(days=nights))
    with pytest.raises(NotABooking):
        desk.service.read_availability(asked)


def test_more_rooms_are_bookable_at_once_and_fewer_are_not(desk: Desk) -> None:
    desk.opens(rooms=(BookedRoom(room_type="A"),) * 2)
    desk.sets_up(capacity=3)
    desk.opens()
    desk.sets_up(capacity=1)
    assert [tuple(r) for r in desk.rows("SELECT sold, oversold FROM nights")] == [(1, 2)] * 3
    with pytest.raises(NoRoomLeft):
        desk.opens()
    desk.sets_up(capacity=4)
    assert [tuple(r) for r in desk.rows("SELECT sold, oversold FROM nights")] == [(3, 0)] * 3
    assert desk.counters_are_right()


def test_an_oversold_night_given_back_is_within_its_bound_again(desk: Desk) -> None:
    desk.receives(notice(rooms=(room(),) * 3))
    desk.receives(notice(revision=2, status="modified", rooms=(room(),)))
    assert [tuple(r) for r in desk.rows("SELECT sold, oversold FROM nights")] == [(1, 0)] * 3


def test_no_night_keeps_an_old_bound_while_it_changes_under_sales(desk: Desk) -> None:
    def sell(n: int) -> None:
        first = ARRIVAL + timedelta(days=n)
        desk.opens(arrival=first, departure=first + timedelta(days=2), booker=Person(profile_id=uuid4()))

    def change(n: int) -> None:
        desk.sets_up(capacity=40 + n)

    with ThreadPoolExecutor(6) as crowd:
        work = [crowd.submit(change if n % 5 == 0 else sell, n) for n in range(60)]
        for done in work:
            done.result()
    wrong = "SELECT 1 FROM nights n JOIN room_types t ON t.id = n.room_type_id WHERE n.capacity <> t.capacity"
    assert desk.rows(wrong) == []
    assert desk.counters_are_right()


def test_the_proof_finds_a_counter_that_is_wrong(desk: Desk) -> None:
    desk.opens()
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE nights SET sold = 2 WHERE night = %s", (DEPARTURE - timedelta(days=1),))
    assert not desk.counters_are_right()
