"""Malformed notices are parked or refused with a reason, and disturb nobody."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from services.kit import parked
from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers

HOSTILE = "Robert'); DROP TABLE bookings;--<script>alert(1)</script>"


def spoiled(hotel: str, **said: Any) -> dict[str, Any]:
    tag = uuid.uuid4().hex[:10]
    return notice(hotel, f"BAD-{tag}", ana(tag), **said)


MALFORMED = {
    "not JSON": lambda hotel: b"<xml/>",
    "broken UTF-8": lambda hotel: b'{"source": "\xff\xfe"}',
    "a list": lambda hotel: [],
    "nothing of what it needs": lambda hotel: {},
    "wrong types": lambda hotel: spoiled(hotel, revision="one"),
    "a fraction of a revision": lambda hotel: spoiled(hotel, revision=1.5),
    "departure before arrival": lambda hotel: spoiled(hotel, arrival="2027-02-02", departure="2027-02-01"),
    "no nights": lambda hotel: spoiled(hotel, arrival="2027-02-02", departure="2027-02-02"),
    "a day that does not exist": lambda hotel: spoiled(hotel, arrival="2027-02-30"),
    "a status nobody knows": lambda hotel: spoiled(hotel, status="perhaps"),
    "a negative price": lambda hotel: spoiled(
        hotel, rooms=[{"room_type": "A", "price": {"amount": "-1.00", "currency": "EUR"}}]
    ),
    "a price that is no number": lambda hotel: spoiled(
        hotel, rooms=[{"room_type": "A", "price": {"amount": "1e9", "currency": "EUR"}}]
    ),
    "a currency nobody has": lambda hotel: spoiled(
        hotel, rooms=[{"room_type": "A", "price": {"amount": "1.00", "currency": "ZZZ"}}]
    ),
    "nobody in the room": lambda hotel: spoiled(hotel, rooms=[{"room_type": "A", "adults": 0, "children": 0}]),
    "writing that turns its direction": lambda hotel: spoiled(hotel, requests="late \u202e arrival"),
    "ten megabytes": lambda hotel: spoiled(hotel, requests="x" * 10_000_000),
    "a thousand rooms": lambda hotel: spoiled(hotel, rooms=[{"room_type": "A"}] * 1000),
}


@pytest.mark.parametrize("malformed", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_notice_is_parked_with_its_reason_and_the_next_is_applied(system, malformed):
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    parked.drop(system.amqp_url, "bookings", everything=True)
    system.publish_all([malformed(hotel), notice(hotel, f"GOOD-{tag}", ana(tag))])
    booking_of(system, f"GOOD-{tag}")
    system.wait_quiet()
    assert system.parked() == {"bookings.parked": 1}
    (found,) = parked.list(system.amqp_url, ["bookings"])
    assert found.queue == "bookings.notices"
    assert found.reason


@pytest.mark.parametrize(
    ("said", "why"),
    [({"property": "NOWHERE"}, "unknown-property"), ({"rooms": [{"room_type": "ZZ"}]}, "unknown-room-type")],
)
def test_a_well_formed_notice_nobody_can_apply_is_kept_with_its_reason_and_replayed(system, said, why):
    hotel = set_up_hotel(system)
    status, report = system.call("POST", "/v1/inbound/bookings", spoiled(hotel, **said))
    assert status == 202, report
    found = system.call("GET", f"/v1/inbound/notices/{report['notice_id']}")[1]
    assert found["state"] == "parked"
    assert found["why"].startswith(why)
    status, again = system.call("POST", f"/v1/inbound/notices/{report['notice_id']}/replay")
    assert (status, again["state"]) == (200, "parked")


@pytest.mark.parametrize("body", [b"not json", b"[]", b'"x"', b"\xff", b"{" * 50_000, b"x" * 2_000_000])
def test_the_gateway_answers_a_broken_body_with_a_problem(system, body):
    import urllib.error
    import urllib.request

    request = urllib.request.Request(
        f"{system.url}/v1/inbound/bookings",
        data=body,
        headers={"Authorization": f"Bearer {system.api_key}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code in (400, 413, 422)
    assert refused.value.headers["Content-Type"] == "application/problem+json"
    assert json.loads(refused.value.read())["request_id"]


def test_hostile_text_is_only_text(system):
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    said = notice(hotel, f"EVIL-{tag}", ana(tag, given_name="Robert'); DROP TABLE bookings;--"), requests=HOSTILE)
    said["booker"]["family_name"] = "<script>alert(1)</script>"
    system.publish(said)
    booking = booking_of(system, f"EVIL-{tag}")
    _, found = system.call("GET", f"/v1/messages?profile={booking['people'][0]['profile_id']}")
    for message in found["items"]:
        assert "<script>" not in (message["html"] or "")
    assert system.call("GET", "/v1/properties")[0] == 200
