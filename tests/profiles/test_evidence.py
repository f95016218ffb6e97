"""What weighs how much: rare names, addresses, companions, and what speaks against."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.contracts.profiles import Address
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import email, phone
from services.profiles.domain.guests import Guest
from services.profiles.domain.matching import (
    CERTAIN,
    REVIEW,
    WEIGHTS,
    Candidate,
    Match,
    Rarity,
    Thresholds,
    weighed,
)
from services.profiles.domain.matching_words import said
from tests.profiles.test_matching import NOW

LISBON = Address(lines=("Rua do Alecrim 12",), postcode="1200-017", country="PT")
COUNTED = Rarity(1_000_000, {"maria": 30_000, "silva": 25_000, "ulrike": 900, "zwicklhuber": 3})


def card(given: str, family: str, **more: Any) -> Card:
    return Card(given_name=given, family_name=family, **more)


def compared(mine: Card, theirs: Card, *, rarity: Rarity = COUNTED, **more: Any) -> Match:
    """As the register's own card, found by whatever both have."""
    points = {p.key: p.verified for p in theirs.points if p.identifies and p.key in {m.key for m in mine.points}}
    beside = more.pop("beside", frozenset())
    other = Candidate(UUID(int=1), theirs, NOW, frozenset(p.key for p in theirs.points), points, **more)
    return weighed(Guest(-1, mine), other, [other], beside, rarity)


def test_a_rare_name_weighs_more_than_a_common_one_and_neither_is_enough():
    rare = compared(card("Ulrike", "Zwicklhuber"), card("Ulrike", "Zwicklhuber"))
    common = compared(card("Maria", "Silva"), card("Maria", "Silva"))
    assert rare.reasons == ("rare-name",)
    assert common.score < rare.score < REVIEW


def test_a_slip_in_a_rare_name_weighs_less_than_none():
    whole = compared(card("Ulrike", "Zwicklhuber"), card("Ulrike", "Zwicklhuber"))
    slip = compared(card("Ulrike", "Zwickelhuber"), card("Ulrike", "Zwicklhuber"))
    assert 0 < slip.score < whole.score


def test_no_name_is_rare_where_nobody_has_been_counted():
    assert compared(card("Ulrike", "Zwicklhuber"), card("Ulrike", "Zwicklhuber"), rarity=Rarity()).score == 0


def test_a_name_and_an_address_are_looked_into():
    found = compared(card("Maria", "Silva", addresses=(LISBON,)), card("Maria", "Silva", addresses=(LISBON,)))
    assert "same-name-and-address" in found.reasons
    assert REVIEW <= found.score < CERTAIN


def test_a_name_and_a_postcode_alone_are_not():
    elsewhere = replace(LISBON, lines=("Rua da Rosa 3",))
    found = compared(card("Maria", "Silva", addresses=(LISBON,)), card("Maria", "Silva", addresses=(elsewhere,)))
    assert "same-name-and-postcode" in found.reasons
    assert found.score < REVIEW


def test_who_stayed_with_the_same_person_before_is_that_one():
    ana = UUID(int=7)
    bruno = card("Bruno", "Costa")
    assert compared(bruno, bruno, beside=frozenset({ana}), stayed_with=frozenset({ana})).score >= CERTAIN
    assert compared(bruno, bruno, beside=frozenset({ana}), stayed_with=frozenset()).score < REVIEW


def test_a_day_of_birth_with_day_and_month_the_other_way_round_is_a_slip_and_no_conflict():
    found = compared(
        card("Maria", "Silva", birth_date=date(1985, 3, 4)), card("Maria", "Silva", birth_date=date(1985, 4, 3))
    )
    assert "same-name-and-near-birth-date" in found.reasons
    assert "birth-date-conflict" not in found.reasons
    assert REVIEW <= found.score < CERTAIN


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        ({"birth_date": date(1985, 6, 15)}, {"birth_date": date(1955, 1, 2)}, "birth-date-conflict"),
        ({"suffix": "Jr."}, {"suffix": "Sr."}, "generation-conflict"),
        ({"sex": "female"}, {"sex": "male"}, "sex-conflict"),
    ],
)
def test_a_conflict_counts_against_the_same_mailbox(mine, theirs, why):
    shared = (email("silva@sapo.example.org"),)
    found = compared(card("Ana", "Silva", points=shared, **mine), card("Ana", "Silva", points=shared, **theirs))
    plain = compared(card("Ana", "Silva", points=shared), card("Ana", "Silva", points=shared))
    assert found.score < CERTAIN <= plain.score
    assert found.reasons[-1] == why
    assert found.evidence[-1].weight < 0


def test_two_given_names_in_one_mailbox_are_two_people_and_not_even_looked_into():
    shared = (email("silva@sapo.example.org"),)
    found = compared(card("Ana", "Silva", points=shared), card("Bruno", "Silva", points=shared))
    assert "other-given-name" in found.reasons
    assert found.score < REVIEW


def test_who_has_verified_another_mailbox_and_another_number_is_rather_somebody_else():
    def proven(address: str, number: str) -> tuple[Any, ...]:
        return email(address, verified=True), phone(number, None, verified=True)

    mine = card("Ana", "Silva", birth_date=date(1985, 6, 15), points=proven("a@x.example.org", "+351912345678"))
    theirs = card("Ana", "Silva", birth_date=date(1985, 6, 15), points=proven("b@x.example.org", "+351912345679"))
    found = compared(mine, theirs)
    assert "other-verified-contacts" in found.reasons
    assert found.score < CERTAIN


def test_what_weighs_most_comes_first_and_everything_has_words():
    shared = (email("silva@sapo.example.org"), phone("+351912345678", None))
    found = compared(
        card("Ana", "Silva", points=shared, addresses=(LISBON,)), card("Ana", "Silva", points=shared, sex="female")
    )
    assert [e.weight for e in found.evidence] == sorted((e.weight for e in found.evidence), reverse=True)
    assert all(said(code) != code for code in (*found.reasons, *WEIGHTS))


def test_a_verified_address_counts_whichever_of_the_two_has_shown_it():
    mine = card("Ana", "Costa", points=(email("ana@x.example.org", verified=True),))
    theirs = card("Ana", "Silva", points=(email("ana@x.example.org"),))
    assert compared(mine, theirs).reasons[0] == "same-verified-email"
    assert compared(theirs, mine).reasons[0] == "same-verified-email"


def test_a_verdict_follows_the_thresholds_of_the_house():
    strict = Thresholds(0.95, 0.9)
    assert [strict.verdict(score) for score in (0.96, 0.92, 0.85)] == ["certain", "review", "new"]
