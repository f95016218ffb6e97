"""How names are written, and who is warned of whom."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from services.contracts.profiles import ChangeProfile, Email, PossibleDuplicate
from services.profiles.domain.entry import proper
from tests.profiles.conftest import Register
from tests.profiles.people import ana_as_entered


@pytest.mark.parametrize(
    ("said", "written", "country"),
    [
        ("SILVA", "Silva", None),
        ("silva", "Silva", None),
        ("VAN DER BERG", "van der Berg", None),
        ("VAN DAMME", "Van Damme", "BE"),
        ("VON DER LEYEN", "von der Leyen", "DE"),
        ("DE LA CRUZ", "de la Cruz", "ES"),
        ("DE LUCA", "De Luca", "IT"),
        ("LE PEN", "Le Pen", "FR"),
        ("ORTEGA Y GASSET", "Ortega y Gasset", "ES"),
        ("COSTA E SILVA", "Costa e Silva", "PT"),
        ("BIN SALMAN AL SAUD", "bin Salman al Saud", None),
        ("MCDONALD", "McDonald", None),
        ("MACDONALD", "MacDonald", None),
        ("MACHADO", "Machado", None),
        ("O'NEILL", "O'Neill", None),
        ("D’ANGELO", "D’Angelo", None),
        ("'T HOOFT", "'t Hooft", None),
        ("GARCÍA-LORCA", "García-Lorca", None),
        ("IJSSEL", "IJssel", "NL"),
        ("IŞIK", "Işık", "TR"),
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδοπουλος", "GR"),
        ("иванов", "Иванов", None),
        ("李", "李", "CN"),
        ("McDonald", "McDonald", None),
        ("dell'Aquila", "dell'Aquila", None),
        ("", "", None),
    ],
)
def test_a_family_name_is_written_as_it_is_written(said: str, written: str, country: str | None):
    assert proper(said, family=True, country=country) == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("ANNA-MARIA", "Anna-Maria"),
        ("MARIA DO CARMO", "Maria do Carmo"),
        ("JP", "JP"),
        ("J.R.", "J.R."),
        ("HENRY VIII", "Henry VIII"),
        ("Ana", "Ana"),
    ],
)
def test_a_given_name_is_written_as_it_is_written(said: str, written: str):
    assert proper(said) == written


def test_what_is_written_stays_so():
    for name in ("van der Berg", "O'Neill", "de la Cruz", "McDonald", "García-Lorca y Gasset"):
        assert proper(proper(name.upper(), family=True), family=True) == name


def candidates(refused: PossibleDuplicate) -> list[Any]:
    return list(json.loads(refused.facts["candidates"]))


def test_of_two_who_enter_the_same_person_at_once_the_second_is_warned(register: Register):
    def enter(_: int) -> str:
        try:
            return str(register.service.create_profile(ana_as_entered()).id)
        except PossibleDuplicate as refused:
            return f"like {candidates(refused)[0]['id']}"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(enter, range(4)))
    (made,) = [one for one in said if not one.startswith("like")]
    assert sorted(one for one in said if one != made) == [f"like {made}"] * 3
    assert register.count("profiles") == 1


def test_two_who_change_two_cards_into_one_another_at_once_are_not_both_through(register: Register):
    ana, ines = (
        register.service.create_profile(replace(ana_as_entered(), emails=(Email(address=a),), phones=()))
        for a in ("a@sapo.pt", "b@sapo.pt")
    )

    def change(given: Any) -> bool:
        profile, address = given
        emails = (*profile.emails, Email(address=address))
        try:
            register.service.change_profile(
                ChangeProfile(profile_id=profile.id, version=profile.version, emails=emails)
            )
        except PossibleDuplicate:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        through = list(pool.map(change, ((ana, "c@sapo.pt"), (ines, "c@sapo.pt"))))
    assert sorted(through) == [False, True]


def test_a_company_that_is_there_already_is_warned_of(register: Register):
    acme = replace(ana_as_entered(), kind="company", given_name=None, family_name=None, name="ACME, Lda.")
    made = register.service.create_profile(acme)
    with pytest.raises(PossibleDuplicate) as refused:
        register.service.create_profile(replace(acme, name="Acme"))
    assert [each["id"] for each in candidates(refused.value)] == [str(made.id)]
