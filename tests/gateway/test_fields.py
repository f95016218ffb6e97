"""The house's own fields through the gateway and all services."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from nameko.testing.services import worker_factory

from gateway.printing import setting
from gateway.view.service import ViewService
from services.contracts.profiles import FieldChanged, ProfileChanged
from services.kit import wire
from services.kit.db import Database
from tests.databases import Databases
from tests.gateway.a_house import _GUEST, _REGISTER
from tests.gateway.lisbon import TODAY, House, pointers

pytestmark = pytest.mark.servers

PASSPORT = "PX9876543"
NEWSPAPER = {
    "code": "newspaper",
    "type": "choice",
    "labels": [{"language": "en", "text": "Newspaper"}, {"language": "pt", "text": "Jornal"}],
    "options": [
        {"code": "publico", "labels": [{"language": "en", "text": "Público"}]},
        {"code": "expresso", "labels": [{"language": "en", "text": "Expresso"}]},
    ],
    "searchable": True,
}
DOCUMENT = {"code": "passport", "type": "text", "labels": [{"language": "en", "text": "Passport"}], "encrypted": True}


@pytest.fixture
def house(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    monkeypatch.setattr("gateway.field_schemas._ASKED_EVERY", 0.0)
    return House(databases)


def anew(definition: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**definition, **changes}.items() if name != "code"}


def fields_of(house: House, schema: str) -> Any:
    document = house.does("GET", "/openapi.json")
    for each in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(each)  # OpenAPI 3.1, 4.8.24: schemas are those of JSON Schema 2020-12
    schemas = document["components"]["schemas"]
    name = schemas[schema]["properties"]["fields"]["$ref"].rpartition("/")[2]
    return schemas[name]["properties"]


def test_a_desk_defines_fills_and_reads_a_field(house: House):
    made = house.calls("POST", "/v1/fields", NEWSPAPER)
    assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, "/v1/fields/newspaper", '"1"')
    ana = house.knows("Ana", fields={"newspaper": "publico"})
    assert house.does("GET", f"/v1/profiles/{ana}")["fields"] == {"newspaper": "publico"}
    (value,) = house.does("GET", f"/v1/profiles/{ana}/fields", Accept_Language="pt")["items"]
    assert (value["label"], value["option_label"], value["source"]) == ("Jornal", "Público", "api")
    house.does("PATCH", f"/v1/profiles/{ana}", {"fields": {"newspaper": None}}, If_Match="*")
    assert house.does("GET", f"/v1/profiles/{ana}/view")["profile"]["fields"] == {}


def test_refusals_point_at_the_field(house: House):
    house.does("POST", "/v1/fields", NEWSPAPER)
    said = {"given_name": "Ana", "fields": {"newspaper": "bild", "other": 1, "x" * 61: 1}}
    assert pointers(house.calls("POST", "/v1/profiles", {**said, "fields": {"newspaper": "bild", "other": 1}})) == [
        "/fields/newspaper",
        "/fields/other",
    ]
    for wrong in (None, [], "x", {"newspaper": {"deep": [[[1]]]}}, {"x" * 61: 1}):
        answer = house.calls("POST", "/v1/profiles", {**said, "fields": wrong})
        assert all(pointer.startswith("/fields") for pointer in pointers(answer))


def test_the_language_asked_for_is_answered(house: House):
    house.does("POST", "/v1/fields", NEWSPAPER)
    (field,) = house.does("GET", "/v1/fields", Accept_Language="pt, en;q=0.5")["items"]
    assert (field["label"], field["options"][0]["label"], field["required_here"]) == ("Jornal", "Público", False)


def test_a_field_is_changed_by_its_etag_and_retired(house: House):
    house.does("POST", "/v1/fields", NEWSPAPER)
    assert house.refuses("POST", "/v1/fields", NEWSPAPER) == (409, "field-exists")
    assert house.refuses("PUT", "/v1/fields/newspaper", anew(NEWSPAPER)) == (428, "precondition-required")
    changed = house.calls("PUT", "/v1/fields/newspaper", anew(NEWSPAPER, position=3), If_Match='"1"')
    assert changed.headers["ETag"] == '"2"'
    assert house.refuses("PUT", "/v1/fields/newspaper", anew(NEWSPAPER), If_Match='"1"') == (412, "field-has-changed")
    assert house.refuses("PUT", "/v1/fields/nothing", anew(NEWSPAPER), If_Match="*") == (404, "no-such-field")
    house.does("DELETE", "/v1/fields/newspaper", If_Match="*")
    assert house.does("GET", "/v1/fields")["items"] == []
    (retired,) = house.does("GET", "/v1/fields?retired=true")["items"]
    assert retired["retired"]


def test_the_same_post_under_its_key_is_the_same_field(house: House):
    first = house.does("POST", "/v1/fields", NEWSPAPER, Idempotency_Key="one")
    assert house.does("POST", "/v1/fields", NEWSPAPER, Idempotency_Key="one") == first


def test_a_preview_changes_nothing(house: House):
    house.does("POST", "/v1/fields", NEWSPAPER)
    house.knows("Ana", fields={"newspaper": "publico"})
    seen = house.does(
        "POST", "/v1/fields/newspaper/preview", anew(NEWSPAPER, type="number", options=[], searchable=False)
    )
    assert (seen["values"], seen["as_stored"]) == (1, 1)
    assert house.does("GET", "/v1/fields/newspaper")["type"] == "choice"


def test_guests_are_found_by_a_field(house: House):
    house.does("POST", "/v1/fields", NEWSPAPER)
    ana = house.knows("Ana", fields={"newspaper": "publico"})
    house.knows("Ben", "Ode", fields={"newspaper": "expresso"})
    found = house.does("GET", "/v1/profiles?field.newspaper=publico")["items"]
    assert [each["id"] for each in found] == [ana]
    assert house.does("GET", "/v1/profiles?field.newspaper=bild")["items"] == []
    found = house.does("POST", "/v1/profiles/search", {"fields": {"newspaper": "Público"}})["items"]
    assert [each["id"] for each in found] == [ana]
    assert pointers(house.calls("GET", "/v1/profiles?field.other=1")) == ["/fields/other"]
    assert pointers(house.calls("GET", "/v1/profiles?field.newspaper=publico&q=ana")) == ["/q"]
    assert house.calls("GET", "/v1/profiles?fields.newspaper=publico").status_code == 422


def test_what_is_encrypted_is_masked_everywhere_but_to_who_says_why(house: House):
    house.does("POST", "/v1/fields", DOCUMENT)
    made = house.calls("POST", "/v1/profiles", {"given_name": "Ana", "fields": {"passport": PASSPORT}})
    ana = made.get_json()["id"]
    texts = [made.text]
    for path in (f"/{ana}", f"/{ana}/fields", f"/{ana}/view", f"/{ana}/timeline", "?q=ana"):
        texts.append(house.calls("GET", f"/v1/profiles{path}").text)
    assert not [text for text in texts if PASSPORT in text]
    look = {"codes": ["passport"], "reason": "check-in"}
    desk = {"Authorization": "Bearer foyer_read.write"}
    assert house.api.post(f"/v1/profiles/{ana}/fields/look", json=look, headers=desk).status_code == 403
    assert house.does("POST", f"/v1/profiles/{ana}/fields/look", look)["items"][0]["value"] == PASSPORT
    assert "fields.looked_at" in house.calls("GET", f"/v1/profiles/{ana}/timeline").text


def test_a_screen_says_what_is_missing_and_asks_for_it(house: House):
    rule = {"screen": "check-in", "property": "LIS-CITY"}
    house.does("POST", "/v1/fields", {**NEWSPAPER, "shown_on": ["check-in"], "required": [rule]})
    ana = house.knows("Ana")
    here = f"/v1/profiles/{ana}/fields?screen=check-in&property=LIS-CITY"
    assert house.does("GET", here)["missing"] == ["newspaper"]
    assert house.does("GET", "/v1/fields?screen=check-in&property=LIS-CITY")["items"][0]["required_here"]
    property_id = house.does("GET", "/v1/properties")["items"][0]["id"]
    said = {"screen": "check-in", "property_id": property_id, "preferred_name": "Anita"}
    assert pointers(house.calls("PATCH", f"/v1/profiles/{ana}", said, If_Match="*")) == ["/fields/newspaper"]
    house.does("PATCH", f"/v1/profiles/{ana}", {**said, "fields": {"newspaper": "publico"}}, If_Match="*")
    assert house.does("GET", here)["missing"] == []


def test_the_document_describes_the_fields_as_they_are_at_the_moment(house: House):
    assert fields_of(house, "Profile") == {}
    house.does("POST", "/v1/fields", {**NEWSPAPER, "required": [{}]})
    house.does("POST", "/v1/fields", DOCUMENT)
    house.does("POST", "/v1/fields", anew(NEWSPAPER) | {"code": "local", "property": "LIS-CITY"})
    written = fields_of(house, "NewProfile")
    assert set(written) == {"newspaper", "passport"}
    assert written["newspaper"]["anyOf"][0] == {"type": "string", "enum": ["publico", "expresso"]}
    assert written["newspaper"]["description"] == "Newspaper"
    number = anew(NEWSPAPER, type="number", options=[], least="1", most="9")
    house.does("PUT", "/v1/fields/newspaper", number, If_Match="*")
    assert fields_of(house, "ProfileChange")["newspaper"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 9}
    house.does("DELETE", "/v1/fields/newspaper", If_Match="*")
    assert set(fields_of(house, "NewProfile")) == {"passport"}
    assert fields_of(house, "Profile")["newspaper"]["deprecated"]


def test_registers_have_the_fields_that_are_for_them_masked_where_they_are(house: House):
    beside = {"shown_on": ["register"]}
    house.does("POST", "/v1/fields", {**NEWSPAPER, **beside})
    house.does("POST", "/v1/fields", {**DOCUMENT, **beside})
    house.does("POST", "/v1/fields", {**NEWSPAPER, "code": "plate", "position": 9, **beside})
    house.does("POST", "/v1/fields", {**NEWSPAPER, "code": "other"})
    house.does("PUT", "/v1/properties/LIS-CITY/register", _REGISTER)
    said = {"newspaper": "publico", "passport": PASSPORT, "other": "expresso"}
    stay = house.books(house.knows("Ana", fields=said), arrival=str(TODAY))
    guest = f"/v1/bookings/{stay['id']}/registrations"
    registered = house.does("PUT", f"{guest}/0", _GUEST, If_Match="*", Accept_Language="pt")
    lines = {line["code"]: (line["label"], line["value"], line["masked"]) for line in registered["fields"]}
    assert lines == {
        "newspaper": ("Jornal", "publico", False),
        "passport": ("Passport", "•••6543", True),
        "plate": ("Jornal", None, False),
    }
    (read,) = house.does("GET", guest, Accept_Language="pt")["items"]
    assert read["fields"] == registered["fields"]
    assert read["fields"][0]["options"] == [{"code": "publico", "label": "Público"}]
    house.does("POST", f"/v1/bookings/{stay['id']}/check-in")
    register = house.does("POST", "/v1/registers", {"property": "LIS-CITY", "day": str(TODAY)})
    (entry,) = house.does("GET", f"/v1/registers/{register['id']}", Accept_Language="pt")["entries"]
    assert entry["fields"] == registered["fields"]
    assert PASSPORT not in house.calls("GET", f"/v1/registers/{register['id']}/file").text


def view_hears(house: House) -> None:
    """All that profiles has announced so far."""
    view = worker_factory(ViewService, db=Database(house.databases.url("gateway")))
    doors = {FieldChanged: view.mark_all_profiles, ProfileChanged: view.mark_profile}
    for kind, door in doors.items():
        said = "SELECT body FROM outbox WHERE routing_key = %s ORDER BY seq"
        for (body,) in house.databases.admin("profiles").execute(said, [kind.routing_key()]).fetchall():
            door(wire.load(kind, wire.parse(body)))


def seen(house: House, who: str) -> Any:
    return house.does("GET", f"/v1/profiles/{who}/view")["profile"]["fields"]


def test_a_field_that_is_masked_from_now_on_is_masked_in_the_view_too(house: House):
    plain = {**DOCUMENT, "encrypted": False}
    house.does("POST", "/v1/fields", plain)
    ana = house.knows("Ana", fields={"passport": PASSPORT})
    view_hears(house)
    assert seen(house, ana) == {"passport": PASSPORT}
    house.does("PUT", "/v1/fields/passport", anew(plain, masked=True), If_Match="*")
    view_hears(house)
    assert seen(house, ana) == {"passport": "•••6543"}


def test_what_is_wiped_is_neither_found_nor_seen(house: House):
    house.does("POST", "/v1/fields", {**NEWSPAPER, "retention_months": 1})
    ana = house.knows("Ana", fields={"newspaper": "publico"})
    view_hears(house)
    assert seen(house, ana) == {"newspaper": "publico"}
    past = "UPDATE profile_fields SET said_at = said_at - interval '2 months', review_on = review_on - 62"
    house.databases.admin("profiles").execute(past)
    house.services._services["profiles"].wipe_fields()
    view_hears(house)
    assert house.does("GET", "/v1/profiles?field.newspaper=publico")["items"] == []
    assert seen(house, ana) == {}
    assert "publico" not in str(house.databases.admin("gateway").execute("SELECT body FROM sections").fetchall())
    assert house.databases.admin("profiles").execute("SELECT 1 FROM profile_fields, field_keys").fetchall() == []


def test_the_registration_card_has_the_fields_that_are_for_it(house: House, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("typst")
    printed: list[str] = []
    monkeypatch.setattr(setting, "check_writable", printed.append)
    on_card = {"shown_on": ["registration-card"]}
    house.does("POST", "/v1/fields", {**NEWSPAPER, **on_card})
    house.does("POST", "/v1/fields", {**DOCUMENT, **on_card})
    house.does("POST", "/v1/fields", {**NEWSPAPER, "code": "other"})
    for code, kind in (("plate", "text"), ("since", "date"), ("dog", "boolean")):
        labels = [{"language": "en", "text": f"The {code}"}]
        house.does("POST", "/v1/fields", {"code": code, "type": kind, "labels": labels, **on_card})
    said = {"newspaper": "publico", "passport": PASSPORT, "since": "2020-02-29", "dog": True, "other": "expresso"}
    stay = house.books(house.knows("Ana", fields=said), arrival=str(TODAY))
    house.does("PUT", "/v1/properties/LIS-CITY/register", _REGISTER)
    card = house.calls("GET", f"/v1/bookings/{stay['id']}/registration-card?language=pt")
    assert card.data.startswith(b"%PDF")
    (page,) = json.loads(printed[0])["pages"]
    lines = dict(page["lines"][-5:])
    assert lines == {
        "Jornal": "Público",
        "Passport": "•••6543",
        "The plate": None,
        "The since": "29/02/2020",
        "The dog": "X",
    }
