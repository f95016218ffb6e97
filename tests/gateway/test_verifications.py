"""Verifying addresses and guests, and who is related to whom, through the API; on all services and databases."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import House, pointers

NOBODY = str(uuid4())


@pytest.fixture(autouse=True)
def sealing_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def sent(house: House, profile_id: str, address: str = "ana@example.org", **more: Any) -> dict[str, Any]:
    answer = house.calls("POST", f"/v1/profiles/{profile_id}/verifications", {"address": address, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.get_json())


def code_in_outbox(house: House, profile_id: str) -> str:
    found = re.search(r"\d{6}", house.messages(profile_id, "verification_code")[0]["text"])
    assert found
    return found[0]


def confirm(house: House, verification_id: str, code: str, **headers: str) -> Any:
    return house.calls("POST", f"/v1/verifications/{verification_id}/confirm", {"code": code}, **headers)


def test_a_guest_says_the_code_that_was_sent_and_is_verified(house):
    ana = house.knows("Ana", language="de")
    started = sent(house, ana, property="LIS-CITY")
    assert (started["channel"], started["to"]) == ("email", "a•••@example.org")
    (message,) = house.messages(ana, "verification_code")
    assert (message["to"], message["language"], message["subject"]) == ("ana@example.org", "de", "Ihr Code für City")
    answer = confirm(house, started["id"], code_in_outbox(house, ana))
    assert answer.get_json()["confirmed"] is True
    profile = house.does("GET", f"/v1/profiles/{ana}")
    assert profile["emails"][0]["verified"] is True
    assert profile["verified"]["how"] == "code"
    assert house.does("GET", f"/v1/profiles/{ana}/view")["profile"]["verified"]["how"] == "code"


def test_the_code_stands_in_the_outbox_of_a_house_without_a_provider_and_nowhere_else(house):
    ana = house.knows("Ana")
    sent(house, ana)
    code = code_in_outbox(house, ana)
    house.does("GET", f"/v1/profiles/{ana}/view")
    where = []
    for service in ("profiles", "notifier", "gateway"):
        admin = house.databases.admin(service)
        tables = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        where += [
            (service, table)
            for (table,) in tables
            if any(code in str(row) for row in admin.execute(f'SELECT t::text FROM "{table}" t'))  # noqa: S608
        ]
    assert where == [("notifier", "messages")]


def test_a_wrong_code_is_refused_with_the_tries_that_are_left(house):
    ana = house.knows("Ana")
    started = sent(house, ana)
    wrong = "000000" if code_in_outbox(house, ana) != "000000" else "000001"
    answer = confirm(house, started["id"], wrong)
    assert pointers(answer) == ["/code"]
    assert answer.get_json(force=True)["type"] == "/problems/wrong-code"
    assert answer.get_json(force=True)["facts"] == {"tries_left": "4"}
    assert confirm(house, started["id"], code_in_outbox(house, ana)).status_code == 200


def test_the_same_call_with_the_same_key_counts_once(house):
    ana = house.knows("Ana")
    started = sent(house, ana)
    wrong = "000000" if code_in_outbox(house, ana) != "000000" else "000001"
    answers = [confirm(house, started["id"], wrong, Idempotency_Key="try").get_json(force=True) for _ in range(3)]
    assert [each["facts"] for each in answers] == [{"tries_left": "4"}] * 3


def test_an_unknown_verification_and_one_that_is_over_have_the_same_answer(house):
    ana = house.knows("Ana")
    started = sent(house, ana)
    code = code_in_outbox(house, ana)
    confirm(house, started["id"], code)
    said = []
    for verification_id in (started["id"], NOBODY):
        answer = confirm(house, verification_id, code)
        said.append({name: v for name, v in answer.get_json(force=True).items() if name != "request_id"})
    assert said[0] == said[1]
    assert said[0]["status"] == 404


def test_whoever_wants_a_fourth_code_in_an_hour_is_told_when_to_come_back(house):
    ana = house.knows("Ana")
    for _ in range(3):
        sent(house, ana)
    answer = house.calls("POST", f"/v1/profiles/{ana}/verifications", {"address": "ana@example.org"})
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (429, "/problems/too-many-codes")
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert len(house.messages(ana, "verification_code")) == 3


def test_the_same_wish_with_the_same_key_is_one_code(house):
    ana = house.knows("Ana")
    body = {"address": "ana@example.org"}
    path = f"/v1/profiles/{ana}/verifications"
    answers = [house.calls("POST", path, body, Idempotency_Key="once").get_json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(house.messages(ana, "verification_code")) == 1


def test_a_relay_address_is_refused_with_the_reason(house):
    ana = house.knows("Ana", emails=[{"address": "x1y2@guest.booking.com"}])
    answer = house.calls("POST", f"/v1/profiles/{ana}/verifications", {"address": "x1y2@guest.booking.com"})
    assert pointers(answer) == ["/address"]
    assert answer.get_json(force=True)["facts"] == {"why_not": "relay"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/address"),
        ({"address": ""}, "/address"),
        ({"address": None}, "/address"),
        ({"address": 5}, "/address"),
        ({"address": "a" * 300}, "/address"),
        ({"address": "ana@example.org", "contact_id": NOBODY}, "/address"),
        ({"contact_id": "5"}, "/contact_id"),
        ({"contact_id": NOBODY}, "/contact_id"),
        ({"address": "ana@example.org\u0000"}, "/address"),
        ({"address": "ana@example.org", "code": "1"}, "/code"),
    ],
)
def test_bad_wishes_are_refused_with_their_place(house, body, pointer):
    ana = house.knows("Ana")
    assert pointers(house.calls("POST", f"/v1/profiles/{ana}/verifications", body)) == [pointer]


def test_a_guest_is_verified_by_a_document_and_it_is_taken_back_with_a_warning(house):
    ana = house.knows("Ana")
    assert house.does("POST", f"/v1/profiles/{ana}/verify", {"how": "document"})["verified"]["how"] == "document"
    after = house.does("POST", f"/v1/profiles/{ana}/unverify", {"reason": "The passport was not hers."})
    assert after["verified"] is None
    assert after == house.does("GET", f"/v1/profiles/{ana}/verification")
    profile = house.does("GET", f"/v1/profiles/{ana}")
    assert profile["verified"] is None
    assert [(note["text"], note["pinned"]) for note in profile["notes"]] == [("The passport was not hers.", True)]
    assert house.refuses("POST", f"/v1/profiles/{ana}/unverify", {"reason": "again"}) == (409, "not-verified")


def test_who_may_only_read_verifies_nobody(house):
    ana = house.knows("Ana")
    reader = {"Authorization": "Bearer foyer_read"}
    for path, body in (("verify", {"how": "staff"}), ("verifications", {"address": "ana@example.org"})):
        assert house.refuses("POST", f"/v1/profiles/{ana}/{path}", body, **reader)[0] == 403


# ── relations ────────────────────────────────────────────────────────────────────────────────────────────────────────


def related(house: House, who: str) -> list[tuple[str, str]]:
    items = house.does("GET", f"/v1/profiles/{who}/relations")["items"]
    return [(each["relation"], each["profile_id"]) for each in items]


def test_a_relation_is_added_once_seen_from_both_sides_and_removed(house):
    ana, bruno = house.knows("Ana"), house.knows("Bruno", "Costa")
    said = {"profile_id": bruno, "relation": "spouse"}
    first = house.calls("POST", f"/v1/profiles/{ana}/relations", said)
    again = house.calls("POST", f"/v1/profiles/{ana}/relations", said)
    assert (first.status_code, again.status_code, again.get_json()) == (201, 200, first.get_json())
    assert (related(house, ana), related(house, bruno)) == ([("spouse", bruno)], [("spouse", ana)])
    gone = house.calls("DELETE", f"/v1/profiles/{bruno}/relations/{first.get_json()['id']}")
    assert gone.status_code == 204
    assert related(house, ana) == []


def test_relations_are_paged(house):
    ana = house.knows("Ana")
    for name in ("Bruno", "Carla", "Dora"):
        other = house.knows(name, "Costa")
        house.does("POST", f"/v1/profiles/{ana}/relations", {"profile_id": other, "relation": "companion"})
    first = house.does("GET", f"/v1/profiles/{ana}/relations?limit=2")
    rest = house.does("GET", f"/v1/profiles/{ana}/relations?limit=2&cursor={first['next']}")
    assert [each["given_name"] for each in first["items"] + rest["items"]] == ["Bruno", "Carla", "Dora"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"relation": "spouse"}, "/profile_id"),
        ({"profile_id": NOBODY, "relation": "spouse"}, "/profile_id"),
        ({"profile_id": NOBODY, "relation": "enemy"}, "/relation"),
        ({"profile_id": NOBODY, "relation": "other"}, "/label"),
        ({"profile_id": NOBODY, "relation": "employer", "contact": "yes"}, "/contact"),
    ],
)
def test_bad_relations_are_refused_with_their_place(house, body, pointer):
    ana = house.knows("Ana")
    assert pointers(house.calls("POST", f"/v1/profiles/{ana}/relations", body)) == [pointer]


# ── whom a company wants written to ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def acme(house: House) -> str:
    return house.company()


@pytest.fixture
def carla(house: House, acme: str) -> str:
    """ACME's travel manager."""
    carla = house.knows("Carla", "Weiss", language="de")
    said = {"profile_id": carla, "relation": "employee", "function": "Travel manager", "contact": True}
    house.does("POST", f"/v1/profiles/{acme}/relations", said)
    return carla


