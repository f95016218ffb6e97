from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.contracts.profiles import FindProfiles, Profile, ReadProfile
from services.kit import tables
from services.kit.db import Database
from services.profiles.service import ProfilesService
from tests.profiles.people import KEY, Bookings, ana_as_entered


class Register:
    """The service over its own database, with a bookings service that says what the test wants."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.bookings = Bookings()
        self.service = worker_factory(ProfilesService, db=db, bookings=self.bookings)

    def recognises(self, *people: Any, **other: Any) -> list[dict[str, Any]]:
        """The people of a new booking as announced, in the order of their positions."""
        event = self.bookings.receive(*people, **other)
        self.service.recognise_guests(event)
        return self.identified(event.booking_id)

    def identified(self, booking_id: Any) -> list[dict[str, Any]]:
        said = [e for e in self.announced("guests.identified.v1") if e["booking_id"] == str(booking_id)]
        return sorted(said[-1]["people"], key=lambda person: person["position"])

    def announced(self, routing_key: str) -> list[dict[str, Any]]:
        rows = self._all(sa.select(tables.outbox).order_by(tables.outbox.c.seq))
        return [json.loads(row.body) for row in rows if row.routing_key == routing_key]

    def everything_announced(self) -> list[dict[str, Any]]:
        return [json.loads(row.body) for row in self._all(sa.select(tables.outbox))]

    def reads(self, profile_id: Any) -> Profile:
        return self.service.read_profile(ReadProfile(profile_id=UUID(str(profile_id))))

    def finds(self, **wanted: Any) -> list[str]:
        """The ids of those found, best first."""
        return [str(profile.id) for profile in self.service.find_profiles(FindProfiles(**wanted)).items]

    def verifies(self, profile_id: Any, address: str) -> None:
        """As who has shown that the address is theirs."""
        with self.db.engine.begin() as connection:
            proven = "UPDATE contact_points SET verified = true WHERE profile_id = :id AND key = :key"
            connection.execute(sa.text(proven), {"id": profile_id, "key": address})

    def count(self, table: str) -> int:
        return int(self._all(sa.select(sa.func.count().label("n")).select_from(sa.table(table)))[0].n)

    def _all(self, statement: Any) -> Any:
        with self.db.engine.connect() as connection:
            return connection.execute(statement).all()


@pytest.fixture
def sealing_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", KEY)


@pytest.fixture
def ana(register: Register) -> Profile:
    """As entered at the desk; where tests want only her id, they have an `ana` of their own."""
    return register.service.create_profile(ana_as_entered())


@pytest.fixture
def register(profiles_db: Database) -> Register:
    return Register(profiles_db)
