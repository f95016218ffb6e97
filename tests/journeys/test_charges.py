"""What a till publishes, from the wire to the guest's account."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from services.kit import parked
from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers


def sale(number: str, booking_ref: str, amount: str, **said: Any) -> dict[str, Any]:
    price = {"amount": amount, "currency": "EUR"}
    return {"source": "till", "external_id": number, "booking_ref": booking_ref, "kind": "restaurant", "amount": price,
            "description": "Dinner", "at": "2026-11-20T20:00:00Z", **said}  # fmt: skip


def test_a_tills_notices_are_charged_once_and_what_cannot_be_is_parked_and_replayed(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    ref, later = f"TILL-{tag}", f"LATER-{tag}"
    system.publish(notice(hotel, ref, ana(tag)))
    booking = booking_of(system, ref)
    system.wait_quiet()
    parked.drop(system.amqp_url, "billing", everything=True)
    first = sale(f"1-{tag}", ref, "45.00")
    taken_back = {"source": "till", "external_id": f"2-{tag}", "status": "void"}
    for said in (
        first,
        first,
        {**first, "amount": {"amount": "46.00", "currency": "EUR"}},
        taken_back,
        sale(f"2-{tag}", ref, "9.00"),
        sale(f"3-{tag}", later, "5.00"),
    ):
        system.publish(said, key="charge.notice")
    system.wait_quiet()
    status, report = system.call("POST", "/v1/inbound/charges", first)
    assert (status, report["state"]) == (202, "posted")
    assert due(system, booking["id"]) == "345.00"
    reasons = [found.reason for found in parked.list(system.amqp_url, ["billing"])]
    assert len(reasons) == 2
    assert any("something else" in reason for reason in reasons)

    system.publish(notice(hotel, later, ana(f"b{tag}")))
    other = booking_of(system, later)
    system.wait_quiet()
    system.foyer("parked", "replay", "billing", "--all")
    system.wait_quiet()
    assert due(system, other["id"]) == "305.00"
    assert due(system, booking["id"]) == "345.00"
    parked.drop(system.amqp_url, "billing", everything=True)


def due(system: Any, booking_id: str) -> str:
    status, found = system.call("GET", f"/v1/folios?booking={booking_id}")
    assert status == 200, found
    (folio,) = found["items"]
    (total,) = folio["totals"]
    return str(total["due"]["amount"])
