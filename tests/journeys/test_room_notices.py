"""A housekeeping system says on the bus how clean a room is; what is of no room is parked, and replayed once it is."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from services.kit import parked
from tests.journeys.notices import set_up_hotel
from tests.kit.processes import until
from tests.system import System

pytestmark = pytest.mark.servers


def sets_up(system: System, hotel: str, number: str) -> None:
    status, said = system.call(
        "PUT", f"/v1/properties/{hotel}/rooms", {"rooms": [{"number": number, "room_type": "A"}]}
    )
    assert status == 200, said


def statuses(system: System, hotel: str) -> dict[str, str]:
    items = system.call("GET", f"/v1/properties/{hotel}/rooms")[1]["items"]
    return {room["number"]: room["housekeeping"] for room in items}


def says(system: System, hotel: str, number: str) -> None:
    notice: dict[str, Any] = {
        "property": hotel,
        "room": number,
        "status": "inspected",
        "at": "2030-01-01T10:00:00Z",
        "source": "cleaners",
        "external_id": uuid.uuid4().hex,
    }
    system.publish(notice, key="room.notice")


def test_a_room_is_as_the_housekeeping_system_says(system: System) -> None:
    hotel = set_up_hotel(system)
    sets_up(system, hotel, "101")
    says(system, hotel, "101")
    until(lambda: statuses(system, hotel) == {"101": "inspected"})


def test_what_is_said_of_no_room_is_parked_and_replayed_once_there_is_one(system: System) -> None:
    hotel = set_up_hotel(system)
    parked.drop(system.amqp_url, "bookings", everything=True)
    says(system, hotel, "102")
    until(lambda: system.parked() == {"bookings.parked": 1})
    (found,) = parked.list(system.amqp_url, ["bookings"])
    assert found.queue == "bookings.room_notices"
    sets_up(system, hotel, "102")
    system.foyer("parked", "replay", "bookings", "--all")
    until(lambda: statuses(system, hotel) == {"102": "inspected"})
