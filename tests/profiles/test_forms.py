"""Names in parts and in several scripts; nationalities, languages, age; organisations of both kinds."""

from __future__ import annotations

import random
import unicodedata
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.bookings import Person
from services.contracts.profiles import Address, ChangeProfile, CreateProfile, Email, NameForm, NotAProfile, Phone
from services.profiles.domain import codes, scripts
from services.profiles.domain.card import Card, changed_card, new_card
from tests.profiles.conftest import Register
from tests.profiles.people import TODAY, ana_silva

CYRILLIC = NameForm(given_name="Анна", family_name="Иванова")
LATIN = NameForm(given_name="Anna", family_name="Ivanova", source="passport")


def enter(**said) -> Card:
    return new_card(CreateProfile(**said), {}, TODAY)


def refused_at(**said) -> list[str]:
    with pytest.raises(NotAProfile) as refused:
        enter(**said)
    return [problem.pointer for problem in refused.value.errors]


def test_the_script_of_a_form_is_that_of_its_letters():
    card = enter(given_name="Li", family_name="Na", name_forms=(NameForm(given_name="娜", family_name="李"), CYRILLIC))
    assert [form.script for form in card.name_forms] == ["Hani", "Cyrl"]


def test_all_forms_of_a_name_are_searchable():
    card = enter(given_name="Анна", family_name="Иванова", name_forms=(LATIN,), preferred_name="Anja")
    assert card.search_name == " анна иванова anna ivanova anja "


def test_a_word_that_two_forms_share_stands_once():
    card = enter(given_name="Ana", family_name="Silva", preferred_name="Ana")
    assert card.search_name == " ana silva "


def test_who_is_written_in_another_script_is_matched_by_the_latin_form():
    known = enter(given_name="Анна", family_name="Иванова", name_forms=(LATIN,))
    assert known.match_name == enter(given_name="Anna", family_name="Ivanova").match_name
    assert ("anna", "ivanova") in known.folded_names


def test_a_name_in_latin_letters_is_not_replaced_by_a_form():
    card = enter(given_name="Ana", family_name="Silva", name_forms=(LATIN,))
    assert card.match_name == "ana silva"


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        (NameForm(script="Cyrl"), "/name_forms/0"),
        (NameForm(script="Xyzq", given_name="Anna"), "/name_forms/0/script"),
        (NameForm(script="Cyrl", given_name="Anna"), "/name_forms/0/script"),
        (NameForm(given_name="Anna", family_name="Иванова"), "/name_forms/0/script"),
        (NameForm(given_name="12"), "/name_forms/0/script"),
        (NameForm(given_name="An\u202ena"), "/name_forms/0/given_name"),
        (NameForm(given_name="А" * 101), "/name_forms/0/given_name"),
    ],
)
def test_what_is_no_form_of_a_name_is_refused_with_its_place(form, pointer):
    assert refused_at(given_name="Ana", name_forms=(form,))[0] == pointer


def test_each_script_stands_once_and_there_are_not_more_than_ten():
    assert refused_at(given_name="Ana", name_forms=(CYRILLIC, CYRILLIC)) == ["/name_forms/1/script"]
    assert "/name_forms" in refused_at(given_name="Ana", name_forms=(LATIN,) * 11)


def test_japanese_is_written_in_three_scripts_at_once():
    card = enter(given_name="Yuki", name_forms=(NameForm(given_name="雪ゆき", family_name="サトウ"),))
    assert card.name_forms[0].script == "Jpan"


@pytest.mark.parametrize(
    ("domain", "does"),
    [
        ("booking.com", False),
        ("bооking.com", True),  # Cyrillic о between Latin letters
        ("аррӏе.com", True),  # all Cyrillic, reads as apple
        ("οrf.at", True),
        ("почта.рф", False),
        ("москва.com", False),
        ("bücher.example.de", False),
        ("例え.jp", False),
        ("東京tower.jp", False),
        ("한국kr.com", False),
    ],
)
def test_a_domain_whose_letters_pass_for_others_is_known(domain, does):
    assert scripts.deceives(domain) is does


