"""Registrations and registers over HTTP: who may see what, versions, files, and cards in any script."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from gateway.printing import fonts, registration_cards
from gateway.printing.card_words import card_words
from services.bookings.domain.registers.drawing import LAWS
from services.contracts.bookings import Properties, Property, ReadBooking, ReadProperties
from services.contracts.bookings.registers import (
    CardField,
    Companions,
    ExportRegister,
    KeepReceipt,
    LookAtCards,
    LookAtDocument,
    LookAtFile,
    NoteLook,
    NothingToRegister,
    ReadRegisterHouse,
    RegisterExport,
    RegisterFile,
    RegisterHouse,
    RegisterLook,
    RegisterNotSetUp,
    RegistrationCard,
    RegistrationCards,
    SetRegisterHouse,
)
from services.contracts.bookings.registration import (
    Birthplace,
    DeleteRegistration,
    FindMissing,
    GuestStatus,
    IdentityDocument,
    KeepRegistration,
    Kin,
    Kinship,
    Missing,
    MissingFound,
    NotARegistration,
    Particulars,
    ReadRegistration,
    ReadRegistrations,
    Registration,
    RegistrationHasChanged,
    RegistrationKept,
    Registrations,
    Signature,
)
from services.contracts.profiles import CardLinesFound, ReadCardLines
from services.kit import wire
from services.kit.refusal import Problem, Unavailable
from tests.gateway.conftest import FakeServices
from tests.gateway.guests import anas_stay

STAY, EXPORT, LOOK = uuid4(), uuid4(), uuid4()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GUESTS = f"/v1/bookings/{STAY}/registrations"
MADRID = Property(
    id=UUID("22222222-2222-4222-8222-222222222222"), code="MAD", name="Madrid", currency="EUR",
    time_zone="Europe/Madrid", country="ES",
)  # fmt: skip


def mei(**more: Any) -> Registration:
    said: dict[str, Any] = {
        "booking_id": STAY,
        "position": 0,
        "version": 3,
        "state": "registered",
        "person": Particulars(surname="王", document=IdentityDocument(kind="passport", number="••••5678")),
        "keep_until": date(2029, 11, 23),
        "changed_at": NOON,
    }
    return Registration(**{**said, **more})


def an_export(**more: Any) -> RegisterExport:
    left_out = GuestStatus(
        booking_id=STAY, position=1, version=1, duty="own", missing=(Missing(pointer="/sex", detail="Missing."),)
    )
    said: dict[str, Any] = {
        "id": EXPORT,
        "property_id": MADRID.id,
        "country": "ES",
        "form": "ses-hospedajes",
        "day": date(2026, 11, 20),
        "number": 1,
        "state": "exported",
        "guests": 2,
        "exempt": 0,
        "left_out": (left_out,),
        "file_name": "ses-hospedajes-MAD-2026-11-20-1.xml",
        "sha256": "ab" * 32,
        "exported_at": NOON,
        "exported_by": "key:1",
    }
    return RegisterExport(**{**said, **more})


def a_card(surname: str = "Doe", language: str | None = "en", **more: Any) -> RegistrationCard:
    names = dict.fromkeys(name for law in LAWS for name in law.card)
    values = {
        "surname": surname, "birth_date": "1980-05-17", "nationality": "GB, CN", "sex": "male", "kin": "child",
        "document_kind": "passport", "document_number": "AB1234567", "document_country": "GB",
        "arrival": "2026-11-20", "departure": "2026-11-23",
    }  # fmt: skip
    fields = tuple(CardField(name=name, value=values.get(name)) for name in names)
    said = {"booking_id": STAY, "reference": "BDC-4711", "position": 0, "language": language, "fields": fields}
    return RegistrationCard(**{**said, **more})


def cards(*each: RegistrationCard, **more: Any) -> RegistrationCards:
    said = {"property_name": "Haus", "country": "DE", "form": "meldeschein", "law": "§§ 29, 30 BMG", "kept_months": 12}
    return RegistrationCards(**{**said, "cards": each, **more})  # type: ignore[arg-type]


@pytest.fixture
def desk(services: FakeServices) -> FakeServices:
    services.will_answer(ReadProperties, lambda said: Properties(items=(MADRID,) if said.property == "MAD" else ()))
    services.will_answer(ReadRegistration, mei())
    services.will_answer(KeepRegistration, RegistrationKept(booking_id=STAY, position=0, version=3))
    services.will_answer(DeleteRegistration, RegistrationKept(booking_id=STAY, position=0, version=4))
    services.will_answer(NoteLook, RegisterLook(id=LOOK))
    return services


# ── registrations ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guest_is_shown_flat_with_an_etag(api: FlaskClient, desk: FakeServices) -> None:
    answer = api.get(f"{GUESTS}/0")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"3"')
    said = answer.get_json()
    assert (said["surname"], said["document"]["number"], said["keep_until"]) == ("王", "••••5678", "2029-11-23")
    assert "person" not in said


def test_a_guest_is_shown_while_nobody_knows_the_fields_of_the_house(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(ReadRegistration, mei(profile_id=LOOK, property_id=EXPORT))
    desk.will_answer(ReadCardLines, Unavailable())
    answer = api.get(f"{GUESTS}/0")
    assert (answer.status_code, answer.get_json()["fields"]) == (200, None)
    assert desk.last(ReadCardLines) == ReadCardLines(profile_ids=(LOOK,), property_id=EXPORT, place="register")


def test_everybody_of_a_booking_is_listed(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(ReadRegistrations, Registrations(items=(mei(), mei(position=1, state="open", version=0))))
    said = api.get(GUESTS).get_json()
    assert [(each["position"], each["state"]) for each in said["items"]] == [(0, "registered"), (1, "open")]


def test_what_is_said_and_what_is_emptied_are_told_apart(api: FlaskClient, desk: FakeServices) -> None:
    body = {
        "surname": "Wang",
        "email": None,
        "birth_place": {"country": "CN"},
        "kin": {"kind": "child", "to": 1},
        "signature": {"signed_at": "2026-11-20T12:00:00Z", "how": "screen"},
        "other_nationalities": [],
    }
    assert api.put(f"{GUESTS}/0", json=body, headers={"If-Match": '"2"'}).status_code == 200
    said = desk.last(KeepRegistration)
    assert (said.position, said.version, set(said.clear)) == (0, 2, {"email", "other_nationalities"})
    assert said.said == Particulars(
        surname="Wang",
        birth_place=Birthplace(country="CN"),
        kin=Kin(kind="child", to=1),
        signature=Signature(signed_at=NOON, how="screen"),
    )


@pytest.mark.parametrize(
    ("headers", "version"), [({"If-None-Match": "*"}, None), ({"If-Match": '"0"'}, 0), ({"If-Match": "*"}, 3)]
)
def test_the_version_is_the_one_that_was_read(
    api: FlaskClient, desk: FakeServices, headers: dict[str, str], version: int | None
) -> None:
    assert api.put(f"{GUESTS}/0", json={}, headers=headers).status_code == 200
    assert desk.last(KeepRegistration).version == version


@pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"x"'}, 412), ({"If-Match": "W/"}, 412)])
def test_without_a_version_nothing_is_written(
    api: FlaskClient, desk: FakeServices, headers: dict[str, str], status: int
) -> None:
    assert api.put(f"{GUESTS}/0", json={}, headers=headers).status_code == status
    assert api.delete(f"{GUESTS}/0", headers=headers).status_code == status
    assert not [said for said in desk.asked if isinstance(said, KeepRegistration | DeleteRegistration)]


def test_an_older_version_is_412(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(KeepRegistration, RegistrationHasChanged())
    assert api.put(f"{GUESTS}/0", json={}, headers={"If-Match": '"1"'}).status_code == 412


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"sex": "unknown"}, "/sex"),
        ({"document": {"kind": "library_card"}}, "/document/kind"),
        ({"kin": {"kind": "friend", "to": 0}}, "/kin/kind"),
        ({"signature": {"how": "paper"}}, "/signature/signed_at"),
        ({"birth_date": "17.5.1980"}, "/birth_date"),
        ({"shoe_size": 42}, "/shoe_size"),
        ({"head": "0"}, "/head"),
    ],
)
def test_nonsense_is_refused_where_it_stands(api: FlaskClient, desk: FakeServices, body: Any, pointer: str) -> None:
    answer = api.put(f"{GUESTS}/0", json=body, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_what_the_register_refuses_is_told_with_its_pointer(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(KeepRegistration, NotARegistration(errors=[Problem("/document/number", "Up to 30.")]))
    answer = api.put(f"{GUESTS}/0", json={}, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/document/number")


def test_what_is_missing_is_shown_by_guest(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(FindMissing, MissingFound(country="ES", form="ses-hospedajes", items=an_export().left_out))
    of_stay = api.get(f"{GUESTS}/missing")
    of_day = api.get("/v1/registers/missing?property=MAD&day=2026-11-20")
    assert of_stay.get_json() == of_day.get_json()
    assert of_stay.json["items"][0]["missing"] == [{"pointer": "/sex", "detail": "Missing."}]
    assert [said.booking_id for said in desk.asked if isinstance(said, FindMissing)] == [STAY, None]


def test_a_number_is_revealed_with_a_reason_to_who_administers(
    api: FlaskClient, desk: FakeServices, as_key: Callable[[str], dict[str, str]]
) -> None:
    desk.will_answer(LookAtDocument, IdentityDocument(number="E12345678"))
    answer = api.post(f"{GUESTS}/0/reveal", json={"reason": "Lost and found"})
    assert (answer.status_code, answer.json["number"]) == (200, "E12345678")
    noted = desk.last(NoteLook)
    assert (noted.kind, noted.about, noted.position, noted.reason) == ("document", STAY, 0, "Lost and found")
    assert desk.last(LookAtDocument).look_id == LOOK
    assert api.post(f"{GUESTS}/0/reveal", json={}).status_code == 422
    refused = api.post(f"{GUESTS}/0/reveal", json={"reason": "x"}, headers=as_key("read.write"))
    assert refused.status_code == 403


def test_who_only_reads_gets_neither_cards_nor_files(
    api: FlaskClient, desk: FakeServices, as_key: Callable[[str], dict[str, str]]
) -> None:
    for path in (
        f"/v1/bookings/{STAY}/registration-card",
        f"/v1/registers/{EXPORT}/file",
        f"/v1/registers/{EXPORT}/file.pdf",
    ):
        assert api.get(path, headers=as_key("read")).status_code == 403
    assert not [said for said in desk.asked if isinstance(said, NoteLook)]


# ── registers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_register_is_drawn_up(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(ExportRegister, an_export())
    answer = api.post("/v1/registers", json={"property": "MAD", "day": "2026-11-20"})
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/registers/{EXPORT}")
    assert answer.json["left_out"][0]["missing"][0]["pointer"] == "/sex"


def test_the_same_register_again_is_200(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(ExportRegister, an_export(repeated=True))
    assert api.post("/v1/registers", json={"property": "MAD", "day": "2026-11-20"}).status_code == 200


def test_a_house_that_is_not_set_up_is_told_what_is_missing(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(ExportRegister, RegisterNotSetUp(errors=[Problem("/establishment", "Missing.")]))
    answer = api.post("/v1/registers", json={"property": "MAD", "day": "2026-11-20"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (409, "/establishment")


def test_the_file_is_answered_byte_for_byte_and_the_look_noted(api: FlaskClient, desk: FakeServices) -> None:
    text = "16DOE\r\n17MÜLLER"
    desk.will_answer(LookAtFile, RegisterFile(name="alloggiati-1.txt", media_type="text/plain", text=text))
    answer = api.get(f"/v1/registers/{EXPORT}/file")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, text.encode(), "text/plain")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="alloggiati-1.txt"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert (desk.last(NoteLook).kind, desk.last(NoteLook).about) == ("file", EXPORT)


def test_an_empty_register_has_no_file(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(NoteLook, NothingToRegister())
    assert api.get(f"/v1/registers/{EXPORT}/file").status_code == 409


def test_a_receipt_is_kept(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(KeepReceipt, an_export(state="sent", receipt="LOTE-1"))
    answer = api.put(f"/v1/registers/{EXPORT}/receipt", json={"reference": "LOTE-1"})
    assert (answer.status_code, answer.json["state"], answer.json["receipt"]) == (200, "sent", "LOTE-1")


def test_a_house_says_how_the_authority_knows_it_and_only_who_administers_may(
    api: FlaskClient, desk: FakeServices, as_key: Callable[[str], dict[str, str]]
) -> None:
    house = RegisterHouse(establishment="12", payment="card")
    desk.will_answer(SetRegisterHouse, house)
    desk.will_answer(ReadRegisterHouse, house)
    body = {"establishment": "12", "payment": "card"}
    answer = api.put("/v1/properties/MAD/register", json=body)
    assert (answer.status_code, api.get("/v1/properties/MAD/register").json) == (200, answer.json)
    assert desk.last(SetRegisterHouse).house == house
    assert api.put("/v1/properties/nowhere/register", json=body).status_code == 404
    assert api.put("/v1/properties/MAD/register", json=body, headers=as_key("read.write")).status_code == 403


# ── printing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = [
    "王小明",
    "శ్రీనివాస్ రావు",
    "محمد عبد الله",
    "דוד כהן",
    "김민수",
    "Nguyễn Thị Ánh",
    '#read("/x")',
    "</w>*$",
]


@pytest.fixture
def printer() -> None:
    """What prints, and fonts: where a machine has neither, only that can be tested."""
    pytest.importorskip("typst")
    try:
        fonts.fonts()
    except fonts.FontsMissing as missing:
        pytest.skip(missing.detail)


@pytest.mark.usefixtures("printer")
@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_printed_for_a_name_in_any_script_and_twice_the_same(name: str) -> None:
    found = cards(a_card(name), a_card("Doe", companions=(Companions(nationality="GB", count=2),)))
    printed = registration_cards(found)
    assert printed.startswith(b"%PDF")
    assert registration_cards(found) == printed
    assert registration_cards(cards(a_card("Ode"), a_card())) != printed


@pytest.mark.usefixtures("printer")
@pytest.mark.parametrize("language", ["en", "de", "pt-BR", "zh", "ar", "te", "x-nobody-knows", "", None])
def test_a_card_is_set_in_any_language(language: str | None) -> None:
    signed = a_card(language=language, signature=Signature(signed_at=NOON, how="paper"))
    for found in (cards(signed), cards(signed, law=""), cards(a_card(signs=False), kept_months=0)):
        assert registration_cards(found).startswith(b"%PDF")
        assert registration_cards(found, language).startswith(b"%PDF")


@pytest.mark.usefixtures("printer")
def test_the_cards_of_a_booking_are_fetched_as_pdf_and_the_look_noted(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(LookAtCards, cards(a_card()))
    desk.will_answer(ReadBooking, anas_stay())
    desk.will_answer(ReadCardLines, CardLinesFound(items=()))
    answer = api.get(f"/v1/bookings/{STAY}/registration-card?position=0&language=pt")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert (desk.last(NoteLook).kind, desk.last(NoteLook).position) == ("card", 0)


@pytest.mark.usefixtures("printer")
def test_a_register_that_the_hotel_keeps_is_printed_from_its_record(api: FlaskClient, desk: FakeServices) -> None:
    text = json.dumps(wire.dump(cards(a_card("王小明"))))
    desk.will_answer(LookAtFile, RegisterFile(name="meldeschein-1.json", media_type="application/json", text=text))
    answer = api.get(f"/v1/registers/{EXPORT}/file.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "meldeschein-1.pdf" in answer.headers["Content-Disposition"]


def test_a_register_that_is_sent_is_not_printed(api: FlaskClient, desk: FakeServices) -> None:
    desk.will_answer(LookAtFile, RegisterFile(name="a.xml", media_type="application/xml", text="<a/>"))
    assert api.get(f"/v1/registers/{EXPORT}/file.pdf").status_code == 404


@pytest.mark.parametrize("language", ["en", "de", "es", "it", "pt", "fr", "zh", "ar"])
def test_every_language_has_all_words_of_cards(language: str) -> None:
    words = card_words(language)
    assert all(words.values())
    fields = {name for law in LAWS for name in law.card}
    kinds = set(Kinship.__args__)  # type: ignore[attr-defined]
    assert fields | kinds | {"female", "male", "passport", "id_card", "residence_permit"} <= set(words)
