"""A notice of another system becomes a booking, once, and follows it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.bookings import (
    BookingNotice,
    CancelBooking,
    CountNotices,
    FindNotices,
    NoSuchNotice,
    NotANotice,
    NoticePayment,
    NoticeReport,
    ReadNotice,
    ReplayNotice,
)
from tests.bookings.makers import (
    ANA,
    ARRIVAL,
    BRUNO,
    DEPARTURE,
    Desk,
    ana_silva,
    bruno_costa,
    eur,
    lisbon_city,
    notice,
    outcome,
    report_of_state,
    room,
)


def identified(desk: Desk, **more: Any) -> NoticeReport:
    """Ana's booking, with everybody known and told."""
    report = desk.receives(notice(**more))
    desk.identifies(report.booking_id, ANA)
    return report


# ── new ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_notice_becomes_a_confirmed_booking_once_its_people_are_known(desk: Desk) -> None:
    report = desk.receives(notice())
    assert outcome(report) == ("applied", None)
    assert desk.said() == ["BookingReceived"]
    desk.identifies(report.booking_id, ANA)
    assert desk.said() == ["BookingReceived", "BookingConfirmed"]
    facts = desk.announced()[-1].booking  # type: ignore[attr-defined]
    assert (facts.profile_id, facts.payer_profile_id, facts.total, facts.nights) == (ANA, ANA, eur("300.00"), 3)
    assert (facts.version, desk.announced()[-1].version) == (2, 2)  # type: ignore[attr-defined]
    assert desk.sold() == 1
    assert desk.counters_are_right()


def test_the_booking_says_what_the_notice_said(desk: Desk) -> None:
    when = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    booking = desk.booking(desk.receives(notice(booked_at=when, rooms=(room("100.00"), room("200.00")))).booking_id)
    assert (booking.state, booking.property, booking.external_ref) == ("confirmed", "LIS-CITY", "BDC-4711")
    assert (booking.source, booking.channel, booking.booked_at) == ("channel-manager", "booking.com", when)
    assert (booking.arrival, booking.departure, booking.requests) == (ARRIVAL, DEPARTURE, "late arrival")
    assert [r.price for r in booking.rooms] == [eur("100.00"), eur("200.00")]
    assert booking.price == eur("300.00")
    assert [(p.roles, p.given_name, p.email) for p in booking.people] == [
        (("booker", "primary"), "Ana", "x1y2@guest.booking.com")
    ]


def test_events_hold_no_names(desk: Desk) -> None:
    identified(desk)
    (said,) = desk.rows("SELECT string_agg(body, '') AS bodies FROM outbox")
    assert not any(private in said.bodies for private in ("Ana", "Silva", "912345678", "guest.booking.com"))


def test_the_same_notice_ten_times_at_once_is_applied_once(desk: Desk) -> None:
    with ThreadPoolExecutor(10) as crowd:
        reports = list(crowd.map(desk.receives, [notice()] * 10))
    assert len({(r.notice_id, r.state, r.booking_id) for r in reports}) == 1
    assert reports[0].state == "applied"
    assert desk.said() == ["BookingReceived"]
    assert desk.sold() == 1
    assert desk.receives(notice()) == desk.receives(notice())


def test_the_bus_and_http_are_the_same_door(desk: Desk) -> None:
    desk.service.hear_notice(notice())
    assert desk.receives(notice()).state == "applied"
    assert desk.said() == ["BookingReceived"]


def test_no_room_left_is_accepted_and_flagged(desk: Desk) -> None:
    desk.receives(notice(rooms=(room(), room())))
    one_more = desk.receives(notice(external_id="BDC-4712", departure=DEPARTURE + timedelta(days=1)))
    assert outcome(one_more) == ("applied", None)
    assert desk.booking(one_more.booking_id).flags == ("overbooked",)
    assert desk.sold() == 3
    assert [tuple(r) for r in desk.rows("SELECT sold, oversold FROM nights ORDER BY night")] == [(2, 1)] * 3 + [(1, 0)]
    assert desk.counters_are_right()


