"""A wedding and its dinner, as bookings tells of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from services.contracts.bookings import (
    Contact,
    FunctionChanged,
    GroupChanged,
    Occasion,
    OccasionRoom,
)
from tests.billing.makers import LISBON, eur
from tests.notifier.makers import NEXT_MONTH, Notifier

NOON = datetime.combine(NEXT_MONTH, time(12), UTC)
HOUR = timedelta(hours=1)


def wedding(contact: Contact | None, **more: Any) -> Occasion:
    """Ten rooms for three nights."""
    said: dict[str, Any] = {
        "version": 1,
        "state": "booked",
        "property_id": LISBON,
        "name": "Wedding Silva",
        "group": "WED-SILVA",
        "contact": contact,
        "arrival": NEXT_MONTH,
        "departure": NEXT_MONTH + timedelta(days=3),
        "cut_off": NEXT_MONTH - timedelta(days=7),
        "rooms": 10,
        "total": eur(270_000),
    }
    return Occasion(**{**said, **more})


def dinner(contact: Contact | None, **more: Any) -> Occasion:
    """From noon to four, and the hall from ten."""
    said: dict[str, Any] = {
        "version": 1,
        "state": "booked",
        "property_id": LISBON,
        "name": "Silva dinner",
        "group": "WED-SILVA",
        "contact": contact,
        "starts_at": NOON,
        "ends_at": NOON + 4 * HOUR,
        "guests": 80,
        "function_rooms": (OccasionRoom(name="Hall", starts_at=NOON - 2 * HOUR, ends_at=NOON + 4 * HOUR),),
    }
    return Occasion(**{**said, **more})


class Told:
    """One group or function, and its events."""

    def __init__(self, notifier: Notifier, found: Occasion) -> None:
        self.notifier, self.found, self.id = notifier, found, uuid4()

    def hears(self, version: int | None = None, state: str | None = None, changed: tuple[str, ...] = ()) -> None:
        self.notifier.occasions[self.id] = self.found
        of_group = self.found.arrival is not None
        said: dict[str, Any] = {
            "version": version or self.found.version,
            "property_id": LISBON,
            "state": state or {"booked": "open" if of_group else "booked"}.get(self.found.state, self.found.state),
            "changed": changed,
        }
        if of_group:
            self.notifier.service.write_about_group(GroupChanged(group_id=self.id, **said))
        else:
            self.notifier.service.write_about_function(FunctionChanged(function_id=self.id, **said))
