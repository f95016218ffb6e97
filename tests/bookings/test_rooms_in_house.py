"""Guests come into their rooms, stay in them, are moved to others, and leave them."""

from __future__ import annotations

import pytest

from services.contracts.bookings import (
    BookedRoom,
    ChangeRoomType,
    ChangeStay,
    MoveRoom,
    NoRoomFree,
    RoomChoice,
    RoomNotReady,
    RoomOccupied,
    RoomTaken,
    StateForbids,
)
from tests.bookings.makers import Desk, lisbon_city, notice, report_of_state
from tests.bookings.makers import room as room_of_notice
from tests.bookings.numbered import (
    assigns,
    checks_in,
    checks_out,
    day,
    numbers,
    opens,
    places,
    room,
    says_status,
)

pytestmark = pytest.mark.usefixtures("four_rooms")


def test_guests_come_into_the_room_that_was_assigned(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "102"))
    assert places(booking) == [("102", day(0), day(2), True)]


def test_guests_come_into_the_room_that_is_said(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 0, 2), "102")
    after = checks_in(desk, booking, rooms=(RoomChoice(position=0, room="101"),))
    assert places(after) == [("101", day(0), day(2), True)]


def test_guests_without_a_room_come_into_the_best(desk: Desk) -> None:
    says_status(desk, "101", "dirty")
    assert numbers(desk, checks_in(desk, opens(desk)).id) == ["102"]


def test_every_room_of_a_booking_gets_one_of_the_house(desk: Desk) -> None:
    booking = opens(desk, rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="A"), BookedRoom(room_type="B")))
    after = checks_in(desk, booking)
    assert {places(after, n)[0][0] for n in range(3)} == {"101", "102", "201"}


def test_nobody_checks_into_a_dirty_room_unless_it_is_said(desk: Desk) -> None:
    says_status(desk, "101", "dirty")
    booking = assigns(desk, opens(desk), "101")
    with pytest.raises(RoomNotReady):
        checks_in(desk, booking)
    assert desk.booking(booking.id).state == "confirmed"
    assert places(checks_in(desk, booking, accept_dirty=True))[0][0] == "101"


def test_nobody_checks_in_where_all_rooms_are_dirty_or_taken(desk: Desk) -> None:
    for number in ("101", "102"):
        says_status(desk, number, "dirty")
    with pytest.raises(RoomNotReady):
        checks_in(desk, opens(desk))
    for number in ("101", "102"):
        checks_in(desk, opens(desk), rooms=(RoomChoice(position=0, room=number),), accept_dirty=True)
    with pytest.raises(NoRoomFree):
        checks_in(desk, opens(desk))


def test_nobody_checks_in_where_other_guests_have_not_left(desk: Desk) -> None:
    staying = checks_in(desk, opens(desk, 0, 1), rooms=(RoomChoice(position=0, room="101"),))
    early = assigns(desk, opens(desk, 1, 2), "101")
    with pytest.raises(RoomOccupied):
        checks_in(desk, early)
    checks_out(desk, staying)
    says_status(desk, "101", "clean")
    assert places(checks_in(desk, early)) == [("101", day(1), day(2), True)]


def test_a_type_without_rooms_needs_none(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    after = checks_in(desk, opens(desk, property="OPO"))
    assert (after.state, places(after)) == ("in_house", [])


def test_guests_who_walked_in_get_a_room_and_are_in_it(desk: Desk) -> None:
    booking = opens(desk, 0, 2, walk_in=True)
    assert places(assigns(desk, booking, None))[0][3]


def test_a_notice_of_arrival_brings_guests_into_the_assigned_room(desk: Desk) -> None:
    report = desk.receives(notice(arrival=day(0), departure=day(2)))
    assigns(desk, desk.booking(report.booking_id), "101")
    desk.receives(report_of_state("in_house", 2))
    assert places(desk.booking(report.booking_id)) == [("101", day(0), day(2), True)]


def test_whoever_leaves_leaves_a_dirty_room_that_is_free(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, -1, 3), "101"))
    after = checks_out(desk, booking)
    assert places(after) == [("101", day(-1), day(0), False)]
    assert room(desk, "101").housekeeping == "dirty"
    assert numbers(desk, assigns(desk, opens(desk, 0, 3), "101").id) == ["101"]


def test_guests_in_house_stay_longer_only_where_their_room_is_free(desk: Desk) -> None:
    booking = checks_in(desk, opens(desk, 0, 2), rooms=(RoomChoice(position=0, room="101"),))
    assigns(desk, opens(desk, 2, 4), "101")
    with pytest.raises(RoomTaken) as refused:
        desk.service.change_stay(ChangeStay(booking_id=booking.id, version=booking.version, departure=day(3)))
    assert refused.value.facts == {"room": "101", "free": "102"}
    assert desk.booking(booking.id).departure == day(2)
    assert desk.counters_are_right()


def test_guests_in_house_are_moved_and_leave_a_dirty_room(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, -1, 2), "101"))
    after = desk.service.move_room(MoveRoom(booking_id=booking.id, position=0, room="102"))
    assert places(after) == [("101", day(-1), day(0), False), ("102", day(0), day(2), True)]
    assert room(desk, "101").housekeeping == "dirty"


def test_guests_may_be_moved_there_and_back_on_one_day(desk: Desk) -> None:
    booking = checks_in(desk, opens(desk, 0, 2), rooms=(RoomChoice(position=0, room="101"),))
    for number in ("102", "101", "102", "101"):
        asked = MoveRoom(booking_id=booking.id, position=0, room=number, accept_dirty=True)
        assert places(desk.service.move_room(asked)) == [(number, day(0), day(2), True)]


def test_guests_moved_into_another_type_are_counted_there(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, -1, 2), "101"))
    after = desk.service.move_room(MoveRoom(booking_id=booking.id, position=0, room="201"))
    assert places(after) == [("101", day(-1), day(0), False), ("201", day(0), day(2), True)]
    assert (desk.sold(day(0), "A"), desk.sold(day(0), "B")) == (0, 1)
    assert desk.counters_are_right()


def test_a_change_of_type_does_not_put_guests_out_of_their_room(desk: Desk) -> None:
    booking = checks_in(desk, opens(desk, 0, 2), rooms=(RoomChoice(position=0, room="101"),))
    with pytest.raises(RoomTaken) as refused:
        desk.service.change_room_type(ChangeRoomType(booking_id=booking.id, position=0, room_type="B"))
    assert refused.value.facts == {"room": "101", "free": "201, 202"}


def test_a_notice_never_fails_for_a_room(desk: Desk) -> None:
    report = desk.receives(notice(arrival=day(0), departure=day(2)))
    checks_in(desk, desk.booking(report.booking_id), rooms=(RoomChoice(position=0, room="101"),))
    assigns(desk, opens(desk, 2, 4), "101")
    longer = notice(arrival=day(0), departure=day(3), revision=2, status="modified", rooms=(room_of_notice(),))
    assert desk.receives(longer).state == "applied"
    after = desk.booking(report.booking_id)
    assert places(after) == [("101", day(0), day(2), True)]
    assert "room-lost" in after.flags


def test_only_guests_in_house_are_moved(desk: Desk) -> None:
    with pytest.raises(StateForbids):
        desk.service.move_room(MoveRoom(booking_id=opens(desk).id, position=0, room="101"))
