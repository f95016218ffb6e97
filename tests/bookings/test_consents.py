"""What people told the source of their booking about being written to is announced once it is known who they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.contracts.bookings import ConsentStated, NotANotice, NoticeConsent, NoticePerson, StatedConsent
from tests.bookings.makers import ANA, BRUNO, Desk, ana_silva, bruno_costa, notice, report_of_state


def yes(**more: Any) -> NoticeConsent:
    return NoticeConsent(**{"channel": "email", "granted": True, "wording": "newsletter:yes", **more})


def stated(desk: Desk) -> list[ConsentStated]:
    return [event for event in desk.announced() if isinstance(event, ConsentStated)]


def ana(*consents: NoticeConsent, **more: Any) -> NoticePerson:
    return ana_silva(consents=consents or (yes(),), **more)


def test_a_consent_is_announced_with_its_proof_when_its_person_is_known(desk: Desk) -> None:
    report = desk.receives(notice(booker=ana()))
    assert stated(desk) == []
    desk.identifies(report.booking_id)
    (event,) = stated(desk)
    assert (event.profile_id, event.booking_id, event.language) == (ANA, report.booking_id, "pt")
    assert (event.source, event.external_id) == ("channel-manager", "BDC-4711")
    assert (event.notice_id, event.stated_at) == (report.notice_id, report.received_at)
    assert event.consents == (
        StatedConsent(purpose="marketing", channel="email", granted=True, wording="newsletter:yes"),
    )


def test_nothing_is_announced_where_nobody_said_anything(desk: Desk) -> None:
    desk.identifies(desk.receives(notice()).booking_id)
    assert stated(desk) == []


def test_everybody_on_a_booking_speaks_for_themselves(desk: Desk) -> None:
    guests = (ana_silva(), bruno_costa(consents=(yes(granted=False),)))
    report = desk.receives(notice(booker=ana(), guests=guests))
    desk.identifies(report.booking_id, ANA, BRUNO)
    assert [(e.profile_id, e.consents[0].granted) for e in stated(desk)] == [(ANA, True), (BRUNO, False)]


def test_of_contradicting_words_the_one_that_says_no_counts(desk: Desk) -> None:
    booker, again = ana(yes(), yes(channel="sms")), ana(yes(granted=False, wording="no"))
    desk.identifies(desk.receives(notice(booker=booker, guests=(again,))).booking_id)
    (event,) = stated(desk)
    assert [(c.channel, c.granted) for c in event.consents] == [("email", False), ("sms", True)]


def test_being_identified_again_as_the_same_tells_nothing_new(desk: Desk) -> None:
    report = desk.receives(notice(booker=ana()))
    desk.identifies(report.booking_id)
    desk.identifies(report.booking_id)
    assert len(stated(desk)) == 1


def test_a_change_of_the_booking_tells_nothing_new(desk: Desk) -> None:
    report = desk.receives(notice(booker=ana()))
    desk.identifies(report.booking_id)
    desk.receives(notice(booker=ana(), revision=2, status="modified", departure=date(2026, 12, 5)))
    desk.receives(report_of_state("cancelled", 3))
    assert len(stated(desk)) == 1


def test_other_words_of_the_same_guest_are_told_with_the_notice_that_says_them(desk: Desk) -> None:
    booking_id = desk.receives(notice(booker=ana())).booking_id
    desk.identifies(booking_id)
    withdrawn = notice(booker=ana(yes(granted=False, wording="newsletter:no")), revision=2, status="modified")
    second = desk.receives(withdrawn)
    desk.identifies(booking_id, version=desk.booking(booking_id).version)
    assert [(e.notice_id == second.notice_id, e.consents[0].granted) for e in stated(desk)] == [
        (False, True),
        (True, False),
    ]


def test_the_words_go_to_whom_the_person_turns_out_to_be(desk: Desk) -> None:
    booking_id = desk.receives(notice(booker=ana())).booking_id
    desk.identifies(booking_id, BRUNO)
    desk.identifies(booking_id, ANA)
    assert [e.profile_id for e in stated(desk)] == [BRUNO, ANA]


def test_somebody_elses_words_are_not_those_of_who_takes_their_place(desk: Desk) -> None:
    booking_id = desk.receives(notice(booker=ana())).booking_id
    desk.identifies(booking_id, ANA)
    desk.receives(notice(booker=bruno_costa(), revision=2, status="modified"))
    desk.identifies(booking_id, BRUNO, version=desk.booking(booking_id).version)
    assert [e.profile_id for e in stated(desk)] == [ANA]


@pytest.mark.parametrize(
    ("consent", "pointer"),
    [
        (yes(purpose="stay"), "/booker/consents/0/purpose"),
        (yes(purpose="newsletter"), "/booker/consents/0/purpose"),
        (yes(wording="x" * 201), "/booker/consents/0/wording"),
        (yes(wording="a\x00b"), "/booker/consents/0/wording"),
    ],
)
def test_a_consent_to_nothing_that_needs_one_is_refused(desk: Desk, consent: NoticeConsent, pointer: str) -> None:
    with pytest.raises(NotANotice) as refused:
        desk.receives(notice(booker=ana(consent)))
    assert [e.pointer for e in refused.value.errors] == [pointer]
