"""A house that asks its guests to be verified: who is asked, who is not, and what a booking says of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.contracts.profiles import ReadInternals
from services.kit.refusal import Unavailable
from tests.databases import Databases
from tests.gateway.lisbon import House

PROPERTY = {"name": "City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT"}


@pytest.fixture(autouse=True)
def sealing_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)


@pytest.fixture
def house(databases: Databases) -> House:
    made = House(databases)
    asks(made)
    return made


def asks(house: House, whom: str = "unverified") -> Any:
    return house.does("PUT", "/v1/properties/LIS-CITY", {**PROPERTY, "verification": whom})


def codes(house: House, profile_id: str) -> list[str]:
    """The codes that went to a guest, the first one first."""
    found = [re.search(r"\d{6}", m["text"]) for m in reversed(house.messages(profile_id, "verification_code"))]
    return [code[0] for code in found if code]


def waiting(house: House, profile_id: str) -> list[Any]:
    return list(house.does("GET", f"/v1/profiles/{profile_id}/verification")["waiting"])


def answers(house: House, profile_id: str) -> Any:
    """The guest says the last code."""
    path = f"/v1/verifications/{waiting(house, profile_id)[0]['id']}/confirm"
    return house.does("POST", path, {"code": codes(house, profile_id)[-1]})


def says(house: House, booking: Any) -> str | None:
    said: str | None = house.booking(booking)["verification"]
    return said


def test_a_house_asks_nobody_unless_it_says_so(databases: Databases) -> None:
    house = House(databases)
    assert house.does("GET", "/v1/properties")["items"][0]["verification"] == "never"
    ana = house.knows("Ana")
    stay = house.books(ana)
    assert (stay["verification"], says(house, stay), codes(house, ana)) == ("not-needed", "not-needed", [])


def test_what_a_house_asks_stays_until_something_else_is_said(house: House) -> None:
    house.does("PUT", "/v1/properties/LIS-CITY", PROPERTY)
    assert house.does("GET", "/v1/properties")["items"][0]["verification"] == "unverified"
    assert asks(house, "never")["verification"] == "never"
    assert house.refuses("PUT", "/v1/properties/LIS-CITY", {**PROPERTY, "verification": "all"})[0] == 422


def test_who_is_not_verified_gets_a_code_and_is_by_saying_it(house: House) -> None:
    ana = house.knows("Ana")
    stay = house.books(ana)
    assert (stay["verification"], says(house, stay), len(codes(house, ana))) == ("pending", "pending", 1)
    assert [(each["channel"], each["to"]) for each in waiting(house, ana)] == [("email", "a•••@example.org")]
    assert answers(house, ana)["verified"]["how"] == "code"
    assert (says(house, stay), waiting(house, ana)) == ("verified", [])


def test_a_verified_guest_who_books_again_gets_no_code(house: House) -> None:
    ana = house.knows("Ana")
    house.books(ana)
    answers(house, ana)
    again = house.books(ana)
    assert (again["verification"], says(house, again), len(codes(house, ana))) == ("verified", "verified", 1)


def test_who_was_verified_by_a_document_gets_no_code(house: House) -> None:
    ana = house.knows("Ana")
    house.does("POST", f"/v1/profiles/{ana}/verify", {"how": "document"})
    assert (says(house, house.books(ana)), codes(house, ana)) == ("verified", [])


def test_whom_staff_verify_need_not_say_the_code(house: House) -> None:
    ana = house.knows("Ana")
    stay = house.books(ana)
    house.does("POST", f"/v1/profiles/{ana}/verify", {"how": "staff"})
    assert says(house, stay) == "verified"


def test_of_whom_it_was_taken_back_it_is_asked_again_and_the_code_alone_is_not_enough(house: House) -> None:
    ana = house.knows("Ana")
    house.books(ana)
    answers(house, ana)
    house.does("POST", f"/v1/profiles/{ana}/unverify", {"reason": "Another face on the passport."})
    again = house.books(ana)
    assert (says(house, again), len(codes(house, ana))) == ("pending", 2)
    tried = answers(house, ana)
    assert (tried["confirmed"], tried["verified"], says(house, again)) == (True, None, "pending")
    house.does("POST", f"/v1/profiles/{ana}/verify", {"how": "document"})
    assert says(house, again) == "verified"


def test_a_new_guest_by_name_gets_a_code_at_the_address_of_the_booking(house: House) -> None:
    booker = {"given_name": "Bruno", "family_name": "Costa", "email": "bruno@example.org"}
    stay = house.books(booker)
    assert stay["verification"] == "pending"
    bruno = house.booking(stay)["people"][0]["profile_id"]
    assert [m["to"] for m in house.messages(bruno, "verification_code")] == ["bruno@example.org"]


def test_to_a_booking_sites_address_no_code_goes(house: House) -> None:
    booker = {"given_name": "Bruno", "family_name": "Costa", "email": "x1y2@guest.booking.com"}
    stay = house.books(booker)
    bruno = house.booking(stay)["people"][0]["profile_id"]
    assert (says(house, stay), house.messages(bruno, "verification_code")) == ("pending", [])


def test_a_booking_of_another_system_asks_too(house: House) -> None:
    notice = {
        "source": "channel-manager",
        "external_id": "BDC-4711",
        "revision": 1,
        "status": "new",
        "property": "LIS-CITY",
        "arrival": "2027-12-01",
        "departure": "2027-12-04",
        "rooms": [{"room_type": "A", "adults": 2, "price": {"amount": "300.00", "currency": "EUR"}}],
        "booker": {"given_name": "Ana", "family_name": "Silva", "email": "ana@example.org"},
    }
    taken = house.does("POST", "/v1/inbound/bookings", notice)
    stay = house.does("GET", f"/v1/bookings/{taken['booking_id']}")
    assert stay["verification"] == "pending"
    assert len(codes(house, stay["people"][0]["profile_id"])) == 1


def test_a_booking_asks_once_whatever_becomes_of_it(house: House) -> None:
    ana = house.knows("Ana")
    stay = house.books(ana, tentative=True)
    house.does("POST", f"/v1/bookings/{stay['id']}/confirm")
    house.does("PUT", f"/v1/bookings/{stay['id']}/needs", {"needs": ["cot"]}, If_Match="*")
    assert len(codes(house, ana)) == 1


def test_more_than_three_codes_an_hour_go_to_nobody_and_the_booking_waits(house: House) -> None:
    ana = house.knows("Ana")
    stays = [house.books(ana) for _ in range(5)]
    assert (len(codes(house, ana)), {says(house, stay) for stay in stays}) == (3, {"pending"})


def test_another_guest_on_the_booking_is_asked_in_their_turn(house: House) -> None:
    ana, bruno = house.knows("Ana"), house.knows("Bruno", "Costa")
    stay = house.books(ana)
    house.does("PUT", f"/v1/bookings/{stay['id']}/people/0", {"profile_id": bruno}, If_Match="*")
    assert (len(codes(house, ana)), len(codes(house, bruno))) == (1, 1)


def test_bookings_of_before_ask_nobody(databases: Databases) -> None:
    house = House(databases)
    ana = house.knows("Ana")
    stay = house.books(ana)
    asks(house)
    house.does("PUT", f"/v1/bookings/{stay['id']}/needs", {"needs": ["cot"]}, If_Match="*")
    assert (says(house, stay), codes(house, ana)) == ("not-needed", [])


def test_lists_say_it_too(house: House) -> None:
    ana, bruno = house.knows("Ana"), house.knows("Bruno", "Costa")
    house.does("POST", f"/v1/profiles/{bruno}/verify", {"how": "staff"})
    house.books(ana)
    house.books(bruno)
    found = house.does("GET", "/v1/bookings?property=LIS-CITY")["items"]
    assert sorted(stay["verification"] for stay in found) == ["pending", "verified"]


def test_while_profiles_is_silent_it_is_not_known(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stay = house.books(house.knows("Ana"))
    asked = house.services.ask_all

    def silent(said: Any, **more: Any) -> list[Any]:
        return [
            Unavailable() if isinstance(each, ReadInternals) else answer
            for each, answer in zip(said, asked(said, **more), strict=True)
        ]

    monkeypatch.setattr(house.services, "ask_all", silent)
    assert says(house, stay) is None