def test_a_group_larger_than_the_house_is_accepted_and_flagged(desk: Desk) -> None:
    report = desk.receives(notice(rooms=(room(),) * 5))
    assert desk.booking(report.booking_id).flags == ("overbooked",)
    assert desk.sold() == 5


def test_rooms_without_prices_cost_nothing_in_the_propertys_currency(desk: Desk) -> None:
    report = desk.receives(notice(rooms=(room(None),)))
    assert desk.booking(report.booking_id).price == eur("0.00")


def test_a_guest_the_house_does_not_book_is_flagged(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.identifies(report.booking_id, ANA, do_not_book=True)
    assert desk.booking(report.booking_id).flags == ("do-not-book",)
    assert desk.announced()[-1].booking.flags == ("do-not-book",)  # type: ignore[attr-defined]


def test_a_notice_that_is_not_well_formed_leaves_nothing_behind(desk: Desk) -> None:
    with pytest.raises(NotANotice):
        desk.service.hear_notice(notice(departure=ARRIVAL))
    assert desk.rows("SELECT 1 FROM notices") == desk.rows("SELECT 1 FROM bookings") == []


def test_what_was_paid_to_the_channel_is_kept_with_the_notice(desk: Desk) -> None:
    desk.receives(notice(payments=(NoticePayment(amount="50.00", currency="EUR", reference="4111111111111111"),)))
    (row,) = desk.rows("SELECT body -> 'payments' AS payments FROM notices")
    assert row.payments == [
        {"amount": "50.00", "currency": "EUR", "method": "channel", "reference": "[card number removed]"}
    ]


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE bookings; --", "{{7*7}}", "<script>alert(1)</script>", "%s :id \\", "＇"]
)
def test_hostile_strings_are_only_strings(desk: Desk, hostile: str) -> None:
    said = notice(external_id=hostile, requests=hostile, channel=hostile, booker=ana_silva(given_name=hostile))
    booking = desk.booking(desk.receives(said).booking_id)
    assert (booking.external_ref, booking.requests, booking.people[0].given_name) == (hostile, hostile, hostile)


# ── modified ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_modified_stay_gives_back_and_takes_its_rooms_as_one_change(desk: Desk) -> None:
    report = identified(desk)
    later = ARRIVAL + timedelta(days=2)
    said = notice(revision=2, status="modified", arrival=later, departure=later + timedelta(days=2))
    assert outcome(desk.receives(said)) == ("applied", None)
    assert desk.said()[-1] == "BookingChanged"
    booking = desk.booking(report.booking_id)
    assert (booking.arrival, booking.version, booking.price) == (later, 3, eur("300.00"))
    assert [desk.sold(ARRIVAL + timedelta(days=n)) for n in range(5)] == [0, 0, 1, 1, 0]
    assert desk.counters_are_right()


def test_a_modified_notice_may_say_only_what_is_new(desk: Desk) -> None:
    report = identified(desk)
    desk.receives(report_of_state("modified", 2, rooms=(room("250.00", room_type="B"),)))
    booking = desk.booking(report.booking_id)
    assert (booking.arrival, booking.people[0].given_name, booking.price) == (ARRIVAL, "Ana", eur("250.00"))
    assert (desk.sold(), desk.sold(room_type="B")) == (0, 1)


def test_changed_people_are_identified_before_the_change_is_told(desk: Desk) -> None:
    report = identified(desk)
    said = notice(revision=2, status="modified", rooms=(room("90.00"),), guests=(bruno_costa(),))
    desk.receives(said)
    assert desk.said()[2:] == ["BookingPeopleChanged"]
    version = desk.announced()[-1].version  # type: ignore[attr-defined]
    desk.identifies(report.booking_id, ANA, BRUNO, version=version)
    assert desk.said()[2:] == ["BookingPeopleChanged", "BookingChanged"]
    facts = desk.announced()[-1].booking  # type: ignore[attr-defined]
    assert (facts.profile_id, facts.profile_ids, facts.total) == (BRUNO, (ANA, BRUNO), eur("90.00"))


