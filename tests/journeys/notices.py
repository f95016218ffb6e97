"""Booking notices of people one remembers, for the journeys."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from tests.system import System

CITY = {
    "name": "City",
    "currency": "EUR",
    "time_zone": "Europe/Lisbon",
    "country": "PT",
}


def set_up_hotel(system: System, capacity: int = 50, overbooking: int = 0) -> str:
    """A hotel of its own for one test, with rooms of type A; answers its code."""
    code = f"T-{uuid.uuid4().hex[:8].upper()}"
    rooms = [{"code": "A", "name": "Double", "capacity": capacity, "overbooking": overbooking, "occupancy": 2}]
    status, said = system.call("PUT", f"/v1/properties/{code}", {**CITY, "room_types": rooms})
    assert status in (200, 201), said
    return code


def ana(tag: str, **said: Any) -> dict[str, Any]:
    """Ana Silva as a booking site sends her; `tag` makes her somebody else than in other tests."""
    return {
        "given_name": "Ana",
        "family_name": f"Silva {tag}",
        "email": f"ana.{tag}@mail.example.org",
        "language": "pt",
        "country": "PT",
        **said,
    }


def notice(hotel: str, external_id: str, booker: dict[str, Any], **said: Any) -> dict[str, Any]:
    """Three nights for 300.00 EUR from a month from now."""
    arrival = date.today() + timedelta(days=30)  # noqa: DTZ011
    return {
        "source": "channel-manager",
        "external_id": external_id,
        "revision": 1,
        "status": "new",
        "property": hotel,
        "channel": "booking.com",
        "booked_at": "2026-11-20T09:30:00Z",
        "arrival": str(arrival),
        "departure": str(arrival + timedelta(days=3)),
        "rooms": [{"room_type": "A", "adults": 2, "children": 0, "price": {"amount": "300.00", "currency": "EUR"}}],
        "booker": booker,
        "guests": [],
        "payments": [],
        **said,
    }
