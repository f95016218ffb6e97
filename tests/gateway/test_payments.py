"""The routes of payments, refunds, credit terms, ageing and routing."""

from __future__ import annotations

from datetime import date

import pytest

from services.contracts.billing import (
    AgedDebt,
    Ageing,
    CreditTerms,
    FindPayments,
    NoCreditTerms,
    NoSuchPayment,
    Payment,
    PaymentsPage,
    PaymentStanding,
    ReadAgeing,
    ReadCreditTerms,
    ReadPayment,
    ReadRouting,
    Refund,
    RefundPayment,
    RefundTooLarge,
    Routing,
    RoutingRule,
    SetCreditTerms,
    SetRouting,
    TakePayment,
)
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit.refusal import Problem
from tests.gateway.guests import ANA, BEN, NOON, STAY, ana_silva, eur, know_ana

KEY = {"Idempotency-Key": "refund-1"}
PAYMENT = "/v1/payments/00000000-0000-4000-8000-00000000057a"
PAID = Payment(
    id=STAY,
    payer_profile_id=BEN,
    beneficiary_profile_id=ANA,
    amount=eur("100.00"),
    method="card",
    booking_id=STAY,
    received_at=NOON,
)
STANDING = PaymentStanding(
    id=STAY,
    payer_profile_id=BEN,
    beneficiary_profile_id=ANA,
    role="beneficiary",
    amount=eur("100.00"),
    refunded=eur("30.00"),
    allocated=eur("60.00"),
    left=eur("10.00"),
    method="card",
    received_at=NOON,
)
REFUND = Refund(
    id=STAY,
    payment_id=STAY,
    payer_profile_id=BEN,
    beneficiary_profile_id=ANA,
    amount=eur("30.00"),
    left=eur("70.00"),
    refunded_at=NOON,
)
BACK = {"amount": {"amount": "30.00", "currency": "EUR"}, "reason": "Came too late"}
TERMS = {"limit": {"amount": "5000.00", "currency": "EUR"}, "days": 30}
ROUTED = Routing(booking_id=STAY, rules=(RoutingRule(kinds=("room", "spa"), payer_profile_id=BEN),))


def test_a_payment_may_be_meant_for_a_booking(api, services):
    know_ana(services)
    services.will_answer(TakePayment, PAID)
    body = {"payer": str(BEN), "booking_id": str(STAY), "amount": BACK["amount"], "method": "card"}
    answer = api.post("/v1/payments", json=body, headers=KEY)
    assert (answer.status_code, answer.get_json()["booking_id"]) == (201, str(STAY))
    assert services.last(TakePayment).booking_id == STAY


def test_a_payment_shows_what_is_left_of_it(api, services):
    services.will_answer(ReadPayment, STANDING)
    said = api.get(PAYMENT).get_json()
    assert [said[name]["amount"] for name in ("amount", "refunded", "allocated", "left")] == [
        "100.00",
        "30.00",
        "60.00",
        "10.00",
    ]
    services.will_answer(ReadPayment, NoSuchPayment())
    assert api.get(PAYMENT).status_code == 404


@pytest.mark.parametrize("address", [f"/v1/payments?profile={ANA}&limit=2", f"/v1/profiles/{ANA}/payments?limit=2"])
def test_payments_are_listed_with_the_role_in_them(api, services, address):
    know_ana(services)
    services.will_answer(FindPayments, PaymentsPage(items=(STANDING,), next="more"))
    said = api.get(address).get_json()
    assert ([item["role"] for item in said["items"]], said["next"]) == (["beneficiary"], "more")
    asked = services.last(FindPayments)
    assert (asked.profile_id, asked.limit) == (ANA, 2)


def test_payments_are_asked_for_by_profile(api):
    answer = api.get("/v1/payments")
    assert [e["pointer"] for e in answer.get_json(force=True)["errors"]] == ["/profile"]


