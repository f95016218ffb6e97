"""The ends of groups: the cut-off releases what is left of a block, a cancellation all that the group has."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from services.bookings.domain import groups as rules
from services.contracts.bookings import (
    BlockFull,
    BookingCancelled,
    CancelBooking,
    ChangeStay,
    CheckInBooking,
    NoRoomLeft,
    NotAGroup,
    StateForbids,
)
from tests.bookings.grouped import (
    ARRIVAL,
    NIGHT,
    PAST,
    TODAY,
    blocks,
    cancels,
    changes,
    counts,
    group,
    opens,
    picks_up,
    reaches_the_cut_off,
    sold,
    wedding,
)
from tests.bookings.makers import Desk, lisbon_city
from tests.bookings.numbered import assigns, sets_up_rooms


def pointers(refused: Any) -> set[str]:
    return {fault.pointer for fault in refused.value.errors}


def test_before_the_cut_off_a_cancelled_booking_returns_its_room_to_the_block(desk: Desk) -> None:
    blocks(desk)
    booking = picks_up(desk)
    desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    assert counts(desk) == (2, 0, 2)
    assert sold(desk) == 2
    assert desk.counters_are_right()


def test_after_the_cut_off_it_returns_its_room_to_all(desk: Desk) -> None:
    blocks(desk)
    booking = picks_up(desk)
    reaches_the_cut_off(desk)
    assert (sold(desk), counts(desk)) == (1, (2, 1, 0))
    desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    assert sold(desk) == 0
    assert desk.counters_are_right()


def test_at_the_cut_off_what_is_left_is_sold_to_anybody(desk: Desk) -> None:
    blocks(desk)
    reaches_the_cut_off(desk)
    assert (group(desk).state, sold(desk)) == ("released", 0)
    opens(desk)
    assert desk.counters_are_right()


def test_before_its_day_a_block_is_not_released(desk: Desk) -> None:
    blocks(desk)
    desk.service.release_blocks()
    assert (group(desk).state, sold(desk)) == ("open", 2)


def test_the_cut_off_is_a_day_of_the_property(desk: Desk) -> None:
    house = desk.sets_up(lisbon_city(code="KIR", time_zone="Pacific/Kiritimati"))
    cut_off = ARRIVAL - 7 * NIGHT
    now = datetime.combine(cut_off - NIGHT, time(10, 30), UTC)  # there it is the day after
    said = wedding(property="KIR", cut_off=cut_off)
    with pytest.raises(NotAGroup) as refused:
        rules.opened(said, house, now)
    assert pointers(refused) == {"/cut_off"}
    assert rules.opened(said, house, now - timedelta(hours=1)).cut_off == cut_off


def test_after_the_cut_off_only_a_group_that_may_exceed_is_given_rooms(desk: Desk) -> None:
    blocks(desk)
    reaches_the_cut_off(desk)
    with pytest.raises(BlockFull):
        picks_up(desk)
    with pytest.raises(NotAGroup):
        changes(desk, cut_off=ARRIVAL + 9 * NIGHT)
    changes(desk, cut_off=PAST, may_exceed=True)
    picks_up(desk)
    assert sold(desk) == 1
    assert desk.counters_are_right()


def test_a_later_cut_off_blocks_the_rooms_again(desk: Desk) -> None:
    blocks(desk)
    reaches_the_cut_off(desk)
    assert changes(desk, cut_off=ARRIVAL).state == "open"
    assert sold(desk) == 2
    assert desk.counters_are_right()


def test_rooms_sold_meanwhile_are_not_blocked_again(desk: Desk) -> None:
    blocks(desk)
    reaches_the_cut_off(desk)
    opens(desk)
    with pytest.raises(NoRoomLeft):
        changes(desk, cut_off=ARRIVAL)
    assert (group(desk).state, sold(desk)) == ("released", 1)


def test_a_cut_off_that_has_come_releases_at_once(desk: Desk) -> None:
    blocks(desk)
    assert changes(desk, cut_off=PAST).state == "released"
    assert sold(desk) == 0


def test_cancelling_a_group_cancels_its_bookings_and_gives_all_rooms_back(desk: Desk) -> None:
    blocks(desk)
    picks_up(desk)
    picks_up(desk, arrival=ARRIVAL - NIGHT)
    after = cancels(desk)
    assert after.state == "cancelled"
    assert {booking.state for booking in after.bookings} == {"cancelled"}
    assert [sold(desk, ARRIVAL + n * NIGHT) for n in range(-1, 3)] == [0] * 4
    assert sum(isinstance(event, BookingCancelled) for event in desk.announced()) == 2
    assert desk.counters_are_right()


def test_guests_in_house_stay_when_their_group_is_cancelled(desk: Desk) -> None:
    dates = {"arrival": TODAY, "departure": TODAY + 3 * NIGHT}
    blocks(desk, cut_off=None, **dates)
    booking = picks_up(desk, **dates)
    desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    assert [each.state for each in cancels(desk).bookings] == ["in_house"]
    assert sold(desk, TODAY) == 1
    longer = ChangeStay(booking_id=booking.id, version=desk.booking(booking.id).version, departure=TODAY + 4 * NIGHT)
    assert desk.service.change_stay(longer).departure == TODAY + 4 * NIGHT
    assert desk.counters_are_right()


def test_a_group_is_cancelled_once(desk: Desk) -> None:
    blocks(desk)
    picks_up(desk)
    first = cancels(desk)
    assert cancels(desk) == first
    assert desk.said().count("BookingCancelled") == 1


def test_a_large_group_is_cancelled_in_parts_until_the_last_booking_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sets_up(capacity=5)
    blocks(desk, 5)
    for _ in range(5):
        picks_up(desk)
    monkeypatch.setattr("services.bookings.doors.groups.AT_ONCE", 2)
    assert cancels(desk).state == "cancelling"
    assert desk.counters_are_right()
    desk.service.cancel_bookings_of_groups()
    assert group(desk).state == "cancelling"
    desk.service.cancel_bookings_of_groups()
    assert group(desk).state == "cancelled"
    assert desk.said().count("BookingCancelled") == 5
    assert sold(desk) == 0
    assert desk.counters_are_right()


def test_of_a_cancelled_group_nothing_is_picked_up_or_changed(desk: Desk) -> None:
    blocks(desk, may_exceed=True)
    cancels(desk)
    with pytest.raises(StateForbids):
        picks_up(desk)
    with pytest.raises(StateForbids):
        changes(desk, cut_off=ARRIVAL)


def test_a_booking_cancelled_with_its_group_says_so(desk: Desk) -> None:
    blocks(desk)
    booking = picks_up(desk)
    cancels(desk)
    ending = desk.booking(booking.id).ending
    assert ending
    assert (ending.reason, ending.before) == ("group-cancelled", "confirmed")
    assert ending.by


def test_rooms_of_the_house_are_free_again_when_the_group_is_cancelled(desk: Desk) -> None:
    sets_up_rooms(desk)
    blocks(desk)
    stays = [picks_up(desk), picks_up(desk)]
    for booking, number in zip(stays, ("101", "102"), strict=True):
        assigns(desk, booking, number)
    cancels(desk)
    assert desk.rows("SELECT FROM room_assignments") == []
    assert assigns(desk, opens(desk), "101").rooms[0].assigned
