"""A guest's address verified by the code that was sent to it, and a company's contact person, on the running system."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.notices import set_up_hotel
from tests.journeys.test_one_booking import eventually
from tests.system import System

pytestmark = pytest.mark.servers


@pytest.fixture
def tag() -> str:
    return uuid.uuid4().hex[:10]


def knows(system: System, **said: Any) -> str:
    status, made = system.call("POST", "/v1/profiles", said)
    assert status == 201, made
    return str(made["id"])


def messages(system: System, profile_id: str) -> list[Any]:
    return list(system.call("GET", f"/v1/messages?profile={profile_id}")[1]["items"])


def test_a_code_goes_out_and_comes_back_and_is_in_no_log(system: System, tag: str) -> None:
    address = f"ana.{tag}@example.org"
    ana = knows(system, given_name="Ana", family_name=f"Silva {tag}", emails=[{"address": address}])
    status, started = system.call("POST", f"/v1/profiles/{ana}/verifications", {"address": address})
    assert (status, started["channel"]) == (202, "email")
    (message,) = eventually(lambda: messages(system, ana))
    (code,) = re.findall(r"\d{6}", message["text"])
    path = f"/v1/verifications/{started['id']}/confirm"
    assert system.call("POST", path, {"code": code})[0] == 200
    assert system.call("POST", path, {"code": code})[0] == 404
    profile = system.call("GET", f"/v1/profiles/{ana}")[1]
    assert (profile["emails"][0]["verified"], profile["verified"]["how"]) == (True, "code")
    logs = "".join(system.log(name) for name in system.programs)
    assert address not in logs
    assert not re.search(rf"(?<![0-9a-f]){code}(?![0-9a-f])", logs)


def test_a_company_books_and_its_contact_person_reads_of_it(system: System, tag: str) -> None:
    hotel = set_up_hotel(system)
    acme = knows(system, kind="company", name=f"ACME {tag}")
    ana, carla = (
        knows(system, given_name=name, family_name=f"{tag}", emails=[{"address": f"{name}.{tag}@example.org"}])
        for name in ("Ana", "Carla")
    )
    said = {"profile_id": carla, "relation": "employee", "contact": True}
    assert system.call("POST", f"/v1/profiles/{acme}/relations", said)[0] == 201
    arrival = datetime.now(UTC).date() + timedelta(days=30)
    booking = {
        "property": hotel,
        "arrival": str(arrival),
        "departure": str(arrival + timedelta(days=2)),
        "rooms": [{"room_type": "A", "price": {"amount": "300.00", "currency": "EUR"}}],
        "booker": {"profile_id": acme},
        "guests": [{"profile_id": ana}],
    }
    status, made = system.call("POST", "/v1/bookings", booking)
    assert status == 201, made
    (message,) = eventually(lambda: messages(system, carla))
    assert (message["booking_id"], message["to"]) == (made["id"], f"Carla.{tag}@example.org")
    system.wait_quiet()
    assert messages(system, ana) == messages(system, acme) == []