@given(st.text(max_size=30))
def test_whatever_a_text_is_its_scripts_are_told_without_a_fault(text):
    script = scripts.script_of(text)
    assert script is None or scripts.is_written_in(text, script)


# ── the rest of a person ─────────────────────────────────────────────────────────────────────────────────────────────


def test_other_nationalities_and_languages_are_others_than_the_first():
    card = enter(
        given_name="Ana", nationality="PT", other_nationalities=("brA", "PT", "BR"), language="pt",
        other_languages=("en_gb", "pt"),
    )  # fmt: skip
    assert (card.other_nationalities, card.other_languages) == (("BR",), ("en-GB",))
    assert refused_at(given_name="Ana", other_nationalities=("PT", "Portugal")) == ["/other_nationalities/1"]
    assert refused_at(given_name="Ana", other_languages=("pt",) * 11) == ["/other_languages"]


@pytest.mark.parametrize("field", ["title", "suffix", "preferred_name", "birth_place", "second_family_name"])
@pytest.mark.parametrize("text", ["x" * 1_000_000, "a\x00b", "a\u202eb", "a" + "\u0301" * 40, "a\uffff"])
def test_every_text_has_its_bounds(field, text):
    assert refused_at(given_name="Ana", **{field: text}) == [f"/{field}"]


@pytest.mark.parametrize(
    ("born", "years"),
    [(date(1980, 11, 21), 46), (date(1980, 11, 22), 45), (date(2004, 2, 29), 22), (TODAY, 0)],
)
def test_age_is_in_whole_years(born, years):
    assert codes.age(born, TODAY) == years


def test_an_agency_is_an_organisation_as_a_company_is():
    agency = enter(kind="agency", name="Abreu Viagens, Lda.")
    assert not agency.is_person
    assert agency.match_name == enter(kind="company", name="ABREU VIAGENS").match_name
    assert refused_at(kind="agency", given_name="Ana") == ["/name"]


def test_a_company_becomes_an_agency_and_a_person_neither():
    company = enter(kind="company", name="Abreu")
    change = ChangeProfile(profile_id=uuid4(), version=1, kind="agency")
    assert changed_card(company, change, {}, TODAY).kind == "agency"
    with pytest.raises(NotAProfile) as refused:
        changed_card(enter(given_name="Ana"), change, {}, TODAY)
    assert refused.value.errors[0].pointer == "/kind"


anything = (
    st.none() | st.text(st.characters(), max_size=60) | st.sampled_from(["x" * 5000, "\u202e", "\ufdfa" * 90, "\ud800"])
)
days = st.none() | st.dates()


@given(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(
                ("given_name", "family_name", "second_family_name", "name", "title", "suffix", "preferred_name", "sex",
                 "birth_place", "nationality", "language", "country"),
                anything,
            ),
            "birth_date": days,
            "kind": st.sampled_from(["person", "company", "agency"]),
            "other_languages": st.lists(anything.filter(bool), max_size=3).map(tuple),
            "name_forms": st.lists(st.builds(NameForm, given_name=anything, script=anything), max_size=3).map(tuple),
            "emails": st.lists(
                st.builds(Email, address=anything.map(str), type=anything.map(str), source=anything, valid_to=days),
                max_size=3,
            ).map(tuple),
            "phones": st.lists(st.builds(Phone, number=anything.map(str), valid_from=days), max_size=3).map(tuple),
            "addresses": st.lists(
                st.builds(Address, city=anything, postcode=anything, country=anything, type=anything.map(str)),
                max_size=3,
            ).map(tuple),
        }
    )
)  # fmt: skip
def test_whatever_is_said_is_a_card_or_refused_with_places(said):
    card, faults = None, ()
    try:
        card = enter(**said)
    except NotAProfile as refused:
        faults = refused.errors
    assert (card is None) == bool(faults)
    assert all(not fault.pointer or fault.pointer.startswith("/") for fault in faults)
    if card is not None:
        assert max(len(card.match_name.encode()), len(card.search_name.encode())) < 2_704  # bytes in an index


