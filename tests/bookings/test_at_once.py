"""Many at once: nobody waits in a circle, no room is sold twice, and the counters stay the fold of the stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.bookings import (
    AddRoom,
    BookedRoom,
    Booking,
    BookingHasChanged,
    CancelBooking,
    ChangeRoomType,
    ChangeStay,
    NewRoomType,
    NoRoomLeft,
    NoSuchRoom,
    NotABooking,
    Person,
    RelocateBooking,
    RemoveRoom,
    StateForbids,
)
from services.kit.refusal import StillRunning
from tests.bookings.makers import ARRIVAL, DEPARTURE, Desk, lisbon_city, notice

DAY = timedelta(days=1)
PLAIN = (BookingHasChanged, NoRoomLeft, NoSuchRoom, NotABooking, StateForbids)


def all_of(work: list[Callable[[], Any]], at_once: int = 64) -> list[Any]:
    """Their answers, and their refusals; any other failure fails."""

    def outcome(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except PLAIN as refused:
            return refused

    with ThreadPoolExecutor(at_once) as crowd:
        return list(crowd.map(outcome, work))


@pytest.mark.parametrize("overbooking", [0, 1, 3])
def test_of_sixty_four_who_extend_into_the_last_room_only_so_many_do(desk: Desk, overbooking: int) -> None:
    desk.sets_up(capacity=64)
    stays = [desk.opens(booker=Person(profile_id=uuid4())) for _ in range(64)]
    desk.sets_up(capacity=1, overbooking=overbooking)

    def extend(booking: Booking) -> Callable[[], Any]:
        asked = ChangeStay(booking_id=booking.id, version=1, departure=DEPARTURE + DAY)
        return lambda: desk.service.change_stay(asked)

    outcomes = all_of([extend(booking) for booking in stays])
    assert sum(isinstance(each, Booking) for each in outcomes) == overbooking + 1
    assert sum(isinstance(each, NoRoomLeft) for each in outcomes) == 63 - overbooking
    assert desk.sold(DEPARTURE) == overbooking + 1
    assert desk.counters_are_right()


def test_of_sixty_four_who_change_one_booking_one_does(desk: Desk) -> None:
    booking = desk.opens()

    def extend(n: int) -> Callable[[], Any]:
        asked = ChangeStay(booking_id=booking.id, version=1, departure=DEPARTURE + (n + 1) * DAY)
        return lambda: desk.service.change_stay(asked)

    outcomes = all_of([extend(n) for n in range(64)])
    assert sum(isinstance(each, Booking) for each in outcomes) == 1
    assert sum(isinstance(each, BookingHasChanged) for each in outcomes) == 63
    assert desk.counters_are_right()


def test_changes_bookings_notices_and_cancellations_do_not_wait_in_a_circle(desk: Desk) -> None:
    desk.sets_up(capacity=6, overbooking=1)
    desk.sets_up(lisbon_city(code="OPO", room_types=(NewRoomType(code="B", name="B", capacity=4, occupancy=4),)))
    kinds = (BookedRoom(room_type="A"), BookedRoom(room_type="B"))
    stays = [
        desk.opens(arrival=ARRIVAL + n % 4 * DAY, departure=DEPARTURE + n % 4 * DAY, rooms=kinds[n % 2 :])
        for n in range(10)
        if n < 4 or n % 2 == 0
    ]

    def work(n: int) -> Callable[[], Any]:
        what, n = n % 8, n // 8
        booking, call = stays[n % len(stays)], desk.service
        first = ARRIVAL + n % 5 * DAY
        dates = {"arrival": first, "departure": first + 3 * DAY}
        of_it = {"booking_id": booking.id}
        return [
            lambda: desk.opens(**dates, rooms=kinds if n % 2 else kinds[::-1]),
            lambda: call.change_stay(ChangeStay(**of_it, version=desk.booking(booking.id).version, **dates)),
            lambda: call.change_room_type(ChangeRoomType(**of_it, position=0, room_type="AB"[n % 2])),
            lambda: call.add_room(AddRoom(**of_it, room=kinds[n % 2])),
            lambda: call.remove_room(RemoveRoom(**of_it, position=n % 3)),
            lambda: call.cancel_booking(CancelBooking(**of_it)) if n % 5 == 0 else None,
            lambda: desk.receives(notice(external_id=str(n % 8), revision=n, status="modified", **dates)),
            lambda: call.relocate_booking(
                RelocateBooking(**of_it, room_type="B", property="OPO" if n % 3 == 0 else None)
            ),
        ][what]

    all_of([work(n) for n in range(160)], at_once=16)
    assert desk.counters_are_right()


def test_two_who_relocate_one_booking_make_one_of_it(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO", room_types=(NewRoomType(code="S", name="Sea", capacity=9),)))
    booking = desk.opens()
    asked = RelocateBooking(booking_id=booking.id, room_type="S", property="OPO")
    outcomes = all_of([lambda: desk.service.relocate_booking(asked)] * 8)
    assert sum(isinstance(each, Booking) for each in outcomes) == 1
    assert desk.rows("SELECT count(*) AS n FROM bookings")[0].n == 2
    assert desk.counters_are_right()


def test_the_same_change_sent_twice_at_once_is_made_once(desk: Desk) -> None:
    booking = desk.opens()
    asked = AddRoom(booking_id=booking.id, room=BookedRoom(room_type="B"))

    def add() -> Any:
        try:
            return desk.service.add_room(asked, UUID(int=5))
        except StillRunning as running:
            return running

    outcomes = all_of([add] * 4, at_once=4)
    assert any(isinstance(each, Booking) for each in outcomes)
    assert len(desk.booking(booking.id).rooms) == 2
