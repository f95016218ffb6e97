"""Many at once at a block: the last room is picked up once, nobody waits in a circle, and the counters stay right."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from services.contracts.bookings import (
    BlockFull,
    BlockRooms,
    BookedRoom,
    Booking,
    CancelBooking,
    ChangeGroup,
    ChangeStay,
    Group,
    NoRoomLeft,
    PickUpRooms,
)
from services.kit.refusal import Conflict, Invalid, NotFound, StillRunning
from tests.bookings.grouped import (
    ARRIVAL,
    DEPARTURE,
    NIGHT,
    PAST,
    WEDDING,
    blocks,
    cancels,
    counts,
    group,
    notice,
    opens,
    picks_up,
    reaches_the_cut_off,
    sold,
)
from tests.bookings.makers import Desk, stay
from tests.kit.processes import until


def all_at_once(count: int, work: Callable[[int], Any], threads: int = 64) -> list[Any]:
    with ThreadPoolExecutor(threads) as crowd:
        return list(crowd.map(work, range(count)))


def of(crowd: list[Any], kind: type) -> int:
    return sum(isinstance(each, kind) for each in crowd)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (Conflict, Invalid, NotFound) as refused:
        return refused


def test_of_sixty_four_one_picks_up_the_last_room(desk: Desk) -> None:
    blocks(desk, 1)
    outcomes = all_at_once(64, lambda _: outcome(lambda: picks_up(desk)))
    assert (of(outcomes, Booking), of(outcomes, BlockFull)) == (1, 63)
    assert (counts(desk), sold(desk)) == ((1, 1, 0), 1)
    assert desk.counters_are_right()


@pytest.mark.parametrize("free", [0, 1, 3])
def test_of_sixty_four_of_a_group_that_may_exceed_all_free_rooms_are_had(desk: Desk, free: int) -> None:
    desk.sets_up(capacity=1 + free)
    blocks(desk, 1, may_exceed=True)
    outcomes = all_at_once(64, lambda _: outcome(lambda: picks_up(desk)))
    assert (of(outcomes, Booking), of(outcomes, NoRoomLeft)) == (1 + free, 63 - free)
    assert sold(desk) == 1 + free
    assert desk.counters_are_right()


def test_a_block_and_others_who_want_the_same_rooms_share_no_room(desk: Desk) -> None:
    def want(n: int) -> Any:
        return outcome(lambda: blocks(desk, 1, code=f"GROUP-{n}") if n % 2 else opens(desk))

    outcomes = all_at_once(32, want)
    assert of(outcomes, Booking) + of(outcomes, Group) == 2
    assert sold(desk) == 2
    assert desk.counters_are_right()


def test_a_group_that_is_cancelled_by_several_at_once_is_cancelled_once(desk: Desk) -> None:
    desk.sets_up(capacity=6)
    blocks(desk, 6)
    for _ in range(5):
        picks_up(desk)
    outcomes = all_at_once(8, lambda _: cancels(desk))
    assert {each.state for each in outcomes} == {"cancelled"}
    assert desk.said().count("BookingCancelled") == 5
    assert sold(desk) == 0


def test_a_block_is_released_once_by_two_who_run_the_timer(desk: Desk) -> None:
    blocks(desk)
    all_at_once(2, lambda _: reaches_the_cut_off(desk))
    assert (group(desk).state, group(desk).version, sold(desk)) == ("released", 2, 0)


def test_pick_ups_changes_cancellations_and_the_cut_off_do_not_wait_in_a_circle(desk: Desk) -> None:
    desk.sets_up(capacity=9, overbooking=1)
    blocks(desk, 2, may_exceed=True, rooms=tuple(BlockRooms(room_type=kind, count=2) for kind in "AB"))
    blocks(desk, 2, code="OTHER", arrival=ARRIVAL + NIGHT, departure=DEPARTURE + NIGHT)
    kinds = (BookedRoom(room_type="A"), BookedRoom(room_type="B"))
    stays = [picks_up(desk) for _ in range(4)]

    def work(n: int) -> Any:
        what, n = n % 8, n // 8
        booking, call = stays[n % len(stays)], desk.service
        first = ARRIVAL + n % 3 * NIGHT
        dates = {"arrival": first, "departure": first + 2 * NIGHT}
        code = WEDDING if n % 2 else "OTHER"
        return [
            lambda: picks_up(desk, code, rooms=kinds if n % 2 else kinds[::-1], **dates),
            lambda: call.change_stay(
                ChangeStay(booking_id=booking.id, version=desk.booking(booking.id).version, **dates)
            ),
            lambda: call.cancel_booking(CancelBooking(booking_id=booking.id)) if n % 3 == 0 else None,
            lambda: desk.receives(notice(external_id=str(n % 5), revision=n, status="modified", group=code, **dates)),
            lambda: call.change_group(
                ChangeGroup(
                    code=code,
                    version=group(desk, code).version,
                    cut_off=ARRIVAL,
                    rooms=(BlockRooms(room_type="A", count=n % 4), BlockRooms(room_type="B", count=3 - n % 4)),
                )
            ),
            lambda: reaches_the_cut_off(desk) if n % 4 == 0 else None,
            lambda: opens(desk, rooms=kinds, **dates),
            lambda: cancels(desk, "OTHER") if n == 15 else call.cancel_bookings_of_groups(),
        ][what]

    all_at_once(128, lambda n: outcome(work(n)), threads=16)
    assert desk.counters_are_right()
    desk.service.cancel_bookings_of_groups()
    assert desk.counters_are_right()


def test_a_cut_off_that_is_put_off_while_the_timer_waits_releases_nothing(desk: Desk) -> None:
    blocks(desk)
    with desk.db.engine.connect() as other, ThreadPoolExecutor(1) as timer:
        with desk.db.engine.begin() as before:
            before.execute(sa.text(f"UPDATE groups SET cut_off = DATE '{PAST}'"))
        other.execute(sa.text(f"UPDATE groups SET cut_off = DATE '{ARRIVAL}'"))
        released = timer.submit(desk.service.release_blocks)
        until(lambda: desk.rows("SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"))
        other.commit()
        released.result()
    assert (group(desk).state, sold(desk)) == ("open", 2)


def test_a_pick_up_that_is_sent_twice_at_once_is_made_once(desk: Desk) -> None:
    blocks(desk)
    asked = PickUpRooms(group=WEDDING, booking=stay(arrival=ARRIVAL, departure=DEPARTURE))

    def pick_up(_: int) -> Any:
        try:
            return desk.service.pick_up_rooms(asked, UUID(int=7))
        except StillRunning as running:
            return running

    outcomes = [each for each in all_at_once(8, pick_up) if isinstance(each, Booking)]
    assert outcomes
    assert len({each.id for each in outcomes}) == 1
    assert counts(desk) == (2, 1, 1)
