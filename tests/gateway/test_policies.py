"""The routes of policies, terms, fees and deposits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.contracts.billing import (
    BookingFee,
    BookingTerms,
    Cutoff,
    DepositDue,
    DepositsFound,
    FeeWaived,
    FindDeposits,
    Policies,
    Policy,
    ReadBookingTerms,
    ReadPolicies,
    SetPolicies,
    Share,
    WaiveFee,
)
from services.contracts.bookings import Properties, Property, ReadProperties, ReadToldTerms, TermsToldOf
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem

LISBON = UUID("11111111-1111-4111-8111-111111111111")
BOOKING = UUID("22222222-2222-4222-8222-222222222222")
KEY = {"Idempotency-Key": "one"}
HOUSE = Property(
    id=LISBON, code="LIS", name="Foyer Lisbon", currency="EUR", time_zone="Europe/Lisbon", country="PT", room_types=()
)
EUR = Money(amount_minor=9000, currency="EUR")
LATE = {
    "kind": "cancellation",
    "channel": "agency",
    "rates": ["NRF"],
    "share": {"percent": "82.5"},
    "free_until": {"days": 2, "hour": 12},
}
DEPOSIT = {"kind": "deposit", "share": {"amount": {"amount": "90.00", "currency": "EUR"}}, "days_after_booking": 3}


def _house(services: Any) -> None:
    services.will_answer(ReadProperties, lambda asked: Properties(items=(HOUSE,) if asked.property == "LIS" else ()))


def test_policies_go_in_and_come_out_with_percentages_as_decimals(api, services):
    _house(services)
    services.will_answer(SetPolicies, lambda said: Policies(property_id=said.property_id, policies=said.policies))

    answer = api.put("/v1/properties/LIS/policies", json={"policies": [LATE, DEPOSIT]})

    said = services.last(SetPolicies)
    assert (said.property_id, said.time_zone, said.currency) == (LISBON, "Europe/Lisbon", "EUR")
    assert said.policies == (
        Policy(
            kind="cancellation",
            channel="agency",
            rates=("NRF",),
            share=Share(basis_points=8250),
            free_until=Cutoff(days=2, hour=12),
        ),
        Policy(kind="deposit", share=Share(amount=EUR), days_after_booking=3),
    )
    assert answer.status_code == 200
    late, deposit = answer.json["policies"]
    assert late["share"] == {"percent": "82.50", "nights": None, "amount": None}
    assert deposit["share"]["amount"] == {"amount": "90.00", "currency": "EUR"}


def test_what_comes_out_goes_in_again(api, services):
    _house(services)
    policy = Policy(id=BOOKING, kind="no_show", share=Share(nights=1))
    services.will_answer(ReadPolicies, Policies(property_id=LISBON, policies=(policy,)))
    services.will_answer(SetPolicies, lambda said: Policies(property_id=said.property_id, policies=said.policies))
    read = api.get("/v1/properties/LIS/policies").json["policies"]
    assert api.put("/v1/properties/LIS/policies", json={"policies": read}).status_code == 200
    assert services.last(SetPolicies).policies == (policy,)


def test_a_fault_in_a_policy_has_its_pointer(api, services):
    _house(services)
    services.will_answer(SetPolicies, Invalid(errors=[Problem("/policies/0/share", "One of the three.")]))
    for share, pointer in (
        ({"percent": "12.345"}, "/policies/0/share/percent"),
        ({"nights": 1.5}, "/policies/0/share/nights"),
        ({}, "/policies/0/share"),
    ):
        answer = api.put("/v1/properties/LIS/policies", json={"policies": [{"kind": "no_show", "share": share}]})
        assert answer.status_code == 422
        assert [e["pointer"] for e in answer.json["errors"]] == [pointer]


def test_policies_belong_to_a_property_there_is(api, services):
    _house(services)
    assert api.get("/v1/properties/NIX/policies").status_code == 404
    assert api.put("/v1/properties/NIX/policies", json={"policies": []}).status_code == 404


def test_the_terms_of_a_booking_are_said_in_words_and_data(api, services):
    services.will_answer(
        ReadBookingTerms,
        BookingTerms(
            booking_id=BOOKING,
            property_id=LISBON,
            time_zone="Europe/Lisbon",
            chosen_at=datetime(2026, 11, 1, tzinfo=UTC),
            booked_on=date(2026, 11, 1),
            no_show=Policy(kind="no_show", share=Share(basis_points=10_000)),
            words=("Cancelling is free.",),
        ),
    )
    services.will_answer(ReadToldTerms, TermsToldOf(items=()))
    answer = api.get(f"/v1/bookings/{BOOKING}/terms")
    assert answer.status_code == 200
    assert answer.json["told"] == []
    assert answer.json["words"] == ["Cancelling is free."]
    assert answer.json["no_show"]["share"]["percent"] == "100.00"
    assert answer.json["cancellation"] is None


def test_a_fee_is_waived_with_a_reason(api, services):
    fee = BookingFee(
        booking_id=BOOKING,
        kind="cancellation",
        amount=EUR,
        state="waived",
        charge_id=LISBON,
        posted_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    services.will_answer(WaiveFee, fee)
    answer = api.post(f"/v1/bookings/{BOOKING}/fee/waive", json={"reason": "A storm"}, headers=KEY)
    assert (answer.status_code, answer.json["state"]) == (200, "waived")
    assert api.post(f"/v1/bookings/{BOOKING}/fee/waive", json={"reason": ""}, headers=KEY).status_code == 422
    services.will_answer(WaiveFee, FeeWaived())
    assert api.post(f"/v1/bookings/{BOOKING}/fee/waive", json={"reason": "A storm"}, headers=KEY).status_code == 409


def test_deposits_are_listed_by_property_and_state(api, services):
    _house(services)
    due = DepositDue(
        booking_id=BOOKING,
        property_id=LISBON,
        profile_id=BOOKING,
        amount=EUR,
        covered=Money(amount_minor=0, currency="EUR"),
        due_on=date(2026, 11, 4),
        state="overdue",
    )
    services.will_answer(FindDeposits, DepositsFound(items=(due,), next="2026-11-04.x"))
    answer = api.get("/v1/deposits?property=LIS&state=overdue&limit=1")
    assert answer.json["items"][0]["covered"] == {"amount": "0.00", "currency": "EUR"}
    assert answer.json["next"] == "2026-11-04.x"
    asked = services.last(FindDeposits)
    assert (asked.property_id, asked.state, asked.limit) == (LISBON, "overdue", 1)
    assert api.get("/v1/deposits?state=lost").status_code == 422
