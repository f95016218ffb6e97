"""Channex' revisions from the wire to the booking: parked until their codes are mapped, then replayed all at once."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from tests.bookings.channex import ROOM_TYPE, revision, room
from tests.journeys.notices import ana, set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers


def ours(hotel_id: str, number: str, **more: Any) -> dict[str, Any]:
    arrival = date.today() + timedelta(days=30)  # noqa: DTZ011
    days = {"checkin_date": str(arrival), "checkout_date": str(arrival + timedelta(days=3))}
    guest = ana(number)
    customer = {"name": guest["given_name"], "surname": guest["family_name"], "mail": guest["email"], "country": "PT"}
    said = {
        "id": f"r-{number}",
        "property_id": hotel_id,
        "unique_id": f"BDC-{number}",
        "arrival_date": days["checkin_date"],
        "departure_date": days["checkout_date"],
        "customer": customer,
        "rooms": [room(**days, guests=[], rate_plan_id=None)],
    }
    return revision(**{**said, **more})


def test_revisions_wait_for_their_codes_and_then_become_bookings(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    theirs = f"channex-{tag}"
    feed = {"data": [ours(theirs, f"1{tag}"), ours(theirs, f"2{tag}")]}
    status, answer = system.call("POST", "/v1/inbound/channex", feed)
    assert (status, [item["acknowledged"] for item in answer["items"]]) == (202, [True, True])
    assert answer["items"][0]["why"].startswith(f'unknown-property: "{theirs}"')
    system.publish(ours(theirs, f"3{tag}"), key="channex.revision")
    system.wait_quiet()

    codes = [
        {"kind": "property", "theirs": theirs, "ours": hotel},
        {"kind": "room_type", "theirs": ROOM_TYPE, "ours": "A"},
    ]
    status, said = system.call("PUT", f"/v1/properties/{hotel}/codes?source=channex", {"codes": codes})
    assert status == 200, said
    again = {"source": "channex", "why": "unknown-property"}
    status, asked = system.call("POST", "/v1/inbound/notices/replay", again)
    assert status == 202
    assert asked["notices"] >= 3
    bookings = [booking_of(system, f"BDC-{n}{tag}") for n in (1, 2, 3)]
    assert {booking["property"] for booking in bookings} == {hotel}
    assert all(booking["people"][0]["profile_id"] for booking in bookings)

    status, acknowledged = system.call("POST", "/v1/inbound/channex", ours(theirs, f"1{tag}"))
    assert (status, acknowledged["state"], acknowledged["booking_id"]) == (202, "applied", bookings[0]["id"])
    gone = ours(theirs, f"1{tag}", status="cancelled", inserted_at="2026-11-21T09:30:00")
    system.publish({"data": gone}, key="channex.revision")
    system.wait_quiet()
    assert system.call("GET", f"/v1/bookings/{bookings[0]['id']}")[1]["state"] == "cancelled"