def test_a_company_books_for_a_guest_and_its_contact_person_reads_of_it(house, acme, carla):
    ana = house.knows("Ana")
    house.books(acme, guests=[{"profile_id": ana}])
    (message,) = house.messages(carla)
    assert (message["to"], message["language"]) == ("carla@example.org", "de")
    assert "Ana Silva" in message["subject"]
    assert house.messages(ana) == house.messages(acme) == []


def test_a_company_that_books_for_itself_is_written_to_at_its_contact_person(house, acme, carla):
    house.books(acme)
    assert len(house.messages(carla)) == 1
    assert house.messages(acme) == []


def test_the_contact_that_a_booking_names_comes_before_the_companys(house, acme, carla):
    ana, dora = house.knows("Ana"), house.knows("Dora", "Lopes")
    house.books(acme, guests=[{"profile_id": ana}], contact={"profile_id": dora})
    assert (len(house.messages(dora)), house.messages(carla), house.messages(ana)) == (1, [], [])


def test_a_guest_who_is_named_as_the_contact_reads_of_the_stay(house, acme, carla):
    ana = house.knows("Ana")
    house.books(acme, guests=[{"profile_id": ana}], contact={"profile_id": ana})
    assert (len(house.messages(ana)), house.messages(carla)) == (1, [])


