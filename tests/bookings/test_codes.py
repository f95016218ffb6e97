"""Codes of other systems: set by the house, applied to every notice, and asked for where they are missing."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from services.contracts.bookings import (
    BookingNotice,
    Code,
    NoSuchProperty,
    NotACode,
    NoticeReplayAsked,
    NoticeReport,
    ReadCodes,
    ReadNotice,
    ReplayNotice,
    ReplayNotices,
    SetCodes,
)
from tests.bookings.channex import maps
from tests.bookings.makers import Desk, lisbon_city, notice, report_of_state, room

SOURCE = "channel-manager"


def said(*codes: tuple[str, str, str], **more: Any) -> SetCodes:
    given = tuple(Code(kind=kind, theirs=theirs, ours=ours) for kind, theirs, ours in codes)  # type: ignore[arg-type]
    return SetCodes(**{"property": "LIS-CITY", "source": SOURCE, "codes": given, **more})


def theirs(desk: Desk, source: str | None = SOURCE, at: str = "LIS-CITY") -> list[tuple[str, str, str]]:
    found = desk.service.read_codes(ReadCodes(property=at, source=source)).codes
    return [(code.kind, code.theirs, code.ours) for code in found]


def of(desk: Desk, report: NoticeReport) -> NoticeReport:
    return desk.service.read_notice(ReadNotice(notice_id=report.notice_id))


def foreign(**more: Any) -> BookingNotice:
    return notice(**{"property": "4711", "rooms": (room(room_type="DBL", rate="FLEX"),), **more})


ALL = (("property", "4711", "LIS-CITY"), ("room_type", "DBL", "A"), ("rate", "FLEX", "BAR"))

# ── setting them ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_codes_of_a_source_are_replaced_and_those_of_others_stay(desk: Desk) -> None:
    maps(desk, *ALL, source=SOURCE)
    maps(desk, ("room_type", "X", "B"), source="other")
    maps(desk, ("room_type", " DBL ", "B"), source=SOURCE)
    assert theirs(desk) == [("room_type", "DBL", "B")]
    assert [code.source for code in desk.service.read_codes(ReadCodes(property="LIS-CITY")).codes] == [SOURCE, "other"]


@pytest.mark.parametrize(
    ("code", "pointer"),
    [
        (("room_type", "DBL", "ZZ"), "/codes/1/ours"),
        (("property", "4711", "OPO"), "/codes/1/ours"),
        (("rate", "FLEX", " "), "/codes/1/ours"),
        (("rate", "", "BAR"), "/codes/1/theirs"),
        (("rate", "x" * 61, "BAR"), "/codes/1/theirs"),
        (("rate", "a\x00b", "BAR"), "/codes/1/theirs"),
        (("room_type", "SGL", "B"), "/codes/1/theirs"),
    ],
)
def test_a_code_that_leads_nowhere_is_refused_and_none_is_changed(desk: Desk, code: Any, pointer: str) -> None:
    maps(desk, *ALL, source=SOURCE)
    with pytest.raises(NotACode) as refused:
        desk.service.set_codes(said(("room_type", "SGL", "A"), code))
    assert [e.pointer for e in refused.value.errors] == [pointer]
    assert len(theirs(desk)) == 3


def test_codes_are_set_at_properties_that_exist(desk: Desk) -> None:
    with pytest.raises(NoSuchProperty):
        desk.service.set_codes(said(property="NOWHERE"))
    with pytest.raises(NoSuchProperty):
        theirs(desk, at="NOWHERE")


def test_a_code_of_a_source_names_one_property(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    maps(desk, *ALL, source=SOURCE)
    with pytest.raises(NotACode) as refused:
        desk.service.set_codes(said(("rate", "A", "B"), ("property", "4711", "OPO"), property="OPO"))
    assert [e.pointer for e in refused.value.errors] == ["/codes/1/theirs"]
    assert theirs(desk, at="OPO") == []
    maps(desk, ("property", "4711", "OPO"), source="other", at="OPO")


def test_two_properties_that_want_the_same_codes_at_once_do_not_wait_in_a_circle(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="OPO"))
    outcomes: list[str] = []

    def sets(at: str, *codes: str) -> None:
        for _ in range(10):
            try:
                desk.service.set_codes(said(*(("property", each, at) for each in codes), property=at))
                outcomes.append("kept")
            except NotACode:
                outcomes.append("refused")

    threads = [
        threading.Thread(target=sets, args=("LIS-CITY", "1", "2")),
        threading.Thread(target=sets, args=("OPO", "2", "1")),
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(outcomes) == 20
    assert sorted([len(theirs(desk)), len(theirs(desk, at="OPO"))]) == [0, 2]


# ── what they do to notices ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_notice_in_the_sources_words_becomes_a_booking_in_the_houses(desk: Desk) -> None:
    maps(desk, *ALL, source=SOURCE)
    booking = desk.booking(desk.receives(foreign()).booking_id)
    assert (booking.property, booking.rooms[0].room_type, booking.rooms[0].rate) == ("LIS-CITY", "A", "BAR")
    assert desk.sold(room_type="A") == 1


def test_the_codes_of_another_source_mean_nothing(desk: Desk) -> None:
    maps(desk, *ALL, source="other")
    assert desk.receives(foreign()).state == "parked"


def test_the_houses_own_codes_need_no_mapping(desk: Desk) -> None:
    maps(desk, *ALL, source=SOURCE)
    assert desk.receives(notice(rooms=(room(room_type="B", rate="BAR"),))).state == "applied"


def test_a_mapped_code_is_the_sources_though_it_reads_like_one_of_the_houses(desk: Desk) -> None:
    maps(desk, ("room_type", "A", "B"), source=SOURCE)
    desk.receives(notice())
    assert (desk.sold(room_type="A"), desk.sold(room_type="B")) == (0, 1)


def test_rates_are_the_houses_where_the_source_has_none_mapped(desk: Desk) -> None:
    booking = desk.booking(desk.receives(notice(rooms=(room(rate="ANY"),))).booking_id)
    assert booking.rooms[0].rate == "ANY"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"property": "4712"}, 'unknown-property: "4712" is neither a property nor mapped to one for channel-manager'),
        (
            {"rooms": (room(room_type="DBL"), room(room_type="SGL"))},
            'unknown-room-type: "SGL" is neither a room type of LIS-CITY nor mapped to one for channel-manager',
        ),
        (
            {"rooms": (room(rate="NONREF"),)},
            'unknown-rate: "NONREF" is not among the rates of LIS-CITY that are mapped for channel-manager',
        ),
    ],
)
def test_an_unknown_code_is_named_and_the_notice_applied_when_it_is_mapped(
    desk: Desk, more: dict[str, Any], why: str
) -> None:
    maps(desk, *ALL, source=SOURCE)
    report = desk.receives(foreign(**more))
    assert (report.state, report.why) == ("parked", why)
    extra = (("property", "4712", "LIS-CITY"), ("room_type", "SGL", "B"), ("rate", "NONREF", "NR"))
    maps(desk, *ALL, *extra, source=SOURCE)
    assert desk.service.replay_notice(ReplayNotice(notice_id=report.notice_id)).state == "applied"
    assert desk.counters_are_right()


def test_a_change_with_an_unknown_code_is_parked_and_leaves_the_booking(desk: Desk) -> None:
    booking_id = desk.receives(notice()).booking_id
    report = desk.receives(notice(revision=2, status="modified", rooms=(room(room_type="ZZ"),)))
    assert report.state == "parked"
    assert desk.booking(booking_id).version == 1


def test_a_cancellation_needs_no_codes(desk: Desk) -> None:
    booking_id = desk.receives(notice()).booking_id
    gone = report_of_state("cancelled", 2, property="NOWHERE", rooms=(room(room_type="ZZ", rate="ZZ"),))
    assert desk.receives(gone).state == "applied"
    assert desk.booking(booking_id).state == "cancelled"


def test_codes_cost_a_notice_no_statement(desk: Desk) -> None:
    """With them as without: they are read where the notice takes its turn."""

    def statements(said: BookingNotice) -> int:
        run: list[str] = []
        listening = (desk.db.engine, "before_cursor_execute", lambda *given: run.append(given[2]))
        sa.event.listen(*listening)
        assert desk.receives(said).state == "applied"
        sa.event.remove(*listening)
        return len(run)

    without = statements(notice())
    maps(desk, *ALL, source=SOURCE)
    assert statements(foreign(external_id="BDC-4712")) == without


# ── all at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(desk: Desk) -> list[NoticeReplayAsked]:
    return [event for event in desk.announced() if isinstance(event, NoticeReplayAsked)]


def replays(desk: Desk, why: str | None = None, source: str = SOURCE) -> tuple[int, int]:
    """Asks, and has done what is asked."""
    before = len(asked(desk))
    found = desk.service.replay_notices(ReplayNotices(source=source, why=why))
    for event in asked(desk)[before:]:
        desk.service.replay_parked(event)
    return found.notices, found.bookings


def test_what_was_parked_for_want_of_a_mapping_is_applied_all_at_once_in_order(desk: Desk) -> None:
    changed = foreign(revision=2, status="modified", requests="early")
    first, second = desk.receives(foreign()), desk.receives(changed)
    other = desk.receives(foreign(external_id="BDC-4712", rooms=(room(room_type="ZZ"),)))
    elsewhere = desk.receives(foreign(source="other"))
    maps(desk, *ALL, source=SOURCE)
    assert replays(desk, "unknown-property") == (3, 2)
    assert [of(desk, report).state for report in (first, second, other, elsewhere)] == [
        "applied",
        "applied",
        "parked",
        "parked",
    ]
    booking = desk.booking(of(desk, first).booking_id)
    assert (booking.requests, booking.flags) == ("early", ())
    assert of(desk, other).why.startswith("unknown-room-type")  # type: ignore[union-attr]


def test_only_those_parked_for_the_reason_are_tried_again(desk: Desk) -> None:
    desk.receives(foreign())
    assert replays(desk, "unknown-rate") == (0, 0)
    assert replays(desk, source="nobody") == (0, 0)
    assert replays(desk) == (1, 1)


def test_what_is_asked_for_again_and_again_is_applied_once(desk: Desk) -> None:
    report = desk.receives(foreign())
    maps(desk, *ALL, source=SOURCE)
    replays(desk)
    (event,) = asked(desk)
    desk.service.replay_parked(event, message_id=uuid.uuid4())
    assert of(desk, report).state == "applied"
    assert desk.sold() == 1
    assert replays(desk) == (0, 0)
