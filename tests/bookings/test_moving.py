"""Bookings move from one profile to another, in any state, once, whatever else happens to them."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.contracts.bookings import (
    CancelBooking,
    KeepDepartedGuests,
    MoveBooking,
    MoveBookings,
    NotABooking,
    NotOnBooking,
    ReadMoves,
)
from services.contracts.bookings.departed import DepartedGuest
from services.contracts.bookings.stays import Booking
from tests.bookings.makers import ANA, BRUNO, Desk, notice

CARLA = uuid.UUID("c0c00000-0000-4000-8000-000000000003")


def moves(desk: Desk, booking: Booking, was: uuid.UUID = ANA, now_is: uuid.UUID = BRUNO, why: str = "His.") -> Booking:
    request = MoveBooking(booking_id=booking.id, from_profile_id=was, to_profile_id=now_is, why=why)
    return desk.service.move_booking(request)


def everything(desk: Desk, was: uuid.UUID = ANA, now_is: uuid.UUID = BRUNO) -> Any:
    return desk.service.move_bookings(MoveBookings(from_profile_id=was, to_profile_id=now_is, why="same-email"))


def guests(booking: Booking) -> set[uuid.UUID | None]:
    return {person.profile_id for person in booking.people}


def in_state(desk: Desk, state: str) -> Booking:
    booking = desk.opens() if state != "tentative" else desk.opens(tentative=True)
    if state == "cancelled":
        return desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    return booking


@pytest.mark.parametrize("state", ["tentative", "confirmed", "cancelled"])
def test_a_booking_in_any_state_moves_and_says_so(desk: Desk, state: str):
    before = in_state(desk, state)
    after = moves(desk, before)
    assert (after.state, guests(after), after.version) == (state, {BRUNO}, before.version + 1)
    changed, moved = desk.announced()[-2:]
    assert moved.booking.profile_id == BRUNO  # type: ignore[attr-defined]
    assert changed.booking.left_profile_ids == (ANA,)  # type: ignore[attr-defined]
    assert (moved.from_profile_id, moved.to_profile_id, moved.by_hand) == (ANA, BRUNO, True)  # type: ignore[attr-defined]


def test_a_move_is_kept_with_its_reason_and_announced_without_it(desk: Desk):
    booking = desk.opens()
    moves(desk, booking, why="  His wife booked\u00a0it. ")
    (kept,) = desk.service.read_moves(ReadMoves(booking_id=booking.id)).items
    assert (kept.from_profile_id, kept.to_profile_id, kept.why) == (ANA, BRUNO, "His wife booked it.")
    assert not [row for row in desk.rows("SELECT body FROM outbox") if "wife" in str(row)]


def test_the_same_move_again_is_answered_and_changes_nothing(desk: Desk):
    booking = desk.opens()
    after = moves(desk, booking)
    said = desk.said()
    assert moves(desk, booking) == after
    assert desk.said() == said


def test_a_booking_moves_on_and_back(desk: Desk):
    booking = desk.opens()
    moves(desk, booking)
    moves(desk, booking, BRUNO, CARLA)
    assert guests(moves(desk, booking, CARLA, ANA)) == {ANA}
    with pytest.raises(NotOnBooking):
        moves(desk, booking, uuid.uuid4(), ANA)


@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
def test_a_move_needs_a_reason(desk: Desk, why: str):
    booking = desk.opens()
    with pytest.raises(NotABooking):
        moves(desk, booking, why=why)
    assert guests(desk.booking(booking.id)) == {ANA}


def test_all_bookings_of_a_profile_move_at_once_and_nobody_elses(desk: Desk):
    hers = [desk.opens(), in_state(desk, "cancelled")]
    moved = everything(desk)
    assert (set(moved.booking_ids), moved.next) == ({b.id for b in hers}, None)
    assert everything(desk).booking_ids == ()
    assert desk.counters_are_right()


def test_who_was_found_before_the_move_is_whom_it_moved_to(desk: Desk):
    report = desk.receives(notice())
    desk.identifies(report.booking_id, ANA)
    moves(desk, desk.booking(report.booking_id))
    desk.identifies(report.booking_id, ANA)  # heard late, or once more
    assert guests(desk.booking(report.booking_id)) == {BRUNO}


def test_guests_as_they_departed_follow_and_keep_their_names(desk: Desk):
    booking = desk.opens()
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bookings SET state = 'departed'")
    as_of = booking.booked_at
    guest = DepartedGuest(profile_id=ANA, given_name="Ana", family_name="Silva", as_of=as_of)
    desk.service.keep_departed_guests(KeepDepartedGuests(booking_id=booking.id, version=9, guests=(guest,)))
    moves(desk, booking)
    (row,) = desk.rows("SELECT guests FROM departed_guests")
    assert [(g["profile_id"], g["given_name"]) for g in row.guests] == [(str(BRUNO), "Ana")]


def test_two_moves_of_one_booking_at_once_are_one(desk: Desk):
    booking = desk.opens()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: everything(desk), range(4)))
        list(pool.map(lambda _: moves(desk, booking), range(4)))
    assert desk.said().count("BookingMoved") == 1
    assert guests(desk.booking(booking.id)) == {BRUNO}


def test_a_move_beside_notices_that_change_the_booking_loses_nothing(desk: Desk):
    report = desk.receives(notice())
    desk.identifies(report.booking_id, ANA)

    def modify(revision: int) -> Any:
        return desk.receives(notice(status="modified", revision=revision, requests=f"late arrival {revision}"))

    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(modify, revision) for revision in range(2, 6)]
        work += [pool.submit(everything, desk) for _ in range(3)]
        for each in work:
            each.result()
    assert guests(desk.booking(report.booking_id)) == {BRUNO}
    assert desk.said().count("BookingMoved") == 1
    assert desk.counters_are_right()
