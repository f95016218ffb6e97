"""All bookings of a guest or a company, in any role, past, present and future, in every property."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.contracts.bookings import (
    BookedRoom,
    Booking,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    DepartedGuest,
    FindBookings,
    KeepDepartedGuests,
    Person,
    PostalAddress,
    ReadBooking,
)
from services.kit.refusal import Invalid
from tests.bookings.makers import ANA, BRUNO, Desk, lisbon_city

ACME = UUID("ac000000-0000-4000-8000-000000000004")


def today(zone: str = "Europe/Lisbon") -> date:
    return datetime.now(ZoneInfo(zone)).date()


def finds(desk: Desk, profile_id: UUID = ANA, **more: Any) -> list[UUID]:
    found = desk.service.find_bookings(FindBookings(profile_id=profile_id, **more))
    return [booking.id for booking in found.items]


def days(desk: Desk, first: int, last: int, **more: Any) -> Booking:
    """A stay from and to so many days from today."""
    return desk.opens(arrival=today() + timedelta(first), departure=today() + timedelta(last), **more)


def rooms(code: str) -> Any:
    return (BookedRoom(room_type=code, adults=2),)


def test_a_profile_is_found_in_each_of_its_roles(desk):
    own = desk.opens()
    paid = desk.opens(booker=Person(profile_id=BRUNO), payer=Person(profile_id=ANA), contact=Person(profile_id=ANA))
    assert set(finds(desk)) == {own.id, paid.id}
    assert finds(desk, role="primary") == finds(desk, role="booker") == [own.id]
    assert finds(desk, role="payer") == finds(desk, role="contact") == [paid.id]
    assert finds(desk, role="additional") == []
    assert finds(desk, BRUNO, role="payer") == []


def test_a_company_is_found_by_what_it_pays(desk):
    booking = desk.opens(payer=Person(profile_id=ACME, company="ACME"))
    assert finds(desk, ACME) == finds(desk, ACME, role="payer") == [booking.id]


def test_a_role_is_somebodys(desk):
    with pytest.raises(Invalid) as refused:
        desk.service.find_bookings(FindBookings(role="payer"))
    assert [fault.pointer for fault in refused.value.errors] == ["/role"]


def test_bookings_are_past_present_or_future_by_the_day_of_the_property(desk):
    over, ending = days(desk, -5, -2), days(desk, -3, 0)
    there, due = days(desk, -1, 2), days(desk, 0, 2, rooms=rooms("B"))
    coming = days(desk, 1, 2, rooms=rooms("B"))
    desk.service.check_in_booking(CheckInBooking(booking_id=there.id))
    assert set(finds(desk, when="past")) == {over.id, ending.id}
    assert set(finds(desk, when="present")) == {there.id, due.id}
    assert finds(desk, when="future") == [coming.id]


def test_who_has_not_left_is_there_and_who_has_left_early_is_not(desk):
    late, early = days(desk, -3, 0), days(desk, -1, 3)
    for booking in (late, early):
        desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    desk.service.check_out_booking(CheckOutBooking(booking_id=early.id))
    assert finds(desk, when="present") == [late.id]
    assert finds(desk, when="past") == [early.id]


def test_a_cancelled_booking_is_where_its_days_are(desk):
    coming = days(desk, 5, 6)
    desk.service.cancel_booking(CancelBooking(booking_id=coming.id))
    assert finds(desk, when="future") == [coming.id]


def test_two_properties_have_two_days(desk):
    desk.sets_up(lisbon_city(code="KIR", name="Kiritimati", time_zone="Pacific/Kiritimati", country="KI"))
    desk.sets_up(lisbon_city(code="HNL", name="Honolulu", time_zone="Pacific/Honolulu", country="US"))
    day = today("Pacific/Kiritimati")  # 24 hours, so always a day, before Honolulu
    dates = {"arrival": day, "departure": day + timedelta(1)}
    kiritimati, honolulu = (desk.opens(property=code, **dates) for code in ("KIR", "HNL"))
    assert (finds(desk, when="present"), finds(desk, when="future")) == ([kiritimati.id], [honolulu.id])


def test_every_booking_is_past_present_or_future_and_only_one_of_them(desk):
    made = [days(desk, n, n + 2, rooms=rooms("AB"[n % 2])).id for n in range(-4, 5)]
    found = [booking for when in ("past", "present", "future") for booking in finds(desk, when=when)]
    assert sorted(found) == sorted(made)


def test_pages_go_through_all_of_them_once(desk):
    made = {desk.opens(arrival=date(2027, 1, n), departure=date(2027, 1, n + 1)).id for n in range(1, 8)}
    seen: list[UUID] = []
    cursor = None
    while True:
        asked = FindBookings(profile_id=ANA, role="booker", when="future", limit=3, cursor=cursor)
        page = desk.service.find_bookings(asked)
        seen += [booking.id for booking in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert (len(seen), set(seen)) == (7, made)


# ── as they were ─────────────────────────────────────────────────────────────────────────────────────────────────────

THEN = DepartedGuest(
    profile_id=ANA,
    given_name="Ana",
    family_name="Silva",
    level="VIP",
    emails=("ana@example.org",),
    addresses=(PostalAddress(lines=("Rua Augusta 1",), city="Lisboa", country="PT"),),
    as_of=datetime(2026, 12, 4, 11, 0, tzinfo=UTC),
)


def departed(desk: Desk) -> Booking:
    booking = desk.opens()
    desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    return desk.service.check_out_booking(CheckOutBooking(booking_id=booking.id))


def keeps(desk: Desk, booking: Booking, *guests: DepartedGuest, version: int | None = None) -> bool:
    said = KeepDepartedGuests(booking_id=booking.id, version=version or booking.version, guests=guests)
    return bool(desk.service.keep_departed_guests(said).kept)


def test_a_departed_booking_shows_its_guests_as_they_were(desk):
    booking = departed(desk)
    assert desk.booking(booking.id).departed_guests == ()
    assert keeps(desk, booking, THEN)
    assert desk.booking(booking.id).departed_guests == (THEN,)


def test_what_is_said_of_a_check_out_again_changes_nothing(desk):
    booking = departed(desk)
    keeps(desk, booking, THEN)
    assert not keeps(desk, booking, replace(THEN, family_name="Santos"))
    assert desk.booking(booking.id).departed_guests == (THEN,)


def test_guests_who_have_not_left_are_not_kept(desk):
    booking = desk.opens()
    assert not keeps(desk, booking, THEN)
    assert desk.service.read_booking(ReadBooking(booking_id=booking.id)).departed_guests == ()
