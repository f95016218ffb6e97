"""Terms of stays over HTTP: written, told, sent and proven, on all services and databases."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import House, pointers

pytestmark = pytest.mark.servers


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def test_terms_are_told_proven_and_sent(house):
    ana = house.knows("Ana", language="de")
    path = "/v1/properties/LIS-CITY/terms"
    for text in ("Bis 18 Uhr.", "Bis zum Vortag."):
        house.does("PUT", f"{path}/de", {"kind": "cancellation", "title": "Stornierung", "text": text})
    booking = house.books(ana)
    at = f"/v1/bookings/{booking['id']}/terms"
    assert house.does("GET", f"{at}/told")["items"] == house.does("GET", at)["told"] == []
    proof = house.does("POST", at, {"how": "desk"})
    assert [(t["kind"], t["language"], t["version"]) for t in proof["terms"]] == [("cancellation", "de", 2)]
    assert house.does("POST", at, {"how": "desk"})["id"] == proof["id"]
    house.does("PUT", f"{path}/de", {"kind": "cancellation", "title": "Stornierung", "text": "Nie."})
    (kept,) = house.does("GET", f"{at}/told")["items"]
    assert house.does("GET", at)["told"] == [kept]
    assert kept["sha256"] == hashlib.sha256(kept["copy"].encode()).hexdigest()
    assert (kept["how"], kept["language"], kept["actor"][:4]) == ("desk", "de", "key:")
    assert "Bis zum Vortag." in kept["copy"]
    (message,) = house.messages(ana, "terms")
    assert (message["subject"], message["to"]) == ("Die Bedingungen Ihres Aufenthalts im City", "ana@example.org")
    assert kept["copy"].strip() in message["text"]
    assert kept["sha256"] in message["text"]
    versions = house.does("GET", f"{path}/de")["items"]
    assert [v["text"] for v in versions] == ["Bis 18 Uhr.", "Bis zum Vortag.", "Nie."]


def test_terms_are_told_by_themselves_where_the_property_says_so(house):
    ana = house.knows("Ana")
    path = "/v1/properties/LIS-CITY/terms"
    house.does("PUT", f"{path}/pt", {"kind": "house-rules", "title": "Regras", "text": "Silêncio."})
    house.does("PUT", path, {"language": "pt", "automatic": "direct"})
    booking = house.books(ana)
    (proof,) = house.does("GET", f"/v1/bookings/{booking['id']}/terms")["told"]
    assert (proof["how"], proof["language"]) == ("e-mail", "pt")
    assert len(house.messages(ana, "terms")) == 1


def test_terms_that_were_told_before_billing_has_heard_of_the_booking_are_proven(house):
    house.does("PUT", "/v1/properties/LIS-CITY/terms/en", {"kind": "penalty", "title": "Penalty", "text": "A night."})
    booking = house.books(house.knows("Ana"))
    at = f"/v1/bookings/{booking['id']}/terms"
    house.databases.empty("billing")
    assert house.refuses("GET", at) == (404, "no-such-terms")
    house.does("POST", at, {"how": "page"})
    shown = house.does("GET", at)
    assert ([each["how"] for each in shown["told"]], shown["words"], shown["cancellation"]) == (["page"], [], None)
    assert house.refuses("GET", f"/v1/bookings/{uuid4()}/terms")[0] == 404


def test_terms_go_to_the_contact_and_name_the_guest(house):
    ana, carla = house.knows("Ana"), house.knows("Carla", language="en")
    house.does("PUT", "/v1/properties/LIS-CITY/terms/en", {"kind": "penalty", "title": "Penalty", "text": "A night."})
    booking = house.books(ana, contact={"profile_id": carla})
    house.does("POST", f"/v1/bookings/{booking['id']}/terms", {"how": "phone"})
    (message,) = house.messages(carla, "terms")
    assert message["subject"] == "The terms of the stay of Ana Silva at City"
    assert house.messages(ana, "terms") == []


def test_without_terms_nothing_is_told(house):
    at = f"/v1/bookings/{house.books(house.knows('Ana'))['id']}/terms"
    assert house.refuses("POST", at, {"how": "desk"}) == (409, "no-terms")
    assert pointers(house.calls("POST", at, {"how": "smoke"})) == ["/how"]
    assert pointers(house.calls("POST", at, {"how": "desk", "language": "klingon"})) == ["/language"]
