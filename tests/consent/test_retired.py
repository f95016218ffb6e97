"""A profile is retired into another one: what was said as the one is appended to the other's proof."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from nameko.testing.services import worker_factory

from services.consent.service import ConsentService
from services.contracts.consent import ConsentRecord, MayContact, ReadConsents
from services.contracts.profiles import ProfileRetired
from tests.consent.guests import ANA, BRUNO, grant, withdrawal

RETIRED = ProfileRetired(profile_id=BRUNO, version=2, into=ANA)


@pytest.fixture
def consent(consent_db: Any) -> ConsentService:
    return worker_factory(ConsentService, db=consent_db)


def proof(consent: ConsentService, who: UUID = ANA) -> tuple[ConsentRecord, ...]:
    return consent.read_consents(ReadConsents(profile_id=who)).proof


def may(consent: ConsentService, who: UUID = ANA) -> bool:
    return consent.may_contact(MayContact(profile_id=who, purpose="marketing", channel="email")).allowed


def test_a_grant_follows_with_its_proof_and_the_first_one_stays_as_it_was(consent: ConsentService):
    given = consent.record_consent(grant(profile_id=BRUNO))
    consent.follow_retired_profile(RETIRED)
    (record,) = proof(consent)
    for kept in ("source", "wording_version", "language", "address"):
        assert getattr(record, kept) == getattr(given, kept)
    assert record.stated_at == given.recorded_at
    assert may(consent)
    assert [r.id for r in proof(consent, BRUNO)] == [given.id]


def test_a_withdrawal_follows_and_beats_what_was_granted(consent: ConsentService):
    consent.record_consent(grant())
    consent.record_consent(withdrawal(profile_id=BRUNO))
    consent.follow_retired_profile(RETIRED)
    assert not may(consent)


def test_nobody_who_withdrew_is_subscribed_again_by_it(consent: ConsentService):
    consent.record_consent(withdrawal())
    consent.record_consent(grant(profile_id=BRUNO))
    consent.follow_retired_profile(RETIRED)
    assert not may(consent)
    assert (proof(consent)[0].granted, proof(consent)[0].effective) == (True, False)


def test_the_same_news_again_records_nothing_more(consent: ConsentService):
    consent.record_consent(grant(profile_id=BRUNO))
    for _ in range(3):
        consent.follow_retired_profile(RETIRED)
    assert len(proof(consent)) == 1
