"""Many at once: one room has one stay on a night, nobody waits in a circle, and what was refused has done nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from services.bookings.domain.assigning import Assignment
from services.contracts.bookings import (
    AssignArrivals,
    BookedRoom,
    Booking,
    BookingHasChanged,
    CancelBooking,
    ChangeRoomType,
    ChangeStay,
    CloseRoom,
    EndClosure,
    HotelRoom,
    MoveRoom,
    NoRoomFree,
    NoRoomLeft,
    NoSuchClosure,
    NotABooking,
    PlaceOnBooking,
    RoomNotReady,
    RoomOccupied,
    RoomTaken,
    StateForbids,
    SwapRooms,
    UnassignRoom,
)
from tests.bookings.makers import Desk
from tests.bookings.numbered import assigns, checks_in, checks_out, day, numbers, opens, room, rooms_of, sets_up_rooms

PLAIN = (
    BookingHasChanged, NoRoomFree, NoRoomLeft, NoSuchClosure, NotABooking, RoomNotReady, RoomOccupied, RoomTaken,
    StateForbids,
)  # fmt: skip


def all_of(work: list[Callable[[], Any]], at_once: int = 64) -> list[Any]:
    """Their answers, and their refusals; any other failure fails."""

    def outcome(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except PLAIN as refused:
            return refused

    with ThreadPoolExecutor(at_once) as crowd:
        return list(crowd.map(outcome, work))


def no_room_has_two_stays(desk: Desk) -> bool:
    """Looked at without the constraint that should have seen to it."""
    (found,) = desk.rows(
        """
        SELECT count(*) AS n FROM room_assignments a JOIN room_assignments b
        ON a.room_id = b.room_id AND a.id < b.id AND a.nights && b.nights
        """
    )
    (closed,) = desk.rows(
        """
        SELECT count(*) AS n FROM room_assignments a JOIN room_closures c
        ON a.room_id = c.room_id AND a.nights && c.nights AND a.vacated_at IS NULL
        """
    )
    return found.n == closed.n == 0


def test_of_sixty_four_who_want_one_room_one_gets_it(desk: Desk) -> None:
    desk.sets_up(capacity=64)
    sets_up_rooms(desk)
    stays = [opens(desk, 1, 3) for _ in range(64)]
    outcomes = all_of([lambda stay=stay: assigns(desk, stay, "101") for stay in stays])
    assert sum(isinstance(each, Booking) for each in outcomes) == 1
    assert sum(isinstance(each, RoomTaken) for each in outcomes) == 63
    assert desk.rows("SELECT count(*) AS n FROM room_assignments")[0].n == 1
    assert sum(desk.booking(stay.id).version > 1 for stay in stays) == 1


def test_sixty_four_who_come_at_once_get_a_room_each_while_there_are_any(desk: Desk) -> None:
    desk.sets_up(capacity=64)
    sets_up_rooms(desk, *rooms_of("A", *(str(n) for n in range(100, 140))))
    stays = [opens(desk, 0, 2) for _ in range(64)]
    outcomes = all_of([lambda stay=stay: checks_in(desk, stay) for stay in stays])
    inside = [each for each in outcomes if isinstance(each, Booking)]
    assert len(inside) == 40
    assert len({numbers(desk, each.id)[0] for each in inside}) == 40
    assert no_room_has_two_stays(desk)


def test_swaps_of_the_same_rooms_do_not_wait_in_a_circle(desk: Desk) -> None:
    desk.sets_up(capacity=4)
    sets_up_rooms(desk, *rooms_of("A", "101", "102", "103", "104"))
    stays = [assigns(desk, opens(desk, 1, 4), str(101 + n)) for n in range(4)]

    def swap(n: int) -> Callable[[], Any]:
        one, other = stays[n % 4], stays[(n + 1 + n // 4 % 3) % 4]
        said = (PlaceOnBooking(booking_id=each.id, position=0) for each in (one, other))
        asked = SwapRooms(**dict(zip(("one", "other"), said, strict=True)))
        return lambda: desk.service.swap_rooms(asked)

    outcomes = all_of([swap(n) for n in range(64)])
    assert not any(isinstance(each, Exception) for each in outcomes)
    assert sorted(numbers(desk, stay.id)[0] for stay in stays) == ["101", "102", "103", "104"]


def test_whatever_is_done_at_once_nobody_waits_in_a_circle(desk: Desk) -> None:
    desk.sets_up(capacity=12)
    sets_up_rooms(desk, *rooms_of("A", "101", "102", "103"), *rooms_of("B", "201", "202", "203"))
    kinds = (BookedRoom(room_type="A"), BookedRoom(room_type="B"))
    stays = [opens(desk, n % 3, n % 3 + 3, rooms=kinds[n % 2 :]) for n in range(9)]
    rooms = [room(desk, number) for number in ("101", "102", "201", "202")]

    def work(n: int) -> Callable[[], Any]:
        what, n = n % 10, n // 10
        stay, other, closing, call = stays[n % 9], stays[(n * 5 + 2) % 9], rooms[n % 4], desk.service
        place = PlaceOnBooking(booking_id=stay.id, position=0)

        def reopen() -> Any:
            closures = room(desk, closing.number).closures
            return closures and call.end_closure(EndClosure(room_id=closing.id, closure_id=closures[0].id))

        def extend() -> Any:
            version = desk.booking(stay.id).version
            return call.change_stay(ChangeStay(booking_id=stay.id, version=version, departure=day(3 + n % 4)))

        closure = CloseRoom(room_id=closing.id, kind="out_of_order", first=day(n % 4), until=day(n % 4 + 2))
        return [
            lambda: assigns(desk, stay, None, accept_dirty=True),
            lambda: assigns(desk, stay, closing.number, accept_dirty=True),
            lambda: call.unassign_room(UnassignRoom(booking_id=stay.id, position=0)),
            lambda: call.swap_rooms(
                SwapRooms(one=place, other=PlaceOnBooking(booking_id=other.id, position=0), accept_dirty=True)
            ),
            lambda: checks_in(desk, stay, accept_dirty=True) if n % 3 == 0 else checks_out(desk, stay),
            lambda: call.move_room(
                MoveRoom(booking_id=stay.id, position=0, room=("103", "203")[n % 2], accept_dirty=True)
            ),
            lambda: call.close_room(closure) if n % 2 else reopen(),
            extend,
            lambda: call.change_room_type(ChangeRoomType(booking_id=stay.id, position=0, room_type="AB"[n % 2])),
            lambda: (
                call.cancel_booking(CancelBooking(booking_id=stay.id))
                if n % 7 == 6
                else call.assign_arrivals(AssignArrivals(property="LIS-CITY", day=day(n % 3)))
            ),
        ][what]

    all_of([work(n) for n in range(200)], at_once=16)
    assert desk.counters_are_right()
    assert no_room_has_two_stays(desk)


def test_closures_of_one_type_at_once_all_count(desk: Desk) -> None:
    desk.sets_up(capacity=16)
    sets_up_rooms(desk, *rooms_of("A", *(str(n) for n in range(100, 116))))
    ids = [room(desk, str(n)).id for n in range(100, 116)]
    closures = [CloseRoom(room_id=each, kind="out_of_order", first=day(0), until=day(5)) for each in ids]
    outcomes = all_of([lambda closure=closure: desk.service.close_room(closure) for closure in closures])
    assert all(isinstance(each, HotelRoom) for each in outcomes)
    assert {row.capacity for row in desk.rows("SELECT capacity FROM nights")} == {0}
    assert desk.counters_are_right()


def test_guests_who_came_while_their_leaving_waited_for_a_lock_leave_as_they_came() -> None:
    came = datetime(2026, 7, 1, 12, 0, 1, tzinfo=UTC)
    there = Assignment(
        booking_id=uuid4(),
        position=0,
        room_id=uuid4(),
        room_type_id=uuid4(),
        number="101",
        first=came.date(),
        until=came.date() + timedelta(days=3),
        occupied_at=came,
    )
    gone = there.left(came.date(), came - timedelta(seconds=1))
    assert (gone.first, gone.until, gone.vacated_at) == (came.date(), came.date(), came)
