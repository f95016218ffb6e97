"""What another system's notices say of consent: proof of it, and never a way to subscribe somebody again."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.consent.domain import Act, follows, may_contact
from services.consent.service import ConsentService
from services.contracts.bookings import ConsentStated, StatedConsent
from services.contracts.consent import ConsentRecord, MayContact, ReadConsents
from services.kit import tables
from tests.consent.guests import ANA, grant, withdrawal

_TOLD = sa.select(tables.outbox).order_by(tables.outbox.c.seq)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def consent(consent_db) -> ConsentService:
    return worker_factory(ConsentService, db=consent_db)


def stated(granted: bool = True, *, minutes: int = 0, **more: Any) -> ConsentStated:
    """A booking site asked for the newsletter, so many minutes after noon."""
    said = {
        "booking_id": uuid4(),
        "version": 1,
        "profile_id": ANA,
        "source": "alpine-portal",
        "external_id": "AB-1",
        "notice_id": uuid4(),
        "stated_at": NOON + timedelta(minutes=minutes),
        "language": "de",
        "consents": (
            StatedConsent(
                purpose="marketing",
                channel="email",
                granted=granted,
                wording=f"newsletter:{'yes' if granted else 'no'}",
            ),
        ),
    }
    return ConsentStated(**{**said, **more})


def may(consent: ConsentService, channel: str = "email") -> str:
    return consent.may_contact(MayContact(profile_id=ANA, purpose="marketing", channel=channel)).why


def proof(consent: ConsentService) -> tuple[ConsentRecord, ...]:
    """Oldest first."""
    return tuple(reversed(consent.read_consents(ReadConsents(profile_id=ANA)).proof))


def told(db) -> list[bool]:
    with db.engine.connect() as connection:
        return [json.loads(row.body)["granted"] for row in connection.execute(_TOLD)]


def test_a_grant_is_recorded_with_where_and_when_it_was_said(consent, consent_db):
    event = stated()
    consent.record_stated_consents(event)
    (record,) = proof(consent)
    assert (record.source, record.wording_version, record.language) == ("alpine-portal AB-1", "newsletter:yes", "de")
    assert (record.notice_id, record.stated_at, record.effective) == (event.notice_id, NOON, True)
    assert may(consent) == "consent"
    assert told(consent_db) == [True]


def test_a_source_that_says_no_words_is_quoted_with_none(consent):
    consent.record_stated_consents(
        stated(consents=(StatedConsent(purpose="survey", channel="sms", granted=True, wording=None),))
    )
    assert proof(consent)[0].wording_version == "not said"


def test_what_a_booking_says_again_is_one_act(consent, consent_db):
    event = stated()
    for again in (event, event, stated(minutes=5)):
        consent.record_stated_consents(again, message_id=uuid4())
    assert len(proof(consent)) == 1
    assert told(consent_db) == [True]


@pytest.mark.parametrize("minutes", [-5, 5], ids=["an older notice", "a newer notice"])
@pytest.mark.parametrize("granted_before", [True, False])
def test_no_import_subscribes_somebody_again_who_has_withdrawn(consent, consent_db, minutes, granted_before):
    if granted_before:
        consent.record_consent(grant())
    consent.record_consent(withdrawal())
    before = told(consent_db)
    consent.record_stated_consents(stated(minutes=minutes))
    assert may(consent) == "withdrawn"
    assert told(consent_db) == before
    kept = proof(consent)[-1]
    assert (kept.granted, kept.effective) == (True, False)


def test_a_withdrawal_from_everything_is_one_from_this_too(consent):
    consent.record_consent(withdrawal(channel="any"))
    consent.record_stated_consents(stated())
    assert may(consent) == "withdrawn"


def test_who_withdrew_what_an_import_said_is_not_subscribed_by_the_next_one(consent):
    consent.record_stated_consents(stated())
    consent.record_consent(withdrawal())
    consent.record_stated_consents(stated(minutes=5, external_id="AB-2"))
    assert may(consent) == "withdrawn"


def test_who_withdrew_may_subscribe_again_themselves(consent):
    consent.record_consent(withdrawal())
    consent.record_stated_consents(stated())
    consent.record_consent(grant())
    assert may(consent) == "consent"


def test_an_import_that_says_no_withdraws(consent, consent_db):
    consent.record_consent(grant())
    consent.record_stated_consents(stated(False))
    assert may(consent) == "withdrawn"
    assert told(consent_db) == [True, False]


def test_a_no_that_every_change_of_the_booking_repeats_does_not_withdraw_what_the_guest_granted_since(consent):
    consent.record_stated_consents(stated(False))
    consent.record_consent(grant())
    consent.record_stated_consents(stated(False, minutes=5))
    assert may(consent) == "consent"


def test_who_only_left_the_box_empty_may_tick_it_in_a_later_booking(consent):
    consent.record_stated_consents(stated(False))
    consent.record_stated_consents(stated(minutes=5, external_id="AB-2"))
    assert may(consent) == "consent"


def test_in_whatever_order_two_notices_are_heard_of_nobody_is_subscribed_who_would_not_be_in_their_order():
    def outcome(heard: list[ConsentStated]) -> bool:
        acts: list[Act] = []
        for n, event in enumerate(heard):
            (said,) = event.consents
            if follows(acts, "marketing", "email", said.granted, event.stated_at):
                at = NOON + timedelta(days=n)
                acts.append(Act(uuid4(), "marketing", "email", said.granted, "w", at, event.stated_at))
        return may_contact(acts, "marketing", "email").allowed

    for first, second in itertools.product([True, False], repeat=2):
        notices = [stated(first), stated(second, minutes=5, external_id="AB-2")]
        assert outcome(notices) == second
        assert outcome(notices) or not outcome(notices[::-1])


def test_channels_and_purposes_are_recorded_each_for_itself(consent):
    said = tuple(
        StatedConsent(purpose=purpose, channel=channel, granted=granted)
        for purpose, channel, granted in (
            ("marketing", "sms", False),
            ("marketing", "post", True),
            ("survey", "sms", True),
        )
    )
    consent.record_stated_consents(stated(consents=said))
    assert (may(consent, "sms"), may(consent, "post"), may(consent)) == ("withdrawn", "consent", "no-consent")


def test_the_same_words_of_one_guest_at_the_same_moment_are_one_act(consent):
    events = [stated(notice_id=UUID(int=n + 1)) for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda event: consent.record_stated_consents(event, message_id=uuid4()), events))
    assert len(proof(consent)) == 1
