"""What is only asked for is held tentatively, with the rooms that a notice names or with none."""

from __future__ import annotations

import pytest

from services.contracts.bookings import AddRoom, BookedRoom, CheckInBooking, ConfirmBooking, NotANotice, StateForbids
from tests.bookings.makers import ANA, Desk, eur, notice, report_of_state, room


def test_a_request_without_rooms_holds_none_and_makes_a_guest_known(desk: Desk):
    report = desk.receives(notice(tentative=True, rooms=()))
    desk.identifies(report.booking_id, ANA)
    held = desk.booking(report.booking_id)
    assert (held.state, held.rooms, held.price, desk.sold()) == ("tentative", (), eur("0.00"), 0)
    assert desk.said() == ["BookingReceived", "BookingHeld"]


def test_a_request_that_names_rooms_holds_them(desk: Desk):
    held = desk.booking(desk.receives(notice(tentative=True)).booking_id)
    assert (held.state, held.price, desk.sold()) == ("tentative", eur("300.00"), 1)


@pytest.mark.parametrize("status", ["new", "modified"])
def test_it_is_confirmed_when_its_source_books_it(desk: Desk, status: str):
    report = desk.receives(notice(tentative=True, rooms=()))
    desk.identifies(report.booking_id, ANA)
    desk.receives(notice(revision=2, status=status))
    booked = desk.booking(report.booking_id)
    assert (booked.state, booked.price, desk.sold()) == ("confirmed", eur("300.00"), 1)
    assert desk.said()[-1] == "BookingConfirmed"
    assert desk.counters_are_right()


def test_asked_anew_it_stays_asked_for(desk: Desk):
    report = desk.receives(notice(tentative=True, rooms=()))
    desk.receives(notice(revision=2, tentative=True, rooms=(room(), room())))
    assert (desk.booking(report.booking_id).state, desk.sold()) == ("tentative", 2)


def test_a_change_that_names_no_room_books_none(desk: Desk):
    report = desk.receives(notice(tentative=True, rooms=()))
    desk.receives(notice(revision=2, status="modified", rooms=(), requests="quiet"))
    assert (desk.booking(report.booking_id).state, desk.booking(report.booking_id).requests) == ("tentative", "quiet")


def test_without_a_room_it_is_neither_confirmed_nor_checked_in(desk: Desk):
    booking_id = desk.receives(notice(tentative=True, rooms=())).booking_id
    assert booking_id
    for request, door in (
        (ConfirmBooking, desk.service.confirm_booking),
        (CheckInBooking, desk.service.check_in_booking),
    ):
        with pytest.raises(StateForbids):
            door(request(booking_id=booking_id))
    report = desk.receives(report_of_state("in_house", 2))
    assert (report.state, report.why) == ("ignored", "booking is tentative")


def test_staff_give_it_a_room_and_confirm_it(desk: Desk):
    booking_id = desk.receives(notice(tentative=True, rooms=())).booking_id
    assert booking_id
    asked = AddRoom(booking_id=booking_id, room=BookedRoom(room_type="A", adults=2), price=eur("250.00"))
    desk.service.add_room(asked)
    booked = desk.service.confirm_booking(ConfirmBooking(booking_id=booking_id))
    assert (booked.state, booked.price, len(booked.rooms), desk.sold()) == ("confirmed", eur("250.00"), 1, 1)
    assert desk.counters_are_right()


def test_it_is_cancelled_like_any_other(desk: Desk):
    report = desk.receives(notice(tentative=True, rooms=()))
    desk.receives(report_of_state("cancelled", 2, property=""))
    assert desk.booking(report.booking_id).state == "cancelled"


def test_a_booking_that_is_not_only_asked_for_needs_rooms_and_a_property(desk: Desk):
    for more, pointer in (({"rooms": ()}, "/rooms"), ({"property": ""}, "/property")):
        with pytest.raises(NotANotice) as refused:
            desk.receives(notice(**more))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]
