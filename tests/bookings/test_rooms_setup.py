"""Rooms with their numbers: set up, changed, retired, and closed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.contracts.bookings import (
    ChangeRoom,
    CloseRoom,
    EndClosure,
    HotelRoom,
    NewRoom,
    NoRoomLeft,
    NoSuchClosure,
    NoSuchProperty,
    NotARoom,
    ReadAvailability,
    ReadRelocations,
    ReadRoom,
    RetireRoom,
    RoomHasChanged,
    RoomOccupied,
    RoomsOfType,
    RoomStatusChanged,
    RoomTaken,
    SetUpRooms,
    UnknownRoom,
)
from tests.bookings.makers import Desk
from tests.bookings.numbered import (
    assigns,
    checks_in,
    checks_out,
    day,
    numbers,
    opens,
    room,
    rooms_of,
    sets_up_rooms,
)


def closes(desk: Desk, number: str, first: int = 0, until: int = 2, **more: Any) -> HotelRoom:
    said = {"room_id": room(desk, number).id, "kind": "out_of_order", "first": day(first), "until": day(until)}
    return desk.service.close_room(CloseRoom(**{**said, **more}))


def ends(desk: Desk, number: str, **more: Any) -> HotelRoom:
    found = room(desk, number)
    return desk.service.end_closure(EndClosure(room_id=found.id, closure_id=found.closures[0].id, **more))


def changes(desk: Desk, which: str, version: int | None = None, **more: Any) -> HotelRoom:
    found = room(desk, which)
    said = NewRoom(**{"number": found.number, "room_type": found.room_type, **more})
    return desk.service.change_room(ChangeRoom(room_id=found.id, version=version or found.version, room=said))


def retires(desk: Desk, number: str) -> HotelRoom:
    found = room(desk, number)
    return desk.service.retire_room(RetireRoom(room_id=found.id, version=found.version))


# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rooms_are_set_up_and_shown_in_the_house_s_order(desk: Desk) -> None:
    found = sets_up_rooms(
        desk, NewRoom(number="12", room_type="A", position=2), NewRoom(number="7", room_type="B", position=1)
    )
    assert [each.number for each in found.items] == ["7", "12"]
    assert {each.housekeeping for each in found.items} == {"clean"}
    assert found.dirty_at == "04:00"


def test_it_is_told_where_there_are_not_as_many_rooms_as_are_sold(desk: Desk) -> None:
    found = sets_up_rooms(desk, *rooms_of("A", "101", "102", "103"))
    assert found.types == (
        RoomsOfType(room_type="A", rooms=3, capacity=2),
        RoomsOfType(room_type="B", rooms=0, capacity=2),
    )


def test_what_is_said_again_changes_rooms_and_leaves_the_others(desk: Desk) -> None:
    sets_up_rooms(desk)
    found = sets_up_rooms(desk, NewRoom(number="101", room_type="A", floor="1", features=("quiet",)))
    assert len(found.items) == 4
    assert (room(desk, "101").floor, room(desk, "101").features) == ("1", ("quiet",))


def test_what_is_said_of_the_time_stays_until_it_is_said_again(desk: Desk) -> None:
    sets_up_rooms(desk, dirty_at="never")
    assert sets_up_rooms(desk).dirty_at is None
    assert sets_up_rooms(desk, dirty_at="05:30").dirty_at == "05:30"


@pytest.mark.parametrize(
    ("rooms", "pointer"),
    [
        ((NewRoom(number=" ", room_type="A"),), "/rooms/0/number"),
        ((NewRoom(number="1" * 21, room_type="A"),), "/rooms/0/number"),
        ((NewRoom(number="a\u202eb", room_type="A"),), "/rooms/0/number"),
        ((NewRoom(number="1", room_type="X"),), "/rooms/0/room_type"),
        ((NewRoom(number="p1", room_type="A"), NewRoom(number="P1", room_type="A")), "/rooms/1/number"),
        ((NewRoom(number="1", room_type="A", floor="x" * 21),), "/rooms/0/floor"),
    ],
)
def test_what_is_no_room_is_refused_with_a_pointer(desk: Desk, rooms: tuple[NewRoom, ...], pointer: str) -> None:
    with pytest.raises(NotARoom) as refused:
        sets_up_rooms(desk, *rooms)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_only_a_time_is_a_time(desk: Desk) -> None:
    for said in ("4:00", "24:00", "noon", "٠٤:٠٠"):
        with pytest.raises(NotARoom):
            sets_up_rooms(desk, dirty_at=said)


def test_a_property_nobody_knows_has_no_rooms(desk: Desk) -> None:
    with pytest.raises(NoSuchProperty):
        desk.service.set_up_rooms(SetUpRooms(property="nowhere"))


def test_a_room_is_changed_under_the_version_that_was_read(desk: Desk) -> None:
    sets_up_rooms(desk)
    before = room(desk, "101")
    assert changes(desk, "101", number="111").version == before.version + 1
    with pytest.raises(RoomHasChanged):
        changes(desk, "111", version=before.version)


def test_no_two_rooms_of_a_property_have_one_number(desk: Desk) -> None:
    sets_up_rooms(desk)
    with pytest.raises(NotARoom):
        changes(desk, "101", number="102")


def test_a_room_that_stays_count_on_keeps_its_type_and_is_not_retired(desk: Desk) -> None:
    sets_up_rooms(desk)
    assigns(desk, opens(desk, 1, 2), "101")
    with pytest.raises(RoomTaken):
        changes(desk, "101", room_type="B")
    with pytest.raises(RoomTaken):
        retires(desk, "101")
    with pytest.raises(RoomTaken):
        sets_up_rooms(desk, *rooms_of("B", "101"))


def test_a_retired_room_is_none_and_may_become_one_again(desk: Desk) -> None:
    sets_up_rooms(desk)
    retired = retires(desk, "101")
    assert retired.retired_on == day(0)
    with pytest.raises(UnknownRoom):
        assigns(desk, opens(desk, 1, 2), "101")
    sets_up_rooms(desk, *rooms_of("A", "101"))
    assert room(desk, "101").id == retired.id


def test_a_room_nobody_knows_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownRoom):
        desk.service.read_room(ReadRoom(room_id=uuid4()))
    with pytest.raises(UnknownRoom):
        desk.service.close_room(CloseRoom(room_id=uuid4(), kind="out_of_order", first=day(0), until=day(1)))


# ── closures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def left(desk: Desk, night: int = 0) -> tuple[int, int]:
    """What is left of type A on the night, and of how many."""
    asked = ReadAvailability(property="LIS-CITY", first=day(night), until=day(night + 1))
    found = next(n for n in desk.service.read_availability(asked).nights if n.room_type == "A")
    return found.left, found.capacity


def test_a_room_out_of_order_is_not_sold(desk: Desk) -> None:
    sets_up_rooms(desk)
    closes(desk, "101", 0, 2)
    assert [left(desk, n) for n in (0, 1, 2)] == [(1, 1), (1, 1), (2, 2)]
    opens(desk, 0, 2)
    with pytest.raises(NoRoomLeft):
        opens(desk, 1, 3)
    assert desk.counters_are_right()


def test_a_room_out_of_service_is_sold_and_given_to_nobody(desk: Desk) -> None:
    sets_up_rooms(desk)
    closes(desk, "101", kind="out_of_service")
    assert left(desk) == (2, 2)
    with pytest.raises(RoomTaken):
        assigns(desk, opens(desk, 0, 1), "101")


def test_a_closure_that_ends_early_is_sold_again(desk: Desk) -> None:
    sets_up_rooms(desk)
    closes(desk, "101", 0, 5)
    after = ends(desk, "101", until=day(2))
    assert (after.closures[0].first, after.closures[0].until) == (day(0), day(2))
    assert [left(desk, n) for n in (1, 2)] == [(1, 1), (2, 2)]
    assert ends(desk, "101").closures == ()
    assert left(desk, 0) == (2, 2)
    assert desk.counters_are_right()


def test_nights_sold_already_are_sold_beyond_their_bound_and_listed(desk: Desk) -> None:
    sets_up_rooms(desk)
    stays = [opens(desk, 1, 2) for _ in range(2)]
    closes(desk, "101", 1, 2)
    assert left(desk, 1) == (0, 1)
    listed = desk.service.read_relocations(ReadRelocations(property="LIS-CITY")).items
    assert [each.booking_id for each in listed] == [stays[1].id]
    assert desk.counters_are_right()


def test_another_capacity_does_not_forget_what_is_out_of_order(desk: Desk) -> None:
    sets_up_rooms(desk)
    closes(desk, "101", 0, 2)
    desk.sets_up(capacity=5)
    assert left(desk) == (4, 4)
    assert desk.counters_are_right()


def test_more_rooms_out_of_order_than_are_sold_leave_none(desk: Desk) -> None:
    desk.sets_up(capacity=1)
    sets_up_rooms(desk)
    for number in ("101", "102"):
        closes(desk, number)
    assert left(desk) == (0, 0)
    ends(desk, "101")
    assert left(desk) == (0, 0)
    ends(desk, "102")
    assert left(desk) == (1, 1)


def test_a_stay_that_was_to_come_into_it_loses_it_and_is_flagged(desk: Desk) -> None:
    sets_up_rooms(desk)
    booking = assigns(desk, opens(desk, 1, 3), "101")
    closes(desk, "101", 2, 4)
    assert numbers(desk, booking.id) == []
    assert desk.booking(booking.id).flags == ("room-lost",)


def test_a_room_with_guests_is_not_closed(desk: Desk) -> None:
    sets_up_rooms(desk)
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    with pytest.raises(RoomOccupied):
        closes(desk, "101", 1, 3)
    checks_out(desk, booking)
    assert closes(desk, "101", 1, 3).closures[0].kind == "out_of_order"


def test_a_room_is_closed_once_a_night(desk: Desk) -> None:
    sets_up_rooms(desk)
    closes(desk, "101", 0, 3)
    with pytest.raises(RoomTaken):
        closes(desk, "101", 2, 4)
    closes(desk, "101", 3, 4)
    assert len(room(desk, "101").closures) == 2


@pytest.mark.parametrize(("first", "until"), [(-1, 2), (2, 2), (3, 2), (0, 401), (3000, 3001)])
def test_nights_that_cannot_be_are_refused(desk: Desk, first: int, until: int) -> None:
    sets_up_rooms(desk)
    with pytest.raises(NotARoom):
        closes(desk, "101", first, until)


def test_a_closure_nobody_knows_is_not_ended(desk: Desk) -> None:
    sets_up_rooms(desk)
    with pytest.raises(NoSuchClosure):
        desk.service.end_closure(EndClosure(room_id=room(desk, "101").id, closure_id=uuid4()))


def test_a_room_is_told_of_as_it_is_today(desk: Desk) -> None:
    sets_up_rooms(desk)
    closes(desk, "101", 0, 2)
    closes(desk, "102", 1, 2)
    told = {e.number: e.closed for e in desk.announced() if isinstance(e, RoomStatusChanged)}
    assert told == {"101": "out_of_order", "102": None}
