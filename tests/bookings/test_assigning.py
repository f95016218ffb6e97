"""Bookings are put into rooms of the house, and these follow whatever happens to them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from services.contracts.bookings import (
    AssignArrivals,
    BookedRoom,
    CancelBooking,
    ChangeRoomType,
    ChangeStay,
    MarkNoShow,
    MoveRoom,
    NoRoomFree,
    NoSuchRoom,
    NotABooking,
    NotInTeam,
    PlaceOnBooking,
    RelocateBooking,
    RemoveRoom,
    RoomChoice,
    RoomNotReady,
    RoomOccupied,
    RoomsAssigned,
    RoomTaken,
    StateForbids,
    SwapRooms,
    UnassignRoom,
    UndoCheckIn,
    UnknownRoom,
)
from services.kit.context import Context, current
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
    rooms_of,
    says_status,
    sets_up_rooms,
)


@pytest.fixture(autouse=True)
def four_rooms(desk: Desk) -> None:
    desk.sets_up(capacity=4)
    sets_up_rooms(desk)


def test_a_stay_is_put_into_a_room_for_all_its_nights(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 4), "101")
    assert places(booking) == [("101", day(1), day(4), False)]
    assert places(desk.booking(booking.id)) == places(booking)


def test_a_room_is_known_by_its_number_in_any_case_and_by_its_id(desk: Desk) -> None:
    sets_up_rooms(desk, *rooms_of("A", "P1"))
    assert places(assigns(desk, opens(desk, 1, 2), "p1"))[0][0] == "P1"
    assert places(assigns(desk, opens(desk, 2, 3), str(room(desk, "P1").id)))[0][0] == "P1"


def test_a_room_is_taken_on_the_nights_of_another_stay_and_nothing_is_done(desk: Desk) -> None:
    assigns(desk, opens(desk, 1, 4), "101")
    late = opens(desk, 3, 5)
    with pytest.raises(RoomTaken):
        assigns(desk, late, "101")
    assert desk.booking(late.id) == late


def test_stays_that_follow_one_another_have_one_room(desk: Desk) -> None:
    assigns(desk, opens(desk, 1, 4), "101")
    assert numbers(desk, assigns(desk, opens(desk, 4, 5), "101").id) == ["101"]


def test_the_same_room_again_changes_nothing(desk: Desk) -> None:
    first = assigns(desk, opens(desk, 1, 4), "101")
    assert assigns(desk, first, "101") == first


def test_another_room_takes_the_place_of_the_first(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 4), "101")
    assert numbers(desk, assigns(desk, booking, "102").id) == ["102"]
    assert numbers(desk, assigns(desk, opens(desk, 1, 4), "101").id) == ["101"]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"number": "999"}, UnknownRoom),
        ({"number": "201"}, NotABooking),
        ({"number": "101", "position": 7}, NoSuchRoom),
    ],
)
def test_what_is_no_room_for_it_is_refused(desk: Desk, said: dict, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        assigns(desk, opens(desk, 1, 4), **said)


def test_a_room_is_taken_away_again(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 4), "101")
    after = desk.service.unassign_room(UnassignRoom(booking_id=booking.id, position=0))
    assert places(after) == []
    assert numbers(desk, assigns(desk, opens(desk, 1, 4), "101").id) == ["101"]


@pytest.mark.parametrize("step", [CancelBooking, MarkNoShow])
def test_whoever_does_not_come_gives_the_room_back_at_once(desk: Desk, step: type) -> None:
    booking = assigns(desk, opens(desk, 0, 4), "101")
    asked = step(booking_id=booking.id)
    getattr(desk.service, asked.rpc_method())(asked)
    assert numbers(desk, assigns(desk, opens(desk, 0, 4), "101").id) == ["101"]
    assert isinstance(next(e for e in desk.announced()[::-1] if isinstance(e, RoomsAssigned)), RoomsAssigned)


def test_a_notice_that_cancels_gives_the_room_back_too(desk: Desk) -> None:
    report = desk.receives(notice(arrival=day(1), departure=day(4)))
    assigns(desk, desk.booking(report.booking_id), "101")
    desk.receives(report_of_state("cancelled", 2))
    assert numbers(desk, assigns(desk, opens(desk, 1, 4), "101").id) == ["101"]


def test_a_stay_taken_to_another_property_gives_the_room_back(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    booking = assigns(desk, opens(desk, 1, 4), "101")
    desk.service.relocate_booking(RelocateBooking(booking_id=booking.id, room_type="A", property="OPO"))
    assert numbers(desk, assigns(desk, opens(desk, 1, 4), "101").id) == ["101"]


def test_a_shorter_stay_frees_its_nights(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 5), "101")
    desk.service.change_stay(ChangeStay(booking_id=booking.id, version=booking.version, departure=day(3)))
    assert places(desk.booking(booking.id)) == [("101", day(1), day(3), False)]
    assert numbers(desk, assigns(desk, opens(desk, 3, 5), "101").id) == ["101"]


def test_other_dates_keep_the_room_where_it_is_free(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 3), "101")
    moved = ChangeStay(booking_id=booking.id, version=booking.version, arrival=day(6), departure=day(9))
    assert places(desk.service.change_stay(moved)) == [("101", day(6), day(9), False)]


def test_other_dates_lose_the_room_where_it_is_not_and_the_stay_is_flagged(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 3), "101")
    assigns(desk, opens(desk, 3, 5), "101")
    longer = ChangeStay(booking_id=booking.id, version=booking.version, departure=day(4))
    after = desk.service.change_stay(longer)
    assert (places(after), after.flags) == ([], ("room-lost",))
    again = assigns(desk, after, "102")
    assert (numbers(desk, again.id), again.flags) == (["102"], ())


def test_another_type_loses_the_room(desk: Desk) -> None:
    booking = assigns(desk, opens(desk, 1, 3), "101")
    after = desk.service.change_room_type(ChangeRoomType(booking_id=booking.id, position=0, room_type="B"))
    assert (places(after), after.flags) == ([], ("room-lost",))


def test_each_part_of_a_stay_has_its_room(desk: Desk) -> None:
    booking = opens(desk, 1, 5)
    desk.service.change_room_type(ChangeRoomType(booking_id=booking.id, position=0, room_type="B", first=day(3)))
    assigns(desk, booking, "101")
    after = assigns(desk, booking, "201")
    assert places(after) == [("101", day(1), day(3), False), ("201", day(3), day(5), False)]


def test_a_room_of_the_booking_that_is_given_back_frees_its_room(desk: Desk) -> None:
    booking = opens(desk, 1, 3, rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="A")))
    assigns(desk, booking, "101", 0)
    assigns(desk, booking, "102", 1)
    desk.service.remove_room(RemoveRoom(booking_id=booking.id, position=0))
    assert numbers(desk, booking.id, 1) == ["102"]
    assert numbers(desk, assigns(desk, opens(desk, 1, 3), "101").id) == ["101"]


# ── check-in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── in house ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── swaps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def swap(desk: Desk, one: object, other: object, **more: object):
    said = {
        "one": PlaceOnBooking(booking_id=one.id, position=0),
        "other": PlaceOnBooking(booking_id=other.id, position=0),
    }
    return desk.service.swap_rooms(SwapRooms(**said, **more))


def test_two_stays_change_places(desk: Desk) -> None:
    one, other = assigns(desk, opens(desk, 1, 4), "101"), assigns(desk, opens(desk, 2, 5), "102")
    swap(desk, one, other)
    assert (numbers(desk, one.id), numbers(desk, other.id)) == (["102"], ["101"])


def test_guests_in_house_change_places_from_today(desk: Desk) -> None:
    one = checks_in(desk, assigns(desk, opens(desk, -1, 3), "101"))
    other = checks_in(desk, assigns(desk, opens(desk, -1, 2), "102"))
    with pytest.raises(RoomNotReady):
        swap(desk, one, other)
    swap(desk, one, other, accept_dirty=True)
    assert places(desk.booking(one.id)) == [("101", day(-1), day(0), False), ("102", day(0), day(3), True)]
    assert places(desk.booking(other.id)) == [("102", day(-1), day(0), False), ("101", day(0), day(2), True)]


def test_a_third_stay_forbids_a_swap_and_nothing_is_done(desk: Desk) -> None:
    one, other = assigns(desk, opens(desk, 1, 3), "101"), assigns(desk, opens(desk, 1, 4), "102")
    assigns(desk, opens(desk, 3, 5), "101")
    with pytest.raises(RoomTaken):
        swap(desk, one, other)
    assert (numbers(desk, one.id), numbers(desk, other.id)) == (["101"], ["102"])


# ── what is left, and told ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_check_in_that_was_none_leaves_the_room_assigned(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    after = desk.service.undo_check_in(UndoCheckIn(booking_id=booking.id))
    assert places(after) == [("101", day(0), day(2), False)]


def test_guests_who_leave_on_the_day_they_came_leave_a_free_and_dirty_room(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    assert places(checks_out(desk, booking)) == []
    assert room(desk, "101").housekeeping == "dirty"
    assert numbers(desk, assigns(desk, opens(desk, 0, 2), "101").id) == ["101"]


def test_guests_who_stay_longer_keep_their_room_where_it_is_free(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    after = desk.service.change_stay(ChangeStay(booking_id=booking.id, version=booking.version, departure=day(5)))
    assert places(after) == [("101", day(0), day(5), True)]


def test_it_is_told_who_has_which_rooms_and_which_were_left(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    desk.service.move_room(MoveRoom(booking_id=booking.id, position=0, room="102"))
    told = [event for event in desk.announced() if isinstance(event, RoomsAssigned)]
    ids = {number: room(desk, number).id for number in ("101", "102")}
    assert [([r.room_id for r in e.rooms], e.rooms[0].occupied, e.left_room_ids) for e in told] == [
        ([ids["101"]], False, ()),
        ([ids["101"]], True, ()),
        ([ids["102"]], True, (ids["101"],)),
    ]
    assert [event.version for event in told] == [2, 3, 4]


def test_who_has_no_rooms_costs_no_word_of_rooms(desk: Desk) -> None:
    booking = opens(desk, 1, 2)
    desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    assert not [event for event in desk.announced() if isinstance(event, RoomsAssigned)]


def test_only_the_team_of_a_booking_gives_it_a_room(desk: Desk) -> None:
    booking = opens(desk, 1, 2)
    with desk.db.engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO teams (code, version, body, members) VALUES ('t', 1, '{}', ARRAY['staff:rui'])")
        )
        connection.execute(
            sa.text(
                "INSERT INTO routes (booking_id, version, booking_version, team, branch, tried, arrival, open, since)"
                " VALUES (:id, 1, 1, 't', 'LIS-CITY', '[]', current_date, true, now())"
            ),
            {"id": booking.id},
        )
    current.set(Context(actor="staff:eva"))
    with pytest.raises(NotInTeam):
        assigns(desk, booking, "101")
    found = desk.service.assign_arrivals(AssignArrivals(property="LIS-CITY", day=day(1)))
    assert [line.why for line in found.items] == [("not-in-team",)]
