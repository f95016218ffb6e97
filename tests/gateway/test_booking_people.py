"""People and needs over HTTP, on all services and databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import ARRIVAL, DEPARTURE, EUR, TODAY, House, pointers

pytestmark = pytest.mark.servers


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def roles(booking: Any) -> list[tuple[str, str | None]]:
    return [(person["role"], person["given_name"] or person["company"]) for person in booking["people"]]


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_additional_guest_gets_a_profile_and_is_linked(house):
    booking = house.books(house.knows("Ana"))
    answer = house.calls(
        "POST",
        f"/v1/bookings/{booking['id']}/people",
        {"given_name": "Bruno", "family_name": "Costa", "birth_date": "1980-05-14"},
        If_Match=f'"{booking["version"]}"',
    )
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/bookings/{booking['id']}/people/1"
    bruno = house.does("GET", answer.headers["Location"])
    profile = house.does("GET", f"/v1/profiles/{bruno['profile_id']}")
    assert (profile["given_name"], profile["birth_date"], bruno["roles"]) == ("Bruno", "1980-05-14", ["additional"])


def test_a_guest_of_the_register_is_added_with_the_name_and_language_they_have(house):
    bruno = house.knows("Bruno", "Costa", language="pt")
    booking = house.adds(house.books(house.knows("Ana")), profile_id=bruno)
    person = booking["people"][-1]
    assert (person["given_name"], person["language"], person["profile_id"]) == ("Bruno", "pt", bruno)


def test_a_profile_that_is_not_there_is_refused(house):
    booking = house.books(house.knows("Ana"))
    path = f"/v1/bookings/{booking['id']}/people"
    assert pointers(house.calls("POST", path, {"profile_id": str(uuid4())}, If_Match="*")) == ["/profile_id"]
    assert pointers(house.calls("PUT", f"{path}/0", {"profile_id": str(uuid4())}, If_Match="*")) == ["/profile_id"]


def test_a_person_who_cannot_be_is_refused_where_it_is_said(house):
    path = f"/v1/bookings/{house.books(house.knows('Ana'))['id']}/people"
    assert pointers(house.calls("POST", path, {"given_name": "x", "age": 900}, If_Match="*")) == ["/age"]
    assert pointers(house.calls("POST", path, {"roles": ["king"]}, If_Match="*")) == ["/roles/0"]
    assert pointers(house.calls("POST", path, {}, If_Match="*")) == [""]
    company = {"company": "ACME", "roles": ["primary"]}
    assert pointers(house.calls("POST", path, company, If_Match="*")) == ["/roles"]


def test_who_has_not_read_the_people_as_they_are_is_refused(house):
    booking = house.books(house.knows("Ana"))
    path = f"/v1/bookings/{booking['id']}/people"
    assert house.refuses("POST", path, {"given_name": "Bruno"}) == (428, "precondition-required")
    assert house.refuses("POST", path, {"given_name": "Bruno"}, If_Match='"99"') == (412, "booking-has-changed")
    assert house.refuses("POST", path, {"given_name": "Bruno"}, If_Match="W/x") == (412, "booking-has-changed")
    etag = house.calls("GET", path).headers["ETag"]
    house.does("POST", path, {"given_name": "Bruno"}, If_Match=etag)
    assert house.refuses("DELETE", f"{path}/1", If_Match=etag) == (412, "booking-has-changed")
    assert len(house.does("GET", path)["items"]) == 2


def test_a_repeated_call_adds_once(house):
    booking = house.books(house.knows("Ana"))
    said = ("POST", f"/v1/bookings/{booking['id']}/people", {"given_name": "Bruno"})
    headers = {"If_Match": f'"{booking["version"]}"', "Idempotency_Key": "bruno"}
    first = house.does(*said, **headers)
    assert house.does(*said, **headers) == first
    assert len(house.booking(booking)["people"]) == 3  # Ana in two roles, and Bruno


def test_a_corrected_name_is_the_bookings_and_the_profile_stays(house):
    ana = house.knows("Ana")
    booking = house.books(ana)
    path = f"/v1/bookings/{booking['id']}/people/0"
    after = house.does("PUT", path, {"profile_id": ana, "given_name": "Anna", "family_name": "Silva"}, If_Match="*")
    assert {(p["given_name"], p["profile_id"]) for p in after["people"]} == {("Anna", ana)}
    assert house.does("GET", f"/v1/profiles/{ana}")["given_name"] == "Ana"


def test_a_slip_of_the_finger_stays_the_same_guest_and_another_name_is_another_one(house):
    booking = house.books({"given_name": "Ana", "family_name": "Silva"})
    path = f"/v1/bookings/{booking['id']}/people/0"
    ana = house.does("GET", path)["profile_id"]
    house.does("PUT", path, {"given_name": "Anna", "family_name": "Silva"}, If_Match="*")
    assert house.does("GET", path)["profile_id"] == ana
    house.does("PUT", path, {"given_name": "Bruno", "family_name": "Costa"}, If_Match="*")
    bruno = house.does("GET", path)["profile_id"]
    assert bruno not in (None, ana)
    assert house.does("GET", f"/v1/bookings?profile={ana}")["items"] == []
    assert house.owes(ana) == "0.00"
    assert house.owes(bruno) == "300.00"


def test_a_guest_whom_the_house_does_not_book_is_not_added(house):
    booking = house.books(house.knows("Ana"))
    unwelcome = house.knows("Bruno", level="Do Not Book")
    path = f"/v1/bookings/{booking['id']}/people"
    assert house.refuses("POST", path, {"profile_id": unwelcome}, If_Match="*") == (409, "do-not-book")


def test_who_is_taken_off_does_not_see_the_booking_any_more(house):
    bruno = house.knows("Bruno")
    booking = house.adds(house.books(house.knows("Ana")), profile_id=bruno)
    assert len(house.does("GET", f"/v1/profiles/{bruno}/view")["bookings"]) == 1
    path = f"/v1/bookings/{booking['id']}/people/1"
    assert roles(house.does("DELETE", path, If_Match="*")) == [("booker", "Ana"), ("primary", "Ana")]
    assert house.refuses("DELETE", path, If_Match="*") == (404, "no-such-person")


def test_the_primary_guest_is_replaced_and_not_removed(house):
    path = f"/v1/bookings/{house.books(house.knows('Ana'))['id']}/people/0"
    assert house.refuses("DELETE", path, If_Match="*") == (409, "primary-guest-needed")


def test_nobody_has_an_email_and_everything_works(house):
    booking = house.books({"family_name": "Silva"}, guests=[{"given_name": "Bruno"}])
    booking = house.adds(booking, company="ACME", roles=["payer"])
    assert all(person["profile_id"] for person in house.booking(booking)["people"])
    guest = next(p["profile_id"] for p in house.booking(booking)["people"] if p["role"] == "primary")
    assert [(m["state"], m["why"]) for m in house.messages(guest)] == [("suppressed", "no-address")]


# ── who pays ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_owed_moves_to_the_payer_and_back(house):
    ana, acme = house.knows("Ana"), house.company()
    booking = house.books(ana)
    assert (house.owes(ana), house.owes(acme)) == ("300.00", "nothing")
    house.adds(booking, profile_id=acme, roles=["payer"])
    assert (house.owes(ana), house.owes(acme)) == ("0.00", "300.00")
    house.does("DELETE", f"/v1/bookings/{booking['id']}/people/1", If_Match="*")
    assert (house.owes(ana), house.owes(acme)) == ("300.00", "0.00")


def test_a_company_that_books_pays_where_it_is_said_to_and_the_guest_is_the_guest(house):
    acme = house.company()
    said = {"guests": [{"given_name": "John", "family_name": "Doe"}], "payer": {"profile_id": acme}}
    booking = house.booking(house.books(acme, **said))
    assert roles(booking) == [("booker", "ACME, Lda."), ("primary", "John"), ("payer", "ACME, Lda.")]
    john = booking["people"][1]["profile_id"]
    assert house.does("GET", f"/v1/profiles/{john}")["given_name"] == "John"
    assert house.owes(acme) == "300.00"
    assert house.owes(john) == "nothing"


def test_an_agency_of_a_notice_becomes_one_company(house):
    agency = {"company": "Sunny Travel GmbH", "email": "booking@sunny-travel.de"}
    for n in (1, 2):
        said = {"source": "gds", "external_id": f"G-{n}", "revision": 1, "status": "new", "property": "LIS-CITY"}
        said |= {"arrival": str(ARRIVAL), "departure": str(DEPARTURE), "rooms": [{"room_type": "A", "price": EUR}]}
        said |= {"booker": {"family_name": f"Doe {n}"}, "payer": agency}
        house.does("POST", "/v1/inbound/bookings", said)
    (found,) = house.does("GET", "/v1/profiles?q=Sunny")["items"]
    assert (found["kind"], found["name"]) == ("company", "Sunny Travel GmbH")
    assert len(house.does("GET", f"/v1/bookings?profile={found['id']}&role=payer")["items"]) == 2
    assert house.owes(found["id"]) == "600.00"


# ── who is written to ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_contact_gets_the_messages_in_their_language_and_the_guest_is_named(house):
    ana, carla = house.knows("Ana", language="pt"), house.knows("Carla", "Weiss", language="de")
    house.books(ana, contact={"profile_id": carla})
    assert house.messages(ana) == []
    (message,) = house.messages(carla)
    assert (message["to"], message["language"]) == ("carla@example.org", "de")
    assert message["subject"] == "Der Aufenthalt von Ana Silva im City ist bestätigt"
    assert "Guten Tag Carla Weiss" in message["text"]
    assert "Ana Silva" in message["text"]


def test_the_contact_has_the_booking_among_theirs(house):
    carla = house.knows("Carla")
    booking = house.books(house.knows("Ana"), contact={"profile_id": carla})
    (found,) = house.does("GET", f"/v1/bookings?profile={carla}")["items"]
    assert (found["id"], found["roles"]) == (booking["id"], ["contact"])
    assert len(house.does("GET", f"/v1/profiles/{carla}/view")["bookings"]) == 1


# ── all bookings of somebody ─────────────────────────────────────────────────────────────────────────────────────────


def test_bookings_are_found_by_role_and_time(house):
    ana, acme = house.knows("Ana"), house.company()
    future = house.books(ana, payer={"profile_id": acme})
    past = house.books(ana, arrival=str(TODAY - timedelta(days=9)), departure=str(TODAY - timedelta(days=7)))
    now = house.books(ana, arrival=str(TODAY - timedelta(days=1)), departure=str(TODAY + timedelta(days=2)))

    def found(query: str) -> list[tuple[str, list[str]]]:
        return [(b["id"], b["roles"]) for b in house.does("GET", f"/v1/bookings?{query}")["items"]]

    own = ["booker", "primary"]
    assert found(f"profile={ana}&when=past") == [(past["id"], own)]
    assert found(f"profile={ana}&when=present") == [(now["id"], own)]
    assert found(f"profile={ana}&role=booker&when=future") == [(future["id"], own)]
    assert found(f"profile={acme}&role=payer") == [(future["id"], ["payer"])]
    assert found(f"profile={ana}&role=payer") == []
    assert pointers(house.calls("GET", "/v1/bookings?role=payer")) == ["/role"]
    assert pointers(house.calls("GET", f"/v1/bookings?profile={ana}&when=soon")) == ["/when"]


# ── as they were ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_departed_booking_keeps_its_guests_as_they_were(house):
    home = [{"lines": ["Rua Augusta 1"], "city": "Lisboa", "postcode": "1100-048", "country": "PT"}]
    ana = house.knows("Ana", addresses=home, level="VIP", phones=[{"number": "+351912345678"}])
    booking = house.books(ana)
    house.departs(booking)
    moved = {"family_name": "Santos", "addresses": [], "emails": [{"address": "santos@example.org"}], "level": None}
    house.does("PATCH", f"/v1/profiles/{ana}", moved, If_Match="*")
    for person in house.booking(booking)["people"]:
        assert (person["family_name"], person["level"]) == ("Silva", "VIP")
        assert (person["emails"], person["phones"]) == (["ana@example.org"], ["+351912345678"])
        assert person["addresses"][0]["city"] == "Lisboa"
        assert person["as_of"]
    (shown,) = house.does("GET", f"/v1/bookings/{booking['id']}/people")["items"]
    assert (shown["family_name"], shown["roles"]) == ("Silva", ["booker", "primary"])


def test_a_guest_who_changed_their_name_during_the_stay_left_with_the_new_one(house):
    ana = house.knows("Ana")
    booking = house.books(ana)
    house.does("PATCH", f"/v1/profiles/{ana}", {"family_name": "Santos"}, If_Match="*")
    assert house.booking(booking)["people"][0]["family_name"] == "Silva"
    house.departs(booking)
    assert house.booking(booking)["people"][0]["family_name"] == "Santos"


# ── needs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_needs_are_said_and_shown(house):
    booking = house.books(house.knows("Ana"), needs=["cot"], needs_note="white")
    assert (booking["needs"], booking["needs_note"]) == (["cot"], "white")
    path = f"/v1/bookings/{booking['id']}/needs"
    said = {"needs": ["quiet"], "note": None, "people": [{"position": 0, "needs": ["vegan"], "note": "no soy"}]}
    after = house.does("PUT", path, said)
    assert (after["needs"], after["needs_note"]) == (["quiet"], None)
    assert {(*p["needs"], p["needs_note"]) for p in house.booking(booking)["people"]} == {("vegan", "no soy")}
    stale = f'"{booking["version"]}"'
    assert house.refuses("PUT", path, {"needs": ["pet"]}, If_Match=stale) == (412, "booking-has-changed")


def test_needs_nobody_knows_are_refused_with_their_place(house):
    path = f"/v1/bookings/{house.books(house.knows('Ana'))['id']}/needs"
    assert pointers(house.calls("PUT", path, {"needs": ["cot", "unicorn"]})) == ["/needs/1"]
    assert pointers(house.calls("PUT", path, {"people": [{"position": 5}]})) == ["/people/0/position"]


def test_the_codes_of_needs_have_labels(house):
    codes = {each["code"]: each["label"] for each in house.does("GET", "/v1/needs")["items"]}
    assert codes["gluten-free"] == "Gluten-free"


def test_a_cancelled_booking_refuses_all_of_it(house):
    booking = house.books(house.knows("Ana"))
    house.does("POST", f"/v1/bookings/{booking['id']}/cancel")
    before, path = house.booking(booking), f"/v1/bookings/{booking['id']}"
    house.does("PUT", "/v1/properties/LIS-CITY/terms/en", {"kind": "penalty", "title": "Penalty", "text": "A night."})
    tried: list[Callable[[], Any]] = [
        lambda: house.refuses("POST", f"{path}/people", {"given_name": "Bruno"}, If_Match="*"),
        lambda: house.refuses("PUT", f"{path}/people/0", {"given_name": "Bruno"}, If_Match="*"),
        lambda: house.refuses("DELETE", f"{path}/people/0", If_Match="*"),
        lambda: house.refuses("PUT", f"{path}/needs", {"needs": ["cot"]}),
        lambda: house.refuses("POST", f"{path}/terms", {"how": "desk"}),
    ]
    assert {each() for each in tried} == {(409, "state-forbids")}
    assert house.booking(booking) == before


def test_nobody_without_the_scope_writes_terms_or_people(house):
    booking = house.books(house.knows("Ana"))
    reader = {"Authorization": "Bearer foyer_read"}
    term = {"kind": "penalty", "title": "Penalty", "text": "A night."}
    assert house.refuses("PUT", "/v1/properties/LIS-CITY/terms/en", term, **reader) == (403, "forbidden")
    path = f"/v1/bookings/{booking['id']}/people"
    assert house.refuses("POST", path, {"given_name": "Bruno"}, If_Match="*", **reader) == (403, "forbidden")
