"""Two houses of one organisation, and a key that is limited to one of them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.access.callers import Caller
from gateway.app import build
from tests.databases import Databases
from tests.gateway.a_house import furnished
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import AllServices
from tests.gateway.malformed import Call, Examples, Operation, operations

EVERYWHERE = {"Authorization": "Bearer foyer_read.write.inbound.admin"}
LIMITED = {"Authorization": "Bearer foyer_read.write.inbound.admin.limited"}
_PORTO = {
    "name": "Rio", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT",
    "room_types": [{"code": "B", "name": "Single", "capacity": 9}],
}  # fmt: skip
_TEAM = {"name": "Welcome of Lisbon", "property": "LIS-CITY", "members": ["staff:lisbon-1"]}
_RULE = {"team": "new-1", "property": "LIS-CITY", "level": "Press of Lisbon"}
_NOTICE = {
    "source": "till", "external_id": "OF-LISBON-77", "revision": 1, "status": "new", "property": "LIS-CITY",
    "rooms": [{"room_type": "ATTIC"}], "booker": {"family_name": "Sousa"},
}  # fmt: skip
# Ids of what is in Lisbon alone, and of what is about it, by service.
_OF_LISBON = {
    "bookings": """
        SELECT id FROM bookings WHERE property_id = %(p)s UNION SELECT id FROM rooms WHERE property_id = %(p)s
        UNION SELECT id FROM functions WHERE property_id = %(p)s
        UNION SELECT id FROM register_exports WHERE property_id = %(p)s
        UNION SELECT id FROM room_types WHERE property_id = %(p)s UNION SELECT id FROM properties WHERE id = %(p)s
        UNION SELECT id FROM notices WHERE body ->> 'property' = 'LIS-CITY'""",
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
WORDS = ("LIS-CITY", "Gala", "AB1234567", "Umbrella of Lisbon", "Snores in", "Roses for", "Sea view in",
          "Welcome of", "staff:lisbon-1", "Press of", "OF-LISBON-77")  # fmt: skip


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
        found = set(WORDS)
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
            "bookings": (
                "bookings",
                "rooms",
                "functions",
                "groups",
                "register_exports",
                "room_types",
                "nights",
                "routing_rules",
                "teams",
                "notices",
            ),
            "billing": (
                "folios",
                "credit_terms",
                "allocation_rules",
                "journals",
                "invoices",
                "charges",
                "payments",
                "allocations",
            ),
            "profiles": tuple(f"{name} WHERE property_id IS NOT NULL" for name in ("notes", "tasks", "preferences")),
            "notifier": ("messages WHERE property_id IS NOT NULL",),
        }
        found = {}
        for service, names in tables.items():
            for name in names:
                rows = self.databases.admin(service).execute(f"SELECT t::text FROM (SELECT * FROM {name}) t ORDER BY 1")  # noqa: S608
                found[name] = [row[0] for row in rows.fetchall()]
        return json.dumps(found, indent=1)


def two_houses(databases: Databases) -> TwoHouses:
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
    for where, of_lisbon in (("teams", _TEAM), ("routing-rules", _RULE)):
        assert api.put(f"/v1/{where}/new-1", json=of_lisbon).status_code == 200
    kept = api.post("/v1/inbound/bookings", json=_NOTICE | {"arrival": stay["arrival"], "departure": stay["departure"]})
    assert kept.get_json()["state"] == "parked", kept.text
    examples.fields["notice_id"] = kept.get_json()["notice_id"]
    services.settle()
    assert services.faults == []
    found = tuple(operations(api.get("/openapi.json").get_json(), examples))
    lisbon = examples.fields["property_id"]
    return TwoHouses(api, databases, services, examples, found, lisbon, porto, ana, booking)
