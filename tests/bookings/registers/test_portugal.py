"""Portugal: bulletins of foreigners, of their entry and of their exit, for SIBA."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest

from services.bookings.domain.registers.drawing import Drawn, draw, lacks_of
from services.bookings.domain.registers.law import Sheet
from services.bookings.domain.registers.party import Party
from services.bookings.domain.registers.portugal import Portugal
from services.contracts.bookings.registration import IdentityDocument, Particulars, Residence
from tests.bookings.registers.makers import DAY, PORTUGAL, STAY, john, party, without

LAW = Portugal()
FILES = Path(__file__).parent / "files"
LISBON = {"country": "PT", "time_zone": "Europe/Lisbon"}


def jurgen() -> Particulars:
    """A German who lives in Zürich."""
    return Particulars(
        given_name="Jürgen",
        surname="João-Müller",
        birth_date=date(1990, 12, 31),
        nationality="DE",
        document=IdentityDocument(kind="id_card", number="l01x00t47", issuing_country="DE"),
        residence=Residence(city="Zürich", country="CH"),
    )


def left_today(*people: Particulars) -> Party:
    came = DAY - timedelta(days=2)
    return party(*people, id=UUID(int=STAY.int + 1), state="departed", arrival=came, departure=DAY, held_until=DAY)


def written(drawn: Drawn) -> str:
    return LAW.write(
        Sheet(
            house=PORTUGAL,
            property_name="House",
            time_zone="Europe/Lisbon",
            day=DAY,
            number=97,
            made_at=datetime(2026, 11, 21, 9, 5, 0, 7, tzinfo=UTC),
            moves=drawn.moves,
        )
    )


def bulletins(*parties: Party) -> list[dict[str, str]]:
    root = ElementTree.fromstring(written(draw(LAW, parties, DAY)))
    space = "{http://sef.pt/BAws}"
    return [
        {part.tag.removeprefix(space): part.text or "" for part in bulletin}
        for bulletin in root.iter(f"{space}Boletim_Alojamento")
    ]


def lacking(*people: Particulars) -> list[list[str]]:
    return [[lack.pointer for lack in told.missing] for told in lacks_of(LAW, party(*people))]


def test_an_entry_and_an_exit_are_written_as_siba_wants_them() -> None:
    drawn = draw(LAW, [party(john()), left_today(jurgen())], DAY)
    assert written(drawn) == (FILES / "portugal.xml").read_text()


def test_who_is_portuguese_among_others_is_not_told() -> None:
    drawn = draw(LAW, [party(john(nationality="PT"), john(other_nationalities=("PT",)), john())], DAY)
    assert (len(drawn.moves), drawn.exempt, drawn.left_out) == (1, 2, ())


def test_without_a_nationality_nobody_knows_whether_they_are_foreign() -> None:
    (told,) = lacks_of(LAW, party(without(john(), "nationality")))
    assert (told.duty, [lack.pointer for lack in told.missing]) == ("unknown", ["/nationality"])


def test_who_left_on_the_day_they_came_has_one_bulletin_with_both() -> None:
    (bulletin,) = bulletins(party(john(), state="departed", held_until=DAY))
    assert (bulletin["Data_Entrada"], bulletin["Data_Saida"]) == ("2026-11-20T00:00:00", "2026-11-20T00:00:00")


def test_an_entry_is_written_the_same_after_the_guest_has_left() -> None:
    left = party(john(), state="departed", held_until=DAY + timedelta(days=2))
    assert bulletins(left) == bulletins(party(john()))


def test_who_has_one_name_only_has_it_as_surname() -> None:
    (bulletin,) = bulletins(party(john(surname=None, given_name="Madonna")))
    assert bulletin["Apelido"] == "MADONNA"
    assert "Nome" not in bulletin


def test_names_are_cut_to_forty_characters() -> None:
    (bulletin,) = bulletins(party(john(surname="a" * 60)))
    assert bulletin["Apelido"] == "A" * 40


@pytest.mark.parametrize(
    ("missing", "pointer"),
    [
        ("birth_date", "/birth_date"),
        ("document.kind", "/document/kind"),
        ("document.number", "/document/number"),
        ("document.issuing_country", "/document/issuing_country"),
        ("residence.country", "/residence/country"),
        ("residence.city", "/residence/city"),
    ],
)
def test_what_is_missing_is_named(missing: str, pointer: str) -> None:
    assert lacking(without(john(), missing)) == [[pointer]]


def test_a_name_in_another_script_is_asked_for_in_latin_letters() -> None:
    assert lacking(john(surname="王", given_name="小明", residence=Residence(city="北京", country="CN"))) == [
        ["/surname", "/given_name", "/residence/city"]
    ]


def test_a_document_number_is_letters_and_digits() -> None:
    (bulletin,) = bulletins(party(john(document=replace(john().document or IdentityDocument(), number="ab 12-34.56"))))
    assert bulletin["Documento_Identificacao"] == "AB123456"


def test_the_house_needs_what_siba_knows_it_by() -> None:
    lacks = [problem.pointer for problem in LAW.lacks_of_house(replace(PORTUGAL, tax_number="1", postcode="1000"))]
    assert lacks == ["/tax_number", "/postcode"]
