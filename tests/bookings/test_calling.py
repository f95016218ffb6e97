"""The stays of whoever calls, at a glance."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.bookings.store import calling
from services.contracts.bookings import (
    Booking,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    NewRoomType,
    Person,
    ReadStaysOf,
    StayAtAGlance,
    StaysOfGuest,
)
from services.kit.refusal import Invalid
from tests.bookings.makers import ANA, BRUNO, Desk, lisbon_city
from tests.bookings.test_finding import days, today
from tests.profiles.callers import speaking_as


def stays(desk: Desk, who=ANA) -> StaysOfGuest:
    (found,) = desk.service.read_stays_of(ReadStaysOf(profile_ids=(who,))).items
    return found


def left(desk: Desk, first: int, last: int) -> Booking:
    booking = came(desk, first, last)
    return desk.service.check_out_booking(CheckOutBooking(booking_id=booking.id))


def came(desk: Desk, first: int, last: int) -> Booking:
    booking = days(desk, first, last)
    return desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))


def test_the_next_the_present_and_the_last_stay_are_told_and_how_many_there_were(desk):
    desk.sets_up(lisbon_city(capacity=9))
    left(desk, -9, -8)
    last = left(desk, -5, -4)
    present = came(desk, -1, 1)
    days(desk, 20, 21)
    coming = days(desk, 10, 12)
    found = stays(desk)
    assert (found.next.booking_id, found.present.booking_id, found.last.booking_id) == (coming.id, present.id, last.id)
    assert found.past == 2
    assert found.next == StayAtAGlance(
        booking_id=coming.id,
        property_id=coming.property_id,
        property="LIS-CITY",
        arrival=coming.arrival,
        departure=coming.departure,
        state="confirmed",
    )


def test_who_arrives_today_or_is_late_has_that_stay_before_them(desk):
    today_ = days(desk, 0, 2)
    assert stays(desk).next.booking_id == today_.id
    late = days(desk, -1, 1)
    assert stays(desk).next.booking_id == late.id


def test_a_stay_that_never_was_is_none(desk):
    cancelled = days(desk, 3, 4)
    desk.service.cancel_booking(CancelBooking(booking_id=cancelled.id))
    days(desk, -4, -3)  # nobody came, and nobody has said so yet
    assert stays(desk) == StaysOfGuest(profile_id=ANA)


def test_a_stay_is_that_of_everybody_on_it(desk):
    booking = days(desk, 3, 4, guests=(Person(profile_id=BRUNO),))
    assert stays(desk, BRUNO).next.booking_id == booking.id


def test_guests_are_answered_in_the_order_asked_those_without_stays_too(desk):
    days(desk, 3, 4)
    nobody = uuid4()
    found = desk.service.read_stays_of(ReadStaysOf(profile_ids=(nobody, ANA))).items
    assert [each.profile_id for each in found] == [nobody, ANA]
    assert found[0] == StaysOfGuest(profile_id=nobody)


def test_stays_in_other_houses_are_not_told(desk):
    porto = desk.sets_up(lisbon_city(code="OPO-RIO", room_types=(NewRoomType(code="A", name="Double", capacity=2),)))
    days(desk, 3, 4)
    there = days(desk, 5, 6, property="OPO-RIO")
    with speaking_as("key:1", houses=(porto.id,)):
        assert stays(desk).next.booking_id == there.id


def test_the_day_is_the_propertys_own(desk):
    """Where it is already tomorrow, or still yesterday."""
    for code, zone in (("KIRITIMATI", "Pacific/Kiritimati"), ("NIUE", "Pacific/Niue")):
        desk.sets_up(lisbon_city(code=code, time_zone=zone))
        over = today(zone) - timedelta(1)
        desk.opens(property=code, arrival=over - timedelta(1), departure=today(zone))
    assert stays(desk).next is None
    there = desk.opens(property="NIUE", arrival=today("Pacific/Niue"), departure=today("Pacific/Niue") + timedelta(1))
    assert stays(desk).next.booking_id == there.id


def test_more_than_twenty_are_refused(desk):
    with pytest.raises(Invalid):
        desk.service.read_stays_of(ReadStaysOf(profile_ids=tuple(uuid4() for _ in range(21))))


def test_of_somebody_with_very_many_bookings_the_ones_made_last_are_looked_at(desk, monkeypatch):
    desk.sets_up(lisbon_city(capacity=9))
    left(desk, -9, -8)
    coming = days(desk, 10, 12)
    last = left(desk, -5, -4)
    monkeypatch.setattr(calling, "_STAYS", sa.text(calling._STAYS.text.replace(f"LIMIT {calling.MOST}", "LIMIT 2")))
    found = stays(desk)
    assert (found.next.booking_id, found.last.booking_id, found.past) == (coming.id, last.id, 1)


def test_nobody_is_asked_about(desk):
    assert desk.service.read_stays_of(ReadStaysOf(profile_ids=())).items == ()
