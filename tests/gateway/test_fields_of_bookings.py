"""The house's own fields that are said with a booking, through the gateway and all services."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import Databases
from tests.gateway.lisbon import ARRIVAL, DEPARTURE, EUR, House, pointers
from tests.gateway.test_fields import DOCUMENT, NEWSPAPER, PASSPORT, anew, fields_of

pytestmark = pytest.mark.servers

BEN = {"given_name": "Ben", "family_name": "Ode", "email": "ben@example.org"}


@pytest.fixture
def house(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    monkeypatch.setattr("gateway.field_schemas._ASKED_EVERY", 0.0)
    house = House(databases)
    house.does("POST", "/v1/fields", NEWSPAPER)
    house.does("POST", "/v1/fields", DOCUMENT)
    return house


def booking(booker: Any, **more: Any) -> dict[str, Any]:
    said = {"property": "LIS-CITY", "arrival": str(ARRIVAL), "departure": str(DEPARTURE), "booker": booker}
    return {**said, "rooms": [{"room_type": "A", "price": EUR}], **more}


def notice(revision: int = 1, **fields: Any) -> dict[str, Any]:
    said = {"source": "cm", "external_id": "4711", "revision": revision, "status": "new", "channel": "site"}
    return {**said, **booking({**BEN, "fields": fields})}


def guest_of(house: House, booking_id: str) -> str:
    return str(house.booking({"id": booking_id})["people"][0]["profile_id"])


def fields(house: House, profile_id: str) -> Any:
    return house.does("GET", f"/v1/profiles/{profile_id}")["fields"]


def test_a_direct_booking_fills_the_fields_of_its_people(house: House):
    guest = {"given_name": "Eva", "family_name": "Ode", "fields": {"newspaper": "expresso"}}
    made = house.books({**BEN, "fields": {"newspaper": "publico"}}, guests=[guest])
    assert "fields" not in str(made["people"])
    who = {person["given_name"]: person["profile_id"] for person in house.booking(made)["people"]}
    assert fields(house, who["Ben"]) == {"newspaper": "publico"}
    assert fields(house, who["Eva"]) == {"newspaper": "expresso"}


def test_of_a_guest_who_is_named_what_is_empty_is_filled(house: House):
    ana = house.knows("Ana", fields={"newspaper": "publico"})
    house.books({"profile_id": ana, "fields": {"newspaper": "expresso", "passport": PASSPORT}})
    assert fields(house, ana) == {"newspaper": "publico", "passport": "•••6543"}


def test_a_direct_booking_is_refused_with_a_pointer_and_none_is_made(house: House):
    guests = [{"given_name": "Eva", "fields": {"newspaper": "bild", "other": 1}}]
    answer = house.calls("POST", "/v1/bookings", booking(BEN, guests=guests))
    assert pointers(answer) == ["/guests/0/fields/newspaper", "/guests/0/fields/other"]
    for wrong in ([], "x", {"x" * 61: 1}):
        answer = house.calls("POST", "/v1/bookings", booking({**BEN, "fields": wrong}))
        assert all(pointer.startswith("/booker/fields") for pointer in pointers(answer))
    assert house.does("GET", "/v1/bookings?property=LIS-CITY")["items"] == []


def test_the_screen_asks_for_what_it_needs(house: House):
    rule = {"screen": "booking", "property": "LIS-CITY"}
    plate = {"code": "plate", "type": "text", "labels": [{"language": "en", "text": "Plate"}]}
    house.does("POST", "/v1/fields", {**plate, "shown_on": ["booking"], "required": [rule]})
    said = booking(BEN, payer={"company": "ACME, Lda."}, screen="booking")
    assert pointers(house.calls("POST", "/v1/bookings", said)) == ["/booker/fields/plate"]
    made = house.does("POST", "/v1/bookings", {**said, "booker": {**BEN, "fields": {"plate": "AA-12-BB"}}})
    ben = guest_of(house, made["id"])
    house.does("POST", "/v1/bookings", {**said, "booker": {"profile_id": ben}})
    assert house.does("GET", "/v1/fields?screen=booking&property=LIS-CITY")["items"][0]["required_here"]


def test_a_notice_is_never_refused_for_them_and_the_time_line_says_what_was_left_out(house: House):
    rule = {"screen": "booking"}
    house.does("POST", "/v1/fields", anew(NEWSPAPER, shown_on=["booking"], required=[rule]) | {"code": "paper"})
    report = house.does("POST", "/v1/inbound/bookings", notice(newspaper="bild", passport=PASSPORT, other="x"))
    ben = guest_of(house, report["booking_id"])
    assert fields(house, ben) == {"passport": "•••6543"}
    lines = house.does("GET", f"/v1/profiles/{ben}/timeline?kind=change", Accept_Language="en")["items"]
    (line,) = [line for line in lines if line["what"] == "fields.left_out"]
    assert (line["facts"], line["booking_id"]) == (
        {"fields": ["fields.newspaper"], "unknown": 1},
        report["booking_id"],
    )
    assert line["title"] == "A booking said fields that could not be kept"


def test_staff_may_say_them_of_somebody_on_a_booking(house: House):
    made = house.books(BEN)
    path = f"/v1/bookings/{made['id']}/people"
    wrong = {"given_name": "Eva", "fields": {"newspaper": "bild"}}
    assert pointers(house.calls("POST", path, wrong, If_Match="*")) == ["/fields/newspaper"]
    added = house.adds(made, given_name="Eva", family_name="Ode", fields={"newspaper": "publico"})
    (eva,) = [person for person in house.booking(added)["people"] if person["given_name"] == "Eva"]
    assert fields(house, eva["profile_id"]) == {"newspaper": "publico"}


def test_what_is_sealed_is_in_no_answer_about_the_booking(house: House):
    made = house.calls("POST", "/v1/bookings", booking({**BEN, "fields": {"passport": PASSPORT}}))
    at = f"/v1/bookings/{made.get_json()['id']}"
    texts = [made.text, *(house.calls("GET", at + more).text for more in ("", "/people", "/registrations"))]
    assert not [text for text in texts if PASSPORT in text]


def test_the_document_describes_them_where_people_are_booked(house: House):
    for schema in ("PersonIn", "PersonWithRoles", "NoticePerson"):
        assert set(fields_of(house, schema)) == {"newspaper", "passport"}
