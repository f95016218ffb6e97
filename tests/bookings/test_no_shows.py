"""Who does not come is a no-show by the property's hour, who does not leave is flagged; the same day takes it back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.bookings.store import due
from services.contracts.bookings import (
    Booking,
    CancelBooking,
    ChangeStay,
    CheckInBooking,
    CheckOutBooking,
    MarkNoShow,
    NewRoomType,
    NoRoomLeft,
    Person,
    ReinstateBooking,
    StateForbids,
    UndoCheckIn,
)
from services.kit.context import Context
from tests.bookings.makers import ANA, Desk, lisbon_city, notice, report_of_state

DAY = timedelta(days=1)
TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
YESTERDAY = TODAY - DAY


def has_hours(desk: Desk, since: date = date(2020, 1, 1), **more: Any) -> None:
    """The property takes who has not come by midnight for a no-show, of arrivals since that day."""
    desk.sets_up(**{"no_show_at": "00:00", **more})
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE properties SET no_show_from = %s WHERE code = %s", (since, more.get("code", "LIS-CITY"))
        )


def arriving(desk: Desk, day: date = YESTERDAY, nights: int = 3, **more: Any) -> Booking:
    said = {"arrival": day, "departure": day + nights * DAY, "booker": Person(profile_id=uuid4())}
    return desk.opens(**{**said, **more})


def told(desk: Desk, name: str) -> list[Any]:
    return [event for event in desk.announced() if type(event).__name__ == name]


# ── by the clock ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_has_not_come_by_the_hour_is_a_no_show_and_the_rooms_are_free(desk: Desk) -> None:
    has_hours(desk, capacity=1)
    booking = arriving(desk)
    assert desk.sold(TODAY) == 1
    desk.service.mark_those_who_have_not_come()
    after = desk.booking(booking.id)
    assert after.ending
    assert (after.state, after.ending.reason, after.ending.by) == ("no_show", "not-arrived", None)
    assert [desk.sold(YESTERDAY), desk.sold(TODAY)] == [0, 0]
    assert desk.counters_are_right()


def test_it_is_announced_once_with_its_reason(desk: Desk) -> None:
    has_hours(desk)
    arriving(desk)
    for _ in range(2):
        desk.service.mark_those_who_have_not_come()
    (event,) = told(desk, "BookingMarkedNoShow")
    assert (event.booking.reason, event.booking.ended_from) == ("not-arrived", "confirmed")


def test_who_arrives_today_is_waited_for(desk: Desk) -> None:
    has_hours(desk)
    booking = arriving(desk, TODAY)
    desk.service.mark_those_who_have_not_come()
    assert (desk.booking(booking.id).state, desk.sold(TODAY)) == ("confirmed", 1)


def test_who_is_in_house_or_has_ended_is_none(desk: Desk) -> None:
    has_hours(desk)
    there, gone = arriving(desk), arriving(desk)
    desk.service.check_in_booking(CheckInBooking(booking_id=there.id))
    desk.service.cancel_booking(CancelBooking(booking_id=gone.id))
    desk.service.mark_those_who_have_not_come()
    assert [desk.booking(each.id).state for each in (there, gone)] == ["in_house", "cancelled"]


def test_what_is_only_held_is_given_up_instead_and_owes_nothing(desk: Desk) -> None:
    has_hours(desk)
    held = arriving(desk, tentative=True)
    desk.service.mark_those_who_have_not_come()
    after = desk.booking(held.id)
    assert after.ending
    assert (after.state, after.ending.reason, after.ending.before) == ("cancelled", "hold-expired", "tentative")


def test_a_house_without_the_hour_has_none_by_itself(desk: Desk) -> None:
    booking = arriving(desk)
    desk.service.mark_those_who_have_not_come()
    assert desk.booking(booking.id).state == "confirmed"


def test_an_hour_that_is_set_today_is_for_arrivals_from_today(desk: Desk) -> None:
    booking = arriving(desk)
    desk.sets_up(no_show_at="00:00")
    desk.service.mark_those_who_have_not_come()
    assert desk.booking(booking.id).state == "confirmed"
    (row,) = desk.rows("SELECT no_show_from FROM properties")
    assert row.no_show_from == TODAY


def test_another_hour_is_for_the_same_arrivals(desk: Desk) -> None:
    has_hours(desk)
    desk.sets_up(no_show_at="06:00")
    desk.sets_up()
    (row,) = desk.rows("SELECT no_show_from, no_show_at FROM properties")
    assert (row.no_show_from, row.no_show_at.isoformat()) == (date(2020, 1, 1), "06:00:00")


def test_after_days_without_a_run_all_are_marked_once_by_two_at_once(desk: Desk) -> None:
    has_hours(desk, capacity=30)
    booked = [arriving(desk, TODAY - (2 + n % 4) * DAY, 1) for n in range(30)]
    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(lambda _: desk.service.mark_those_who_have_not_come(), range(4)))
    assert {desk.booking(each.id).state for each in booked} == {"no_show"}
    assert sorted(event.booking_id for event in told(desk, "BookingMarkedNoShow")) == sorted(b.id for b in booked)
    assert desk.counters_are_right()


def test_checked_in_at_the_hour_guests_are_in_house_or_no_shows(desk: Desk) -> None:
    has_hours(desk, capacity=12)
    booked = [arriving(desk) for _ in range(12)]

    def check_in(booking: Booking) -> str:
        try:
            return str(desk.service.check_in_booking(CheckInBooking(booking_id=booking.id)).state)
        except StateForbids as refused:
            return str(refused.facts["state"])

    with ThreadPoolExecutor(6) as crowd:
        job = crowd.submit(desk.service.mark_those_who_have_not_come)
        said = list(crowd.map(check_in, booked))
        job.result()
    assert said == [desk.booking(each.id).state for each in booked]
    assert desk.sold(TODAY) == said.count("in_house")
    assert desk.counters_are_right()


# ── hours by the property's clock ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "arrival", "hour", "instant"),
    [
        ("Europe/Lisbon", date(2026, 7, 1), "06:00", datetime(2026, 7, 2, 5, tzinfo=UTC)),
        ("Europe/Lisbon", date(2026, 12, 1), "06:00", datetime(2026, 12, 2, 6, tzinfo=UTC)),
        ("Pacific/Kiritimati", date(2026, 7, 1), "00:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("Pacific/Pago_Pago", date(2026, 7, 1), "23:59", datetime(2026, 7, 3, 10, 59, tzinfo=UTC)),
        # 02:30 is left out when summer time begins, and comes twice when it ends
        ("Europe/Madrid", date(2027, 3, 27), "02:30", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("Europe/Madrid", date(2026, 10, 24), "02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_hour_is_one_instant_whatever_the_clocks_do(
    desk: Desk, zone: str, arrival: date, hour: str, instant: datetime
) -> None:
    kinds = (NewRoomType(code="A", name="Double", capacity=2),)
    said = lisbon_city(code="FAR", time_zone=zone, room_types=kinds, no_show_at=hour)
    desk.sets_up(said)
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE properties SET no_show_from = '2020-01-01' WHERE no_show_at IS NOT NULL")
    booking = arriving(desk, arrival, property="FAR")
    assert due_at(desk, "not-arrived", instant - timedelta(seconds=1)) == []
    assert due_at(desk, "not-arrived", instant) == [booking.id]


def due_at(desk: Desk, what: due.Due, now: datetime) -> list[UUID]:
    with desk.db.reading(Context(actor="staff:test")) as tx:
        tx.now = now
        return due.find(tx, what, 10)


# ── still there ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def late(desk: Desk) -> Booking:
    """In house since three days ago, and to leave by noon yesterday."""
    desk.sets_up(check_out_until="12:00")
    booking = arriving(desk, TODAY - 3 * DAY, 2)
    return desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))  # type: ignore[no-any-return]


def test_who_has_not_left_by_the_hour_is_flagged_once_and_nothing_else(desk: Desk, late: Booking) -> None:
    for _ in range(2):
        desk.service.flag_those_who_have_not_left()
    after = desk.booking(late.id)
    assert (after.state, after.flags, after.version) == ("in_house", ("overdue",), late.version + 1)
    (event,) = told(desk, "BookingChanged")
    assert event.booking.flags == ("overdue",)


def test_who_leaves_or_stays_for_longer_is_not_overdue(desk: Desk, late: Booking) -> None:
    desk.service.flag_those_who_have_not_left()
    now = desk.booking(late.id)
    asked = ChangeStay(booking_id=late.id, version=now.version, departure=TODAY + DAY)
    assert desk.service.change_stay(asked).flags == ()
    assert desk.service.check_out_booking(CheckOutBooking(booking_id=late.id)).flags == ()


def test_who_is_to_leave_later_is_not_flagged(desk: Desk) -> None:
    desk.sets_up(check_out_until="00:00")
    booking = arriving(desk, TODAY, 1)
    desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    desk.service.flag_those_who_have_not_left()
    assert desk.booking(booking.id).flags == ()


# ── taken back ───────────────────────────────────────────────────────────────────────────────────────────────────────


def reinstates(desk: Desk, booking_id: UUID) -> Booking:
    return desk.service.reinstate_booking(ReinstateBooking(booking_id=booking_id))  # type: ignore[no-any-return]


def test_a_no_show_who_comes_after_all_is_confirmed_again(desk: Desk) -> None:
    has_hours(desk)
    booking = arriving(desk)
    desk.service.mark_those_who_have_not_come()
    after = reinstates(desk, booking.id)
    assert (after.state, after.ending, desk.sold(TODAY)) == ("confirmed", None, 1)
    assert desk.said()[-1] == "BookingConfirmed"
    assert desk.service.check_in_booking(CheckInBooking(booking_id=booking.id)).state == "in_house"
    assert desk.counters_are_right()


def test_not_where_the_rooms_have_been_sold(desk: Desk) -> None:
    has_hours(desk, capacity=1)
    booking = arriving(desk)
    desk.service.mark_those_who_have_not_come()
    arriving(desk, TODAY + DAY, 1)
    with pytest.raises(NoRoomLeft) as refused:
        reinstates(desk, booking.id)
    assert refused.value.facts == {"nights": f"A {TODAY + DAY}"}
    assert desk.booking(booking.id).state == "no_show"
    assert desk.counters_are_right()


def test_a_night_that_is_over_hinders_nobody(desk: Desk) -> None:
    has_hours(desk, capacity=1)
    booking = arriving(desk)
    desk.service.mark_no_show(MarkNoShow(booking_id=booking.id))
    arriving(desk, YESTERDAY, 1)
    assert reinstates(desk, booking.id).state == "confirmed"
    assert desk.counters_are_right()


def test_not_on_another_day(desk: Desk) -> None:
    booking = arriving(desk)
    desk.service.mark_no_show(MarkNoShow(booking_id=booking.id))
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE bookings SET ending = jsonb_set(ending, '{at}', to_jsonb(now() - interval '25 hours'))"
        )
    with pytest.raises(StateForbids):
        reinstates(desk, booking.id)


def test_of_many_who_reinstate_for_the_last_room_one_does(desk: Desk) -> None:
    has_hours(desk, capacity=8)
    booked = [arriving(desk, TODAY) for _ in range(8)]
    for each in booked:
        desk.service.mark_no_show(MarkNoShow(booking_id=each.id))
    desk.sets_up(capacity=1)

    def reinstate(booking: Booking) -> bool:
        try:
            return reinstates(desk, booking.id).state == "confirmed"
        except NoRoomLeft:
            return False

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(reinstate, booked)) == 1
    assert desk.counters_are_right()


def test_who_was_checked_in_by_mistake_is_confirmed_again(desk: Desk) -> None:
    booking = arriving(desk, TODAY)
    there = desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    assert there.checked_in_at
    after = desk.service.undo_check_in(UndoCheckIn(booking_id=booking.id))
    assert (after.state, after.checked_in_at, desk.sold(TODAY)) == ("confirmed", None, 1)
    assert desk.said() == ["BookingConfirmed", "BookingCheckedIn", "BookingConfirmed"]


def test_who_was_checked_in_on_an_earlier_day_stays_in_house(desk: Desk) -> None:
    booking = arriving(desk)
    desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bookings SET checked_in_at = now() - interval '25 hours'")
    with pytest.raises(StateForbids) as refused:
        desk.service.undo_check_in(UndoCheckIn(booking_id=booking.id))
    assert refused.value.facts == {"state": "in_house", "wanted": "confirmed"}


# ── and what its source says ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["in_house", "departed"])
def test_whom_the_clock_took_for_a_no_show_the_source_may_know_in_house(desk: Desk, status: str) -> None:
    has_hours(desk)
    report = desk.receives(notice(arrival=YESTERDAY, departure=TODAY + DAY))
    desk.identifies(report.booking_id, ANA)
    desk.service.mark_those_who_have_not_come()
    assert desk.receives(report_of_state(status, 2)).state == "applied"
    after = desk.booking(report.booking_id)
    assert (after.state, after.ending) == (status, None)
    assert desk.counters_are_right()


@pytest.mark.parametrize("status", ["in_house", "departed"])
def test_whom_somebody_called_a_no_show_stays_one(desk: Desk, status: str) -> None:
    report = desk.receives(notice(arrival=YESTERDAY, departure=TODAY + DAY))
    desk.receives(report_of_state("no_show", 2))
    said = desk.receives(report_of_state(status, 3))
    assert (said.state, said.why) == ("ignored", "booking is no_show")
    assert desk.booking(report.booking_id).state == "no_show"
