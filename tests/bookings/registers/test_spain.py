"""Spain: who is told to SES.HOSPEDAJES, what is asked of them, and the file, letter by letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from services.bookings.domain.registers.drawing import draw, lacks_of
from services.bookings.domain.registers.law import Sheet
from services.bookings.domain.registers.party import Party
from services.bookings.domain.registers.spain import Spain, control_letter_is_right
from services.contracts.bookings.registration import IdentityDocument, Kin, Particulars, Residence
from tests.bookings.registers.makers import DAY, SPAIN, booking, john, leo, lucia, party, without

LAW = Spain()
FILES = Path(__file__).parent / "files"


def lacking(*people: Particulars) -> list[list[str]]:
    return [[lack.pointer for lack in told.missing] for told in lacks_of(LAW, party(*people))]


def written(*parties: Party) -> str:
    drawn = draw(LAW, parties, DAY)
    assert not drawn.left_out
    return LAW.write(
        Sheet(
            house=SPAIN,
            property_name="House",
            time_zone="Europe/Madrid",
            day=DAY,
            number=1,
            made_at=datetime(2026, 11, 21, tzinfo=UTC),
            moves=drawn.moves,
        )
    )


def test_a_mother_and_her_son_are_written_as_the_ministry_wants_them() -> None:
    assert written(party(lucia(role="family_head"), leo())) == (FILES / "spain_family.xml").read_text()


def test_a_foreigner_is_written_with_the_name_of_the_municipality() -> None:
    assert written(party(john(), external_ref=None)) == (FILES / "spain_foreigner.xml").read_text()


def test_the_elements_of_a_person_stand_in_the_order_of_the_schema() -> None:
    root = ElementTree.fromstring(written(party(lucia(role="family_head"), leo())))
    person, minor = root.iter("persona")
    assert [part.tag for part in person] == [
        *("rol", "nombre", "apellido1", "apellido2", "tipoDocumento", "numeroDocumento", "soporteDocumento"),
        *("fechaNacimiento", "nacionalidad", "sexo", "direccion", "telefono", "correo"),
    ]
    assert [part.tag for part in minor][-1] == "parentesco"
    assert not [part.tag for part in root.iter() if len(part) == 0 and not part.text], "nothing is written empty"


def test_hours_are_those_the_desk_saw_where_the_house_stands() -> None:
    seen = lucia(
        entered_at=datetime(2026, 11, 20, 21, 5, tzinfo=UTC), left_at=datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    )
    root = ElementTree.fromstring(written(party(seen)))
    assert root.findtext(".//fechaEntrada") == "2026-11-20T22:05:00"
    assert root.findtext(".//fechaSalida") == "2026-11-23T09:30:00"


def test_the_first_who_says_how_the_stay_is_paid_says_it_for_all() -> None:
    root = ElementTree.fromstring(written(party(lucia(), john(payment="platform"))))
    assert root.findtext(".//tipoPago") == "PLATF"


def test_what_is_hostile_in_xml_is_written_harmless() -> None:
    text = written(party(lucia(surname='García <b>&"')))
    assert ElementTree.fromstring(text).findtext(".//apellido1") == 'García <b>&"'


def test_two_bookings_are_two_communications() -> None:
    other = replace(booking(1), id=booking().id.__class__(int=booking().id.int + 1), external_ref="BDC-4712")
    first = party(lucia())
    text = written(first, Party(other, party(john()).guests))
    assert [c.findtext("contrato/referencia") for c in ElementTree.fromstring(text).iter("comunicacion")] == [
        "BDC-4711",
        "BDC-4712",
    ]


def test_a_complete_guest_lacks_nothing() -> None:
    assert lacking(lucia(), john()) == [[], []]


@pytest.mark.parametrize(
    ("missing", "pointer"),
    [
        ("given_name", "/given_name"),
        ("surname", "/surname"),
        ("second_surname", "/second_surname"),
        ("sex", "/sex"),
        ("birth_date", "/birth_date"),
        ("nationality", "/nationality"),
        ("document.number", "/document/number"),
        ("document.support_number", "/document/support_number"),
        ("residence.street", "/residence/street"),
        ("residence.country", "/residence/country"),
        ("residence.municipality_code", "/residence/municipality_code"),
        ("residence.postcode", "/residence/postcode"),
    ],
)
def test_what_is_missing_is_named(missing: str, pointer: str) -> None:
    assert pointer in lacking(without(lucia(), missing))[0]


def test_a_telephone_or_an_email_is_enough_and_neither_is_not() -> None:
    assert lacking(without(lucia(), "phone")) == [[]]
    assert lacking(without(lucia(), "email")) == [[]]
    assert lacking(without(lucia(), "phone", "email")) == [["/phone"]]


def test_only_those_with_a_dni_need_a_second_surname() -> None:
    assert lacking(without(john(), "second_surname")) == [[]]


def test_a_dni_with_a_wrong_letter_is_refused() -> None:
    wrong = IdentityDocument(kind="id_card", number="12345678A", support_number="ABC123456", issuing_country="ES")
    assert lacking(lucia(document=wrong)) == [["/document/number"]]


@pytest.mark.parametrize(
    ("number", "right"),
    [("12345678Z", True), ("12345678A", False), ("X1234567L", True), ("X1234567A", False), ("ABC", False)],
)
def test_the_control_letter_of_dni_and_nie_is_computed(number: str, right: bool) -> None:
    assert control_letter_is_right(number) is right


def test_a_foreigner_needs_a_town_and_no_code_of_it() -> None:
    assert lacking(john(residence=Residence(street="1 High Street", country="GB"))) == [["/residence/city"]]


def test_a_minor_needs_neither_document_nor_address_but_an_adult() -> None:
    assert lacking(lucia(), leo()) == [[], []]
    assert lacking(lucia(), without(leo(), "kin"))[1] == [
        "/residence/street",
        "/residence/country",
        "/residence/city",
        "/phone",
        "/kin",
    ]


def test_the_adult_of_a_minor_is_no_minor() -> None:
    twin = leo(given_name="Eva", kin=Kin(kind="sibling", to=2))
    assert lacking(lucia(), twin, leo())[1][-1] == "/kin"


def test_a_minor_is_not_told_without_their_adult() -> None:
    drawn = draw(LAW, [party(without(lucia(), "sex"), leo())], DAY)
    assert not drawn.moves
    assert [[lack.pointer for lack in told.missing] for told in drawn.left_out] == [["/sex"], ["/head"]]


def test_from_fourteen_years_on_they_sign() -> None:
    young, old = leo(birth_date=date(2012, 11, 21)), leo(birth_date=date(2012, 11, 20))
    told = lacks_of(LAW, party(without(lucia(), "signature"), young, old))
    assert [each.signature_due for each in told] == [True, False, True]


def test_a_missing_signature_holds_up_no_export() -> None:
    assert len(draw(LAW, [party(without(lucia(), "signature"))], DAY).moves) == 1