def test_a_company_without_a_contact_person_leaves_it_to_the_guest(house, acme):
    ana = house.knows("Ana")
    house.books(acme, guests=[{"profile_id": ana}])
    assert (len(house.messages(ana)), house.messages(acme)) == (1, [])


def test_an_agency_is_written_to_at_its_contact_person_too(house, carla):
    agency = str(house.does("POST", "/v1/profiles", {"kind": "agency", "name": "Sol Viagens"})["id"])
    said = {"profile_id": carla, "relation": "employee", "contact": True}
    house.does("POST", f"/v1/profiles/{agency}/relations", said)
    ana = house.knows("Ana")
    house.books(agency, guests=[{"profile_id": ana}])
    assert (len(house.messages(carla)), house.messages(ana)) == (1, [])


# ── who turns out to be somebody known ───────────────────────────────────────────────────────────────────────────────


def test_a_guest_of_a_booking_site_who_verifies_their_own_address_is_whom_the_house_knew(house):
    ana = house.knows("Ana")
    booker = {"given_name": "Ana", "family_name": "Silva", "email": "x1y2@guest.booking.com"}
    stay = house.books(booker)
    card = house.booking(stay)["people"][0]["profile_id"]
    assert card != ana
    emails = [{"address": "x1y2@guest.booking.com"}, {"address": "ana@example.org"}]
    house.does("PATCH", f"/v1/profiles/{card}", {"emails": emails, "confirm": [ana]}, If_Match="*")
    started = sent(house, card)
    answer = confirm(house, started["id"], code_in_outbox(house, started["profile_id"]))
    assert answer.status_code == 200, answer.text
    profile = house.does("GET", f"/v1/profiles/{card}")
    assert (profile["id"], profile["merged_into"]) == (ana, ana)
    assert profile["verified"]["how"] == "code"
    assert house.booking(stay)["people"][0]["profile_id"] == ana


def test_the_time_line_tells_of_it_in_the_readers_language(house):
    ana, bruno = house.knows("Ana"), house.knows("Bruno", "Costa")
    house.does("POST", f"/v1/profiles/{ana}/relations", {"profile_id": bruno, "relation": "spouse"})
    house.does("POST", f"/v1/profiles/{ana}/verify", {"how": "document"})
    house.does("POST", f"/v1/profiles/{ana}/unverify", {"reason": "The passport was not hers."})
    found = house.does("GET", f"/v1/profiles/{ana}/timeline", Accept_Language="de")
    titles = [each["title"] for each in found["items"]]
    assert titles[:3] == ["Gast nicht mehr überprüft", "Gast überprüft", "Beziehung eingetragen"]
    assert "passport" not in str(found)
