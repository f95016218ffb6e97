"""The routes of accounts, payments, charges, consents, points and messages."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.contracts.billing import (
    Charge,
    NotAnAmount,
    Payment,
    PostCharge,
    ReadAccount,
    TakePayment,
)
from services.contracts.consent import ConsentRecord, ReadConsents, RecordConsent
from services.contracts.notifier import ContactForbidden, FindMessages, SendMessage
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit.refusal import Problem, Unavailable
from tests.gateway.guests import ANA, BEN, NOON, STAY, ana_silva, anas_messages, eur, know_ana

GUEST = f"/v1/profiles/{ANA}"
KEY = {"Idempotency-Key": "payment-1"}
PAID = Payment(
    id=STAY, payer_profile_id=BEN, beneficiary_profile_id=ANA, amount=eur("100.00"), method="card", received_at=NOON
)


@pytest.mark.parametrize("part", ["account", "consents", "loyalty"])
def test_a_guest_nobody_knows_has_no_affairs(api, services, part):
    know_ana(services)
    services.will_answer(ReadProfile, NoSuchProfile())
    assert api.get(f"{GUEST}/{part}").status_code == 404


@pytest.mark.parametrize("part", ["account", "consents", "loyalty"])
def test_affairs_are_told_while_profiles_is_silent(api, services, part):
    know_ana(services)
    services.will_answer(ReadProfile, Unavailable())
    assert api.get(f"{GUEST}/{part}").status_code == 200


def test_an_account_shows_money_as_decimals(api, services):
    know_ana(services)
    said = api.get(f"{GUEST}/account?limit=10").get_json()
    assert said["balances"][0]["balance"] == {"amount": "200.00", "currency": "EUR"}
    assert said["bookings"][0]["due"] == {"amount": "200.00", "currency": "EUR"}
    assert services.last(ReadAccount).limit == 10


def test_a_payment_on_behalf_of_another_is_taken(api, services):
    know_ana(services)
    services.will_answer(TakePayment, PAID)
    body = {"payer": str(BEN), "on_behalf_of": str(ANA), "amount": {"amount": "100.00", "currency": "EUR"},
            "method": "card", "reference": "T-1"}  # fmt: skip
    answer = api.post("/v1/payments", json=body, headers=KEY)
    assert answer.status_code == 201
    assert answer.get_json()["amount"] == {"amount": "100.00", "currency": "EUR"}
    asked = services.last(TakePayment)
    assert (asked.payer_profile_id, asked.on_behalf_of, asked.amount) == (BEN, ANA, eur("100.00"))


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/v1/payments", {"payer": str(ANA), "amount": {"amount": "1", "currency": "EUR"}, "method": "cash"}),
        ("/v1/charges", {"profile_id": str(ANA), "kind": "spa", "amount": {"amount": "1", "currency": "EUR"}}),
    ],
)
def test_where_value_moves_an_idempotency_key_is_demanded(api, services, address, body):
    know_ana(services)
    answer = api.post(address, json=body)
    assert answer.status_code == 400
    assert answer.get_json(force=True)["type"] == "/problems/idempotency-key-missing"
    assert {type(request) for request in services.asked} <= {ReadProfile}


def test_payers_nobody_knows_are_refused_where_they_stand(api, services):
    services.will_answer(ReadProfile, lambda r: ana_silva() if r.profile_id == ANA else NoSuchProfile())
    body = {"payer": str(ANA), "on_behalf_of": str(BEN), "amount": {"amount": "1", "currency": "EUR"}, "method": "x"}
    answer = api.post("/v1/payments", json=body, headers=KEY)
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.get_json(force=True)["errors"]] == ["/on_behalf_of"]


def test_an_amount_that_billing_refuses_keeps_its_pointer(api, services):
    know_ana(services)
    services.will_answer(TakePayment, NotAnAmount(errors=[Problem("/amount", "Above zero.")]))
    body = {"payer": str(ANA), "amount": {"amount": "0", "currency": "EUR"}, "method": "x"}
    answer = api.post("/v1/payments", json=body, headers=KEY)
    assert answer.get_json(force=True)["errors"][0]["pointer"] == "/amount"


def test_a_charge_is_for_a_booking_or_a_guest(api, services):
    know_ana(services)
    charged = Charge(
        id=STAY, folio_id=STAY, profile_id=ANA, booking_id=STAY, kind="spa", description="Massage",
        amount=eur("60.00"), net=eur("60.00"), vat=eur("0.00"), business_date=NOON.date(), journal_id=STAY,
        posted_at=NOON,
    )  # fmt: skip
    services.will_answer(PostCharge, charged)
    body = {"booking_id": str(STAY), "kind": "spa", "amount": {"amount": "60.00", "currency": "EUR"}}
    assert api.post("/v1/charges", json=body, headers=KEY).status_code == 201
    assert services.last(PostCharge).booking_id == STAY
    for both_or_none in ({**body, "profile_id": str(ANA)}, {k: v for k, v in body.items() if k != "booking_id"}):
        assert api.post("/v1/charges", json=both_or_none, headers=KEY).status_code == 422


def test_consents_are_asked_at_an_instant(api, services):
    know_ana(services)
    said = api.get(f"{GUEST}/consents", query_string={"at": "2026-01-01T00:00:00+01:00"}).get_json()
    assert said["states"][0]["ground"] == "contract"
    assert services.last(ReadConsents).at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert api.get(f"{GUEST}/consents?at=yesterday").status_code == 422


def test_a_consent_is_recorded_for_a_known_guest(api, services):
    know_ana(services)
    record = ConsentRecord(
        id=STAY, profile_id=ANA, purpose="marketing", channel="email", granted=True, wording_version="w1",
        source="desk", actor="key:1", recorded_at=NOON,
    )  # fmt: skip
    services.will_answer(RecordConsent, record)
    body = {"purpose": "marketing", "channel": "email", "granted": True, "wording_version": "w1", "source": "desk"}
    assert api.post(f"{GUEST}/consents", json=body).status_code == 201
    assert services.last(RecordConsent).granted is True
    assert api.post(f"{GUEST}/consents", json={**body, "purpose": "fun"}).status_code == 422
    services.will_answer(ReadProfile, NoSuchProfile())
    assert api.post(f"{GUEST}/consents", json=body).status_code == 404


def test_points_are_shown(api, services):
    know_ana(services)
    assert api.get(f"{GUEST}/loyalty").get_json()["points"] == 3000


def test_messages_are_listed_with_their_texts_and_sent(api, services):
    know_ana(services)
    (message,) = api.get(f"/v1/messages?profile={ANA}").get_json()["items"]
    assert message["text"] == "Olá Ana"
    assert services.last(FindMessages).profile_id == ANA
    services.will_answer(SendMessage, anas_messages().items[0])
    body = {"profile_id": str(ANA), "channel": "email", "subject": "Hello", "text": "Your key\nis ready"}
    assert api.post("/v1/messages", json=body).status_code == 201
    services.will_answer(SendMessage, ContactForbidden())
    answer = api.post("/v1/messages", json={**body, "purpose": "marketing"})
    assert answer.get_json(force=True)["type"] == "/problems/contact-forbidden"
    assert isinstance(services.last(SendMessage).profile_id, UUID)
