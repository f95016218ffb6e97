"""Contact persons of groups, functions and companies: what they are written, and where one sees it; on all services."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import ARRIVAL, DEPARTURE, House

WEDDING = "WED-SILVA"


@pytest.fixture
def house(databases: Databases) -> House:
    made = House(databases)
    rooms = {"rooms": [{"code": "HALL", "name": "Hall", "capacity": 120}]}
    made.does("PUT", "/v1/properties/LIS-CITY/function-rooms", rooms)
    return made


def blocks(house: House, contact: dict[str, Any], **more: Any) -> Any:
    said = {
        "code": WEDDING,
        "name": "Wedding Silva",
        "property": "LIS-CITY",
        "arrival": str(ARRIVAL),
        "departure": str(DEPARTURE),
        "rooms": [{"room_type": "A", "count": 10, "price": {"amount": "90.00", "currency": "EUR"}}],
        "contact": contact,
    }
    return house.does("POST", "/v1/groups", {**said, **more})


def dines(house: House, contact: dict[str, Any], **more: Any) -> Any:
    said = {
        "property": "LIS-CITY",
        "name": "Silva dinner",
        "kind": "wedding",
        "starts_at": f"{ARRIVAL}T18:00:00Z",
        "ends_at": f"{ARRIVAL}T22:00:00Z",
        "rooms": [{"room": "HALL"}],
        "contact": contact,
        "guests": 80,
    }
    return house.does("POST", "/v1/functions", {**said, **more})


def told(house: House, **about: str) -> list[str]:
    """The templates of what was written about a group or a function, in the order in which it was."""
    ((name, of),) = about.items()
    items = house.does("GET", f"/v1/messages?{name}={of}")["items"]
    return [message["template"] for message in reversed(items)]


def test_the_contact_of_a_group_hears_that_it_is_booked_changed_and_cancelled(house: House) -> None:
    ana = house.knows("Ana", language="en")
    blocks(house, {"profile_id": ana})
    house.does("PATCH", f"/v1/groups/{WEDDING}", {"name": "Wedding Silva & Costa"}, If_Match="*")
    house.does("POST", f"/v1/groups/{WEDDING}/cancel")
    house.does("POST", f"/v1/groups/{WEDDING}/cancel")
    assert told(house, group=WEDDING) == ["group_confirmation", "group_change", "group_cancellation"]
    first = house.messages(ana, "group_confirmation")[0]
    assert (first["to"], first["group"], "€2,700.00" in first["text"]) == ("ana@example.org", WEDDING, True)
    assert "Wedding Silva &amp; Costa" in house.messages(ana, "group_change")[0]["html"]


def test_the_contact_of_a_function_hears_that_it_is_booked_changed_and_cancelled(house: House) -> None:
    ana = house.knows("Ana", language="en")
    dinner = dines(house, {"profile_id": ana})
    house.does("PATCH", f"/v1/functions/{dinner['id']}", {"guests": 90}, If_Match="*")
    house.does("PATCH", f"/v1/functions/{dinner['id']}", {"notes": "Round tables."}, If_Match="*")
    house.does("POST", f"/v1/functions/{dinner['id']}/cancel")
    expected = ["function_confirmation", "function_change", "function_cancellation"]
    assert told(house, function=dinner["id"]) == expected
    (changed,) = house.messages(ana, "function_change")
    assert "Guests expected: 90" in changed["text"]


def test_a_group_that_is_cancelled_takes_its_functions_along_and_their_contacts_hear_of_it(house: House) -> None:
    ana, carla = house.knows("Ana"), house.knows("Carla", "Weiss")
    blocks(house, {"profile_id": ana})
    dinner = dines(house, {"profile_id": carla}, group=WEDDING)
    house.does("POST", f"/v1/groups/{WEDDING}/cancel")
    assert told(house, function=dinner["id"]) == ["function_confirmation", "function_cancellation"]
    assert [m["profile_id"] for m in house.messages(carla, "function_cancellation")] == [carla]


def test_another_contact_hears_how_things_stand(house: House) -> None:
    ana, carla = house.knows("Ana"), house.knows("Carla", "Weiss")
    blocks(house, {"profile_id": ana})
    house.does("PATCH", f"/v1/groups/{WEDDING}", {"contact": {"profile_id": carla}}, If_Match="*")
    assert [len(house.messages(who, "group_change")) for who in (ana, carla)] == [0, 1]


def test_in_a_companys_place_its_contact_person_reads(house: House) -> None:
    acme, carla = house.company(), house.knows("Carla", "Weiss")
    employed = {"profile_id": carla, "relation": "employee", "contact": True}
    house.does("POST", f"/v1/profiles/{acme}/relations", employed)
    blocks(house, {"profile_id": acme})
    assert [m["to"] for m in house.messages(carla, "group_confirmation")] == ["carla@example.org"]
    assert house.messages(acme, "group_confirmation") == []


def test_a_contact_without_a_profile_is_written_to_and_found_by_what_it_is_about(house: House) -> None:
    blocks(house, {"given_name": "Carla", "family_name": "Weiss", "email": "carla@example.org"})
    (message,) = house.does("GET", f"/v1/messages?group={WEDDING}")["items"]
    assert (message["profile_id"], message["to"], message["state"]) == (None, "carla@example.org", "outbox")


def test_a_message_about_a_group_is_on_the_time_line_and_in_the_view_of_its_contact(house: House) -> None:
    ana = house.knows("Ana")
    blocks(house, {"profile_id": ana})
    lines = house.does("GET", f"/v1/profiles/{ana}/timeline?kind=message")["items"]
    assert len(lines) == 1
    assert [m["template"] for m in house.does("GET", f"/v1/profiles/{ana}/view")["messages"]] == ["group_confirmation"]


# ── what somebody is the contact of ──────────────────────────────────────────────────────────────────────────────────


def test_what_somebody_is_the_contact_of_is_one_answer(house: House) -> None:
    ana, carla, acme = house.knows("Ana"), house.knows("Carla", "Weiss"), house.company()
    employed = {"profile_id": carla, "relation": "employee", "contact": True, "function": "events"}
    house.does("POST", f"/v1/profiles/{acme}/relations", employed)
    stay = house.books(ana, contact={"profile_id": carla})
    house.books(carla)
    blocks(house, {"profile_id": carla})
    dinner = dines(house, {"profile_id": carla})
    found = house.does("GET", f"/v1/profiles/{carla}/contact-of")
    assert found == {
        "profile_id": carla,
        "companies": [{"profile_id": acme, "kind": "company", "name": "ACME, Lda.", "function": "events"}],
        "bookings": [
            {
                "booking_id": stay["id"],
                "state": "confirmed",
                "property": "LIS-CITY",
                "arrival": str(ARRIVAL),
                "departure": str(DEPARTURE),
            }
        ],
        "groups": [
            {
                "code": WEDDING,
                "name": "Wedding Silva",
                "state": "open",
                "property": "LIS-CITY",
                "arrival": str(ARRIVAL),
                "departure": str(DEPARTURE),
            }
        ],
        "functions": [
            {
                "function_id": dinner["id"],
                "name": "Silva dinner",
                "state": "booked",
                "property": "LIS-CITY",
                "starts_at": dinner["starts_at"],
                "ends_at": dinner["ends_at"],
            }
        ],
        "more": False,
    }


def test_who_is_nobodys_contact_has_an_empty_answer(house: House) -> None:
    found = house.does("GET", f"/v1/profiles/{house.knows('Ana')}/contact-of")
    assert [found[name] for name in ("companies", "bookings", "groups", "functions")] == [[], [], [], []]


def test_a_profile_nobody_knows_is_nobodys_contact(house: House) -> None:
    path = "/v1/profiles/00000000-0000-4000-8000-000000000001/contact-of"
    assert house.refuses("GET", path) == (404, "no-such-profile")
