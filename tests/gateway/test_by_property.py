"""A key that is limited to one property: it finds nothing of another and changes nothing there, at whatever address.

Walks every route that there is, so that a new one cannot forget it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.gateway.malformed import Call
from tests.gateway.two_houses import EVERYWHERE, LIMITED, WORDS, TwoHouses

pytestmark = pytest.mark.servers

# What is the whole organisation's: who people are, what they agree to, and what is written to them of no booking.
_OF_EVERYBODY = ("/v1/profiles", "/v1/verifications", "/v1/messages", "/v1/callers")
_OF_ALL_THEIRS = ("POST /v1/inbound/notices/replay",)  # names nothing: of none it is done to none
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BY_CODE = ("/v1/groups/{code}", "/v1/teams/{code}", "/v1/routing-rules/{code}")
_NOBODY = "00000000-0000-4000-8000-00000000000f"


def readings(houses: TwoHouses) -> Iterator[Call]:
    """Every GET that there is, plain, and with every one of its filters that an example is known of."""
    fields = houses.examples.fields
    known = {name: (value,) for name, value in fields.items() if isinstance(value, str)}
    known |= {"booking": (fields["booking_id"],), "folio": (fields["folio_id"],)}
    known |= {"property": (houses.lisbon, "LIS-CITY", "OPO-RIO")}
    for operation in houses.operations:
        right = operation.right
        if right.method != "GET":
            continue
        yield right
        given = {name for name, _ in right.query}
        for name in {*operation.query} - given:
            for value in known.get(name, ()):
                yield replace(right, query=(*right.query, (name, value)))


def _unknown(said: Any, ids: set[str]) -> Any:
    """With an id that nobody knows in the place of these."""
    text = json.dumps(said)
    for each in ids:
        text = text.replace(each, _NOBODY)
    made = json.loads(text)
    return tuple(map(tuple, made)) if isinstance(said, tuple) else made


def test_nothing_of_another_property_is_told_at_any_address(houses):
    found = {call.address(): told for call in readings(houses) if (told := houses.told(call, LIMITED))}
    assert found == {}


def test_whoever_may_see_all_is_told_of_it(houses):
    """Else the other test would look for what nobody is told."""
    finite = (call for call in readings(houses) if not call.rule.endswith("/stream"))
    seen = set().union(*(houses.told(call, EVERYWHERE) for call in finite))
    assert len(seen) > 0.7 * len(houses.canaries())
    assert {*WORDS} - {"AB1234567"} <= seen  # the number of a document is masked for all


def test_nothing_of_another_property_is_changed_at_any_address(houses):
    before, done = houses.state(), []
    for operation in houses.operations:
        right = operation.right
        if right.method == "GET":
            continue
        answer = houses.send(right, LIMITED)
        everybodys = right.rule.startswith(_OF_EVERYBODY) or operation.name in _OF_ALL_THEIRS
        if answer.status_code < 400 and not everybodys:
            done.append(f"{operation.name}: {answer.status_code} {answer.text[:200]}")
    assert done == []
    assert houses.state() == before


def test_nobody_can_tell_what_is_elsewhere_from_what_is_nowhere(houses):
    """At every address, whatever is asked or done: the answer is the same as for an id that nobody knows."""
    found = []
    ids = {each for each in houses.canaries() - {houses.lisbon} if _UUID.fullmatch(each)}
    for operation in houses.operations:
        theirs = operation.right
        unknown = replace(
            theirs, path=_unknown(theirs.path, ids), query=_unknown(theirs.query, ids), body=_unknown(theirs.body, ids)
        )
        if theirs.rule.startswith(_BY_CODE) and theirs.method != "PUT":  # who takes a code learns that it is taken
            unknown = replace(unknown, path={**unknown.path, "code": "nobodys"})
        if unknown == theirs:
            continue
        answers = [houses.send(call, LIMITED) for call in (theirs, unknown)]
        said = [(each.status_code, (each.get_json(force=True, silent=True) or {}).get("type")) for each in answers]
        if said[0] != said[1]:
            found.append((operation.name, *said))
    assert found == []


def test_a_property_that_is_named_is_refused_as_not_theirs(houses):
    found = []
    for operation in houses.operations:
        right = operation.right
        said = json.dumps([*right.path.values(), right.query, right.body])
        if "LIS-CITY" not in said and houses.lisbon not in said:
            continue
        answer = houses.send(right, LIMITED)
        if answer.status_code != 403:
            found.append((operation.name, answer.status_code, answer.text[:100]))
    assert found == []


def test_a_route_that_does_not_say_it_goes_by_property_is_closed(houses):
    answer = houses.api.post("/v1/stages/recompute", headers=LIMITED)
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (403, "/problems/forbidden")


def test_bookings_are_found_of_the_own_property_alone(houses):
    assert [each["id"] for each in houses.gets(f"/v1/bookings?profile={houses.ana}")["items"]] == [houses.booking]
    assert len(houses.gets(f"/v1/bookings?profile={houses.ana}", EVERYWHERE)["items"]) > 1


def test_a_booking_elsewhere_is_not_there(houses):
    other = houses.examples.fields["booking_id"]
    assert houses.api.get(f"/v1/bookings/{other}", headers=LIMITED).status_code == 404
    answer = houses.api.post(f"/v1/bookings/{other}/cancel", headers=LIMITED)
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (404, "/problems/no-such-booking")


def test_the_own_property_is_worked_in_as_ever(houses):
    path = f"/v1/bookings/{houses.booking}"
    stays = {"property": "OPO-RIO", "booker": {"family_name": "Costa"}, "rooms": [{"room_type": "B"}]}
    dates = {name: houses.examples.fields[name] for name in ("arrival", "departure")}
    for method, where, body in (
        ("POST", "/v1/bookings", {**stays, **dates}),
        ("POST", "/v1/charges", {"booking_id": houses.booking, "kind": "restaurant", "amount": _EUR}),
        ("POST", "/v1/payments", {"payer": houses.ana, "booking_id": houses.booking, "amount": _EUR, "method": "card"}),
        ("PATCH", path, {"departure": str(dates["departure"]), "arrival": str(dates["arrival"])}),
        ("POST", f"{path}/cancel", {}),
    ):
        headers = {**LIMITED, "Idempotency-Key": where, "If-Match": "*"}
        answer = houses.api.open(where, method=method, json=body, headers=headers)
        houses.services.settle()
        assert answer.status_code < 300, (where, answer.text)


def test_a_booking_elsewhere_cannot_be_made(houses):
    dates = {name: houses.examples.fields[name] for name in ("arrival", "departure")}
    stay = {"property": "LIS-CITY", "booker": {"family_name": "Costa"}, "rooms": [{"room_type": "A"}], **dates}
    answer = houses.api.post("/v1/bookings", json=stay, headers=LIMITED)
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (403, "/problems/not-your-property")


def test_a_payment_for_no_booking_is_not_for_a_limited_key(houses):
    body = {"payer": houses.ana, "amount": _EUR, "method": "cash"}
    answer = houses.api.post("/v1/payments", json=body, headers={**LIMITED, "Idempotency-Key": "x"})
    assert answer.status_code == 403


def test_the_view_shows_the_guest_and_what_is_of_the_own_property(houses):
    houses.gets(f"/v1/profiles/{houses.ana}/view", EVERYWHERE)  # is kept, with what is of all
    view = houses.gets(f"/v1/profiles/{houses.ana}/view")
    assert view["profile"]["id"] == houses.ana
    assert [each["id"] for each in view["bookings"]] == [houses.booking]
    assert view["balance"]["balances"] == []
    assert {each["booking_id"] for each in view["balance"]["bookings"]} == {houses.booking}
    assert {each["booking_id"] for each in view["messages"]} <= {houses.booking, None}
    again = houses.gets(f"/v1/profiles/{houses.ana}/view", EVERYWHERE)
    assert len(again["bookings"]) > 1


def test_the_time_line_is_that_of_the_own_property(houses):
    items = houses.gets(f"/v1/profiles/{houses.ana}/timeline")["items"]
    assert {item["property"]["code"] for item in items if item["property"]} == {"OPO-RIO"}
    assert any(item["what"] == "booking.confirmed" for item in items)


def test_the_rooms_of_the_own_property_alone_are_followed(houses):
    def status(query: str) -> int:
        answer = houses.api.get(f"/v1/rooms/stream{query}", headers=LIMITED)
        answer.close()
        return answer.status_code

    assert [status(query) for query in ("", "?property=LIS-CITY", "?property=OPO-RIO")] == [422, 403, 200]


_EUR = {"amount": "10.00", "currency": "EUR"}
