"""Tentative bookings are held for a time, confirmed with the guest, or given up by the clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.contracts.bookings import (
    AddRoom,
    BookedRoom,
    Booking,
    CancelBooking,
    ConfirmBooking,
    HoldBooking,
    NotABooking,
    Person,
    StateForbids,
)
from tests.bookings.makers import ANA, Desk, notice

HOUR = timedelta(hours=1)
FIRST = datetime.now(UTC).date() + timedelta(days=60)
AHEAD: dict[str, Any] = {"arrival": FIRST, "departure": FIRST + timedelta(days=3)}


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + hours * HOUR


def held_for(desk: Desk, until: datetime | None = None, **more: Any) -> Booking:
    return desk.opens(**{"tentative": True, "held_until_at": until, **AHEAD, **more})


def is_over(desk: Desk, *bookings: Booking, days: int = 0) -> None:
    """Their holds ended so many days ago."""
    with desk.db.engine.begin() as connection:
        for booking in bookings:
            connection.exec_driver_sql(
                "UPDATE bookings SET held_until_at = now() - %s * interval '1 day' WHERE id = %s", (days, booking.id)
            )


def confirms(desk: Desk, booking_id: UUID | None, **more: Any) -> Booking:
    return desk.service.confirm_booking(ConfirmBooking(booking_id=booking_id, **more))  # type: ignore[arg-type]


# ── how long ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_held_as_long_as_was_said(desk: Desk) -> None:
    until = in_hours(5)
    assert held_for(desk, until).held_until_at == until


def test_else_as_long_as_the_property_holds(desk: Desk) -> None:
    desk.sets_up(hold_hours=48)
    held = held_for(desk)
    assert held.held_until_at == held.booked_at + 48 * HOUR


def test_but_not_beyond_the_day_of_arrival(desk: Desk) -> None:
    desk.sets_up(hold_hours=8000)
    today = datetime.now(ZoneInfo("Europe/Lisbon")).date()
    held = held_for(desk, arrival=today, departure=today + timedelta(days=2))
    assert held.held_until_at
    assert held.held_until_at.astimezone(ZoneInfo("Europe/Lisbon")).date() == today + timedelta(days=1)


def test_without_hours_it_is_held_for_ever(desk: Desk) -> None:
    assert held_for(desk).held_until_at is None


def test_one_that_stands_is_not_held(desk: Desk) -> None:
    desk.sets_up(hold_hours=48)
    assert desk.opens().held_until_at is None


@pytest.mark.parametrize(
    "more",
    [
        {"tentative": True, "held_until_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"tentative": True, "held_until_at": datetime.now(UTC) + timedelta(days=62)},
        {"held_until_at": datetime.now(UTC) + timedelta(days=1)},
    ],
    ids=["over", "after the day of arrival", "not tentative"],
)
def test_a_hold_that_cannot_be_is_refused(desk: Desk, more: dict[str, Any]) -> None:
    with pytest.raises(NotABooking) as refused:
        desk.opens(**AHEAD, **more)
    assert [e.pointer for e in refused.value.errors] == ["/held_until_at"]


@pytest.mark.parametrize(("rooms", "held"), [(None, True), ((), False)], ids=["rooms", "no rooms"])
def test_a_request_of_another_system_is_held_where_it_names_rooms(desk: Desk, rooms: Any, held: bool) -> None:
    desk.sets_up(hold_hours=48)
    report = desk.receives(notice(tentative=True, **AHEAD, **({} if rooms is None else {"rooms": rooms})))
    assert (desk.booking(report.booking_id).held_until_at is not None) == held


def test_one_that_gets_its_first_room_is_held_from_then_on(desk: Desk) -> None:
    desk.sets_up(hold_hours=48)
    booking_id = desk.receives(notice(tentative=True, rooms=(), **AHEAD)).booking_id
    assert booking_id
    assert desk.service.add_room(AddRoom(booking_id=booking_id, room=BookedRoom(room_type="A"))).held_until_at


def test_staff_hold_it_for_longer_and_for_ever(desk: Desk) -> None:
    held = held_for(desk, in_hours(1))
    until = in_hours(9)
    for wanted in (until, until, None):
        after = desk.service.hold_booking(HoldBooking(booking_id=held.id, until=wanted))
        assert after.held_until_at == wanted
    assert after.version == 3


def test_staff_hold_nothing_until_a_time_that_is_over(desk: Desk) -> None:
    held = held_for(desk)
    with pytest.raises(NotABooking) as refused:
        desk.service.hold_booking(HoldBooking(booking_id=held.id, until=in_hours(-1)))
    assert [e.pointer for e in refused.value.errors] == ["/until"]


# ── the end of a hold ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_that_is_over_is_cancelled_and_its_rooms_sold_again(desk: Desk) -> None:
    desk.sets_up(capacity=1)
    held = held_for(desk, in_hours(1))
    is_over(desk, held)
    desk.service.expire_holds()
    after = desk.booking(held.id)
    assert after.ending
    assert (after.state, after.ending.reason, after.ending.before) == ("cancelled", "hold-expired", "tentative")
    assert desk.opens(booker=Person(profile_id=uuid4()), **AHEAD).state == "confirmed"
    assert desk.counters_are_right()


def test_it_is_announced_once_with_its_reason(desk: Desk) -> None:
    held = held_for(desk, in_hours(1))
    is_over(desk, held)
    for _ in range(2):
        desk.service.expire_holds()
    assert desk.said() == ["BookingHeld", "BookingCancelled"]
    told: Any = desk.announced()[-1]
    assert (told.version, told.booking.reason, told.booking.ended_from) == (2, "hold-expired", "tentative")


def test_what_is_not_over_is_held_on(desk: Desk) -> None:
    held = [held_for(desk, in_hours(1)), held_for(desk)]
    desk.service.expire_holds()
    assert [desk.booking(each.id).state for each in held] == ["tentative", "tentative"]


def test_after_days_without_a_run_all_are_cancelled_once_by_two_at_once(desk: Desk) -> None:
    desk.sets_up(capacity=30)
    held = [held_for(desk, booker=Person(profile_id=uuid4())) for _ in range(30)]
    is_over(desk, *held, days=4)
    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(lambda _: desk.service.expire_holds(), range(4)))
    assert {desk.booking(each.id).state for each in held} == {"cancelled"}
    told = [event for event in desk.announced() if type(event).__name__ == "BookingCancelled"]
    assert sorted(event.aggregate_id for event in told) == sorted(str(each.id) for each in held)
    assert desk.sold(FIRST) == 0
    assert desk.counters_are_right()


def test_confirmed_in_the_last_moment_it_stands_or_has_ended(desk: Desk) -> None:
    desk.sets_up(capacity=12)
    held = [held_for(desk, booker=Person(profile_id=uuid4())) for _ in range(12)]
    is_over(desk, *held)

    def confirm(booking: Booking) -> str:
        try:
            return confirms(desk, booking.id).state
        except StateForbids as refused:
            return str(refused.facts["state"])

    with ThreadPoolExecutor(6) as crowd:
        job = crowd.submit(desk.service.expire_holds)
        said = list(crowd.map(confirm, held))
        job.result()
    assert said == [desk.booking(each.id).state for each in held]
    assert set(said) <= {"confirmed", "cancelled"}
    assert desk.sold(FIRST) == said.count("confirmed")
    assert desk.counters_are_right()


def test_one_that_cannot_be_ended_does_not_keep_the_others(desk: Desk) -> None:
    broken, other = held_for(desk), held_for(desk)
    is_over(desk, broken, other)
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bookings SET people = '[{}, 1]' WHERE id = %s", (broken.id,))
    desk.service.expire_holds()
    assert desk.booking(other.id).state == "cancelled"


# ── confirmed with the guest ─────────────────────────────────────────────────────────────────────────────────────────


def test_who_confirmed_when_how_and_with_whom_is_noted(desk: Desk) -> None:
    held = held_for(desk, in_hours(1))
    at = in_hours(-1)
    booked = confirms(desk, held.id, how="phone", spoke_with=" Ana  Silva ", at=at)
    assert booked.confirmation
    assert (booked.state, booked.held_until_at, booked.version) == ("confirmed", None, 2)
    assert (booked.confirmation.how, booked.confirmation.spoke_with) == ("phone", "Ana Silva")
    assert (booked.confirmation.at, booked.confirmation.by) == (at, "service:bookings")
    assert desk.booking(held.id) == booked


def test_what_was_said_with_whom_is_in_no_event(desk: Desk) -> None:
    confirms(desk, held_for(desk).id, how="phone", spoke_with="Zebedaeus")
    assert desk.rows("SELECT 1 FROM outbox WHERE body LIKE '%Zebedaeus%'") == []


def test_one_that_stands_already_is_confirmed_with_the_guest_once(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.identifies(report.booking_id, ANA)
    noted = confirms(desk, report.booking_id, how="e-mail")
    assert noted.confirmation
    assert (noted.state, noted.confirmation.how) == ("confirmed", "e-mail")
    assert desk.said()[-1] == "BookingChanged"
    with pytest.raises(StateForbids):
        confirms(desk, report.booking_id, how="phone")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"spoke_with": "Ana"}, "/how"),
        ({"how": "phone", "at": datetime(2199, 1, 1, tzinfo=UTC)}, "/at"),
        ({"how": "phone", "at": datetime(1899, 1, 1, tzinfo=UTC)}, "/at"),
        ({"how": "phone", "spoke_with": "x" * 201}, "/spoke_with"),
        ({"how": "phone", "spoke_with": "a\x00b"}, "/spoke_with"),
    ],
)
def test_a_confirmation_that_cannot_be_is_refused(desk: Desk, said: dict[str, Any], pointer: str) -> None:
    held = held_for(desk)
    with pytest.raises(NotABooking) as refused:
        confirms(desk, held.id, **said)
    assert [e.pointer for e in refused.value.errors] == [pointer]
    assert desk.booking(held.id) == held


# ── cancelled by staff ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cancellation_says_who_why_and_in_words(desk: Desk) -> None:
    booking = desk.opens()
    note = "Flight cancelled,\ncard 4111 1111 1111 1111"
    after = desk.service.cancel_booking(CancelBooking(booking_id=booking.id, reason="guest", note=note))
    assert after.ending
    assert (after.ending.reason, after.ending.by, after.ending.before) == ("guest", "service:bookings", "confirmed")
    assert after.ending.note
    assert "Flight cancelled" in after.ending.note
    assert "4111" not in after.ending.note


def test_the_reason_is_told_and_the_words_are_not(desk: Desk) -> None:
    booking = desk.opens()
    desk.service.cancel_booking(CancelBooking(booking_id=booking.id, reason="no-payment", note="Zebedaeus"))
    told: Any = desk.announced()[-1]
    assert (told.booking.reason, told.booking.ended_from) == ("no-payment", "confirmed")
    assert desk.rows("SELECT 1 FROM outbox WHERE body LIKE '%Zebedaeus%'") == []


def test_words_too_long_are_refused(desk: Desk) -> None:
    with pytest.raises(NotABooking) as refused:
        desk.service.cancel_booking(CancelBooking(booking_id=desk.opens().id, note="x" * 2001))
    assert [e.pointer for e in refused.value.errors] == ["/note"]


def test_one_that_its_source_cancels_says_so(desk: Desk) -> None:
    booking_id = desk.receives(notice()).booking_id
    desk.receives(notice(status="cancelled", revision=2))
    ending = desk.booking(booking_id).ending
    assert ending
    assert (ending.reason, ending.by) == ("source", None)
