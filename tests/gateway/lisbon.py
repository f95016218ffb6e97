"""A hotel in Lisbon behind the API, on all services and databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from gateway.app import build
from tests.databases import Databases
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import AllServices

TODAY = datetime.now(UTC).date()
ARRIVAL, DEPARTURE = TODAY + timedelta(days=30), TODAY + timedelta(days=33)
EUR = {"amount": "300.00", "currency": "EUR"}


class House:
    """A hotel in Lisbon behind the API."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.services = AllServices(databases)
        self.api: FlaskClient = build(self.services, databases.empty("gateway"), KnownCallers()).test_client()
        self.api.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write.inbound.admin"
        house = {"name": "City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT"}
        house["room_types"] = [{"code": "A", "name": "Double", "capacity": 50}]  # type: ignore[assignment]
        self.does("PUT", "/v1/properties/LIS-CITY", house)

    def calls(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer, once everything that follows from it has happened."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.api.open(path, method=method, json=body, headers=named)
        self.services.settle()
        assert self.services.faults == []
        return answer

    def does(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.calls(method, path, body, **headers)
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def refuses(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        answer = self.calls(method, path, body, **headers)
        return answer.status_code, answer.get_json(force=True)["type"].removeprefix("/problems/")

    def knows(self, given_name: str, family_name: str = "Silva", **more: Any) -> str:
        address = f"{given_name.lower()}@example.org"
        said = {"given_name": given_name, "family_name": family_name, "emails": [{"address": address}], **more}
        return str(self.does("POST", "/v1/profiles", said)["id"])

    def company(self, name: str = "ACME, Lda.", **more: Any) -> str:
        said = {"kind": "company", "name": name, "emails": [{"address": "office@acme.pt"}], **more}
        return str(self.does("POST", "/v1/profiles", said)["id"])

    def books(self, booker: Any, **more: Any) -> Any:
        said = {
            "property": "LIS-CITY",
            "arrival": str(ARRIVAL),
            "departure": str(DEPARTURE),
            "rooms": [{"room_type": "A", "price": EUR}],
            "booker": {"profile_id": booker} if isinstance(booker, str) else booker,
        }
        return self.does("POST", "/v1/bookings", {**said, **more})

    def adds(self, booking: Any, **person: Any) -> Any:
        return self.does("POST", f"/v1/bookings/{booking['id']}/people", person, If_Match="*")

    def booking(self, booking: Any) -> Any:
        return self.does("GET", f"/v1/bookings/{booking['id']}")

    def owes(self, profile_id: str) -> str:
        balances = self.does("GET", f"/v1/profiles/{profile_id}/account")["balances"]
        return str(balances[0]["balance"]["amount"]) if balances else "nothing"

    def messages(self, profile_id: str, template: str = "booking_confirmation") -> list[Any]:
        found = self.does("GET", f"/v1/messages?profile={profile_id}")["items"]
        return [message for message in found if message["template"] == template]

    def departs(self, booking: Any) -> None:
        for step in ("check-in", "check-out"):
            self.does("POST", f"/v1/bookings/{booking['id']}/{step}")


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [fault["pointer"] for fault in answer.get_json(force=True)["errors"]]
