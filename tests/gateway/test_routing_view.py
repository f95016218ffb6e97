"""A guest's view shows the team of each booking, fresh after whatever happens to its route."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from nameko.testing.services import worker_factory

from gateway.asking import Asking
from gateway.view.reading import Views
from gateway.view.service import ViewService
from services.contracts.bookings import (
    BookingClaimed,
    BookingHandedBack,
    BookingRouted,
    BookingRouting,
    BookingsFound,
    FindBookings,
    RouteFacts,
)
from services.kit.context import Context
from services.kit.db import Database
from tests.gateway.conftest import FakeServices
from tests.gateway.guests import ANA, LISBON, NOON, STAY, anas_stay, know_ana


@pytest.mark.parametrize(
    ("door", "event"),
    [("mark_routed", BookingRouted), ("mark_claimed", BookingClaimed), ("mark_handed_back", BookingHandedBack)],
)
def test_what_happens_to_a_route_is_in_the_next_view(gateway_db: Database, door: str, event: Any) -> None:
    services = FakeServices()
    know_ana(services)
    views = Views(gateway_db, Asking(services))

    def team(who: UUID = ANA) -> Any:
        return json.loads(views.of(who, Context()))["bookings"][0]["routing"]

    assert team() is None
    routing = BookingRouting(team="desk", branch="LIS", claimed_by="key:ines", since=NOON)
    services.will_answer(FindBookings, BookingsFound(items=(anas_stay(routing=routing),)))
    assert team() is None
    facts = RouteFacts(booking_id=STAY, routing_version=1, property_id=LISBON, profile_ids=(ANA,), since=NOON)
    getattr(worker_factory(ViewService, db=gateway_db), door)(event(booking_id=STAY, route=facts))
    assert (team()["team"], team()["claimed_by"]) == ("desk", "key:ines")
