"""Contact points of a card as they are said anew: what stays, what is past, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import Address, ChangeProfile, CreateProfile, Email, NotAProfile, Phone
from services.profiles.domain import postcodes
from services.profiles.domain.card import Card, changed_card, changed_fields, new_card
from services.profiles.domain.contacts import SHARED_BY, good_for
from tests.profiles.people import ANAS_MAIL, ANAS_PHONE, TODAY

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
PROVEN = datetime(2026, 10, 1, 12, tzinfo=UTC)


def enter(**said) -> Card:
    return new_card(CreateProfile(given_name="Ana", **said), {}, TODAY)


def change(card: Card, **said) -> Card:
    return changed_card(card, ChangeProfile(profile_id=uuid4(), version=1, **said), {}, TODAY)


def refused_at(card: Card, **said) -> list[str]:
    with pytest.raises(NotAProfile) as refused:
        change(card, **said)
    return [problem.pointer for problem in refused.value.errors]


def proven(card: Card) -> Card:
    return replace(card, points=tuple(replace(p, verified=True, verified_at=PROVEN) for p in card.points))


ANA = enter(emails=(Email(address=ANAS_MAIL),), phones=(Phone(number=ANAS_PHONE),))


def test_what_is_said_of_verified_is_not_heard():
    assert not enter(emails=(Email(address=ANAS_MAIL, verified=True, verified_at=PROVEN),)).points[0].verified
    assert not change(ANA, emails=(Email(address=ANAS_MAIL, verified=True),)).points[0].verified


def test_one_that_is_named_again_keeps_its_id_its_verification_and_its_source():
    before = proven(enter(emails=(Email(address=ANAS_MAIL, source="guest"),)))
    after = change(before, emails=(Email(address="new@sapo.pt"), Email(address=ANAS_MAIL.upper(), type="work")))
    kept = after.points[1]
    assert (kept.id, kept.verified, kept.verified_at) == (before.points[0].id, True, PROVEN)
    assert (kept.type, kept.source) == ("work", "guest")


def test_the_same_said_again_is_no_change():
    before = proven(ANA)
    assert change(before, emails=(Email(address=ANAS_MAIL),), phones=(Phone(number=ANAS_PHONE),)) == before


def test_a_verified_address_that_is_changed_is_not_verified_any_more():
    before = proven(ANA)
    mail = before.points[0]
    after = change(before, emails=(Email(id=mail.id, address="ana@new.example.pt"),)).points[0]
    assert (after.id, after.value, after.verified, after.verified_at) == (mail.id, "ana@new.example.pt", False, None)


def test_an_id_that_the_profile_does_not_have_or_that_is_said_twice_is_refused():
    mail = ANA.points[0]
    assert refused_at(ANA, emails=(Email(id=uuid4(), address="a@sapo.pt"),)) == ["/emails/0/id"]
    twice = (Email(id=mail.id, address="a@sapo.pt"), Email(id=mail.id, address="b@sapo.pt"))
    assert refused_at(ANA, emails=twice) == ["/emails/1/id"]
    assert refused_at(ANA, phones=(Phone(id=mail.id, number=ANAS_PHONE),)) == ["/phones/0/id"]


def test_one_whose_validity_has_ended_is_kept_and_is_neither_primary_nor_says_who_somebody_is():
    ended = Email(address=ANAS_MAIL, primary=True, valid_to=YESTERDAY)
    after = change(ANA, emails=(ended, Email(address="new@sapo.pt")))
    assert [(p.value, p.primary, p.identifies) for p in after.points if p.kind == "email"] == [
        (ANAS_MAIL, False, False),
        ("new@sapo.pt", True, True),
    ]
    assert after.points[0].why_not(TODAY) == ("past",)
    assert after.identity != ANA.identity


def test_the_last_day_of_validity_still_counts_and_the_first_one_too():
    for valid in ({"valid_to": TODAY}, {"valid_from": TODAY}):
        assert enter(emails=(Email(address=ANAS_MAIL, **valid),)).points[0].identifies
    later = enter(emails=(Email(address=ANAS_MAIL, valid_from=TOMORROW),)).points[0]
    assert (later.identifies, later.why_not(TODAY)) == (False, ("not-yet",))


def test_one_that_is_past_stays_though_nobody_names_it_until_the_list_is_cleared():
    past = change(ANA, emails=(Email(address=ANAS_MAIL, valid_to=YESTERDAY), Email(address="new@sapo.pt")))
    after = change(past, emails=(Email(address="newer@sapo.pt"),))
    assert [p.value for p in after.points if p.kind == "email"] == ["newer@sapo.pt", ANAS_MAIL]
    assert [p.kind for p in change(after, clear=("emails",)).points] == ["phone"]


def test_a_list_does_not_grow_without_bound_by_what_is_past():
    card = ANA
    for n in range(3):
        card = change(card, emails=tuple(Email(address=f"a{n}x{i}@sapo.pt", valid_to=YESTERDAY) for i in range(20)))
    assert refused_at(card, emails=(Email(address=ANAS_MAIL),)) == ["/emails"]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"valid_from": TODAY, "valid_to": YESTERDAY}, "/emails/0/valid_to"),
        ({"valid_from": date(1, 1, 1)}, "/emails/0/valid_from"),
        ({"valid_to": date(9999, 12, 31)}, "/emails/0/valid_to"),
        ({"source": "The Desk"}, "/emails/0/source"),
        ({"source": "x" * 41}, "/emails/0/source"),
        ({"type": "\u202ework"}, "/emails/0/type"),
        ({"type": "x" * 1_000_000}, "/emails/0/type"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(said, pointer):
    assert refused_at(ANA, emails=(Email(address=ANAS_MAIL, **said),)) == [pointer]


def test_what_staff_enter_comes_from_the_desk_unless_they_say_otherwise():
    said = enter(emails=(Email(address=ANAS_MAIL), Email(address="b@sapo.pt", source="guest")))
    assert [p.source for p in said.points] == ["desk", "guest"]


def test_of_several_that_are_said_to_be_the_primary_the_first_is():
    card = enter(emails=tuple(Email(address=f"{n}@sapo.pt", primary=n > 0) for n in range(3)))
    assert [p.primary for p in card.points] == [False, True, False]


def test_a_number_that_is_forwarded_stays_one_when_it_is_named_by_what_is_left_of_it():
    before = enter(phones=(Phone(number="+1 415 555 2671 ext 1234"),))
    after = change(before, phones=(Phone(number=before.points[0].value),))
    assert after == before
    assert not after.points[0].identifies


@pytest.mark.parametrize(
    ("why_not", "good"),
    [
        ((), ("stay", "marketing", "matching")),
        (("relay",), ("stay",)),
        (("agency",), ("stay",)),
        (("shared",), ("stay",)),
        (("placeholder",), ()),
        (("past",), ()),
        (("relay", "not-yet"), ()),
    ],
)
def test_what_a_contact_point_is_good_for(why_not, good):
    assert good_for(why_not) == good


def test_what_ten_people_have_says_nothing_of_one():
    assert replace(ANA.points[0], people=SHARED_BY).why_not(TODAY) == ("shared",)
    assert replace(ANA.points[0], people=SHARED_BY - 1).why_not(TODAY) == ()


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────

HOME = Address(lines=("Rua Augusta 1",), city="Lisboa", postcode="1100048", country="pt")
WORK = Address(lines=("Av. da Liberdade 2",), city="Lisboa", country="PT", type="work", primary=True)


def test_an_address_has_an_id_a_source_and_its_postcode_as_the_country_writes_it():
    (home,) = enter(addresses=(HOME,)).addresses
    assert isinstance(home.id, UUID)
    assert (home.postcode, home.country, home.source, home.primary) == ("1100-048", "PT", "desk", True)


def test_an_address_that_is_named_again_is_the_same():
    before = enter(addresses=(HOME, WORK))
    again = change(before, addresses=(replace(HOME, lines=("RUA  augusta 1",)), WORK))
    assert [a.id for a in again.addresses] == [a.id for a in before.addresses]
    moved = change(before, addresses=(replace(WORK, id=before.addresses[0].id),))
    assert [a.id for a in moved.addresses] == [before.addresses[0].id]


def test_one_address_is_the_primary_and_none_that_is_past():
    assert [a.primary for a in enter(addresses=(HOME, WORK)).addresses] == [False, True]
    ended = replace(WORK, valid_to=YESTERDAY)
    assert [a.primary for a in enter(addresses=(HOME, ended)).addresses] == [True, False]


def test_a_former_address_is_kept_though_nobody_names_it():
    before = enter(addresses=(HOME, replace(WORK, valid_to=YESTERDAY)))
    after = change(before, addresses=(replace(HOME, lines=("Rua Nova 3",)),))
    assert [a.lines for a in after.addresses] == [("Rua Nova 3",), WORK.lines]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        (Address(), "/addresses/0"),
        (Address(id=UUID(int=1), city="Lisboa"), "/addresses/0/id"),
        (Address(lines=("a",) * 7), "/addresses/0/lines"),
        (Address(lines=("ok", "x\u0000")), "/addresses/0/lines/1"),
        (Address(city="x" * 101), "/addresses/0/city"),
        (Address(city="Lisboa", valid_from=TODAY, valid_to=YESTERDAY), "/addresses/0/valid_to"),
    ],
)
def test_what_is_no_address_is_refused_with_its_place(said, pointer):
    assert refused_at(ANA, addresses=(said,)) == [pointer]


@pytest.mark.parametrize(
    ("country", "said", "written"),
    [
        ("PT", "1100048", "1100-048"), ("PT", "1100", "1100"), ("GB", "sw1a1aa", "SW1A 1AA"), ("GB", "m11ae", "M1 1AE"),
        ("JE", "je23ab", "JE2 3AB"), ("NL", "1012ab", "1012 AB"), ("CA", "k1a0b1", "K1A 0B1"),
        ("SE", "11455", "114 55"),
        ("PL", "00950", "00-950"), ("DE", "D-10115", "10115"), ("IE", "d02af30", "D02 AF30"), ("LV", "1010", "LV-1010"),
        ("US", "100271234", "10027-1234"), ("US", "10027", "10027"), ("BR", "01310100", "01310-100"),
        ("JP", "1000001", "100-0001"), ("MT", "vlt1117", "VLT 1117"), ("AD", "ad500", "AD500"),
        ("PT", "not one", "NOT ONE"), ("AO", "12 34", "12 34"), (None, "ab1", "AB1"), ("PT", None, None),
    ],
)  # fmt: skip
def test_postcodes_are_written_as_their_country_does(country, said, written):
    assert postcodes.written(said, country) == written
    assert postcodes.written(written, country) == written


def test_a_change_is_told_by_the_names_of_its_fields():
    after = change(ANA, emails=(Email(address="b@sapo.pt"),), title="Dr.", addresses=(HOME,))
    assert changed_fields(ANA, after) == ("addresses", "emails", "title")
