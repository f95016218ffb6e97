"""What a card may say, and where the fault is if it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from services.contracts.profiles import Address, ChangeProfile, CreateProfile, Email, NotAProfile, Phone
from services.profiles.domain import codes
from services.profiles.domain.card import Card, Level, changed_card, new_card, note_text
from services.profiles.domain.names import Unfit
from tests.profiles.people import TODAY, ana_as_entered

LEVELS = {"vip": Level("VIP"), "do not book": Level("Do Not Book", True)}


def enter(said: CreateProfile) -> Card:
    return new_card(said, LEVELS, TODAY)


def change(card: Card, **said) -> Card:
    return changed_card(card, ChangeProfile(profile_id=uuid4(), version=1, **said), LEVELS, TODAY)


def refused_at(said: CreateProfile) -> list[str]:
    with pytest.raises(NotAProfile) as refused:
        enter(said)
    return [problem.pointer for problem in refused.value.errors]


def test_a_number_is_read_in_the_country_that_is_given():
    card = enter(ana_as_entered())
    assert [point.value for point in card.points] == ["ana.silva@sapo.pt", "+351912345678"]


def test_every_fault_is_reported_with_its_place():
    said = CreateProfile(
        given_name="A\u202e",
        sex="?",
        birth_date=date(2030, 1, 1),
        nationality="Portugal",
        language="klingonish",
        emails=(Email(address="ana@sapo.pt"), Email(address="n/a")),
        phones=(Phone(number="912345678"),),
        addresses=(Address(country="XX"),),
        level="Platinum",
    )
    assert sorted(refused_at(said)) == [
        "/addresses/0/country",
        "/birth_date",
        "/emails/1/address",
        "/given_name",
        "/language",
        "/level",
        "/nationality",
        "/phones/0/number",
        "/sex",
    ]


def test_a_fault_does_not_repeat_what_was_said():
    with pytest.raises(NotAProfile) as refused:
        enter(ana_as_entered(emails=(Email(address="ana at sapo"),), level="Ana's level"))
    assert "ana" not in str(refused.value.to_wire()).lower()


def test_a_person_needs_a_name_or_an_address_and_a_company_its_name():
    assert refused_at(CreateProfile(birth_date=date(1980, 5, 5))) == [""]
    assert refused_at(CreateProfile(kind="company", emails=(Email(address="sales@acme.pt"),))) == ["/name"]
    assert enter(CreateProfile(phones=(Phone(number="+351912345678"),))).points


def test_there_are_bounds_to_how_many_addresses_a_card_holds():
    mails = tuple(Email(address=f"ana{n}@sapo.pt") for n in range(21))
    assert refused_at(ana_as_entered(emails=mails)) == ["/emails"]


def test_an_address_given_twice_is_kept_once_and_one_is_the_primary():
    mails = (Email(address="ana@sapo.pt"), Email(address="ANA@sapo.pt"), Email(address="a@x.pt", primary=True))
    points = enter(ana_as_entered(emails=mails, phones=())).points
    assert [(p.value, p.primary) for p in points] == [("ana@sapo.pt", False), ("a@x.pt", True)]


def test_codes_are_written_in_one_way():
    assert codes.language_code("pt_br") == "pt-BR"
    assert codes.country_code("prt") == codes.country_code(" pt ") == "PT"
    for wrong in ("ZZ", "EU", "P", "Portugal", ""):
        with pytest.raises(Unfit):
            codes.country_code(wrong)


def test_a_level_is_known_whatever_its_case():
    assert enter(ana_as_entered(level="do not BOOK")).level == "Do Not Book"


def test_nobody_is_born_tomorrow_or_two_centuries_ago():
    assert refused_at(ana_as_entered(birth_date=date(2026, 11, 22))) == ["/birth_date"]
    assert refused_at(ana_as_entered(birth_date=date(1826, 1, 1))) == ["/birth_date"]
    assert enter(ana_as_entered(birth_date=TODAY)).birth_date == TODAY


def test_a_change_touches_only_what_is_given():
    before = enter(ana_as_entered(level="VIP"))
    after = change(before, family_name="Costa")
    assert after == replace(before, family_name="Costa")


def test_what_is_cleared_is_empty():
    before = enter(ana_as_entered(level="VIP", birth_date=date(1980, 5, 5)))
    after = change(before, clear=("level", "birth_date", "phones"))
    assert (after.level, after.birth_date) == (None, None)
    assert [point.kind for point in after.points] == ["email"]


@pytest.mark.parametrize("said", [{"clear": ("shoe_size",)}, {"clear": ("level",), "level": "VIP"}, {"clear": ("id",)}])
def test_a_field_that_is_not_there_or_is_given_cannot_be_cleared(said):
    with pytest.raises(NotAProfile) as refused:
        change(enter(ana_as_entered()), **said)
    assert refused.value.errors[0].pointer == "/clear/0"


def test_a_change_must_leave_a_person():
    with pytest.raises(NotAProfile):
        change(enter(CreateProfile(given_name="Ana")), clear=("given_name",))


def test_a_note_needs_words():
    assert note_text(" Likes\nquiet rooms ") == "Likes\nquiet rooms"
    for text in ("", " \n ", "x" * 10_001, "\x00"):
        with pytest.raises(NotAProfile) as refused:
            note_text(text)
        assert refused.value.errors[0].pointer == "/text"