def test_a_refund_says_what_is_left_to_refund(api, services):
    services.will_answer(RefundPayment, REFUND)
    answer = api.post(f"{PAYMENT}/refunds", json=BACK, headers=KEY)
    assert (answer.status_code, answer.get_json()["left"]["amount"]) == (201, "70.00")
    asked = services.last(RefundPayment)
    assert (asked.payment_id, asked.amount, asked.reason) == (STAY, eur("30.00"), "Came too late")


def test_a_refund_demands_an_idempotency_key(api, services):
    services.will_answer(RefundPayment, REFUND)
    answer = api.post(f"{PAYMENT}/refunds", json=BACK)
    assert answer.get_json(force=True)["type"] == "/problems/idempotency-key-missing"
    assert services.asked == []


def test_a_refund_that_is_too_large_is_a_conflict_at_its_amount(api, services):
    refusal = RefundTooLarge(errors=[Problem("/amount/amount", "Too much.")], facts={"left": "1.00", "currency": "EUR"})
    services.will_answer(RefundPayment, refusal)
    answer = api.post(f"{PAYMENT}/refunds", json=BACK, headers=KEY)
    said = answer.get_json(force=True)
    assert (answer.status_code, said["type"]) == (409, "/problems/refund-too-large")
    assert [e["pointer"] for e in said["errors"]] == ["/amount/amount"]


def test_credit_terms_are_set_by_administrators_alone(api, services, as_key):
    know_ana(services)
    services.will_answer(SetCreditTerms, CreditTerms(profile_id=ANA, limit=eur("5000.00"), days=30))
    address = f"/v1/profiles/{ANA}/credit-terms"
    assert api.put(address, json=TERMS, headers=as_key("read.write")).status_code == 403
    assert api.put(address, json=TERMS).get_json()["limit"] == {"amount": "5000.00", "currency": "EUR"}
    services.will_answer(ReadProfile, NoSuchProfile())
    assert api.put(address, json=TERMS).status_code == 404


def test_a_profile_without_credit_terms_has_none_to_show(api, services):
    know_ana(services)
    services.will_answer(ReadCreditTerms, NoCreditTerms())
    answer = api.get(f"/v1/profiles/{ANA}/credit-terms")
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (404, "/problems/no-credit-terms")


def test_ageing_shows_its_buckets_as_decimals(api, services):
    know_ana(services)
    none, some = eur("0.00"), eur("12.50")
    debt = AgedDebt(
        currency="EUR", current=none, days_1_30=some, days_31_60=none, days_61_90=none, days_over_90=none, total=some
    )
    services.will_answer(ReadAgeing, Ageing(profile_id=ANA, day=date(2026, 11, 22), days=30, debts=(debt,)))
    said = api.get(f"/v1/profiles/{ANA}/ageing").get_json()
    assert said["debts"][0]["days_1_30"] == {"amount": "12.50", "currency": "EUR"}


def test_routing_names_payers_that_exist(api, services):
    services.will_answer(ReadProfile, lambda r: ana_silva() if r.profile_id == ANA else NoSuchProfile())
    services.will_answer(SetRouting, ROUTED)
    rules = [{"kinds": ["spa"], "payer": str(ANA)}, {"kinds": ["room"], "payer": str(BEN)}]
    answer = api.put(f"/v1/bookings/{STAY}/routing", json={"rules": rules})
    assert [e["pointer"] for e in answer.get_json(force=True)["errors"]] == ["/rules/1/payer"]


def test_routing_is_set_and_read_in_the_same_words(api, services):
    know_ana(services)
    services.will_answer(SetRouting, ROUTED)
    services.will_answer(ReadRouting, ROUTED)
    body = {"rules": [{"kinds": ["room", "spa"], "payer": str(BEN)}]}
    said = api.put(f"/v1/bookings/{STAY}/routing", json=body).get_json()
    assert said == {"booking_id": str(STAY), **body}
    assert api.get(f"/v1/bookings/{STAY}/routing").get_json() == said
    assert services.last(SetRouting).rules == ROUTED.rules
