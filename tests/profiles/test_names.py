"""Names: cleaned before they are kept, folded before they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profiles.domain.names import (
    Unfit,
    clean,
    clean_lines,
    fold,
    key_of_company,
    key_of_person,
    likeness,
    salvage,
)


def alike(mine: str, other: str) -> float:
    """Names as ``given/family``."""
    return likeness(tuple(map(fold, mine.split("/"))), tuple(map(fold, other.split("/"))))


def test_blanks_are_put_in_order_and_accents_composed():
    assert clean("  Jose\u0301 \u00a0 da\tSilva ", 100) == "José da Silva"
    assert clean(" \u200b ", 100) is None


@pytest.mark.parametrize("text", ["Ana\x00", "Ana\x1b[31m", "\u202eanA", "A\u2066na", "\ud800"])
def test_control_and_direction_characters_are_refused(text):
    with pytest.raises(Unfit):
        clean(text, 100)


def test_a_name_that_is_too_long_is_refused():
    assert clean("x" * 100, 100)
    for text in ("x" * 101, "x" * 1_000_000):
        with pytest.raises(Unfit):
            clean(text, 100)


def test_a_note_keeps_its_lines():
    assert clean_lines("Late arrival.\r\n\r\n  Wants   quiet.", 100) == "Late arrival.\n\nWants quiet."


def test_what_came_with_a_booking_is_kept_as_far_as_it_can_be():
    assert salvage("\u202eAna\x00 Silva", 100) == "Ana Silva"
    assert salvage("\u200b", 100) is None


@given(st.text(max_size=300))
def test_whatever_comes_with_a_booking_salvage_leaves_something_clean_or_nothing(text):
    kept = salvage(text, 100)
    assert kept is None or clean(kept, 100) == kept


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller-Łukasz", "muller lukasz"),
        ("O’Brien", "obrien"),
        ("STRAßE", "strasse"),
        ("Þór Æsir", "thor aesir"),
        ("Ngũgĩ wa Thiong'o", "ngugi wa thiongo"),
        ("Иванов", "иванов"),
        ("李 小龍", "李 小龍"),
        ("--- ---", ""),
    ],
)
def test_folding_takes_away_accents_case_and_punctuation(text, folded):
    assert fold(text) == folded


def test_the_order_of_names_makes_no_difference_to_their_key():
    assert key_of_person("Ana", "Silva") == key_of_person("SILVA,", "ana")


def test_a_legal_form_is_no_part_of_a_companys_key():
    assert key_of_company("ACME Viagens, Lda.") == key_of_company("Acme viagens")
    assert key_of_company("SA") == "sa"


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("Ana/Silva", "ANA/SILVA"),
        ("Ana/Silva", "Silva/Ana"),
        ("Ana/Silva", "Anna/Silva"),
        ("Ana/Silva", "Ana Maria/Silva"),
        ("Ana/Silva", "Ana/Silva Santos"),
        ("Ana/Silva", "A/Silva"),
        ("João/Ferreira", "Joao/Fereira"),
        ("Katharina/Müller", "Katarina/Muller"),
    ],
)
def test_slips_initials_and_further_names_are_alike(mine, other):
    assert alike(mine, other) == alike(other, mine) >= 0.86


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("Ana/Silva", "Bruno/Silva"),
        ("Maria/Silva", "Mario/Silva"),
        ("Paul/Klein", "Paula/Klein"),
        ("Ana/Silva", "Ana/Costa"),
        ("Ana/Silva", "/Silva"),
        ("Jo/Li", "Xi/Li"),
    ],
)
def test_people_of_one_family_are_not_alike(mine, other):
    assert alike(mine, other) == alike(other, mine) < 0.86
