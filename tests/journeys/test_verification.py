"""Guests verified by a code, when they or their house want it, and contact persons, on the running system."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.notices import CITY, set_up_hotel
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


def codes(system: System, profile_id: str) -> list[Any]:
    """The messages with codes that a guest was sent."""
    return [message for message in messages(system, profile_id) if message["template"] == "verification_code"]


def books(system: System, hotel: str, guest: str) -> Any:
    arrival = datetime.now(UTC).date() + timedelta(days=30)
    said = {
        "property": hotel,
        "arrival": str(arrival),
        "departure": str(arrival + timedelta(days=2)),
        "rooms": [{"room_type": "A", "price": {"amount": "300.00", "currency": "EUR"}}],
        "booker": {"profile_id": guest},
    }
    status, made = system.call("POST", "/v1/bookings", said)
    assert status == 201, made
    return made


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


def test_a_house_asks_a_new_guest_for_a_code_and_a_verified_one_for_nothing(system: System, tag: str) -> None:
    hotel = set_up_hotel(system)
    assert system.call("PUT", f"/v1/properties/{hotel}", {**CITY, "verification": "unverified"})[0] == 200
    ana = knows(system, given_name="Ana", family_name=f"Silva {tag}", emails=[{"address": f"ana.{tag}@example.org"}])
    first = books(system, hotel, ana)
    assert first["verification"] == "pending"
    (message,) = eventually(lambda: codes(system, ana))
    (waiting,) = system.call("GET", f"/v1/profiles/{ana}/verification")[1]["waiting"]
    (code,) = re.findall(r"\d{6}", message["text"])
    assert system.call("POST", f"/v1/verifications/{waiting['id']}/confirm", {"code": code})[0] == 200
    assert system.call("GET", f"/v1/bookings/{first['id']}")[1]["verification"] == "verified"
    assert books(system, hotel, ana)["verification"] == "verified"
    system.wait_quiet()
    assert len(codes(system, ana)) == 1
    reason = {"reason": "Another face on the passport."}
    assert system.call("POST", f"/v1/profiles/{ana}/unverify", reason)[0] == 200
    assert books(system, hotel, ana)["verification"] == "pending"
    assert len(eventually(lambda: found if len(found := codes(system, ana)) == 2 else None)) == 2


def test_the_contact_person_of_a_wedding_reads_of_it(system: System, tag: str) -> None:
    hotel = set_up_hotel(system)
    carla = knows(system, given_name="Carla", family_name=tag, emails=[{"address": f"carla.{tag}@example.org"}])
    arrival = datetime.now(UTC).date() + timedelta(days=40)
    group = {
        "code": f"WED-{tag}",
        "name": "Wedding",
        "property": hotel,
        "arrival": str(arrival),
        "departure": str(arrival + timedelta(days=2)),
        "rooms": [{"room_type": "A", "count": 2}],
        "contact": {"profile_id": carla},
    }
    assert system.call("POST", "/v1/groups", group)[0] == 201
    (message,) = eventually(lambda: messages(system, carla))
    assert (message["template"], message["to"]) == ("group_confirmation", f"carla.{tag}@example.org")
    assert system.call("POST", f"/v1/groups/WED-{tag}/cancel")[0] == 200
    told = eventually(lambda: found if len(found := messages(system, carla)) == 2 else None)
    assert [each["template"] for each in told] == ["group_cancellation", "group_confirmation"]
    found = system.call("GET", f"/v1/profiles/{carla}/contact-of")[1]
    assert [(each["code"], each["state"]) for each in found["groups"]] == [(f"WED-{tag}", "cancelled")]
