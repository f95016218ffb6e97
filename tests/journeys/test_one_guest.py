"""Bookings that agencies sent of one person become one guest's, once the real address is known and verified."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of, eventually
from tests.system import System

pytestmark = pytest.mark.servers

YES = {"channel": "email", "granted": True, "wording": "newsletter:yes"}


def get(system: System, path: str) -> Any:
    status, said = system.call("GET", path)
    assert status == 200, said
    return said


def guest_of(system: System, ref: str) -> str:
    return str(booking_of(system, ref)["people"][0]["profile_id"])


def gives(system: System, profile_id: str, address: str) -> None:
    """The desk adds the guest's own address, though it sees that somebody has it already.

    Where the card has changed under it (its stage and level do by themselves), it reads the card and tries again.
    """
    status, confirm = 412, []
    while status in (409, 412):
        known = get(system, f"/v1/profiles/{profile_id}")
        emails = [*({"address": e["address"]} for e in known["emails"]), {"address": address, "primary": True}]
        body = {"emails": emails, "confirm": confirm}
        headers = {"If-Match": f'"{known["version"]}"'}
        status, said = system.call("PATCH", f"/v1/profiles/{profile_id}", body, headers)
        assert status != 409 or not confirm, said
        confirm = [c["id"] for c in said["candidates"]] if status == 409 else confirm
    assert status == 200, said


def verifies(system: System, profile_id: str, address: str) -> None:
    """The guest reads the code in the mailbox and says it."""
    status, started = system.call("POST", f"/v1/profiles/{profile_id}/verifications", {"address": address})
    assert status == 202, started

    def code() -> Any:
        found = get(system, f"/v1/messages?profile={profile_id}")["items"]
        texts = [m["text"] for m in found if m["template"] == "verification_code"]
        return re.search(r"\d{6}", texts[0]) if texts else None

    said = eventually(code)[0]
    status, answer = system.call("POST", f"/v1/verifications/{started['id']}/confirm", {"code": said})
    assert status == 200, answer


def test_two_bookings_with_relay_addresses_and_a_direct_one_become_one_guest(system: System) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    real = f"ana.{tag}@mail.example.org"
    refs = [f"DIR-{tag}", f"OTA1-{tag}", f"OTA2-{tag}"]
    system.publish(notice(hotel, refs[0], ana(tag), channel="direct"))
    survivor = guest_of(system, refs[0])
    system.publish(notice(hotel, refs[1], ana(tag, email=f"{tag}.1@guest.booking.com", consents=[YES])))
    # she married in between: name and address alone are not enough
    second = ana(tag, family_name=f"Costa {tag}", email=f"{tag}.2@guest.booking.com")
    system.publish(notice(hotel, refs[2], second))
    cards = [guest_of(system, ref) for ref in refs[1:]]
    assert len({survivor, *cards}) == 3
    system.wait_quiet()
    booking = booking_of(system, refs[1])
    paid = {"payer": cards[0], "booking_id": booking["id"], "amount": {"amount": "50.00", "currency": "EUR"}}
    status, _ = system.call("POST", "/v1/payments", {**paid, "method": "card"}, {"Idempotency-Key": f"paid-{tag}"})
    assert status == 201

    for card in cards:
        gives(system, card, real)
    system.wait_quiet()
    assert guest_of(system, refs[1]) == survivor
    assert guest_of(system, refs[2]) == cards[1]
    verifies(system, cards[1], real)
    eventually(lambda: guest_of(system, refs[2]) == survivor)
    system.wait_quiet()

    assert [p["id"] for p in get(system, f"/v1/profiles?email={real}")["items"]] == [survivor]
    view = get(system, f"/v1/profiles/{survivor}/view")
    assert {b["external_ref"] for b in view["bookings"]} == set(refs)
    assert view["balance"]["balances"][0]["balance"]["amount"] == "850.00"
    confirmed = {m["booking_id"] for m in view["messages"] if m["template"] == "booking_confirmation"}
    assert len(confirmed) == 3
    marketing = [s for s in view["consents"]["states"] if (s["purpose"], s["channel"]) == ("marketing", "email")]
    assert marketing[0]["granted"]
    assert view["loyalty"]["open"]
    for card in cards:
        assert get(system, f"/v1/profiles/{card}")["id"] == survivor
        assert get(system, f"/v1/profiles/{card}/view")["profile"]["id"] == survivor
    for who in (survivor, *cards):
        moves = get(system, f"/v1/profiles/{who}/timeline?kind=move")["items"]
        assert {m["booking_id"] for m in moves if m["booking_id"]} >= {booking["id"]}

    for step in ("check-in", "check-out"):
        assert system.call("POST", f"/v1/bookings/{booking['id']}/{step}")[0] == 200
    eventually(lambda: get(system, f"/v1/profiles/{survivor}/loyalty")["points"])
    system.wait_quiet()
    assert get(system, f"/v1/profiles/{cards[0]}/loyalty") == get(system, f"/v1/profiles/{survivor}/loyalty")
    assert system.rows("loyalty", "SELECT points FROM accounts WHERE profile_id = %s AND points <> 0", cards[0]) == []
