"""Entering guests through the gateway and all services: what must be there, and who may be there already."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import House

pytestmark = pytest.mark.servers

ANA = {"given_name": "Ana", "family_name": "Silva", "emails": [{"address": "ana@sapo.pt"}]}


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def warned(answer: Any) -> list[Any]:
    said = answer.get_json(force=True)
    assert (answer.status_code, said["type"]) == (409, "/problems/possible-duplicate")
    return list(said["candidates"])


def test_whoever_may_be_there_already_is_warned_of(house: House):
    ana = house.does("POST", "/v1/profiles", ANA)["id"]
    (candidate,) = warned(house.calls("POST", "/v1/profiles", ANA))
    assert candidate["id"] == ana
    assert candidate["score"] > 0.8
    assert candidate["reasons"]


def test_a_warning_tells_nothing_of_anybody_but_the_id(house: House):
    house.does("POST", "/v1/profiles", ANA)
    answer = house.calls("POST", "/v1/profiles", ANA)
    assert not [word for word in ("Ana", "Silva", "sapo") if word in answer.text]


def test_who_is_confirmed_to_be_somebody_else_is_added(house: House):
    ana = house.does("POST", "/v1/profiles", ANA)["id"]
    other = house.does("POST", "/v1/profiles", {**ANA, "confirm": [ana]})["id"]
    assert other != ana


def test_who_it_is_not_may_stand_in_the_address(house: House):
    ana = house.does("POST", "/v1/profiles", ANA)["id"]
    other = house.does("POST", f"/v1/profiles?confirm={ana}", ANA)["id"]
    house.does("PATCH", f"/v1/profiles/{other}?confirm={ana}", {"given_name": "Anna"}, If_Match="*")
    assert house.calls("POST", "/v1/profiles?confirm=nobody", ANA).status_code == 422


def test_all_candidates_must_be_confirmed(house: House):
    ana = house.does("POST", "/v1/profiles", ANA)["id"]
    house.does("POST", "/v1/profiles", {**ANA, "confirm": [ana]})
    assert len(warned(house.calls("POST", "/v1/profiles", {**ANA, "confirm": [ana]}))) == 2


def test_a_change_that_makes_somebody_like_another_is_warned_of(house: House):
    ana = house.does("POST", "/v1/profiles", ANA)["id"]
    other = house.does("POST", "/v1/profiles", {"given_name": "Ana", "family_name": "Silva"})["id"]
    change = {"emails": ANA["emails"]}
    assert [c["id"] for c in warned(house.calls("PATCH", f"/v1/profiles/{other}", change, If_Match="*"))] == [ana]
    house.does("PATCH", f"/v1/profiles/{other}", {**change, "confirm": [ana]}, If_Match="*")


def test_a_change_of_something_else_is_not_warned_of(house: House):
    ana = house.does("POST", "/v1/profiles", ANA)["id"]
    other = house.does("POST", "/v1/profiles", {**ANA, "confirm": [ana]})["id"]
    house.does("PATCH", f"/v1/profiles/{other}", {"phones": [{"number": "+351912345678"}]}, If_Match="*")


def test_names_are_written_in_their_proper_case(house: House):
    made = house.does("POST", "/v1/profiles", {"given_name": "SEÁN", "family_name": "O'NEILL"})
    assert (made["given_name"], made["family_name"]) == ("Seán", "O'Neill")
    changed = house.does("PATCH", f"/v1/profiles/{made['id']}", {"family_name": "VAN DER BERG"}, If_Match="*")
    assert changed["family_name"] == "van der Berg"


def test_what_the_house_wants_on_a_card_is_asked_for(house: House):
    house.does("PUT", "/v1/entry-rules", {"kind": "person", "country": "ES", "required": ["birth_date", "phone"]})
    answer = house.calls("POST", "/v1/profiles", {**ANA, "country": "ES"})
    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.get_json(force=True)["errors"]} == {"/birth_date", "/phones"}
    house.does("POST", "/v1/profiles", {**ANA, "country": "PT"})


def test_what_a_property_wants_is_asked_for_there(house: House):
    lisbon = house.does("GET", "/v1/properties")["items"][0]["id"]
    rule = {"kind": "person", "property_id": lisbon, "required": ["language"]}
    assert house.does("PUT", "/v1/entry-rules", rule)["items"][0]["required"] == ["language"]
    assert house.refuses("POST", "/v1/profiles", {**ANA, "property_id": lisbon})[0] == 422
    house.does("POST", "/v1/profiles", ANA)


def test_what_is_wanted_cannot_be_taken_away(house: House):
    made = house.does("POST", "/v1/profiles", {**ANA, "language": "pt"})
    house.does("PUT", "/v1/entry-rules", {"kind": "person", "required": ["language", "sex"]})
    path = f"/v1/profiles/{made['id']}"
    assert house.refuses("PATCH", path, {"language": None}, If_Match="*")[0] == 422
    house.does("PATCH", path, {"language": "en"}, If_Match="*")


def test_a_rule_that_wants_nothing_is_none(house: House):
    house.does("PUT", "/v1/entry-rules", {"kind": "person", "required": ["language"]})
    assert house.does("PUT", "/v1/entry-rules", {"kind": "person", "required": []})["items"] == []


@pytest.mark.parametrize("said", [{"kind": "dog"}, {"kind": "person", "country": "XX"}])
def test_a_rule_for_nothing_there_is_is_refused(house: House, said: dict[str, str]):
    assert house.refuses("PUT", "/v1/entry-rules", {**said, "required": ["language"]}) == (422, "not-an-entry-rule")
