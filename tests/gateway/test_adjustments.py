"""The routes of adjustments and partial credit notes, and that nothing of value moves without a key."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.contracts.billing import (
    Adjustment,
    AdjustmentTooLarge,
    CreditedLine,
    CreditInvoice,
    CreditNoteTooLarge,
    NoSuchAdjustment,
    PostAdjustment,
    ReadAdjustment,
)
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit.refusal import Problem
from tests.gateway.guests import ANA, STAY, eur, know_ana

KEY = {"Idempotency-Key": "one"}
EUROS = {"amount": "20.00", "currency": "EUR"}
CREDIT = Adjustment(
    id=STAY, folio_id=STAY, profile_id=ANA, booking_id=STAY, kind="room", direction="credit", amount=eur("20.00"),
    net=eur("18.87"), vat=eur("1.13"), vat_basis_points=600, business_date=date(2026, 11, 20),
    reason_code="service-failure", reason="Noise at night", journal_id=STAY,
    posted_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
)  # fmt: skip
BODY: dict[str, Any] = {
    "booking_id": str(STAY), "kind": "room", "amount": EUROS, "direction": "credit", "reason": "Noise at night",
}  # fmt: skip


def test_an_adjustment_is_posted_and_read(api: Any, services: Any) -> None:
    services.will_answer(PostAdjustment, CREDIT)
    services.will_answer(ReadAdjustment, CREDIT)
    answer = api.post("/v1/adjustments", json={**BODY, "reason_code": "service-failure"}, headers=KEY)
    assert (answer.status_code, answer.json["amount"], answer.json["state"]) == (201, EUROS, "posted")
    assert api.get(answer.headers["Location"]).json == answer.json
    asked = services.last(PostAdjustment)
    assert (asked.direction, asked.reason_code, asked.folio_id) == ("credit", "service-failure", None)


def test_the_folio_or_the_guest_may_be_named_instead(api: Any, services: Any) -> None:
    know_ana(services)
    services.will_answer(PostAdjustment, CREDIT)
    for name, value in (("folio_id", STAY), ("profile_id", ANA)):
        said = {**BODY, name: str(value), "property": "LIS", "business_date": "2026-11-19"}
        said.pop("booking_id")
        assert api.post("/v1/adjustments", json=said, headers=KEY).status_code == 201
        assert getattr(services.last(PostAdjustment), name) == value
    assert services.last(PostAdjustment).business_date == date(2026, 11, 19)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"booking_id": None}, "/booking_id"),
        ({"folio_id": str(STAY)}, "/booking_id"),
        ({"direction": "up"}, "/direction"),
        ({"reason": ""}, "/reason"),
        ({"reason_code": "Ana was wrong"}, "/reason_code"),
        ({"amount": {"amount": "1.001", "currency": "EUR"}}, "/amount/amount"),
        ({"business_date": "yesterday"}, "/business_date"),
        ({"percent": 10}, "/percent"),
    ],
)
def test_a_malformed_adjustment_is_refused_where_it_stands(
    api: Any, services: Any, wrong: dict[str, Any], pointer: str
) -> None:
    said = {name: value for name, value in {**BODY, **wrong}.items() if value is not None}
    answer = api.post("/v1/adjustments", json=said, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert not services.asked


def test_a_guest_nobody_knows_is_refused_where_they_stand(api: Any, services: Any) -> None:
    services.will_answer(ReadProfile, NoSuchProfile())
    said = {**BODY, "profile_id": str(UUID(int=5))}
    said.pop("booking_id")
    answer = api.post("/v1/adjustments", json=said, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/profile_id")


def test_more_than_is_charged_is_a_conflict_that_says_what_is_left(api: Any, services: Any) -> None:
    fault = Problem("/amount/amount", "More than what is charged there and on no invoice.")
    services.will_answer(PostAdjustment, AdjustmentTooLarge(errors=[fault], facts={"left": "6.00"}))
    answer = api.post("/v1/adjustments", json=BODY, headers=KEY)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/adjustment-too-large")
    assert (answer.json["facts"]["left"], answer.json["errors"][0]["pointer"]) == ("6.00", "/amount/amount")


def test_who_may_only_read_adjusts_nothing(api: Any, services: Any, as_key: Any) -> None:
    assert api.post("/v1/adjustments", json=BODY, headers={**KEY, **as_key("read")}).status_code == 403
    services.will_answer(ReadAdjustment, NoSuchAdjustment())
    assert api.get(f"/v1/adjustments/{STAY}", headers=as_key("read")).status_code == 404


def test_a_credit_note_may_name_lines_and_how_much_of_them(api: Any, services: Any) -> None:
    services.will_answer(CreditInvoice, CreditNoteTooLarge(facts={"left": "3.00"}))
    lines = [{"number": 2}, {"number": 1, "amount": EUROS}]
    answer = api.post(f"/v1/invoices/{STAY}/credit-notes", json={"reason": "Cold", "lines": lines}, headers=KEY)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/credit-note-too-large")
    assert services.last(CreditInvoice) == CreditInvoice(
        invoice_id=STAY, reason="Cold", lines=(CreditedLine(number=2), CreditedLine(number=1, amount=eur("20.00")))
    )


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        ([], "/lines"),
        ([{"number": "1"}], "/lines/0/number"),
        ([{"amount": EUROS}], "/lines/0/number"),
        ([{"number": 1, "amount": {"amount": "x", "currency": "EUR"}}], "/lines/0/amount/amount"),
        ([{"number": 1}] * 101, "/lines"),
    ],
)
def test_lines_of_nonsense_are_refused_where_they_stand(api: Any, services: Any, lines: Any, pointer: str) -> None:
    answer = api.post(f"/v1/invoices/{STAY}/credit-notes", json={"reason": "Cold", "lines": lines}, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    assert not services.asked


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/adjustments", BODY),
        ("/v1/allocations", {"payment_id": str(STAY), "booking_id": str(STAY), "reason": "x"}),
        ("/v1/allocations/release", {"payment_id": str(STAY), "booking_id": str(STAY), "reason": "x"}),
        (f"/v1/bookings/{STAY}/fee/waive", {"reason": "x"}),
        ("/v1/charges", {"booking_id": str(STAY), "kind": "spa", "amount": EUROS}),
        (f"/v1/charges/{STAY}/void", {"reason": "x"}),
        ("/v1/invoices", {"folio_id": str(STAY), "language": "en", "addressee": {"name": "Ana"}}),
        (f"/v1/invoices/{STAY}/credit-notes", {"reason": "x"}),
        (f"/v1/journals/{STAY}/reverse", {"reason_code": "x"}),
        ("/v1/payments", {"payer": str(ANA), "amount": EUROS, "method": "card"}),
        (f"/v1/payments/{STAY}/refunds", {"amount": EUROS, "reason": "x"}),
    ],
)
def test_what_moves_value_needs_a_key(api: Any, services: Any, path: str, body: dict[str, Any]) -> None:
    know_ana(services)
    answer = api.post(path, json=body)
    assert (answer.status_code, answer.json["type"]) == (400, "/problems/idempotency-key-missing")
    assert {type(said) for said in services.asked} <= {ReadProfile}
