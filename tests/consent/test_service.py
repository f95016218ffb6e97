"""Consent on the real PostgreSQL: proof that stays, whoever writes at once."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.consent.domain import CHANNELS, PURPOSES
from services.consent.service import ConsentService
from services.contracts.consent import MayContact, NotAConsent, ReadConsents
from services.contracts.profiles import ProfileCreated
from services.kit import context as contexts
from services.kit import tables
from tests.consent.guests import ANA, BRUNO, grant, withdrawal
from tests.consent.test_domain import oracle


@pytest.fixture
def consent(consent_db) -> ConsentService:
    return worker_factory(ConsentService, db=consent_db)


def announced(db) -> list[dict]:
    with db.engine.connect() as connection:
        rows = connection.execute(sa.select(tables.outbox).order_by(tables.outbox.c.seq)).all()
    return [json.loads(row.body) for row in rows]


def count(db, table: str) -> int:
    with db.engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()


def may(consent: ConsentService, purpose: str, channel: str, who: UUID = ANA) -> str:
    return consent.may_contact(MayContact(profile_id=who, purpose=purpose, channel=channel)).why


def test_an_account_is_opened_once_however_often_the_profile_is_announced(consent, consent_db):
    for _ in range(3):
        consent.open_account(ProfileCreated(profile_id=ANA, version=1, kind="person"))
    assert count(consent_db, "accounts") == 1


def test_a_grant_is_kept_with_its_proof(consent, context):
    token = contexts.current.set(context)
    try:
        kept = consent.record_consent(grant())
    finally:
        contexts.current.reset(token)
    (proof,) = consent.read_consents(ReadConsents(profile_id=ANA)).proof
    assert proof == kept
    assert (proof.actor, proof.wording_version, proof.address) == ("staff:ines", "2026-11", "203.0.113.7")
    assert may(consent, "marketing", "email") == "consent"


def test_a_withdrawal_takes_effect_at_once(consent):
    consent.record_consent(grant(channel="any"))
    consent.record_consent(withdrawal(channel="sms"))
    assert may(consent, "marketing", "sms") == "withdrawn"
    assert may(consent, "marketing", "email") == "consent"
    assert may(consent, "marketing", "any") == "withdrawn"


def test_one_guests_consent_says_nothing_of_another(consent):
    consent.record_consent(grant(channel="any"))
    assert may(consent, "marketing", "email", BRUNO) == "no-consent"


def test_the_state_before_a_withdrawal_can_still_be_asked(consent):
    granted = consent.record_consent(grant())
    withdrawn = consent.record_consent(withdrawal())
    then = consent.read_consents(ReadConsents(profile_id=ANA, at=granted.recorded_at))
    assert [s.channel for s in then.states if s.granted and s.ground == "consent"] == ["email"]
    assert then.proof == (granted,)
    now = consent.read_consents(ReadConsents(profile_id=ANA))
    assert now.proof == (withdrawn, granted)
    assert not any(s.granted for s in now.states if s.ground == "consent")


def test_somebody_never_heard_of_has_agreed_to_nothing(consent):
    found = consent.read_consents(ReadConsents(profile_id=uuid4()))
    assert found.proof == ()
    assert {s.ground for s in found.states if s.granted} == {"contract"}


def test_consent_is_announced_with_a_growing_version_and_no_personal_data(consent, consent_db):
    consent.open_account(ProfileCreated(profile_id=ANA, version=1, kind="person"))
    consent.record_consent(grant())
    consent.record_consent(withdrawal())
    assert announced(consent_db) == [
        {"profile_id": str(ANA), "version": 1, "purpose": "marketing", "channel": "email", "granted": True},
        {"profile_id": str(ANA), "version": 2, "purpose": "marketing", "channel": "email", "granted": False},
    ]


def test_a_command_sent_twice_is_one_act(consent, consent_db):
    command_id = uuid4()
    first = consent.record_consent(grant(), command_id=command_id)
    assert consent.record_consent(grant(), command_id=command_id) == first
    assert count(consent_db, "records") == 1


def test_a_refused_act_leaves_nothing_behind(consent, consent_db):
    with pytest.raises(NotAConsent):
        consent.record_consent(grant(source=""))
    assert count(consent_db, "accounts") == 0


def test_acts_at_the_same_moment_get_versions_and_instants_in_one_order(consent, consent_db):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: consent.record_consent(grant(granted=n % 2 == 0)), range(24)))
    assert sorted(event["version"] for event in announced(consent_db)) == list(range(1, 25))
    proof = consent.read_consents(ReadConsents(profile_id=ANA)).proof
    instants = [record.recorded_at for record in proof]
    assert instants == sorted(instants, reverse=True)
    assert (may(consent, "marketing", "email") == "consent") == proof[0].granted


@pytest.mark.parametrize("change", ["UPDATE records SET granted = true", "DELETE FROM records", "TRUNCATE records"])
def test_a_record_can_be_changed_neither_by_the_service_nor_by_the_owner(consent, databases, change):
    consent.record_consent(withdrawal())
    for url in (databases.url("consent"), databases.owner_url("consent")):
        with (
            psycopg.connect(url) as connection,
            pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)),
        ):
            connection.execute(change)
    assert may(consent, "marketing", "email") == "withdrawn"


def test_random_questions_about_the_past_are_answered_as_by_an_oracle(consent):
    dice = random.Random(20261121)
    said, instants = [], []
    for number in range(60):
        purpose = dice.choice([p for p in PURPOSES if p != "stay"])
        channel, granted = dice.choice(CHANNELS), dice.random() < 0.6
        record = consent.record_consent(grant(purpose=purpose, channel=channel, granted=granted))
        said.append((number, purpose, channel, granted))
        instants.append(record.recorded_at)
    for _ in range(40):
        number = dice.randrange(60)
        at = instants[number] + timedelta(microseconds=dice.choice([-1, 0]))
        until = max((i for i, instant in enumerate(instants) if instant <= at), default=-1)
        found = consent.read_consents(ReadConsents(profile_id=ANA, at=at))
        assert {(s.purpose, s.channel): s.granted for s in found.states} == oracle(said, until)
    now = oracle(said, 60)
    assert {(p, c): may(consent, p, c) in ("consent", "contract") for p in PURPOSES for c in CHANNELS} == now
