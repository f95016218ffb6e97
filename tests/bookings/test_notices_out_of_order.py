"""Notices of one booking come late, early, again and at once: what holds in the end is the last revision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.contracts.bookings import (
    ReadNotice,
)
from tests.bookings.makers import (
    ANA,
    DEPARTURE,
    Desk,
    eur,
    notice,
    outcome,
    report_of_state,
    room,
)


def test_a_lower_revision_is_stale(desk: Desk) -> None:
    report = desk.receives(notice(revision=3))
    assert outcome(desk.receives(notice(revision=2, rooms=(room("1.00"),)))) == ("ignored", "stale revision")
    assert desk.booking(report.booking_id).price == eur("300.00")


def test_a_change_before_new_opens_the_booking(desk: Desk) -> None:
    report = desk.receives(notice(revision=2, status="modified"))
    assert outcome(report) == ("applied", None)
    assert desk.booking(report.booking_id).flags == ("change-before-new",)
    assert outcome(desk.receives(notice(revision=1))) == ("ignored", "stale revision")
    assert desk.said() == ["BookingReceived"]


def test_a_cancel_that_overtakes_its_new_cancels_it_as_of_the_moment_it_came(desk: Desk) -> None:
    cancel = desk.receives(report_of_state("cancelled", 2))
    assert outcome(cancel) == ("ignored", "cancel of unknown booking")
    report = desk.receives(notice(revision=1))
    booking = desk.booking(report.booking_id)
    assert (report.state, booking.state, booking.changed_at) == ("applied", "cancelled", cancel.received_at)
    assert outcome(desk.service.read_notice(ReadNotice(notice_id=cancel.notice_id))) == ("applied", None)
    assert desk.counters_are_right()
    desk.identifies(report.booking_id, ANA)
    assert desk.said() == ["BookingReceived", "BookingCancelled"]


def test_a_cancel_of_an_unknown_booking_does_not_stop_a_later_revision(desk: Desk) -> None:
    desk.receives(report_of_state("cancelled", 2))
    report = desk.receives(notice(revision=3))
    assert desk.booking(report.booking_id).state == "confirmed"


@pytest.mark.parametrize(
    ("status", "state"), [("departed", "departed"), ("in_house", "in_house"), ("no_show", "no_show")]
)
def test_a_report_that_comes_before_its_booking_waits_for_it(desk: Desk, status: str, state: str) -> None:
    early = desk.receives(report_of_state(status, 2))
    assert early.state == "parked"
    report = desk.receives(notice(revision=1))
    assert desk.booking(report.booking_id).state == state
    assert desk.service.read_notice(ReadNotice(notice_id=early.notice_id)).state == "applied"
    desk.identifies(report.booking_id, ANA)
    assert len(desk.said()) == 2
    assert desk.counters_are_right()


def test_a_complete_report_before_new_opens_the_booking_in_its_state(desk: Desk) -> None:
    report = desk.receives(notice(status="departed", revision=2))
    booking = desk.booking(report.booking_id)
    assert (booking.state, booking.flags, booking.version) == ("departed", ("change-before-new",), 1)
    desk.identifies(report.booking_id, ANA)
    assert desk.said() == ["BookingReceived", "BookingCheckedOut"]


def test_any_order_of_three_revisions_ends_in_the_last_one(desk: Desk) -> None:
    for n, order in enumerate(((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1))):
        for revision in order:
            status = "new" if revision == 1 else "modified"
            price = f"{revision}00.00"
            desk.receives(notice(external_id=f"R{n}", revision=revision, status=status, rooms=(room(price),)))
    prices = {row.price_minor for row in desk.rows("SELECT price_minor FROM bookings")}
    assert prices == {30000}
    assert desk.counters_are_right()


def test_revisions_at_once_leave_one_booking_in_the_last_revision(desk: Desk) -> None:
    said = [
        notice(revision=n, status="modified" if n else "new", departure=DEPARTURE + timedelta(days=n))
        for n in range(12)
    ]
    with ThreadPoolExecutor(6) as crowd:
        reports = list(crowd.map(desk.receives, sorted(said, key=lambda n: -n.revision % 5)))
    assert {r.state for r in reports} <= {"applied", "ignored"}
    (row,) = desk.rows("SELECT departure FROM bookings")
    assert row.departure == DEPARTURE + timedelta(days=11)
    assert desk.counters_are_right()
