"""A charge that names a room, through all services: whoever is in it pays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.app import build
from tests.databases import Databases
from tests.gateway.conftest import KnownCallers
from tests.gateway.in_process import AllServices

pytestmark = pytest.mark.servers

HOUSE = {
    "name": "City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT",
    "room_types": [{"code": "A", "name": "Double", "capacity": 5}],
}  # fmt: skip
DINNER = {"kind": "restaurant", "amount": {"amount": "45.00", "currency": "EUR"}, "property": "LIS"}


class Guests:
    """A house of two rooms, and who comes and goes."""

    def __init__(self, databases: Databases) -> None:
        self.services = AllServices(databases)
        self.api = build(self.services, databases.empty("gateway"), KnownCallers()).test_client()
        self.api.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write.inbound.admin"
        self.sends("PUT", "/v1/properties/LIS", HOUSE)
        rooms = [{"number": number, "room_type": "A"} for number in ("101", "102")]
        self.sends("PUT", "/v1/properties/LIS/rooms", {"rooms": rooms})

    def says(self, method: str, path: str, body: Any = None, key: str = "one") -> tuple[int, Any]:
        answer = self.api.open(path, method=method, json=body, headers={"Idempotency-Key": key})
        self.services.settle()
        return answer.status_code, answer.get_json(force=True)

    def sends(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.says(method, path, body, f"{method} {path}")
        assert status < 300, answer
        return answer

    def comes(self, room: str) -> str:
        today = datetime.now(UTC).date()
        stay = {
            "property": "LIS", "arrival": str(today), "departure": str(today + timedelta(days=2)),
            "rooms": [{"room_type": "A"}], "booker": {"given_name": "Ana", "family_name": "Silva"},
        }  # fmt: skip
        booking = self.sends("POST", "/v1/bookings", stay)["id"]
        body = {"rooms": [{"position": 0, "room": room}]}
        self.sends("POST", f"/v1/bookings/{booking}/check-in", body)
        return str(booking)


@pytest.fixture
def guests(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Guests:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    return Guests(databases)


def test_whoever_is_in_the_room_is_charged_until_they_leave(guests: Guests) -> None:
    booking = guests.comes("101")
    status, charge = guests.says("POST", "/v1/charges", {**DINNER, "room": "101"})
    assert (status, charge["booking_id"]) == (201, booking)
    guests.sends("POST", f"/v1/bookings/{booking}/check-out")
    assert guests.says("POST", "/v1/charges", {**DINNER, "room": "101"}) == (201, charge)
    status, problem = guests.says("POST", "/v1/charges", {**DINNER, "room": "101"}, "two")
    assert (status, problem["type"]) == (409, "/problems/room-vacant")


def test_a_till_may_tell_late_of_what_it_sold_in_a_room(guests: Guests) -> None:
    booking = guests.comes("101")
    sold_at = datetime.now(UTC).isoformat()
    guests.sends("POST", f"/v1/bookings/{booking}/check-out")
    notice = {**DINNER, "source": "till", "external_id": "1", "room": "101", "at": sold_at}
    status, report = guests.says("POST", "/v1/inbound/charges", notice)
    assert (status, report["charge"]["booking_id"]) == (202, booking)


def test_a_room_the_property_does_not_have_is_not_found(guests: Guests) -> None:
    status, problem = guests.says("POST", "/v1/charges", {**DINNER, "room": "999"})
    assert (status, problem["type"]) == (404, "/problems/unknown-room")
