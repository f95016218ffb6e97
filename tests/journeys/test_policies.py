"""What cancelling costs, from a house's policies to the guest's account and back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers

POLICIES = [
    {"kind": "cancellation", "share": {"nights": 1}, "free_until": {"days": 3650}},
    {"kind": "no_show", "share": {"percent": "100.00"}},
    {"kind": "deposit", "share": {"percent": "30"}, "days_before_arrival": 14},
]


def test_a_cancelled_booking_is_charged_by_its_terms_and_staff_may_waive_it(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    status, said = system.call("PUT", f"/v1/properties/{hotel}/policies", {"policies": POLICIES})
    assert status == 200, said
    system.publish(notice(hotel, f"FEE-{tag}", ana(tag)))
    booking = booking_of(system, f"FEE-{tag}")
    system.wait_quiet()
    assert system.call("PUT", f"/v1/properties/{hotel}/policies", {"policies": []})[0] == 200

    status, found = system.call("GET", f"/v1/deposits?property={hotel}&state=open")
    assert (status, [due["amount"]["amount"] for due in found["items"]]) == (200, ["90.00"])

    assert system.call("POST", f"/v1/bookings/{booking['id']}/cancel")[0] == 200
    system.wait_quiet()
    status, terms = system.call("GET", f"/v1/bookings/{booking['id']}/terms")
    assert (status, terms["fee"]["amount"]["amount"], terms["fee"]["state"]) == (200, "100.00", "posted")
    assert terms["words"][0] == "Cancelling costs the price of the first night."
    assert terms["deposit_due"]["state"] == "dropped"
    assert balance(system, booking) == "100.00"

    key = {"Idempotency-Key": f"waive {booking['id']}"}
    status, fee = system.call("POST", f"/v1/bookings/{booking['id']}/fee/waive", {"reason": "A storm"}, key)
    assert (status, fee["state"]) == (200, "waived")
    assert balance(system, booking) == "0.00"


def balance(system: Any, booking: dict[str, Any]) -> str:
    status, account = system.call("GET", f"/v1/profiles/{booking['people'][0]['profile_id']}/account")
    assert status == 200, account
    (euros,) = account["balances"]
    return str(euros["balance"]["amount"])
