"""A key that is limited to one property: it finds nothing of another and changes nothing there, at whatever address.

Walks every route that there is, so that a new one cannot forget it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.access.callers import Caller
from gateway.app import build
from tests.databases import Databases
from tests.gateway.a_house import furnished
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import AllServices
from tests.gateway.malformed import Call, Examples, Operation, operations

pytestmark = pytest.mark.servers

EVERYWHERE = {"Authorization": "Bearer foyer_read.write.inbound.admin"}
LIMITED = {"Authorization": "Bearer foyer_read.write.inbound.admin.limited"}
_PORTO = {
    "name": "Rio", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT",
    "room_types": [{"code": "B", "name": "Single", "capacity": 9}],
}  # fmt: skip
# Ids of what is in Lisbon alone, and of what is about it, by service.
_OF_LISBON = {
    "bookings": """
        SELECT id FROM bookings WHERE property_id = %(p)s UNION SELECT id FROM rooms WHERE property_id = %(p)s
        UNION SELECT id FROM functions WHERE property_id = %(p)s
        UNION SELECT id FROM register_exports WHERE property_id = %(p)s
        UNION SELECT id FROM room_types WHERE property_id = %(p)s UNION SELECT id FROM properties WHERE id = %(p)s""",
    "billing": """
        SELECT id FROM folios WHERE property_id = %(p)s UNION SELECT id FROM journals WHERE property_id = %(p)s
        UNION SELECT id FROM invoices WHERE property_id = %(p)s
        UNION SELECT c.id FROM charges c JOIN folios f ON f.id = c.folio_id WHERE f.property_id = %(p)s
        UNION SELECT p.id FROM payments p JOIN folios f USING (booking_id) WHERE f.property_id = %(p)s""",
    "notifier": "SELECT id FROM messages WHERE property_id = %(p)s",
    "profiles": """
        SELECT id FROM notes WHERE property_id = %(p)s UNION SELECT id FROM tasks WHERE property_id = %(p)s
        UNION SELECT id FROM preferences WHERE property_id = %(p)s""",
}
_WORDS = ("LIS-CITY", "Gala", "AB1234567", "Umbrella of Lisbon", "Snores in", "Roses for", "Sea view in")
# What is the whole organisation's: who people are, what they agree to, and what is written to them of no booking.
_OF_EVERYBODY = ("/v1/profiles", "/v1/verifications", "/v1/messages", "/v1/callers")


class SomeLimited(KnownCallers):
    """Keys with the scope ``limited`` are limited to these properties."""

    limit: tuple[str, ...] = ()

    def of(self, authorization: str | None, address: str = "") -> Caller:
        caller = super().of(authorization, address)
        return replace(caller, properties=self.limit) if "limited" in caller.scopes else caller


@dataclass
class TwoHouses:
    """Lisbon is furnished with something of everything; Porto, to which the key is limited, has one booking."""

    api: FlaskClient
    databases: Databases
    services: AllServices
    examples: Examples
    operations: tuple[Operation, ...]
    lisbon: str
    porto: str
    ana: str
    booking: str

    def send(self, call: Call, key: dict[str, str]) -> TestResponse:
        headers = {**call.headers, **key, "Idempotency-Key": str(uuid.uuid4())}
        if call.content() is not None:
            headers["Content-Type"] = "application/json"
        return self.api.open(call.address(), method=call.method, data=call.content(), headers=headers)

    def gets(self, path: str, key: dict[str, str] = LIMITED) -> Any:
        answer = self.api.get(path, headers=key)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def canaries(self) -> set[str]:
        found = set(_WORDS)
        for service, statement in _OF_LISBON.items():
            rows = self.databases.admin(service).execute(statement, {"p": self.lisbon}).fetchall()
            found |= {str(row[0]) for row in rows}
        return found

    def told(self, call: Call, key: dict[str, str]) -> set[str]:
        """What of Lisbon the answer tells, beside what the call itself named."""
        said = self.send(call, key).data.decode(errors="replace")
        asked = call.address()
        return {each for each in self.canaries() if each in said and each not in asked}

    def state(self) -> str:
        """All of Lisbon that a call might change."""
        tables = {
            "bookings": ("bookings", "rooms", "functions", "groups", "register_exports", "room_types", "nights"),
            "billing": ("folios", "journals", "invoices", "charges", "payments", "allocations"),
            "profiles": tuple(f"{name} WHERE property_id IS NOT NULL" for name in ("notes", "tasks", "preferences")),
            "notifier": ("messages WHERE property_id IS NOT NULL",),
        }
        found = {}
        for service, names in tables.items():
            for name in names:
                rows = self.databases.admin(service).execute(f"SELECT t::text FROM (SELECT * FROM {name}) t ORDER BY 1")  # noqa: S608
                found[name] = [row[0] for row in rows.fetchall()]
        return json.dumps(found, indent=1)


@pytest.fixture
def houses(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> TwoHouses:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    services, callers = AllServices(databases), SomeLimited()
    api = build(services, databases.empty("gateway"), callers).test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = EVERYWHERE["Authorization"]
    examples = furnished(api, services)
    porto = api.put("/v1/properties/OPO-RIO", json=_PORTO).get_json()["id"]
    callers.limit = (porto,)
    stay = {name: examples.fields[name] for name in ("arrival", "departure")}
    ana = examples.fields["profile_id"]
    booked = {
        **stay, "property": "OPO-RIO", "booker": {"profile_id": ana},
        "rooms": [{"room_type": "B", "price": {"amount": "99.00", "currency": "EUR"}}],
    }  # fmt: skip
    booking = api.post("/v1/bookings", json=booked).get_json()["id"]
    services.settle()
    message = {"profile_id": ana, "channel": "email", "text": "Umbrella of Lisbon", "subject": "Umbrella of Lisbon"}
    sent = api.post("/v1/messages", json={**message, "booking_id": examples.fields["booking_id"]})
    assert sent.status_code == 201, sent.text
    paid = {"payer": ana, "amount": {"amount": "7.00", "currency": "EUR"}, "method": "cash"}
    for each in (examples.fields["booking_id"], booking):
        done = api.post("/v1/payments", json={**paid, "booking_id": each}, headers={"Idempotency-Key": each})
        assert done.status_code == 201, done.text
    for where, body in (
        ("notes", {"text": "Snores in Lisbon"}),
        ("tasks", {"title": "Roses for Lisbon"}),
        ("preferences", {"text": "Sea view in Lisbon"}),
    ):
        kept = api.post(f"/v1/profiles/{ana}/{where}", json={**body, "property": "LIS-CITY"})
        assert kept.status_code == 201, kept.text
        examples.fields[f"{where[:-1]}_id"] = kept.get_json()["id"]
    services.settle()
    assert services.faults == []
    found = tuple(operations(api.get("/openapi.json").get_json(), examples))
    lisbon = examples.fields["property_id"]
    return TwoHouses(api, databases, services, examples, found, lisbon, porto, ana, booking)


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


def test_nothing_of_another_property_is_told_at_any_address(houses):
    found = {call.address(): told for call in readings(houses) if (told := houses.told(call, LIMITED))}
    assert found == {}


def test_whoever_may_see_all_is_told_of_it(houses):
    """Else the other test would look for what nobody is told."""
    finite = (call for call in readings(houses) if not call.rule.endswith("/stream"))
    seen = set().union(*(houses.told(call, EVERYWHERE) for call in finite))
    assert len(seen) > 0.7 * len(houses.canaries())
    assert {*_WORDS} - {"AB1234567"} <= seen  # the number of a document is masked for all


def test_nothing_of_another_property_is_changed_at_any_address(houses):
    before, done = houses.state(), []
    for operation in houses.operations:
        right = operation.right
        if right.method == "GET":
            continue
        answer = houses.send(right, LIMITED)
        if answer.status_code < 400 and not right.rule.startswith(_OF_EVERYBODY):
            done.append(f"{operation.name}: {answer.status_code} {answer.text[:200]}")
    assert done == []
    assert houses.state() == before


def test_a_route_that_does_not_say_it_goes_by_property_is_closed(houses):
    answer = houses.api.get(f"/v1/profiles/{houses.ana}/ageing", headers=LIMITED)
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (403, "/problems/forbidden")


def test_bookings_are_found_of_the_own_property_alone(houses):
    assert [each["id"] for each in houses.gets(f"/v1/bookings?profile={houses.ana}")["items"]] == [houses.booking]
    assert len(houses.gets(f"/v1/bookings?profile={houses.ana}", EVERYWHERE)["items"]) > 1


def test_a_booking_elsewhere_is_not_there(houses):
    other = houses.examples.fields["booking_id"]
    assert houses.api.get(f"/v1/bookings/{other}", headers=LIMITED).status_code == 404
    answer = houses.api.post(f"/v1/bookings/{other}/cancel", headers=LIMITED)
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (403, "/problems/not-your-property")


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
