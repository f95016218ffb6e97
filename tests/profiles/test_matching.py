"""Who is the same person: evidence, conflicts, and what says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.bookings import Person
from services.profiles.domain.guests import Guest, read_guests
from services.profiles.domain.matching import CERTAIN, Candidate, match
from services.profiles.domain.recognition import recognise, traces
from tests.profiles.people import ANAS_MAIL, ANAS_PHONE, ANAS_RELAY, TODAY, ana_silva, bruno_costa

BORN = date(1985, 6, 15)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def guest(person: Person) -> Guest:
    return read_guests([person], "PT", TODAY)[0]


def profile_of(person: Person, number: int = 1, verified: bool = False, shared: bool = True) -> Candidate:
    """The profile of somebody, as the store finds it for whoever shares an identifier."""
    known = guest(person)
    return Candidate(
        profile_id=UUID(int=number),
        card=known.card,
        created_at=NOW - timedelta(days=100 - number),
        keys=known.keys,
        shared=dict.fromkeys(known.identifiers, verified) if shared else {},
    )


def certain(person: Person, *profiles: Candidate) -> bool:
    return match(guest(person), profiles).certain


def test_the_same_mailbox_and_name_is_the_same_person():
    found = match(guest(ana_silva(phone=None)), [profile_of(ana_silva())])
    assert found.certain
    assert found.reasons == ("same-email-and-name",)


def test_a_verified_mailbox_forgives_more_in_the_name_but_not_another_person():
    known = profile_of(ana_silva(), verified=True)
    found = match(guest(ana_silva(given_name=None, phone=None)), [known])
    assert (found.certain, found.reasons) == (True, ("same-verified-email",))
    assert certain(ana_silva(family_name="Costa", phone=None), known)
    assert not certain(ana_silva(given_name="Bruno", phone=None), known)


def test_the_same_mailbox_with_an_entirely_different_name_is_not_enough():
    assert not certain(bruno_costa(email=ANAS_MAIL), profile_of(ana_silva()))
    assert not certain(bruno_costa(email=ANAS_MAIL, phone=ANAS_PHONE), profile_of(ana_silva()))


def test_a_slip_in_the_name_is_forgiven_with_the_same_mailbox_or_number():
    assert certain(ana_silva(given_name="Anna", phone=None), profile_of(ana_silva()))
    assert certain(ana_silva(family_name="Sliva", email=None), profile_of(ana_silva()))


def test_a_name_alone_never_matches():
    bare = ana_silva(email=None, phone=None)
    assert not certain(bare, profile_of(ana_silva()))
    assert match(guest(bare), [profile_of(ana_silva())]).score == 0


def test_name_and_birth_date_are_enough_unless_the_date_is_a_placeholder():
    for born, enough in ((BORN, True), (date(1970, 1, 1), False)):
        bare = ana_silva(email=None, phone=None, birth_date=born)
        assert certain(bare, profile_of(ana_silva(birth_date=born))) is enough


def test_a_different_birth_date_speaks_against_everything_else():
    found = match(guest(ana_silva(birth_date=BORN)), [profile_of(ana_silva(birth_date=date(1955, 1, 2)))])
    assert not found.certain
    assert "birth-date-conflict" in found.reasons


def test_a_relay_address_never_matches():
    person = ana_silva(email=ANAS_RELAY, phone=None)
    assert not certain(person, profile_of(person))
    assert not traces([guest(person)]).identifiers


def test_an_identifier_that_the_store_left_out_as_shared_says_nothing():
    assert not certain(ana_silva(), profile_of(ana_silva(), shared=False))


def test_an_address_without_a_name_matches_its_only_owner():
    nameless = Person(email=ANAS_MAIL, roles=("booker",))
    assert certain(nameless, profile_of(ana_silva()))
    assert not certain(nameless, profile_of(ana_silva()), profile_of(bruno_costa(email=ANAS_MAIL), number=2))


def test_of_equal_candidates_the_longest_known_is_taken():
    found = match(guest(ana_silva()), [profile_of(ana_silva(), number=7), profile_of(ana_silva(), number=3)])
    assert found.candidate
    assert found.candidate.profile_id == UUID(int=3)


def test_the_better_evidence_wins():
    by_mail = profile_of(ana_silva(phone=None), number=1)
    by_both = profile_of(ana_silva(), number=2)
    found = match(guest(ana_silva()), [by_mail, by_both])
    assert found.candidate == by_both


def test_a_company_is_known_by_its_name_and_its_own_domain():
    acme = Person(company="ACME Viagens, Lda.", email="sales@acme.pt", roles=("booker",))
    known = profile_of(acme, shared=False)
    assert certain(replace(acme, company="Acme Viagens", email="ana@acme.pt"), known)
    assert not certain(
        replace(acme, email="acme@gmail.com"), profile_of(replace(acme, email="x@gmail.com"), shared=False)
    )
    assert not certain(replace(acme, email=None), known)


def test_a_company_is_never_a_person():
    acme = Person(company="Ana Silva", email=ANAS_MAIL, roles=("booker",))
    assert not certain(acme, profile_of(ana_silva()))


def test_who_stood_at_this_place_of_the_booking_before_is_still_there_under_a_like_name():
    before = replace(profile_of(ana_silva(email=None, phone=None), shared=False), on_booking=frozenset({0}))
    assert certain(ana_silva(email="new@sapo.pt"), before)
    assert not certain(bruno_costa(position=0), before)


people = st.builds(
    Person,
    given_name=st.none() | st.sampled_from(["Ana", "Anna", "Bruno", "A", "李"]),
    family_name=st.none() | st.sampled_from(["Silva", "Sliva", "Costa"]),
    company=st.none() | st.sampled_from(["Acme", "Acme Lda"]),
    email=st.none() | st.sampled_from([ANAS_MAIL, ANAS_RELAY, "bruno@acme.pt", "n/a", "\x00"]),
    phone=st.none() | st.sampled_from([ANAS_PHONE, "912 345 678", "+1 415 555 2671 ext 9", "none"]),
    birth_date=st.none() | st.sampled_from([BORN, date(1970, 1, 1), date(2090, 1, 1), date(1, 1, 1)]),
    roles=st.sampled_from([("booker",), ("primary",), ("additional",)]),
)


@given(people, people, st.booleans())
def test_a_score_is_a_probability_with_reasons_and_needs_more_than_a_name(mine, theirs, verified):
    known = profile_of(theirs, verified=verified)
    known = replace(known, shared={k: v for k, v in known.shared.items() if k in guest(mine).identifiers})
    found = match(guest(mine), [known])
    assert 0 <= found.score <= 1
    assert (found.score > 0) == bool(found.reasons)
    if found.score >= CERTAIN:
        same_birth = mine.birth_date == theirs.birth_date and mine.birth_date is not None
        assert known.shared or same_birth or mine.company


@given(people, people)
def test_who_is_one_person_does_not_depend_on_who_came_first(mine, theirs):
    one, other = profile_of(mine), profile_of(theirs)
    common = one.keys & other.keys
    one, other = (replace(c, shared={k: v for k, v in c.shared.items() if k in common}) for c in (one, other))
    assert match(guest(mine), [other]).score == match(guest(theirs), [one]).score


@given(st.lists(people, min_size=1, max_size=6))
def test_everybody_on_a_booking_has_a_profile_and_equal_people_have_one(said):
    placed = [replace(person, position=at) for at, person in enumerate(said)]
    ids = iter(UUID(int=n) for n in range(1, 100))
    answers = recognise(read_guests(placed, "PT", TODAY), [], (), lambda: next(ids), NOW)
    places = {at: a.profile_id for a in answers for at in (a.guest.position, *a.guest.brought)}
    assert sorted(places) == list(range(len(said)))
    assert sum(answer.created for answer in answers) == len(set(places.values()))
    # again with what is known now: nobody new, everybody as before
    cards = {}
    for answer in answers:
        card = answer.guest.card
        cards[answer.profile_id] = cards[answer.profile_id].completed_by(card) if answer.profile_id in cards else card
    seen = [
        Candidate(
            i,
            card,
            NOW,
            frozenset(p.key for p in card.points),
            {p.key: False for p in card.points if p.identifies},
            frozenset(at for at, who in places.items() if who == i),
        )
        for i, card in cards.items()
    ]
    again = recognise(read_guests(placed, "PT", TODAY), seen, (), lambda: pytest.fail("somebody new"), NOW)
    assert {at: a.profile_id for a in again for at in (a.guest.position, *a.guest.brought)} == places
