"""From a notice on the bus to the complete view of the guest, on the whole running system."""

from __future__ import annotations

import concurrent.futures
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.system import System

pytestmark = pytest.mark.servers


@pytest.fixture
def tag() -> str:
    return uuid.uuid4().hex[:10]


def eventually(fact: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait until `fact` answers something true, and answer it."""
    until = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < until, "it did not become true"
        time.sleep(0.05)
    return found


def booking_of(system: System, external_id: str) -> dict[str, Any]:
    """The booking, once its guest is identified."""

    def identified() -> Any:
        _, said = system.call("GET", f"/v1/bookings?external_ref={external_id}")
        items = [b for b in said["items"] if b["people"] and all(p["profile_id"] for p in b["people"])]
        return items[0] if items else None

    return eventually(identified)


def view_of(system: System, external_id: str) -> dict[str, Any]:
    profile_id = booking_of(system, external_id)["people"][0]["profile_id"]
    status, said = system.call("GET", f"/v1/profiles/{profile_id}/view")
    assert status == 200, said
    return said


def whole_view(system: System, external_id: str) -> dict[str, Any]:
    """The view once every service has heard of the booking."""

    def whole() -> Any:
        view = view_of(system, external_id)
        there = view["bookings"] and view["messages"] and view["loyalty"]["open"] and view["balance"]["balances"]
        return view if there else None

    return eventually(whole)


def test_a_published_booking_becomes_a_guest_one_sees_in_one_call(system, tag):
    hotel = set_up_hotel(system)
    system.publish(notice(hotel, f"BDC-{tag}", ana(tag)))
    view = whole_view(system, f"BDC-{tag}")
    assert view["profile"]["family_name"] == f"Silva {tag}"
    assert [e["address"] for e in view["profile"]["emails"]] == [f"ana.{tag}@mail.example.org"]
    (booking,) = view["bookings"]
    assert (booking["state"], booking["property"], booking["external_ref"]) == ("confirmed", hotel, f"BDC-{tag}")
    assert booking["price"] == {"amount": "300.00", "currency": "EUR"}
    (balance,) = view["balance"]["balances"]
    assert balance["balance"] == {"amount": "300.00", "currency": "EUR"}
    assert view["loyalty"]["points"] == 0
    (message,) = view["messages"]
    assert (message["template"], message["channel"], message["state"]) == ("booking_confirmation", "email", "outbox")
    assert message["language"] == "pt"
    assert [(s["purpose"], s["granted"]) for s in view["consents"]["states"] if s["purpose"] == "marketing"]
    assert not any(s["granted"] for s in view["consents"]["states"] if s["purpose"] == "marketing")
    assert view["tasks"] == []
    assert set(view["sections"]) == {"profile", "bookings", "balance", "consents", "loyalty", "messages", "tasks"}
    assert not any(s["stale"] for s in view["sections"].values())


def test_the_same_notice_ten_times_at_once_makes_one_of_everything(system, tag):
    hotel = set_up_hotel(system)
    said = notice(hotel, f"TEN-{tag}", ana(tag))
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: system.publish(said), range(10)))
    whole_view(system, f"TEN-{tag}")
    system.wait_quiet()
    _, found = system.call("GET", f"/v1/profiles?q=Silva%20{tag}")
    assert len(found["items"]) == 1
    view = view_of(system, f"TEN-{tag}")
    assert [len(view[s]) for s in ("bookings", "messages")] == [1, 1]
    (balance,) = view["balance"]["balances"]
    assert balance["balance"]["amount"] == "300.00"
    nights = system.call("GET", f"/v1/availability?property={hotel}&from={said['arrival']}&to={said['departure']}")[1]
    assert {night["sold"] for night in nights["nights"]} == {1}


def test_a_stay_earns_points_and_revenue_at_check_out_and_the_view_is_fresh(system, tag):
    hotel = set_up_hotel(system)
    system.publish(notice(hotel, f"OUT-{tag}", ana(tag)))
    booking = booking_of(system, f"OUT-{tag}")
    whole_view(system, f"OUT-{tag}")
    for step, state in (("check-in", "in_house"), ("check-out", "departed")):
        status, said = system.call("POST", f"/v1/bookings/{booking['id']}/{step}")
        assert (status, said["state"]) == (200, state)
    view = eventually(lambda: v if (v := view_of(system, f"OUT-{tag}"))["loyalty"]["points"] else None)
    assert view["loyalty"]["points"] == 3000
    assert view["bookings"][0]["state"] == "departed"


def test_a_cancelled_booking_owes_nothing_frees_its_room_and_stays_as_it_is(system, tag):
    hotel = set_up_hotel(system, capacity=1)
    said = notice(hotel, f"CXL-{tag}", ana(tag))
    system.publish(said)
    whole_view(system, f"CXL-{tag}")
    system.publish({**said, "revision": 2, "status": "cancelled"})
    view = eventually(
        lambda: v if (v := view_of(system, f"CXL-{tag}"))["bookings"][0]["state"] == "cancelled" else None
    )
    eventually(lambda: balance_of(system, view["profile"]["id"]) == "0.00")
    system.publish({**said, "revision": 3, "status": "modified", "departure": said["arrival"]})
    system.publish({**said, "revision": 3, "status": "modified"})
    system.wait_quiet()
    assert view_of(system, f"CXL-{tag}")["bookings"][0]["state"] == "cancelled"
    status, _ = system.call("POST", f"/v1/bookings/{view['bookings'][0]['id']}/check-in")
    assert status == 409
    nights = system.call("GET", f"/v1/availability?property={hotel}&from={said['arrival']}&to={said['departure']}")[1]
    assert {night["left"] for night in nights["nights"]} == {1}


def balance_of(system: System, profile_id: str) -> str:
    balances = system.call("GET", f"/v1/profiles/{profile_id}/account")[1]["balances"]
    return balances[0]["balance"]["amount"] if balances else "none"


def test_credit_pays_for_a_new_booking_and_the_guest_pays_only_the_difference(system, tag):
    hotel = set_up_hotel(system)
    status, profile = system.call(
        "POST", "/v1/profiles", {"kind": "person", "given_name": "Ana", "family_name": tag, "emails": []}
    )
    assert status == 201, profile
    status, said = system.call(
        "POST",
        "/v1/payments",
        {"payer": profile["id"], "amount": {"amount": "100.00", "currency": "EUR"}, "method": "card"},
        {"Idempotency-Key": f"pay-{tag}"},
    )
    assert status == 201, said
    stay = notice(hotel, "x", {})
    body = {
        "property_id": hotel,
        **{k: stay[k] for k in ("arrival", "departure")},
        "rooms": [{"room_type": "A", "adults": 2, "children": 0}],
        "booker": {"profile_id": profile["id"]},
        "price": {"amount": "300.00", "currency": "EUR"},
        "channel": "direct",
    }
    status, booking = system.call("POST", "/v1/bookings", body, {"Idempotency-Key": f"book-{tag}"})
    assert (status, booking["state"]) == (201, "confirmed")
    assert system.call("POST", "/v1/bookings", body, {"Idempotency-Key": f"book-{tag}"}) == (201, booking)
    # Whatever version the card has now: the booking gives it a stage of its own in its own time.
    status, _ = system.call("PATCH", f"/v1/profiles/{profile['id']}", {"given_name": "Anabela"}, {"If-Match": "*"})
    assert status == 200
    assert system.call("POST", "/v1/bookings", body, {"Idempotency-Key": f"book-{tag}"}) == (201, booking)
    other = {**body, "channel": "phone"}
    assert system.call("POST", "/v1/bookings", other, {"Idempotency-Key": f"book-{tag}"})[0] == 422

    def due() -> Any:
        found = system.call("GET", f"/v1/profiles/{profile['id']}/account")[1]["bookings"]
        return found[0]["due"]["amount"] if found else None

    eventually(lambda: due() == "200.00")
    assert balance_of(system, profile["id"]) == "200.00"


def test_a_stay_message_goes_to_the_relay_address_if_that_is_all_there_is(system, tag):
    hotel = set_up_hotel(system)
    relay = f"x{tag}@guest.booking.com"
    system.publish(notice(hotel, f"RLY-{tag}", ana(tag, email=relay)))
    view = whole_view(system, f"RLY-{tag}")
    assert view["profile"]["emails"][0]["relay"] is True
    assert view["messages"][0]["to"] == relay


def test_two_bookings_of_one_guest_meet_on_one_profile(system, tag):
    hotel = set_up_hotel(system)
    for number in (1, 2):
        system.publish(notice(hotel, f"TWO{number}-{tag}", ana(tag)))
    first, second = (booking_of(system, f"TWO{n}-{tag}")["people"][0]["profile_id"] for n in (1, 2))
    assert first == second


def test_a_full_house_takes_what_a_channel_has_sold_and_says_so(system, tag):
    hotel = set_up_hotel(system, capacity=1)
    for number in (1, 2):
        system.publish(notice(hotel, f"FULL{number}-{tag}", ana(f"{tag}{number}")))
    flags = [booking_of(system, f"FULL{n}-{tag}")["flags"] for n in (1, 2)]
    assert sorted(map(tuple, flags)) == [(), ("overbooked",)]


def test_a_guest_nobody_wants_is_refused_directly_and_flagged_from_a_channel(system, tag):
    hotel = set_up_hotel(system)
    person = {"kind": "person", "given_name": "Ana", "family_name": f"Silva {tag}", "level": "Do Not Book"}
    person["emails"] = [{"address": f"ana.{tag}@mail.example.org"}]
    _, profile = system.call("POST", "/v1/profiles", person)
    stay = notice(hotel, f"DNB-{tag}", ana(tag))
    body = {
        "property_id": hotel,
        **{k: stay[k] for k in ("arrival", "departure")},
        "rooms": [{"room_type": "A", "adults": 1, "children": 0}],
        "booker": {"profile_id": profile["id"]},
    }
    status, problem = system.call("POST", "/v1/bookings", body)
    assert (status, problem["type"].rsplit("/", 1)[-1]) == (409, "do-not-book")
    system.publish(stay)
    booking = booking_of(system, f"DNB-{tag}")
    assert booking["people"][0]["profile_id"] == profile["id"]
    assert "do-not-book" in booking["flags"]
