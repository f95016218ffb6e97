"""Germany, and where no law is known: forms that stay in the house, for whom, and with what on them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from services.bookings.domain.registers.drawing import draw, lacks_of, law_of
from services.bookings.domain.registers.law import Law, Sheet
from services.contracts.bookings.registers import Companions, RegisterHouse, RegistrationCards
from services.contracts.bookings.registration import Birthplace, Particulars
from services.kit import wire
from tests.bookings.registers.makers import DAY, john, leo, lucia, party, without

LAW = law_of("DE")


def duties(*people: Particulars) -> list[str]:
    return [told.duty for told in lacks_of(LAW, party(*people))]


def record(*people: Particulars, law: Law = LAW) -> RegistrationCards:
    drawn = draw(law, [party(*people)], DAY)
    text = law.write(
        Sheet(
            house=RegisterHouse(),
            property_name="Haus",
            time_zone="Europe/Berlin",
            day=DAY,
            number=1,
            made_at=datetime(2026, 11, 21, tzinfo=UTC),
            moves=drawn.moves,
        )
    )
    return wire.load(RegistrationCards, json.loads(text))


def test_foreigners_are_registered_and_germans_are_not() -> None:
    assert duties(john(), john(nationality="DE")) == ["own", "none"]


def test_who_is_german_as_well_is_german() -> None:
    assert duties(john(other_nationalities=("DE",))) == ["none"]


def test_without_a_nationality_it_is_asked_for() -> None:
    (told,) = lacks_of(LAW, party(without(john(), "nationality")))
    assert (told.duty, told.missing[0].pointer) == ("unknown", "/nationality")


def test_relatives_are_counted_with_who_heads_them() -> None:
    head = john(role="family_head")
    assert duties(head, leo(), leo(nationality="GB")) == ["own", "with_head", "with_head"]
    (card,) = record(head, leo(), leo(nationality="GB"), leo()).cards
    assert card.companions == (Companions(nationality="ES", count=2), Companions(nationality="GB", count=1))


def test_a_foreigner_who_travels_with_a_german_has_a_form_of_their_own() -> None:
    assert duties(john(nationality="DE", role="family_head"), leo()) == ["none", "own"]


@pytest.mark.parametrize(("travellers", "duty"), [(10, "own"), (11, "with_head")])
def test_of_a_group_of_more_than_ten_only_the_leader_has_a_form(travellers: int, duty: str) -> None:
    leader = john(role="group_head")
    members = [john(role="group_member", head=0) for _ in range(travellers - 1)]
    assert set(duties(leader, *members)[1:]) == {duty}


def test_a_form_holds_what_the_law_lists_and_nothing_else() -> None:
    (card,) = record(john()).cards
    assert {field.name: field.value for field in card.fields} == {
        "surname": "Doe",
        "given_name": "John",
        "birth_date": "1980-05-17",
        "nationality": "GB",
        "residence": "1 High Street, N1 1AA London, GB",
        "document_number": "AB1234567",
        "arrival": "2026-11-20",
        "departure": "2026-11-23",
    }


def test_the_record_says_by_what_law_and_how_long_it_is_kept() -> None:
    cards = record(john())
    assert (cards.law, cards.kept_months, cards.form) == ("§§ 29, 30 BMG", 12, "meldeschein")


@pytest.mark.parametrize(
    ("missing", "pointer"),
    [
        ("surname", "/surname"),
        ("given_name", "/given_name"),
        ("birth_date", "/birth_date"),
        ("residence.street", "/residence/street"),
        ("residence.city", "/residence/city"),
        ("residence.country", "/residence/country"),
        ("document.number", "/document/number"),
    ],
)
def test_what_is_missing_is_named(missing: str, pointer: str) -> None:
    (told,) = lacks_of(LAW, party(without(john(), missing)))
    assert [lack.pointer for lack in told.missing] == [pointer]


def test_a_relative_counts_only_if_who_heads_them_is_complete() -> None:
    drawn = draw(LAW, [party(without(john(role="family_head"), "birth_date"), leo())], DAY)
    assert (drawn.moves, [told.position for told in drawn.left_out]) == ((), [0, 1])


def test_elsewhere_a_card_holds_what_hotels_usually_write_down() -> None:
    law = law_of("NO")
    child = Particulars(given_name="Kari", birth_date=date(2020, 1, 1), nationality="NO", birth_place=Birthplace())
    told = lacks_of(law, party(lucia(), without(john(), "document"), child))
    assert [[lack.pointer for lack in each.missing] for each in told] == [[], ["/document/number"], []]
    assert [card.position for card in record(lucia(), law=law).cards] == [0]