def test_who_was_found_by_older_people_is_not_believed(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.receives(notice(revision=2, status="modified", booker=bruno_costa()))
    desk.identifies(report.booking_id, ANA, version=1)
    assert desk.said() == ["BookingReceived", "BookingReceived"]
    desk.identifies(report.booking_id, BRUNO, version=2)
    assert desk.booking(report.booking_id).people[0].profile_id == BRUNO


def test_a_stay_moved_beyond_the_bound_is_flagged_and_moved_away_is_not(desk: Desk) -> None:
    full = ARRIVAL + timedelta(days=30)
    there = {"arrival": full, "departure": full + timedelta(days=1)}
    desk.receives(notice(external_id="GROUP", rooms=(room(), room()), **there))
    report = identified(desk)
    desk.receives(notice(revision=2, status="modified", **there))
    assert desk.booking(report.booking_id).flags == ("overbooked",)
    desk.receives(notice(revision=3, status="modified"))
    assert desk.booking(report.booking_id).flags == ()
    assert desk.counters_are_right()


def test_dates_that_do_not_fit_what_is_known_are_parked(desk: Desk) -> None:
    identified(desk)
    said = report_of_state("modified", 2, departure=ARRIVAL)
    state, why = outcome(desk.receives(said))
    assert state == "parked"
    assert why
    assert why.startswith("dates-do-not-fit: ")


def test_a_booking_does_not_wander_to_another_property(desk: Desk) -> None:
    desk.sets_up(lisbon_city(code="PORTO"))
    identified(desk)
    state, why = outcome(desk.receives(notice(revision=2, status="modified", property="PORTO")))
    assert (state, why and why.split(":")[0]) == ("parked", "another-property")


# ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stay_is_told_step_by_step(desk: Desk) -> None:
    report = identified(desk)
    for revision, status in enumerate(("in_house", "departed"), start=2):
        assert desk.receives(report_of_state(status, revision)).booking_id == report.booking_id
    assert desk.said()[2:] == ["BookingCheckedIn", "BookingCheckedOut"]


def test_a_cancelled_booking_gives_back_its_rooms_and_is_frozen(desk: Desk) -> None:
    report = identified(desk)
    assert outcome(desk.receives(report_of_state("cancelled", 2))) == ("applied", None)
    frozen = desk.booking(report.booking_id)
    assert (frozen.state, desk.sold(), desk.said()[-1]) == ("cancelled", 0, "BookingCancelled")
    for revision, status in enumerate(("new", "modified", "cancelled", "in_house", "departed", "no_show"), start=3):
        said = notice(revision=revision, status=status, rooms=(room("1.00"),))
        assert outcome(desk.receives(said)) == ("ignored", "booking is cancelled")
    desk.identifies(report.booking_id, BRUNO, version=9, do_not_book=True)
    assert desk.booking(report.booking_id) == frozen
    assert desk.said()[-1] == "BookingCancelled"


def test_a_booking_cancelled_before_its_people_are_known_is_told_as_cancelled(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.receives(report_of_state("cancelled", 2))
    desk.identifies(report.booking_id, ANA)
    assert desk.said() == ["BookingReceived", "BookingCancelled"]


def test_a_no_show_gives_back_its_rooms_and_keeps_its_price(desk: Desk) -> None:
    report = identified(desk)
    desk.receives(report_of_state("no_show", 2))
    assert (desk.sold(), desk.booking(report.booking_id).price) == (0, eur("300.00"))
    assert desk.said()[-1] == "BookingMarkedNoShow"


def test_who_is_in_house_is_not_cancelled_from_outside(desk: Desk) -> None:
    identified(desk)
    desk.receives(report_of_state("in_house", 2))
    assert outcome(desk.receives(report_of_state("cancelled", 3))) == ("ignored", "booking is in_house")


def test_a_past_stay_that_departs_keeps_its_nights(desk: Desk) -> None:
    then = {"arrival": date(2015, 7, 1), "departure": date(2015, 7, 3)}
    desk.receives(notice(**then))
    desk.receives(report_of_state("departed", 2))
    assert desk.sold(date(2015, 7, 2)) == 1
    assert desk.counters_are_right()


# ── parked and replayed ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"property": "NOWHERE"}, "unknown-property"),
        ({"rooms": (room(room_type="Z"),)}, "unknown-room-type"),
        ({"rooms": (room(currency="USD"),)}, "wrong-currency"),
    ],
)
def test_what_cannot_be_applied_is_parked_with_its_reason(desk: Desk, more: dict[str, Any], code: str) -> None:
    desk.service.hear_notice(notice(**more))
    (report,) = desk.service.find_notices(FindNotices(state="parked")).items
    assert report.why
    assert report.why.startswith(f"{code}: ")
    assert desk.said() == []
    counts = desk.service.count_notices(CountNotices(source="channel-manager")).counts
    assert [(c.state, c.why, c.count) for c in counts] == [("parked", code, 1)]


