"""Groups and other systems: a notice picks rooms up from the block that it names."""

from __future__ import annotations

from services.contracts.bookings import (
    ReplayNotice,
)
from tests.bookings.grouped import (
    WEDDING,
    blocks,
    cancels,
    counts,
    notice,
    picks_up,
    reaches_the_cut_off,
    sold,
)
from tests.bookings.makers import Desk, lisbon_city, room


def test_a_notice_picks_up_from_the_block(desk: Desk) -> None:
    blocks(desk)
    report = desk.receives(notice(group=WEDDING))
    assert report.state == "applied"
    assert desk.booking(report.booking_id).group == WEDDING
    assert (counts(desk), sold(desk)) == ((2, 1, 1), 2)
    assert desk.booking(report.booking_id).flags == ()
    assert desk.counters_are_right()


def test_a_notice_beyond_the_block_is_applied_and_flagged(desk: Desk) -> None:
    blocks(desk, 1)
    picks_up(desk)
    report = desk.receives(notice(group=WEDDING))
    assert desk.booking(report.booking_id).flags == ("beyond-block",)
    other = desk.receives(notice(group=WEDDING, external_id="BDC-4712"))
    assert desk.booking(other.booking_id).flags == ("beyond-block", "overbooked")
    assert desk.counters_are_right()


def test_a_notice_of_an_unknown_group_is_parked_until_there_is_one(desk: Desk) -> None:
    report = desk.receives(notice(group=WEDDING))
    assert (report.state, str(report.why).split(":")[0]) == ("parked", "unknown-group")
    blocks(desk)
    assert desk.service.replay_notice(ReplayNotice(notice_id=report.notice_id)).state == "applied"
    assert counts(desk) == (2, 1, 1)


def test_a_notice_of_a_cancelled_group_is_parked(desk: Desk) -> None:
    blocks(desk)
    cancels(desk)
    assert desk.receives(notice(group=WEDDING)).state == "parked"


def test_a_notice_of_a_group_elsewhere_is_parked(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    blocks(desk, property="OPO")
    assert desk.receives(notice(group=WEDDING)).state == "parked"


def test_a_booking_of_a_channel_joins_the_group_it_says_later(desk: Desk) -> None:
    blocks(desk, 1)
    report = desk.receives(notice())
    assert sold(desk) == 2
    desk.receives(notice(revision=2, status="modified", group=WEDDING))
    assert desk.booking(report.booking_id).group == WEDDING
    assert (counts(desk), sold(desk)) == ((1, 1, 0), 1)
    desk.receives(notice(revision=3, status="modified"))
    assert desk.booking(report.booking_id).group == WEDDING
    assert desk.counters_are_right()


def test_a_booking_of_the_group_is_followed_whatever_became_of_the_group(desk: Desk) -> None:
    blocks(desk)
    report = desk.receives(notice(group=WEDDING))
    reaches_the_cut_off(desk)
    later = notice(group=WEDDING, revision=2, status="modified", rooms=(room(), room()))
    assert desk.receives(later).state == "applied"
    assert len(desk.booking(report.booking_id).rooms) == 2
    desk.receives(notice(group=WEDDING, revision=3, status="cancelled"))
    assert sold(desk) == 0
    assert desk.counters_are_right()
