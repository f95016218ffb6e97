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
    NoSuchRoom,
    NotABooking,
    NotInTeam,
    PlaceOnBooking,
    RelocateBooking,
    RemoveRoom,
    RoomNotReady,
    RoomsAssigned,
    RoomTaken,
    SwapRooms,
    UnassignRoom,
    UndoCheckIn,
    UnknownRoom,
)
from services.kit.context import Context, current
from tests.bookings.makers import Desk, lisbon_city, notice, report_of_state
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
    sets_up_rooms,
)

pytestmark = pytest.mark.usefixtures("four_rooms")


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
