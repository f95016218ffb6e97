"""A consent said on a portal, from the notice on the bus to its proof; and no later notice subscribes who withdrew."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers

YES = {"channel": "email", "granted": True, "wording": "newsletter:yes"}


def consents(system: Any, profile_id: str) -> dict[str, Any]:
    status, said = system.call("GET", f"/v1/profiles/{profile_id}/consents")
    assert status == 200, said
    said["email"] = next(s for s in said["states"] if (s["purpose"], s["channel"]) == ("marketing", "email"))
    return said


def test_a_portals_newsletter_box_is_recorded_with_its_proof_and_never_resubscribes(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    first, second = f"BOX1-{tag}", f"BOX2-{tag}"
    system.publish(notice(hotel, first, ana(tag, consents=[YES])))
    guest = booking_of(system, first)["people"][0]["profile_id"]
    system.wait_quiet()
    said = consents(system, guest)
    assert (said["email"]["granted"], said["email"]["wording_version"]) == (True, "newsletter:yes")
    (proof,) = said["proof"]
    assert (proof["source"], proof["effective"]) == (f"channel-manager {first}", True)
    kept = system.call("GET", f"/v1/inbound/notices/{proof['notice_id']}")[1]
    assert (kept["external_id"], kept["received_at"]) == (first, proof["stated_at"])

    withdrawal = {
        "purpose": "marketing",
        "channel": "email",
        "granted": False,
        "wording_version": "1",
        "source": "desk",
    }
    assert system.call("POST", f"/v1/profiles/{guest}/consents", withdrawal)[0] == 201
    system.publish(notice(hotel, second, ana(tag, consents=[YES])))
    assert booking_of(system, second)["people"][0]["profile_id"] == guest
    system.wait_quiet()
    said = consents(system, guest)
    assert said["email"]["granted"] is False
    assert (said["proof"][0]["granted"], said["proof"][0]["effective"]) == (True, False)
