"""The routes of what is due for a booking and of what staff decide about credit."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.contracts.billing import (
    Allocation,
    AllocationsOfPayment,
    BookingBalance,
    NoSuchFolio,
    NotTheirCredit,
    PayerShare,
    PinAllocation,
    ReadAccount,
    ReadBookingBalance,
    ReleaseAllocation,
)
from services.contracts.bookings import Properties, Property, ReadProperties
from tests.gateway.guests import ANA, BEN, LISBON, NOON, STAY, eur, know_ana

PAYMENT = UUID("99999999-9999-4999-8999-999999999999")
KEY = {"Idempotency-Key": "decision-1"}
COVERED = Allocation(
    payment_id=PAYMENT,
    folio_id=STAY,
    booking_id=STAY,
    amount=eur("100.00"),
    received_at=NOON,
    why="Oldest credit, earliest arrival.",
)
SHARE = {"total": eur("300.00"), "allocated": eur("100.00"), "due": eur("200.00")}
BALANCE = BookingBalance(booking_id=STAY, payers=(PayerShare(payer_profile_id=ANA, **SHARE),), by=(COVERED,), **SHARE)
LEFT = AllocationsOfPayment(
    payment_id=PAYMENT,
    profile_id=ANA,
    amount=eur("100.00"),
    allocated=eur("100.00"),
    credit=eur("0.00"),
    allocations=(COVERED,),
)


def test_what_is_due_for_a_booking_is_one_number(api, services):
    services.will_answer(ReadBookingBalance, BALANCE)
    said = api.get(f"/v1/bookings/{STAY}/balance?payer={BEN}").get_json()
    assert said["due"] == {"amount": "200.00", "currency": "EUR"}
    assert [(a["amount"]["amount"], a["why"]) for a in said["by"]] == [("100.00", "Oldest credit, earliest arrival.")]
    assert services.last(ReadBookingBalance) == ReadBookingBalance(booking_id=STAY, payer_profile_id=BEN)


def test_a_booking_without_a_folio_has_no_balance(api, services):
    services.will_answer(ReadBookingBalance, NoSuchFolio())
    assert api.get(f"/v1/bookings/{STAY}/balance").status_code == 404


def test_an_account_is_asked_for_by_the_code_of_a_property_too(api, services):
    know_ana(services)
    house = Property(id=LISBON, code="LIS", name="City", currency="EUR", time_zone="Europe/Lisbon", country="PT")
    services.will_answer(ReadProperties, lambda said: Properties(items=(house,) if said.property == "LIS" else ()))
    assert api.get(f"/v1/profiles/{ANA}/account?property=LIS").status_code == 200
    assert services.last(ReadAccount).property_id == LISBON
    nowhere = api.get(f"/v1/profiles/{ANA}/account?property=NOWHERE")
    assert (nowhere.status_code, nowhere.get_json(force=True)["type"]) == (404, "/problems/no-such-property")


def test_an_account_is_asked_for_by_property_and_currency(api, services):
    know_ana(services)
    assert api.get(f"/v1/profiles/{ANA}/account?property={STAY}&currency=EUR").status_code == 200
    asked = services.last(ReadAccount)
    assert (asked.property_id, asked.currency) == (STAY, "EUR")


def test_staff_pin_an_amount_of_a_payment_to_a_booking(api, services):
    services.will_answer(PinAllocation, LEFT)
    body = {"payment_id": str(PAYMENT), "booking_id": str(STAY), "reason": "As agreed",
            "amount": {"amount": "50.00", "currency": "EUR"}}  # fmt: skip
    answer = api.post("/v1/allocations", json=body, headers=KEY)
    assert (answer.status_code, answer.get_json()["credit"]) == (200, {"amount": "0.00", "currency": "EUR"})
    assert services.last(PinAllocation).amount == eur("50.00")


def test_staff_release_what_a_payment_covers(api, services):
    services.will_answer(ReleaseAllocation, LEFT)
    body = {"payment_id": str(PAYMENT), "folio_id": str(STAY), "reason": "Another stay"}
    assert api.post("/v1/allocations/release", json=body, headers=KEY).status_code == 200
    assert services.last(ReleaseAllocation).folio_id == STAY
    services.will_answer(ReleaseAllocation, NotTheirCredit())
    assert api.post("/v1/allocations/release", json=body, headers={"Idempotency-Key": "2"}).status_code == 409


@pytest.mark.parametrize("path", ["/v1/allocations", "/v1/allocations/release"])
def test_a_decision_names_one_of_the_two_and_says_why(api, services, path):
    whole = {"payment_id": str(PAYMENT), "booking_id": str(STAY), "reason": "Another stay"}
    for change, pointer in (
        ({"booking_id": None}, "/booking_id"),
        ({"folio_id": str(STAY)}, "/booking_id"),
        ({"reason": ""}, "/reason"),
        ({"payment_id": "x"}, "/payment_id"),
    ):
        body = {name: value for name, value in {**whole, **change}.items() if value is not None}
        answer = api.post(path, json=body, headers=KEY)
        assert answer.status_code == 422
        assert pointer in [fault["pointer"] for fault in answer.get_json()["errors"]]
    assert api.post(path, json=whole).status_code == 400