# ── in the register ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_that_was_entered_is_read_again(register: Register):
    said = CreateProfile(
        given_name="Анна", family_name="Иванова", title="Dr.", suffix="PhD", preferred_name="Anja", name_forms=(LATIN,),
        birth_date=date(1990, 1, 2), birth_place="Tver", nationality="RU", other_nationalities=("PT", "BR"),
        language="ru", other_languages=("pt", "en"),
    )  # fmt: skip
    anna = register.service.create_profile(said)
    assert register.reads(anna.id) == anna
    assert (anna.title, anna.suffix, anna.preferred_name, anna.birth_place) == ("Dr.", "PhD", "Anja", "Tver")
    assert anna.name_forms[0].script == "Latn"
    assert (anna.other_nationalities, anna.other_languages) == (("PT", "BR"), ("pt", "en"))
    assert anna.age is not None
    changed = register.service.change_profile(
        ChangeProfile(profile_id=anna.id, version=1, name_forms=(), clear=("title", "birth_place", "other_languages"))
    )
    assert register.reads(anna.id) == changed
    assert (changed.title, changed.birth_place, changed.other_languages, changed.name_forms) == (None, None, (), ())


def test_a_guest_is_found_by_any_form_of_the_name(register: Register):
    anna = register.service.create_profile(
        CreateProfile(given_name="Анна", family_name="Иванова", preferred_name="Anja", name_forms=(LATIN,))
    )
    for q in ("иванова", "ivanova anna", "ANJA", "иван"):
        assert register.finds(q=q) == [str(anna.id)], q


def test_a_booking_in_latin_letters_finds_who_is_written_in_others(register: Register):
    born = date(1990, 1, 2)
    anna = register.service.create_profile(
        CreateProfile(given_name="Анна", family_name="Иванова", birth_date=born, name_forms=(LATIN,))
    )
    (found,) = register.recognises(
        ana_silva(given_name="Anna", family_name="Ivanova", birth_date=born, email=None, phone=None)
    )
    assert found["profile_id"] == str(anna.id)


def test_a_booking_of_a_company_finds_the_agency_of_that_name_and_domain(register: Register):
    desk = Email(address="desk@abreu.example.pt")
    agency = register.service.create_profile(CreateProfile(kind="agency", name="Abreu Viagens, Lda.", emails=(desk,)))
    (found,) = register.recognises(Person(company="ABREU VIAGENS", email="ana@abreu.example.pt", roles=("booker",)))
    assert (found["profile_id"], found["reasons"]) == (str(agency.id), ["same-company-and-domain"])


def test_a_person_is_never_an_agency(register: Register):
    desk = Email(address="desk@abreu.example.pt")
    agency = register.service.create_profile(CreateProfile(kind="agency", name="Ana Silva", emails=(desk,)))
    (found,) = register.recognises(ana_silva(email="desk@abreu.example.pt", phone=None))
    assert found["profile_id"] != str(agency.id)


def test_names_of_letters_that_folding_multiplies_are_kept_and_found(register: Register):
    chance = random.Random(7)
    expanding = [chr(c) for c in range(0xA0, 0xFFFF) if len(unicodedata.normalize("NFKD", chr(c))) > 3]
    letters = [c for c in expanding if c.isalpha()]

    def name() -> str:
        return unicodedata.normalize("NFC", "Ana " + "".join(chance.choices(letters, k=90)))

    said = CreateProfile(given_name=name(), family_name=name(), second_family_name=name(), birth_date=date(1990, 1, 2))
    kept = register.service.create_profile(said)
    assert register.reads(kept.id).given_name == said.given_name
    assert register.finds(q="ana") == [str(kept.id)]
    company = register.service.create_profile(CreateProfile(kind="agency", name=name() + name()))
    assert register.reads(company.id).kind == "agency"


def test_a_name_in_ten_scripts_is_kept_and_found(register: Register):
    scripts_there = ("а", "α", "א", "ا", "一", "あ", "ア", "가", "अ", "ก")
    forms = tuple(NameForm(given_name=c * 100, family_name=c * 99, second_family_name=c * 98) for c in scripts_there)
    ana = register.service.create_profile(CreateProfile(given_name="Ana", family_name="Silva", name_forms=forms))
    assert len(register.reads(ana.id).name_forms) == 10
    assert register.finds(q="silva") == [str(ana.id)]
