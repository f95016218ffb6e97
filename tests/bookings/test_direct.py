"""Direct bookings: only where there is room, only of whom the house books; and their life at the desk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from services.contracts.bookings import (
    BookedRoom,
    Booking,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    ConfirmBooking,
    DoNotBook,
    FindBookings,
    MarkNoShow,
    NoRoomLeft,
    NoSuchBooking,
    NoSuchProperty,
    NotABooking,
    Person,
    ReadBookingPeople,
    StateForbids,
)
from services.contracts.profiles import LevelChanged
from services.contracts.values import Money
from services.kit.refusal import Invalid
from tests.bookings.makers import ANA, ARRIVAL, BRUNO, DEPARTURE, Desk, eur, notice

STEPS = {
    "confirm": ConfirmBooking,
    "cancel": CancelBooking,
    "check-in": CheckInBooking,
    "check-out": CheckOutBooking,
    "no-show": MarkNoShow,
}


def does(desk: Desk, step: str, booking: Booking) -> Booking:
    asked = STEPS[step](booking_id=booking.id)
    return getattr(desk.service, asked.rpc_method())(asked)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_booking_of_a_known_guest_is_confirmed_at_once(desk: Desk) -> None:
    booking = desk.opens()
    assert (booking.state, booking.version, booking.price) == ("confirmed", 1, eur("300.00"))
    (event,) = desk.announced()
    assert (type(event).__name__, event.booking.profile_ids) == ("BookingConfirmed", (ANA,))  # type: ignore[attr-defined]
    assert desk.booking(booking.id) == booking
    assert desk.sold() == 1


def test_a_tentative_one_is_held_until_it_is_confirmed(desk: Desk) -> None:
    held = desk.opens(tentative=True)
    assert does(desk, "confirm", held).state == "confirmed"
    assert desk.said() == ["BookingHeld", "BookingConfirmed"]


def test_a_booking_of_a_new_guest_waits_for_its_people(desk: Desk) -> None:
    booking = desk.opens(booker=Person(given_name="Ana", family_name="Silva"), guests=(Person(profile_id=BRUNO),))
    assert desk.said() == ["BookingReceived"]
    people = desk.service.read_booking_people(ReadBookingPeople(booking_id=booking.id))
    assert (people.version, people.identified, people.country) == (1, False, "PT")
    assert [(p.position, p.roles, p.profile_id) for p in people.people] == [
        (0, ("booker", "primary"), None),
        (1, ("additional",), BRUNO),
    ]
    desk.identifies(booking.id, ANA, BRUNO)
    assert desk.said() == ["BookingReceived", "BookingConfirmed"]


def test_without_a_price_the_rooms_are_summed(desk: Desk) -> None:
    rooms = (BookedRoom(room_type="A", price=eur("100.00")), BookedRoom(room_type="B", price=eur("50.50")))
    assert desk.opens(rooms=rooms).price == eur("150.50")
    assert desk.opens(rooms=(BookedRoom(room_type="A"),)).price == eur("0.00")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"departure": ARRIVAL}, "/departure"),
        ({"departure": ARRIVAL + timedelta(days=401)}, "/departure"),
        ({"arrival": date(2040, 1, 1), "departure": date(2040, 1, 2)}, "/arrival"),
        ({"rooms": ()}, "/rooms"),
        ({"rooms": (BookedRoom(room_type="A"),) * 51}, "/rooms"),
        ({"rooms": (BookedRoom(room_type="Z"),)}, "/rooms/0/room_type"),
        ({"rooms": (BookedRoom(room_type="A", adults=2, children=1),)}, "/rooms/0/adults"),
        ({"rooms": (BookedRoom(room_type="A", adults=0),)}, "/rooms/0/adults"),
        ({"price": Money(amount_minor=100, currency="USD")}, "/price/currency"),
        ({"price": Money(amount_minor=-1, currency="EUR")}, "/price/amount"),
        ({"booker": Person()}, "/booker"),
        ({"booker": Person(given_name="A\x00")}, "/booker/given_name"),
        ({"guests": (Person(profile_id=ANA, email="a\nb"),)}, "/guests/0/email"),
        ({"requests": "\u202e"}, "/requests"),
    ],
)
def test_a_fault_is_refused_with_its_place(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotABooking) as refused:
        desk.opens(**more)
    assert [e.pointer for e in refused.value.errors] == [pointer]
    assert desk.rows("SELECT 1 FROM nights") == []


def test_a_property_nobody_knows_is_not_found(desk: Desk) -> None:
    with pytest.raises(NoSuchProperty):
        desk.opens(property="NOWHERE")


def test_a_property_is_known_by_id_as_well(desk: Desk) -> None:
    house = desk.sets_up()
    assert desk.opens(property=str(house.id)).property == "LIS-CITY"


# ── do not book ──────────────────────────────────────────────────────────────────────────────────────────────────────


def level(profile: Any, version: int, do_not_book: bool) -> LevelChanged:
    return LevelChanged(profile_id=profile, version=version, level=None, do_not_book=do_not_book)


def test_whom_the_house_does_not_book_is_refused_and_takes_no_room(desk: Desk) -> None:
    with pytest.raises(DoNotBook):
        desk.opens(do_not_book=True)
    desk.service.remember_level(level(ANA, 2, True))
    with pytest.raises(DoNotBook):
        desk.opens()
    with pytest.raises(DoNotBook):
        desk.opens(booker=Person(profile_id=BRUNO), guests=(Person(profile_id=ANA),))
    assert desk.sold() == 0
    assert desk.said() == []


def test_an_older_level_does_not_beat_a_newer_one(desk: Desk) -> None:
    desk.service.remember_level(level(ANA, 3, False))
    desk.service.remember_level(level(ANA, 2, True))
    assert desk.opens().state == "confirmed"


def test_who_was_unwelcome_on_an_earlier_booking_is_refused(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.identifies(report.booking_id, ANA, do_not_book=True)
    with pytest.raises(DoNotBook):
        desk.opens()
    desk.service.remember_level(level(ANA, 1, False))
    assert desk.opens().state == "confirmed"


# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("overbooking", [0, 1, 3])
def test_of_sixty_four_guests_at_once_the_last_room_and_the_overbooking_win(desk: Desk, overbooking: int) -> None:
    desk.sets_up(capacity=1, overbooking=overbooking)

    def book(_: int) -> str:
        try:
            return desk.opens(booker=Person(profile_id=uuid4())).state
        except NoRoomLeft:
            return "refused"

    with ThreadPoolExecutor(64) as crowd:
        outcomes = list(crowd.map(book, range(64)))
    assert outcomes.count("confirmed") == overbooking + 1
    assert outcomes.count("refused") == 63 - overbooking
    assert desk.sold() == overbooking + 1
    assert len(desk.said()) == overbooking + 1
    assert desk.counters_are_right()


def test_one_full_night_refuses_the_stay_and_changes_nothing(desk: Desk) -> None:
    last = DEPARTURE - timedelta(days=1)
    desk.opens(arrival=last, rooms=(BookedRoom(room_type="A"),) * 2)
    before = desk.rows("SELECT * FROM nights")
    with pytest.raises(NoRoomLeft):
        desk.opens()
    assert desk.rows("SELECT * FROM nights") == before
    assert desk.opens(departure=last).state == "confirmed"


def test_more_rooms_than_there_are_is_refused(desk: Desk) -> None:
    with pytest.raises(NoRoomLeft):
        desk.opens(rooms=(BookedRoom(room_type="A"),) * 3)


def test_a_direct_booking_finds_no_room_where_others_have_oversold(desk: Desk) -> None:
    desk.receives(notice(rooms=notice().rooms * 3))
    with pytest.raises(NoRoomLeft):
        desk.opens()


def test_stays_over_several_types_and_crossing_dates_do_not_deadlock(desk: Desk) -> None:
    desk.sets_up(capacity=1000)
    kinds = [BookedRoom(room_type="A"), BookedRoom(room_type="B")]

    def book(n: int) -> int:
        first = ARRIVAL + timedelta(days=n % 4)
        rooms = tuple(kinds if n % 2 else reversed(kinds))
        said = desk.opens(arrival=first, departure=first + timedelta(days=5), rooms=rooms)
        does(desk, "cancel", said) if n % 3 == 0 else None
        return said.version

    with ThreadPoolExecutor(8) as crowd:
        assert list(crowd.map(book, range(80))) == [1] * 80
    assert desk.counters_are_right()


def test_the_table_itself_refuses_to_sell_beyond_the_bound(desk: Desk) -> None:
    desk.opens()
    with pytest.raises(DBAPIError), desk.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE nights SET sold = 3"))


# ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stay_at_the_desk(desk: Desk) -> None:
    booking = desk.opens()
    assert does(desk, "check-in", booking).state == "in_house"
    departed = does(desk, "check-out", booking)
    assert (departed.state, departed.version, departed.departure) == ("departed", 3, DEPARTURE)
    assert desk.said() == ["BookingConfirmed", "BookingCheckedIn", "BookingCheckedOut"]
    assert desk.counters_are_right()


def test_a_cancelled_room_is_bookable_at_once(desk: Desk) -> None:
    both = desk.opens(rooms=(BookedRoom(room_type="A"),) * 2)
    does(desk, "cancel", both)
    assert desk.opens(rooms=(BookedRoom(room_type="A"),) * 2).state == "confirmed"


def test_who_departs_early_leaves_a_bookable_room(desk: Desk) -> None:
    today = datetime.now(ZoneInfo("Europe/Lisbon")).date()
    first, last = today - timedelta(days=3), today + timedelta(days=10)
    booking = desk.opens(arrival=first, departure=last)
    does(desk, "check-in", booking)
    does(desk, "check-out", booking)
    assert (desk.sold(first), desk.sold(last - timedelta(days=1))) == (1, 0)
    assert desk.counters_are_right()


@pytest.mark.parametrize("step", STEPS)
def test_nothing_moves_a_cancelled_booking(desk: Desk, step: str) -> None:
    booking = does(desk, "cancel", desk.opens())
    with pytest.raises(StateForbids):
        does(desk, step, booking)
    assert desk.booking(booking.id) == booking


@pytest.mark.parametrize(
    "change", ["price_minor = 1", "state = 'confirmed'", "held_until = departure", "flags = '{x}'"]
)
def test_the_table_itself_keeps_a_cancelled_booking_frozen(desk: Desk, change: str) -> None:
    does(desk, "cancel", desk.opens())
    with pytest.raises(DBAPIError), desk.db.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE bookings SET {change}"))


def test_a_booking_cancelled_by_ten_at_once_is_cancelled_once(desk: Desk) -> None:
    booking = desk.opens()

    def cancel(_: int) -> bool:
        try:
            return bool(does(desk, "cancel", booking))
        except StateForbids:
            return False

    with ThreadPoolExecutor(10) as crowd:
        assert sum(crowd.map(cancel, range(10))) == 1
    assert desk.said() == ["BookingConfirmed", "BookingCancelled"]
    assert (desk.sold(), desk.counters_are_right()) == (0, True)


@pytest.mark.parametrize("step", STEPS)
def test_a_booking_nobody_made_is_not_found(desk: Desk, step: str) -> None:
    asked = STEPS[step](booking_id=uuid4())
    with pytest.raises(NoSuchBooking):
        getattr(desk.service, asked.rpc_method())(asked)


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def found(desk: Desk, **asked: Any) -> list[Any]:
    return [b.id for b in desk.service.find_bookings(FindBookings(**asked)).items]


def test_a_profile_is_found_in_any_role_the_latest_arrival_first(desk: Desk) -> None:
    early = desk.opens()
    late = desk.opens(
        arrival=DEPARTURE,
        departure=DEPARTURE + timedelta(days=1),
        booker=Person(profile_id=BRUNO),
        guests=(Person(profile_id=ANA),),
    )
    assert found(desk, profile_id=ANA) == [late.id, early.id]
    assert found(desk, profile_id=BRUNO) == [late.id]
    assert found(desk, profile_id=uuid4()) == []


def test_who_is_no_longer_on_a_booking_is_not_found_by_it(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.identifies(report.booking_id, ANA)
    desk.identifies(report.booking_id, BRUNO)
    assert found(desk, profile_id=ANA) == []
    assert found(desk, profile_id=BRUNO) == [report.booking_id]


def test_bookings_are_found_by_reference_property_and_day(desk: Desk) -> None:
    report = desk.receives(notice())
    other = desk.opens(arrival=ARRIVAL + timedelta(days=1))
    assert found(desk, external_ref="BDC-4711") == [report.booking_id]
    assert found(desk, property="LIS-CITY", arrival=ARRIVAL) == [report.booking_id]
    assert found(desk, property="LIS-CITY") == [other.id, report.booking_id]
    with pytest.raises(NoSuchProperty):
        found(desk, property="NOWHERE")


def test_pages_follow_one_another_without_gap_or_repeat(desk: Desk) -> None:
    desk.sets_up(capacity=20)
    made = [desk.opens(arrival=ARRIVAL + timedelta(days=n % 3)).id for n in range(7)]
    pages: list[Any] = []
    cursor = None
    while not pages or cursor:
        page = desk.service.find_bookings(FindBookings(profile_id=ANA, limit=3, cursor=cursor))
        pages += page.items
        cursor = page.next
    assert sorted(b.id for b in pages) == sorted(made)
    assert [b.arrival for b in pages] == sorted((b.arrival for b in pages), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsMl0=", "bnVsbA==", "é", "WyIyMDI2LTEyLTAxIiwgIngiXQ=="])
def test_a_cursor_that_is_none_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(Invalid):
        found(desk, profile_id=ANA, cursor=cursor)
