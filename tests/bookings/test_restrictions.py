"""What a house refuses to sell: closed days, minimum stays, and how far it overbooks, by room type and night."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.bookings import (
    Availability,
    BookedRoom,
    ChangeStay,
    Closed,
    MinimumStay,
    NoRoomLeft,
    NoSuchProperty,
    NotAProperty,
    Person,
    ReadAvailability,
    RoomPart,
    SetAvailability,
)
from tests.bookings.makers import ARRIVAL, DEPARTURE, Desk, notice, room

DAY = timedelta(days=1)


def says(desk: Desk, first: date = ARRIVAL, until: date | None = None, **more: Any) -> Availability:
    """Of the nights from `first`, of the one if no other is said."""
    said = {"property": "LIS-CITY", "room_type": "A", "first": first, "until": until or first + DAY, **more}
    return desk.service.set_availability(SetAvailability(**said))


def refusing(desk: Desk, kind: type[Exception], **more: Any) -> str:
    """The nights named by the refusal, when somebody tries to book."""
    with pytest.raises(kind) as refused:
        desk.opens(**more)
    assert desk.counters_are_right()
    return refused.value.facts["nights"]  # type: ignore[attr-defined]


# ── said and shown ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_said_of_days_is_shown_with_what_is_left(desk: Desk) -> None:
    says(desk, until=ARRIVAL + 2 * DAY, closed=True, min_stay=2, overbooking=3)
    asked = ReadAvailability(property="LIS-CITY", first=ARRIVAL, until=DEPARTURE)
    of_a = [night for night in desk.service.read_availability(asked).nights if night.room_type == "A"]
    assert [(n.closed, n.min_stay, n.overbooking, n.left) for n in of_a] == [
        (True, 2, 3, 5),
        (True, 2, 3, 5),
        (False, None, 0, 2),
    ]


def test_what_is_not_said_stays_and_what_is_cleared_is_gone(desk: Desk) -> None:
    says(desk, min_stay=2, overbooking=3)
    says(desk, closed_to_arrival=True)
    night = next(n for n in says(desk, clear=("min_stay", "overbooking")).nights if n.room_type == "A")
    assert (night.closed_to_arrival, night.min_stay, night.overbooking, night.left) == (True, None, 0, 2)


def test_days_that_restrict_nothing_any_more_are_forgotten(desk: Desk) -> None:
    says(desk, closed=True, closed_to_departure=True)
    says(desk, closed=False, closed_to_departure=False)
    assert desk.rows("SELECT 1 FROM restrictions") == []


def test_without_a_room_type_all_are_meant(desk: Desk) -> None:
    assert {n.room_type for n in says(desk, room_type=None, closed=True).nights if n.closed} == {"A", "B"}


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"until": ARRIVAL, "closed": True}, "/until"),
        ({"until": ARRIVAL + 401 * DAY, "closed": True}, "/until"),
        ({"overbooking": -1}, "/overbooking"),
        ({"min_stay": 0}, "/min_stay"),
        ({"min_stay": 2, "clear": ("min_stay",)}, "/min_stay"),
        ({"room_type": "Z", "closed": True}, "/room_type"),
        ({}, ""),
    ],
)
def test_a_fault_is_refused_with_its_place(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotAProperty) as refused:
        says(desk, **more)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]
    assert desk.rows("SELECT 1 FROM restrictions") == []


def test_a_property_nobody_knows_is_not_found(desk: Desk) -> None:
    with pytest.raises(NoSuchProperty):
        says(desk, property="NOWHERE", closed=True)


# ── direct bookings are held to it ───────────────────────────────────────────────────────────────────────────────────


def test_a_closed_night_refuses_a_stay_over_it(desk: Desk) -> None:
    says(desk, ARRIVAL + DAY, closed=True)
    assert refusing(desk, Closed) == f"A {ARRIVAL + DAY}"
    assert desk.opens(departure=ARRIVAL + DAY).state == "confirmed"
    assert desk.opens(rooms=(BookedRoom(room_type="B"),)).state == "confirmed"


def test_a_day_closed_to_arrival_refuses_who_comes_on_it(desk: Desk) -> None:
    says(desk, closed_to_arrival=True)
    assert refusing(desk, Closed) == f"A {ARRIVAL}"
    assert desk.opens(arrival=ARRIVAL - DAY).state == "confirmed"


def test_a_day_closed_to_departure_refuses_who_goes_on_it(desk: Desk) -> None:
    says(desk, DEPARTURE, closed_to_departure=True)
    assert refusing(desk, Closed) == f"A {DEPARTURE}"
    assert desk.opens(departure=DEPARTURE + DAY).state == "confirmed"


def test_a_minimum_stay_is_of_those_who_come_on_the_day(desk: Desk) -> None:
    says(desk, min_stay=4)
    assert refusing(desk, MinimumStay) == f"A {ARRIVAL}"
    assert desk.opens(departure=DEPARTURE + DAY).state == "confirmed"
    assert desk.opens(arrival=ARRIVAL + DAY).state == "confirmed"


def test_each_room_is_judged_by_its_own_dates(desk: Desk) -> None:
    says(desk, ARRIVAL + DAY, closed_to_arrival=True)
    part = RoomPart(room_type="A", arrival=ARRIVAL + DAY, departure=DEPARTURE)
    rooms = (BookedRoom(room_type="B"), BookedRoom(room_type="A", parts=(part,)))
    assert refusing(desk, Closed, rooms=rooms) == f"A {ARRIVAL + DAY}"


def test_what_refuses_one_booking_does_not_refuse_those_beside_it(desk: Desk) -> None:
    says(desk, ARRIVAL + DAY, closed=True)

    def book(n: int) -> str:
        kind = "A" if n % 2 else "B"
        try:
            return desk.opens(rooms=(BookedRoom(room_type=kind),), booker=Person(profile_id=uuid4())).state
        except Closed:
            return "closed"

    desk.sets_up(capacity=50)
    with ThreadPoolExecutor(8) as crowd:
        outcomes = list(crowd.map(book, range(40)))
    assert outcomes == ["confirmed", "closed"] * 20
    assert (desk.sold(), desk.sold(room_type="B")) == (0, 20)


def test_full_nights_are_named(desk: Desk) -> None:
    desk.opens(arrival=ARRIVAL + DAY, rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="A")))
    assert refusing(desk, NoRoomLeft) == f"A {ARRIVAL + DAY}, A {ARRIVAL + 2 * DAY}"


# ── those of other systems are flagged ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        ({"closed": True}, ("closed",)),
        ({"closed_to_arrival": True}, ("closed",)),
        ({"min_stay": 9}, ("minimum-stay",)),
        ({"closed": True, "min_stay": 9}, ("closed", "minimum-stay")),
        ({"closed_to_departure": True}, ()),
    ],
)
def test_what_others_have_sold_is_taken_and_flagged(desk: Desk, said: dict[str, Any], flags: tuple[str, ...]) -> None:
    says(desk, **said)
    booking = desk.booking(desk.receives(notice()).booking_id)
    assert (tuple(sorted(booking.flags)), desk.sold()) == (flags, 1)


def test_a_change_that_takes_a_closed_night_is_flagged(desk: Desk) -> None:
    says(desk, DEPARTURE, closed=True)
    assert desk.booking(desk.receives(notice()).booking_id).flags == ()
    later = notice(revision=2, status="modified", departure=DEPARTURE + DAY)
    assert desk.booking(desk.receives(later).booking_id).flags == ("closed",)


def test_what_came_before_its_new_notice_keeps_both_flags(desk: Desk) -> None:
    says(desk, closed=True)
    booking = desk.booking(desk.receives(notice(status="modified", rooms=(room(),) * 3)).booking_id)
    assert set(booking.flags) == {"change-before-new", "overbooked", "closed"}


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stay_is_not_extended_into_a_closed_night(desk: Desk) -> None:
    booking = desk.opens()
    says(desk, DEPARTURE, closed=True)
    with pytest.raises(Closed):
        desk.service.change_stay(ChangeStay(booking_id=booking.id, version=1, departure=DEPARTURE + DAY))
    assert desk.counters_are_right()


def test_a_stay_keeps_the_right_it_had_when_it_becomes_longer(desk: Desk) -> None:
    booking = desk.opens()
    says(desk, min_stay=9, closed_to_arrival=True, closed=True)
    asked = ChangeStay(booking_id=booking.id, version=1, departure=DEPARTURE + DAY)
    assert desk.service.change_stay(asked).departure == DEPARTURE + DAY


def test_a_stay_is_not_shortened_below_the_minimum(desk: Desk) -> None:
    booking = desk.opens()
    says(desk, min_stay=3)
    with pytest.raises(MinimumStay):
        desk.service.change_stay(ChangeStay(booking_id=booking.id, version=1, departure=DEPARTURE - DAY))


# ── overbooking of a night ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_night_may_be_overbooked_further_than_its_type(desk: Desk) -> None:
    says(desk, until=DEPARTURE, overbooking=1)
    assert desk.opens(rooms=(BookedRoom(room_type="A"),) * 3).state == "confirmed"
    assert refusing(desk, NoRoomLeft).count("A ") == 3


def test_a_bound_that_shrinks_below_what_is_sold_leaves_it_oversold(desk: Desk) -> None:
    says(desk, until=DEPARTURE, overbooking=2)
    desk.opens(rooms=(BookedRoom(room_type="A"),) * 4)
    says(desk, overbooking=0)
    assert [tuple(r) for r in desk.rows("SELECT sold, oversold FROM nights ORDER BY night")][0] == (2, 2)
    assert desk.counters_are_right()


def test_the_bound_of_a_night_outlives_a_change_of_its_type(desk: Desk) -> None:
    says(desk, overbooking=1)
    desk.sets_up(capacity=1, overbooking=5)
    assert [tuple(r) for r in desk.rows("SELECT capacity, overbooking FROM nights")] == [(1, 1)]
    says(desk, clear=("overbooking",))
    assert [tuple(r) for r in desk.rows("SELECT capacity, overbooking FROM nights")] == [(1, 5)]


def test_no_night_keeps_an_old_bound_while_it_changes_under_sales(desk: Desk) -> None:
    desk.sets_up(capacity=100)

    def sell(n: int) -> None:
        first = ARRIVAL + n % 7 * DAY
        desk.opens(arrival=first, departure=first + 2 * DAY, booker=Person(profile_id=uuid4()))

    def bound(n: int) -> None:
        says(desk, until=ARRIVAL + 8 * DAY, overbooking=n, room_type=None if n % 2 else "A")

    def rebuild(n: int) -> None:
        desk.sets_up(capacity=100 + n)

    with ThreadPoolExecutor(6) as crowd:
        work = [crowd.submit({0: bound, 5: rebuild}.get(n % 10, sell), n) for n in range(70)]
        for done in work:
            done.result()
    wrong = """
        SELECT 1 FROM nights n JOIN room_types t ON t.id = n.room_type_id
        LEFT JOIN restrictions r ON r.room_type_id = n.room_type_id AND r.day = n.night
        WHERE (n.capacity, n.overbooking) <> (t.capacity, coalesce(r.overbooking, t.overbooking))
    """
    assert desk.rows(wrong) == []
    assert desk.counters_are_right()
