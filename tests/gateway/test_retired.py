"""A profile that was retired into another one: its id leads to that one for ever, at whatever address it is named.

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

from gateway.app import build
from services.kit import config
from tests.databases import Databases
from tests.gateway.a_house import furnished
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import AllServices
from tests.gateway.malformed import Call, Operation, operations

pytestmark = pytest.mark.servers

# What the bus keeps of messages as they were said, and what says that the one became the other.
_SAID = {"inbox", "outbox", "commands", "inbound", "parked"}
# What an answer tells of the moment it was given at, or of the id it was asked by.
_OF_THE_CALL = {"as_of", "merged_into", "at"}


@dataclass
class Retired:
    """Ana, of whom there is something of everything, and the card that a relay address made of her, which retired."""

    api: FlaskClient
    databases: Databases
    services: AllServices
    operations: tuple[Operation, ...]
    ana: str
    old: str

    def send(self, call: Call) -> TestResponse:
        headers = {**call.headers, "Idempotency-Key": str(uuid.uuid4())}
        if call.content() is not None:
            headers["Content-Type"] = "application/json"
        answer = self.api.open(call.address(), method=call.method, data=call.content(), headers=headers)
        self.services.settle()
        return answer

    def by_old_id(self, call: Call) -> Call:
        """The same call, with the retired id wherever it names Ana."""
        body = json.loads(json.dumps(call.body).replace(self.ana, self.old))
        query = tuple((name, value.replace(self.ana, self.old)) for name, value in call.query)
        path = {name: value.replace(self.ana, self.old) for name, value in call.path.items()}
        return replace(call, path=path, query=query, body=body)

    def named(self) -> Iterator[Call]:
        """Every call that names a profile in its path, its query or its body, by Ana's id."""
        for operation in self.operations:
            right = operation.right
            if right.rule.endswith("/stream"):
                continue
            calls = [right]
            for name in {"profile", "payer", "profile_id"} & {*operation.query} - {name for name, _ in right.query}:
                calls.append(replace(right, query=(*right.query, (name, self.ana))))
            yield from (call for call in calls if self.by_old_id(call) != call)

    def rows(self) -> set[tuple[str, str]]:
        """Everything in any database that names the retired id."""
        found = set()
        for service in (*config.SERVICES, "gateway"):
            database = self.databases.admin(service)
            tables = database.execute(_TABLES).fetchall()
            for (table,) in tables:
                if table not in _SAID:
                    said = f'SELECT t::text FROM "{table}" t WHERE t::text LIKE %s'  # noqa: S608
                    found |= {(f"{service}.{table}", row[0]) for row in database.execute(said, [f"%{self.old}%"])}
        return found


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest.fixture
def retired(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Retired:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    services = AllServices(databases)
    api = build(services, databases.empty("gateway"), KnownCallers()).test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write.inbound.admin"
    examples = furnished(api, services)
    ana = examples.fields["profile_id"]
    relay = "x1y2@guest.booking.com"
    told = {
        "source": "channel-manager", "external_id": "BDC-1", "revision": 1, "status": "new", "property": "LIS-CITY",
        "arrival": examples.fields["arrival"], "departure": examples.fields["departure"],
        "rooms": [{"room_type": "A", "price": {"amount": "10.00", "currency": "EUR"}}],
        "booker": {"given_name": "Ana", "family_name": "Silva", "email": relay},
    }  # fmt: skip
    booking = api.post("/v1/inbound/bookings", json=told).get_json()["booking_id"]
    services.settle()
    old = api.get(f"/v1/bookings/{booking}").get_json()["people"][0]["profile_id"]
    emails = [{"address": relay}, {"address": "ana@example.org", "primary": True}]
    joined = api.patch(f"/v1/profiles/{old}", json={"emails": emails, "confirm": [ana]}, headers={"If-Match": "*"})
    assert joined.status_code == 200, joined.text
    services.settle()
    assert api.get(f"/v1/profiles/{old}").get_json()["merged_into"] == ana
    found = tuple(operations(api.get("/openapi.json").get_json(), examples))
    return Retired(api, databases, services, found, ana, old)


def _told(answer: TestResponse) -> Any:
    return _without_moment(answer.get_json()) if answer.is_json else (answer.mimetype, len(answer.data))


def _without_moment(said: Any) -> Any:
    if isinstance(said, list):
        return [_without_moment(each) for each in said]
    if isinstance(said, dict):
        return {name: _without_moment(value) for name, value in said.items() if name not in _OF_THE_CALL}
    return said


def test_whatever_is_read_by_a_retired_id_is_what_the_survivor_has(retired):
    calls = [call for call in retired.named() if call.method == "GET"]
    different = {}
    for call in calls:
        answer, wanted = retired.send(retired.by_old_id(call)), retired.send(call)
        if wanted.status_code != 200 or (answer.status_code, _told(answer)) != (200, _told(wanted)):
            different[call.address()] = (answer.status_code, wanted.status_code, answer.text[:300])
    assert different == {}
    assert len(calls) > 20


def test_whatever_is_written_by_a_retired_id_is_written_of_the_survivor(retired):
    before, done, otherwise = retired.rows(), 0, {}
    for call in retired.named():
        if call.method == "GET":
            continue
        answer = retired.send(retired.by_old_id(call))
        done += answer.status_code < 300
        if answer.status_code >= 400 and _why(answer) != _why(retired.send(call)):
            otherwise[f"{call.method} {call.address()}"] = answer.text
    assert retired.services.faults == []
    assert not otherwise, json.dumps(otherwise, indent=1)
    assert retired.rows() - before == set()
    assert done > 15


def test_so_does_the_other_one_of_a_relation_and_whom_a_payment_is_for(retired):
    bruno = retired.api.post("/v1/profiles", json={"given_name": "Bruno", "family_name": "Costa"}).get_json()["id"]
    said = {"profile_id": retired.old, "relation": "spouse"}
    kept = retired.api.post(f"/v1/profiles/{bruno}/relations", json=said)
    assert (kept.status_code, kept.get_json()["profile_id"]) == (201, retired.ana)
    paid = {"payer": bruno, "on_behalf_of": retired.old, "amount": {"amount": "5.00", "currency": "EUR"}}
    taken = retired.api.post("/v1/payments", json={**paid, "method": "cash"}, headers={"Idempotency-Key": "for Ana"})
    assert (taken.status_code, taken.get_json()["beneficiary_profile_id"]) == (201, retired.ana)


def _why(refusal: TestResponse) -> tuple[int, str]:
    return refusal.status_code, refusal.get_json(force=True)["type"]
