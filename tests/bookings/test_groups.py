"""Groups: blocks hold rooms, bookings draw from them, the cut-off and the cancellation give back what is left."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.contracts.bookings import (
    BlockFull,
    BlockNight,
    BlockRooms,
    BookedRoom,
    ChangeGroup,
    ChangeStay,
    Closed,
    Contact,
    DoNotBook,
    FindGroups,
    GroupExists,
    GroupHasChanged,
    NoRoomLeft,
    NoSuchGroup,
    NotABooking,
    NotAGroup,
    Person,
    RelocateBooking,
    SetAvailability,
)
from tests.bookings.grouped import (
    ARRIVAL,
    DEPARTURE,
    NIGHT,
    PAST,
    TODAY,
    WEDDING,
    blocks,
    changes,
    counts,
    group,
    opens,
    picks_up,
    sold,
)
from tests.bookings.makers import Desk, eur, lisbon_city


def pointers(refused: Any) -> set[str]:
    return {fault.pointer for fault in refused.value.errors}


def test_a_block_holds_its_rooms(desk: Desk) -> None:
    blocks(desk)
    assert counts(desk) == (2, 0, 2)
    assert sold(desk) == 2
    with pytest.raises(NoRoomLeft):
        opens(desk)
    assert desk.counters_are_right()


def test_a_block_can_hold_other_counts_on_some_nights(desk: Desk) -> None:
    nights = (BlockNight(night=ARRIVAL, count=1), BlockNight(night=ARRIVAL + NIGHT, count=0))
    blocks(desk, rooms=(BlockRooms(room_type="A", count=2, nights=nights),))
    assert [sold(desk, ARRIVAL + n * NIGHT) for n in range(3)] == [1, 0, 2]
    assert desk.counters_are_right()


def test_a_block_takes_no_rooms_that_are_not_there(desk: Desk) -> None:
    opens(desk)
    with pytest.raises(NoRoomLeft):
        blocks(desk)
    with pytest.raises(NoSuchGroup):
        group(desk)
    assert sold(desk) == 1


def test_a_block_takes_no_night_that_is_closed(desk: Desk) -> None:
    days = {"first": ARRIVAL, "until": ARRIVAL + NIGHT}
    desk.service.set_availability(SetAvailability(property="LIS-CITY", closed=True, **days))
    with pytest.raises(Closed):
        blocks(desk)


def test_a_code_is_given_once(desk: Desk) -> None:
    blocks(desk, 1)
    with pytest.raises(GroupExists):
        blocks(desk, 1)
    assert sold(desk) == 1


def test_a_booking_takes_its_room_from_the_block(desk: Desk) -> None:
    blocks(desk)
    booking = picks_up(desk)
    assert booking.group == WEDDING
    assert counts(desk) == (2, 1, 1)
    assert sold(desk) == 2
    assert desk.counters_are_right()


def test_a_group_shows_its_bookings(desk: Desk) -> None:
    blocks(desk)
    booking = picks_up(desk)
    (found,) = group(desk).bookings
    assert (found.booking_id, found.state, found.rooms) == (booking.id, "confirmed", 1)


def test_a_booking_picked_up_is_announced_as_any_other(desk: Desk) -> None:
    blocks(desk)
    picks_up(desk)
    assert desk.said() == ["GroupChanged", "BookingConfirmed"]


def test_of_an_empty_block_nothing_is_picked_up(desk: Desk) -> None:
    blocks(desk, 1)
    picks_up(desk)
    with pytest.raises(BlockFull) as refused:
        picks_up(desk)
    assert refused.value.facts["nights"].startswith(f"A {ARRIVAL}, A {ARRIVAL + NIGHT}")
    assert sold(desk) == 1


def test_a_group_that_may_exceed_gets_free_rooms_until_there_are_none(desk: Desk) -> None:
    blocks(desk, 1, may_exceed=True)
    picks_up(desk)
    picks_up(desk)
    assert counts(desk) == (1, 2, 0)
    with pytest.raises(NoRoomLeft):
        picks_up(desk)
    assert desk.counters_are_right()


def test_another_type_than_the_blocks_is_beyond_it(desk: Desk) -> None:
    blocks(desk)
    with pytest.raises(BlockFull):
        picks_up(desk, rooms=(BookedRoom(room_type="B"),))


def test_nights_around_the_blocks_are_free_rooms(desk: Desk) -> None:
    blocks(desk)
    picks_up(desk, arrival=ARRIVAL - NIGHT, departure=DEPARTURE + NIGHT)
    assert (sold(desk, ARRIVAL - NIGHT), sold(desk), sold(desk, DEPARTURE)) == (1, 2, 1)
    assert desk.counters_are_right()


def test_rooms_without_a_price_have_the_blocks(desk: Desk) -> None:
    nights = (BlockNight(night=ARRIVAL, count=2, price=eur("110.00")),)
    blocks(desk, rate="WED", rooms=(BlockRooms(room_type="A", count=2, price=eur("90.00"), nights=nights),))
    booking = picks_up(desk, rooms=(BookedRoom(room_type="A", adults=2),))
    assert (booking.price, booking.rooms[0].price, booking.rooms[0].rate) == (eur("290.00"), eur("290.00"), "WED")


def test_a_price_that_is_said_is_the_price(desk: Desk) -> None:
    blocks(desk, rooms=(BlockRooms(room_type="A", count=2, price=eur("90.00")),))
    assert picks_up(desk).price == eur("300.00")


def test_nights_without_an_agreed_price_leave_the_room_without_one(desk: Desk) -> None:
    blocks(desk, rooms=(BlockRooms(room_type="A", count=2, price=eur("90.00")),))
    booking = picks_up(desk, departure=DEPARTURE + NIGHT, rooms=(BookedRoom(room_type="A", adults=2),))
    assert booking.rooms[0].price is None


def test_what_was_agreed_on_is_not_held_to_the_houses_rules_of_days(desk: Desk) -> None:
    blocks(desk)
    days = {"first": ARRIVAL, "until": DEPARTURE + NIGHT}
    rules_of_days = {"closed": True, "closed_to_arrival": True, "closed_to_departure": True, "min_stay": 7}
    desk.service.set_availability(SetAvailability(property="LIS-CITY", **rules_of_days, **days))
    assert picks_up(desk).flags == ()


def test_a_booking_that_moves_takes_from_the_block_what_is_the_blocks(desk: Desk) -> None:
    desk.sets_up(capacity=3)
    blocks(desk)
    booking = picks_up(desk)
    desk.service.change_stay(
        ChangeStay(booking_id=booking.id, version=1, arrival=ARRIVAL + NIGHT, departure=DEPARTURE + NIGHT)
    )
    assert [counts(desk, ARRIVAL + n * NIGHT) for n in range(3)] == [(2, 0, 2), (2, 1, 1), (2, 1, 1)]
    assert [sold(desk, ARRIVAL + n * NIGHT) for n in range(4)] == [2, 2, 2, 1]
    assert desk.counters_are_right()


def test_a_booking_of_the_group_keeps_its_right_to_free_rooms(desk: Desk) -> None:
    nights = (BlockNight(night=ARRIVAL, count=2),)
    blocks(desk, rooms=(BlockRooms(room_type="A", nights=nights),))
    booking = picks_up(desk, departure=ARRIVAL + NIGHT)
    desk.service.change_stay(ChangeStay(booking_id=booking.id, version=1, departure=DEPARTURE))
    assert [sold(desk, ARRIVAL + n * NIGHT) for n in range(3)] == [2, 1, 1]
    assert desk.counters_are_right()


def test_a_booking_taken_to_another_house_leaves_the_group(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    blocks(desk)
    booking = picks_up(desk)
    asked = RelocateBooking(booking_id=booking.id, room_type="A", property="OPO")
    assert desk.service.relocate_booking(asked).group is None
    assert counts(desk) == (2, 0, 2)
    assert desk.counters_are_right()


def test_counts_change_as_far_as_there_are_rooms(desk: Desk) -> None:
    blocks(desk, 1)
    picks_up(desk)
    changes(desk, rooms=(BlockRooms(room_type="A", count=2),))
    assert counts(desk) == (2, 1, 1)
    with pytest.raises(NoRoomLeft):
        changes(desk, rooms=(BlockRooms(room_type="A", count=3),))
    assert changes(desk, rooms=(BlockRooms(room_type="B", count=1),)).version == 3
    assert (sold(desk), sold(desk, room_type="B")) == (1, 1)
    assert desk.counters_are_right()


def test_fewer_than_are_picked_up_leaves_the_bookings_as_they_are(desk: Desk) -> None:
    blocks(desk)
    picks_up(desk)
    changes(desk, rooms=())
    assert counts(desk) == (0, 1, 0)
    assert sold(desk) == 1
    assert desk.counters_are_right()


def test_other_dates_need_their_rooms(desk: Desk) -> None:
    blocks(desk)
    with pytest.raises(NotAGroup) as refused:
        changes(desk, departure=DEPARTURE + NIGHT)
    assert pointers(refused) == {"/rooms"}
    changes(desk, departure=DEPARTURE + NIGHT, rooms=(BlockRooms(room_type="A", count=1),))
    assert [sold(desk, ARRIVAL), sold(desk, DEPARTURE)] == [1, 1]


def test_what_was_read_before_a_change_changes_nothing(desk: Desk) -> None:
    blocks(desk)
    changes(desk, name="Wedding Silva-Costa")
    with pytest.raises(GroupHasChanged):
        desk.service.change_group(ChangeGroup(code=WEDDING, version=1, name="Other"))


def test_a_change_to_what_it_is_already_makes_no_version(desk: Desk) -> None:
    blocks(desk)
    assert changes(desk, name="Wedding Silva").version == 1


def test_a_booking_at_another_property_is_none_of_the_groups(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    blocks(desk)
    with pytest.raises(NotABooking) as refused:
        picks_up(desk, property="OPO")
    assert pointers(refused) == {"/group"}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"code": "wedding silva"}, "/code"),
        ({"name": " "}, "/name"),
        ({"departure": ARRIVAL}, "/departure"),
        ({"cut_off": PAST}, "/cut_off"),
        ({"cut_off": DEPARTURE + NIGHT}, "/cut_off"),
        ({"contact": Contact(language="pt")}, "/contact"),
        ({"rooms": ()}, "/rooms"),
        ({"rooms": (BlockRooms(room_type="Z", count=1),)}, "/rooms/0/room_type"),
        ({"rooms": (BlockRooms(room_type="A"), BlockRooms(room_type="A"))}, "/rooms/1/room_type"),
        ({"rooms": (BlockRooms(room_type="A", count=-1),)}, "/rooms/0/count"),
        ({"rooms": (BlockRooms(room_type="A", price=eur("-1.00")),)}, "/rooms/0/price/amount"),
        (
            {"rooms": (BlockRooms(room_type="A", nights=(BlockNight(night=DEPARTURE, count=1),)),)},
            "/rooms/0/nights/0/night",
        ),
        (
            {"rooms": (BlockRooms(room_type="A", nights=(BlockNight(night=ARRIVAL, count=-1),)),)},
            "/rooms/0/nights/0/count",
        ),
    ],
)
def test_what_is_no_group_is_refused_with_a_pointer(desk: Desk, said: dict[str, Any], wrong: str) -> None:
    with pytest.raises(NotAGroup) as refused:
        blocks(desk, **said)
    assert wrong in pointers(refused)


def test_groups_are_listed_with_their_room_nights(desk: Desk) -> None:
    blocks(desk, 1)
    blocks(desk, 1, code="CONF-26", arrival=ARRIVAL + NIGHT)
    picks_up(desk)
    first = desk.service.find_groups(FindGroups(property="LIS-CITY", limit=1))
    (later,) = first.items
    assert (later.code, later.blocked, later.picked_up, later.left) == ("CONF-26", 2, 0, 2)
    (earlier,) = desk.service.find_groups(FindGroups(property="LIS-CITY", cursor=first.next)).items
    assert (earlier.code, earlier.blocked, earlier.picked_up, earlier.left) == (WEDDING, 3, 3, 0)
    assert desk.service.find_groups(FindGroups(state="cancelled")).items == ()


def test_guests_whom_the_house_does_not_book_pick_nothing_up(desk: Desk) -> None:
    blocks(desk)
    with pytest.raises(DoNotBook):
        picks_up(desk, do_not_book=True)


def test_a_contact_is_kept_without_card_numbers(desk: Desk) -> None:
    said = Contact(profile_id=uuid4(), given_name="Ana 4111111111111111")
    kept = blocks(desk, contact=said).contact
    assert kept
    assert kept.profile_id == said.profile_id
    assert "4111" not in str(kept.given_name)


def test_a_walk_in_of_the_group_takes_a_room_of_the_block(desk: Desk) -> None:
    dates = {"arrival": TODAY, "departure": TODAY + 2 * NIGHT}
    blocks(desk, cut_off=None, **dates)
    assert picks_up(desk, walk_in=True, booker=Person(profile_id=uuid4()), **dates).state == "in_house"
    assert sold(desk, TODAY) == 2
