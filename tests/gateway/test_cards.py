"""Cards and rules about identifiers over HTTP, on all services and databases: as a front desk uses them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import TODAY, House, pointers

pytestmark = pytest.mark.servers

YESTERDAY = str(TODAY - timedelta(days=1))
RULES = "/v1/identifier-rules"


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def enters(house: House, **said: Any) -> Any:
    return house.does("POST", "/v1/profiles", said)


def changes(house: House, card: Any, **said: Any) -> Any:
    return house.does("PATCH", f"/v1/profiles/{card['id']}", said, If_Match=f'"{card["version"]}"')


def changes_in_vain(house: House, card: Any, **said: Any) -> list[str]:
    return pointers(house.calls("PATCH", f"/v1/profiles/{card['id']}", said, If_Match=f'"{card["version"]}"'))


# ── who they are ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guest_is_entered_with_everything_and_read_again(house):
    said = {
        "given_name": "Анна",
        "family_name": "Иванова",
        "title": "Dr.",
        "preferred_name": "Anja",
        "name_forms": [{"given_name": "Anna", "family_name": "Ivanova", "source": "passport"}],
        "birth_date": "1990-01-02",
        "birth_place": "Tver",
        "nationality": "RU",
        "other_nationalities": ["PT"],
        "language": "ru",
        "other_languages": ["pt", "en"],
        "addresses": [{"lines": ["Rua Augusta 1"], "postcode": "1100048", "city": "Lisboa", "country": "PT"}],
    }
    anna = enters(house, **said)
    assert house.does("GET", f"/v1/profiles/{anna['id']}") == anna
    assert (anna["title"], anna["preferred_name"], anna["birth_place"]) == ("Dr.", "Anja", "Tver")
    assert (anna["other_nationalities"], anna["other_languages"]) == (["PT"], ["pt", "en"])
    assert anna["name_forms"][0] == {
        "script": "Latn",
        "given_name": "Anna",
        "family_name": "Ivanova",
        "second_family_name": None,
        "source": "passport",
    }
    assert anna["age"] >= 36
    (home,) = anna["addresses"]
    assert (home["postcode"], home["primary"], home["past"], home["source"]) == ("1100-048", True, False, "desk")
    assert house.does("GET", f"/v1/profiles/{anna['id']}/view")["profile"]["name_forms"] == anna["name_forms"]


def test_an_agency_is_entered_holds_a_booking_and_is_written_to_by_its_name(house):
    agency = enters(house, kind="agency", name="Abreu Viagens, Lda.", emails=[{"address": "desk@abreu.example.org"}])
    house.books({"company": "ABREU VIAGENS", "email": "ana@abreu.example.org"})
    assert [b["external_ref"] for b in house.does("GET", f"/v1/bookings?profile={agency['id']}")["items"]] == [None]
    assert "Abreu Viagens" in house.messages(agency["id"])[0]["text"]


def test_a_company_becomes_an_agency_and_no_person(house):
    company = house.does("GET", f"/v1/profiles/{house.company()}")
    assert changes(house, company, kind="agency")["kind"] == "agency"
    assert changes_in_vain(house, {**company, "version": 2}, kind="person") == ["/kind"]


def test_what_is_wrong_is_named_by_its_place(house):
    said = {
        "given_name": "Ana",
        "title": "\u202eDr.",
        "name_forms": [{"script": "Cyrl", "given_name": "Anna"}],
        "other_languages": ["klingonish"],
        "addresses": [{"city": "Lisboa", "valid_from": str(TODAY), "valid_to": YESTERDAY}, {}],
        "phones": [{"number": "+999 123 456"}],
        "emails": [{"address": "ana@guest.bооking.com"}],
    }
    assert sorted(pointers(house.calls("POST", "/v1/profiles", said))) == [
        "/addresses/0/valid_to",
        "/emails/0/address",
        "/name_forms/0/script",
        "/other_languages/0",
        "/phones/0/number",
        "/title",
    ]


def test_a_card_of_a_megabyte_is_refused_at_the_door(house):
    for said in ({"given_name": "x" * 500_000}, {"given_name": "Ana", "birth_place": "é" * 200_000}):
        assert house.calls("POST", "/v1/profiles", said).status_code in (413, 422)


# ── how they are reached ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_contact_point_keeps_its_id_and_is_ended_not_lost(house):
    ana = enters(house, given_name="Ana", emails=[{"address": "old@example.org"}], phones=[{"number": "+351912345678"}])
    old = ana["emails"][0]
    assert (old["good_for"], old["why_not"], old["source"]) == (["stay", "marketing", "matching"], [], "desk")
    ana = changes(
        house,
        ana,
        emails=[{"id": old["id"], "address": "old@example.org", "valid_to": YESTERDAY}, {"address": "new@example.org"}],
    )
    assert [(e["address"], e["primary"], e["why_not"]) for e in ana["emails"]] == [
        ("new@example.org", True, []),
        ("old@example.org", False, ["past"]),
    ]
    assert ana["emails"][1]["id"] == old["id"]
    ana = changes(house, ana, emails=[{"address": "newer@example.org"}])
    assert [e["address"] for e in ana["emails"]] == ["newer@example.org", "old@example.org"]
    assert changes(house, ana, emails=None)["emails"] == []


def test_no_message_goes_where_the_guest_is_no_longer(house):
    ana = enters(house, given_name="Ana", emails=[{"address": "old@example.org", "primary": True}])
    point = {"id": ana["emails"][0]["id"], "address": "old@example.org", "valid_to": YESTERDAY}
    changes(house, ana, emails=[point, {"address": "new@example.org"}])
    house.books(ana["id"])
    assert [message["to"] for message in house.messages(ana["id"])] == ["new@example.org"]


def test_contact_points_that_were_read_can_be_sent_back(house):
    ana = enters(house, given_name="Ana", emails=[{"address": "a@example.org"}], phones=[{"number": "+351912345678"}])
    said = {name: ana[name] for name in ("emails", "phones", "addresses")}
    said["emails"] = [{**ana["emails"][0], "verified": True}, {"address": "b@example.org"}]
    after = changes(house, ana, **said)
    assert after["emails"][0] == ana["emails"][0]
    assert [each["address"] for each in after["emails"]] == ["a@example.org", "b@example.org"]
    assert after["phones"] == ana["phones"]


def test_what_staff_may_not_say_of_a_contact_point_is_refused(house):
    ana = enters(house, given_name="Ana")
    for said, pointer in (
        ({"verified": True}, "/emails/0/verified"),
        ({"relay": False}, "/emails/0/relay"),
        ({"good_for": ["marketing"]}, "/emails/0/good_for"),
        ({"id": "nobody"}, "/emails/0/id"),
        ({"source": "The Desk"}, "/emails/0/source"),
    ):
        assert changes_in_vain(house, ana, emails=[{"address": "a@example.org", **said}]) == [pointer]


# ── rules about identifiers ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_admin_adds_a_rule_and_the_next_card_follows_it(house):
    said = {"kind": "domain", "pattern": ".Reisen.Example.org", "means": "agency", "site": "Reisen"}
    answer = house.calls("POST", RULES, said)
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    rule = answer.get_json()
    assert house.does("GET", answer.headers["Location"]) == rule
    assert (rule["pattern"], rule["source"]) == (".reisen.example.org", "house")
    ana = enters(house, given_name="Ana", emails=[{"address": "ana@post.reisen.example.org"}])
    assert (ana["emails"][0]["relay"], ana["emails"][0]["why_not"]) == (True, ["agency"])
    assert house.refuses("POST", RULES, said) == (409, "identifier-rule-exists")


def test_a_rule_is_changed_by_who_has_read_it(house):
    rule = house.does("POST", RULES, {"kind": "name", "pattern": "rezeption", "means": "placeholder"})
    path = f"{RULES}/{rule['id']}"
    assert house.refuses("PATCH", path, {"enabled": False}) == (428, "precondition-required")
    assert house.does("PATCH", path, {"enabled": False, "site": None}, If_Match='"1"')["enabled"] is False
    assert house.refuses("PATCH", path, {"enabled": True}, If_Match='"1"') == (412, "identifier-rule-has-changed")
    assert house.refuses("DELETE", path, If_Match='"1"') == (412, "identifier-rule-has-changed")
    assert house.calls("DELETE", path, If_Match='"2"').status_code == 204
    assert house.refuses("GET", path) == (404, "no-such-identifier-rule")


def test_rules_are_listed_and_filtered(house):
    page = house.does("GET", f"{RULES}?kind=domain&means=relay&limit=5")
    assert len(page["items"]) == 5
    assert {(r["kind"], r["means"]) for r in page["items"]} == {("domain", "relay")}
    following = house.does("GET", f"{RULES}?kind=domain&means=relay&limit=5&cursor={page['next']}")
    assert not {r["id"] for r in page["items"]} & {r["id"] for r in following["items"]}
    assert page["settled"] is True
    assert house.does("GET", f"{RULES}?enabled=false")["items"] == []


def test_what_is_no_rule_is_refused_with_its_place(house):
    for said, pointer in (
        ({"kind": "domain", "pattern": "com", "means": "relay"}, "/pattern"),
        ({"kind": "domain", "pattern": "guest.bооking.com", "means": "relay"}, "/pattern"),
        ({"kind": "regex", "pattern": ".*", "means": "relay"}, "/kind"),
        ({"kind": "name", "pattern": "x", "means": "spam"}, "/means"),
        ({"kind": "number", "pattern": "912345678", "means": "agency"}, "/pattern"),
        ({"kind": "name", "pattern": "x", "means": "relay", "version": 7}, "/version"),
    ):
        assert pointers(house.calls("POST", RULES, said)) == [pointer], said


def test_only_an_admin_changes_rules(house):
    house.api.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write"
    said = {"kind": "name", "pattern": "rezeption", "means": "placeholder"}
    assert house.refuses("POST", RULES, said) == (403, "forbidden")
    assert house.calls("GET", RULES).status_code == 200


# ── companies and agencies ───────────────────────────────────────────────────────────────────────────────────────────


def test_companies_and_agencies_are_listed_by_name(house):
    for kind, name in (("company", "ÁCME, Lda."), ("agency", "Abreu Viagens"), ("company", "Zwickl GmbH")):
        enters(house, kind=kind, name=name)
    house.knows("Acácio")
    assert [one["name"] for one in house.does("GET", "/v1/companies")["items"]] == [
        "Abreu Viagens",
        "ÁCME, Lda.",
        "Zwickl GmbH",
    ]
    assert [one["name"] for one in house.does("GET", "/v1/companies?q=acme lda")["items"]] == ["ÁCME, Lda."]
    assert [one["name"] for one in house.does("GET", "/v1/companies?kind=agency")["items"]] == ["Abreu Viagens"]
    first = house.does("GET", "/v1/companies?limit=2")
    assert [o["name"] for o in house.does("GET", f"/v1/companies?limit=2&cursor={first['next']}")["items"]] == [
        "Zwickl GmbH"
    ]
    assert house.calls("GET", "/v1/companies?cursor=abc").status_code == 422
