"""A booking from the bus comes to its team, and only that team works on it: to the check-in at the desk."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of, eventually
from tests.system import System

pytestmark = pytest.mark.servers


def test_a_published_booking_waits_in_its_teams_queue_until_somebody_of_it_checks_the_guest_in(system: System) -> None:
    hotel, tag, parked = set_up_hotel(system), uuid.uuid4().hex[:10], system.parked()
    ines, rui = (key_of(system, f"{who}-{tag}") for who in ("ines", "rui"))
    for team, members in ((f"desk-{tag}", [ines[0]]), (f"other-{tag}", [rui[0]])):
        said = {"name": "Desk", "property": hotel, "members": members}
        assert system.call("PUT", f"/v1/teams/{team}", said)[0] == 200
    rule = {"property": hotel, "channel": "booking.com", "team": f"desk-{tag}"}
    assert system.call("PUT", f"/v1/routing-rules/r-{tag}", rule)[0] == 200

    system.publish(notice(hotel, f"ROUTE-{tag}", ana(tag)))
    booking = booking_of(system, f"ROUTE-{tag}")
    address = f"/v1/bookings/{booking['id']}"
    (waiting,) = eventually(lambda: system.call("GET", f"/v1/teams/desk-{tag}/queue")[1]["items"])
    assert (waiting["id"], waiting["routing"]["branch"]) == (booking["id"], hotel)
    assert system.call("GET", f"{address}/route")[1]["rule"] == f"r-{tag}"

    for step in ("claim", "check-in"):
        status, refused = system.call("POST", f"{address}/{step}", headers=rui[1])
        assert (status, refused["type"]) == (403, "/problems/not-in-team")
    assert system.call("POST", f"{address}/claim", headers=ines[1])[0] == 200
    profile = booking["people"][0]["profile_id"]
    eventually(lambda: routing_in_view(system, profile).get("claimed_by") == ines[0])
    status, stays = system.call("POST", f"{address}/check-in", headers=ines[1])
    assert (status, stays["state"]) == (200, "in_house")
    assert system.call("GET", f"/v1/teams/desk-{tag}/queue")[1]["items"] == []

    assert system.call("DELETE", f"/v1/routing-rules/r-{tag}")[0] == 204
    system.wait_quiet()
    assert system.parked() == parked


def key_of(system: System, name: str) -> tuple[str, dict[str, str]]:
    """A key that reads and writes, as others are told of it, and the header it calls with."""
    text = system.foyer("keys", "create", "--name", name, "--scopes", "read,write").split()[-1]
    listed = next(line for line in system.foyer("keys", "list").splitlines() if name in line)
    return f"key:{listed.split()[0]}", {"Authorization": f"Bearer {text}"}


def routing_in_view(system: System, profile_id: str) -> dict[str, Any]:
    _, view = system.call("GET", f"/v1/profiles/{profile_id}/view")
    return view["bookings"][0]["routing"] or {}