def test_a_parked_notice_is_applied_when_it_is_replayed_after_its_property_is_there(desk: Desk) -> None:
    parked = desk.receives(notice(property="PORTO"))
    again = ReplayNotice(notice_id=parked.notice_id)
    assert desk.service.replay_notice(again).state == "parked"
    desk.sets_up(lisbon_city(code="PORTO"))
    applied = desk.service.replay_notice(again)
    assert (applied.notice_id, applied.state, applied.why) == (parked.notice_id, "applied", None)
    assert desk.service.replay_notice(again) == applied
    assert desk.said() == ["BookingReceived"]
    assert desk.booking(applied.booking_id).property == "PORTO"


def test_a_parked_notice_overtaken_by_a_later_one_is_stale(desk: Desk) -> None:
    parked = desk.receives(notice(rooms=(room(room_type="Z"),)))
    desk.receives(notice(revision=2, status="modified"))
    replayed = desk.service.replay_notice(ReplayNotice(notice_id=parked.notice_id))
    assert outcome(replayed) == ("ignored", "stale revision")


def test_a_notice_nobody_sent_is_not_found(desk: Desk) -> None:
    for asked in (ReadNotice(notice_id=uuid4()), ReplayNotice(notice_id=uuid4())):
        with pytest.raises(NoSuchNotice):
            getattr(desk.service, asked.rpc_method())(asked)


def test_notices_are_listed_newest_first_in_pages(desk: Desk) -> None:
    sent = [desk.receives(notice(external_id=f"R{n}")).notice_id for n in range(5)]
    pages: list[Any] = []
    cursor = None
    while not pages or cursor:
        found = desk.service.find_notices(FindNotices(source="channel-manager", limit=2, cursor=cursor))
        pages.append([r.notice_id for r in found.items])
        cursor = found.next
    assert pages == [[sent[4], sent[3]], [sent[2], sent[1]], [sent[0]]]
    (one,) = desk.service.find_notices(FindNotices(external_id="R3")).items
    assert one.notice_id == sent[3]


def test_a_booking_changed_at_the_desk_while_notices_arrive_loses_nothing(desk: Desk) -> None:
    report = identified(desk)
    assert report.booking_id

    def modify(revision: int) -> str:
        said: BookingNotice = notice(
            revision=revision, status="modified", departure=DEPARTURE + timedelta(days=revision)
        )
        return desk.receives(said).state

    def identify(version: int) -> str:
        desk.identifies(report.booking_id, BRUNO if version % 2 else ANA, version=version)
        return "applied"

    with ThreadPoolExecutor(8) as crowd:
        work = [crowd.submit(kind, n) for n in range(2, 12) for kind in (modify, identify)]
        assert {w.result() for w in work} <= {"applied", "ignored"}
    versions = [e.version for e in desk.announced()]  # type: ignore[attr-defined]
    assert versions == sorted(set(versions))
    desk.service.cancel_booking(CancelBooking(booking_id=report.booking_id))
    assert desk.sold() == 0
    assert desk.counters_are_right()
