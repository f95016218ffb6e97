"""How to reach a guest, where a booking says it so that it cannot stand on a card: staff see that, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import House
from tests.gateway.test_moves import notice

pytestmark = pytest.mark.servers

LOOKS_LIKE_BOOKING = "ana@b\u043e\u043eking.com"  # with two Cyrillic letters


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def shown(house: House, booking: Any) -> tuple[list[str], list[str], str]:
    found = house.does("GET", f"/v1/bookings/{booking['id']}")
    person = found["people"][0]
    return found["flags"], person["left_out"], person["email"]


def test_an_address_that_passes_for_another_is_told_on_the_booking(house):
    booking = notice(house, "BDC-1", email=LOOKS_LIKE_BOOKING)
    assert shown(house, booking) == (["contact-left-out"], ["email-deceiving"], LOOKS_LIKE_BOOKING)
    assert house.does("GET", f"/v1/profiles/{booking['people'][0]['profile_id']}")["emails"] == []


def test_a_new_notice_that_says_it_right_takes_the_flag_away_and_one_of_the_same_does_not(house):
    booking = notice(house, "BDC-1", email=LOOKS_LIKE_BOOKING)
    said = {
        "source": "channel-manager", "external_id": "BDC-1", "status": "modified", "property": "LIS-CITY",
        "booker": {"given_name": "Ana", "family_name": "Silva", "email": LOOKS_LIKE_BOOKING},
    }  # fmt: skip
    house.does("POST", "/v1/inbound/bookings", {**said, "revision": 2})
    assert shown(house, booking)[:2] == (["contact-left-out"], ["email-deceiving"])
    said["booker"] = {"given_name": "Ana", "family_name": "Silva", "email": "ana@booking.example.org"}
    house.does("POST", "/v1/inbound/bookings", {**said, "revision": 3})
    assert shown(house, booking) == ([], [], "ana@booking.example.org")


def test_another_address_than_the_card_has_is_told(house):
    lived = {"lines": ["Rua Augusta 1"], "postcode": "1100-048", "city": "Lisboa", "country": "PT"}
    ana = house.knows("Ana", emails=[{"address": "ana@mail.example.org"}], addresses=[lived])
    same = notice(house, "BDC-1", email="ana@mail.example.org", address=lived)
    moved = notice(house, "BDC-2", email="ana@mail.example.org", address={**lived, "lines": ["Rua do Ouro 9"]})
    assert {booking["people"][0]["profile_id"] for booking in (same, moved)} == {ana}
    assert shown(house, same)[:2] == ([], [])
    assert shown(house, moved)[:2] == (["contact-left-out"], ["address-not-added"])
    assert house.booking(moved)["people"][0]["address"]["lines"] == ["Rua do Ouro 9"]
