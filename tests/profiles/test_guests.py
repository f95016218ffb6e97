"""The people of a booking, as its source wrote them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from services.contracts.bookings import Person, PostalAddress
from services.profiles.domain.guests import read_guests
from services.profiles.domain.recognition import recognise
from tests.profiles.people import ANAS_RELAY, TODAY, ana_silva, bruno_costa

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def places(*people: Person) -> dict[int, UUID]:
    """Position → profile in an empty register."""
    answers = recognise(read_guests(people, "PT", TODAY), [], (), uuid4, NOW)
    return {at: answer.profile_id for answer in answers for at in (answer.guest.position, *answer.guest.brought)}


def test_what_is_not_valid_is_left_out_and_the_guest_is_kept():
    (ana,) = read_guests(
        [ana_silva(email="n/a", phone="none", language="??", country="Atlantis", birth_date=date(2190, 1, 1))],
        "PT",
        TODAY,
    )
    assert (ana.card.given_name, ana.card.points, ana.card.language, ana.card.birth_date) == ("Ana", (), None, None)


def test_a_number_is_read_in_the_guests_country_else_in_the_propertys():
    (ana,) = read_guests([ana_silva(email=None, phone="912 345 678", country=None)], "PT", TODAY)
    assert ana.identifiers == ("+351912345678",)
    (max_,) = read_guests([ana_silva(email=None, phone="030 901820", country="DE")], "PT", TODAY)
    assert max_.identifiers == ("+4930901820",)


def test_a_relay_address_is_kept_and_a_placeholder_is_not():
    (ana,) = read_guests([ana_silva(email=ANAS_RELAY, phone=None)], "PT", TODAY)
    assert [(p.value, p.relay) for p in ana.card.points] == [(ANAS_RELAY, True)]
    (ana,) = read_guests([ana_silva(email="none@none.com", phone="+1 415 555 2671 ext 12")], "PT", TODAY)
    assert ana.card.points == ()


def test_words_for_nobody_are_no_names():
    assert read_guests([ana_silva(given_name="N/A", family_name="Unknown")], "PT", TODAY)[0].card.search_name == ""


def test_booker_and_first_guest_with_one_name_are_one_person():
    found = places(ana_silva(roles=("booker",)), ana_silva(position=1, email=None, phone=None, roles=("primary",)))
    assert found[0] == found[1]


def test_father_and_son_of_one_name_are_two():
    father = ana_silva(given_name="João", birth_date=date(1960, 2, 3), email=None)
    son = ana_silva(position=1, given_name="João", birth_date=date(1992, 4, 5), email=None)
    found = places(father, son)
    assert found[0] != found[1]


def test_a_couple_with_one_mailbox_is_two_people():
    found = places(ana_silva(), bruno_costa(email=ana_silva().email))
    assert found[0] != found[1]


def test_a_slip_between_booker_and_guest_with_one_mailbox_is_one_person():
    found = places(ana_silva(), ana_silva(position=1, given_name="Anna"))
    assert found[0] == found[1]


def test_a_name_beside_a_bookers_bare_address_is_another_person_unless_they_share_one():
    agent = Person(position=1, roles=("booker",), email="desk@agency.example")
    found = places(ana_silva(roles=("primary",)), agent)
    assert found[0] != found[1]
    found = places(ana_silva(roles=("primary",), email=ANAS_RELAY), Person(position=1, email=ANAS_RELAY))
    assert found[0] == found[1]


def test_guests_without_any_details_stand_with_the_booker():
    found = places(
        Person(position=0, roles=("primary",)),
        bruno_costa(position=1),
        ana_silva(position=2, roles=("booker",)),
        Person(position=3, roles=("additional",), country="PT"),
    )
    assert found[0] == found[2] == found[3] != found[1]


def test_a_booking_without_any_details_has_one_unknown_guest():
    found = places(Person(position=0, roles=("booker", "primary")), Person(position=1))
    assert len(set(found.values())) == 1


def test_a_booking_without_people_is_no_fault():
    assert places() == {}


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({"email": "ana@b\u043eoking.com"}, ("email-deceiving",)),
        ({"email": "ana at sapo.pt"}, ("email-not-valid",)),
        ({"email": "none@none.com"}, ("email-placeholder",)),
        ({"phone": "12"}, ("phone-not-valid",)),
        ({"phone": "+1 415 555 2671 ext 12"}, ("phone-forwarded",)),
        ({"country": "ZZ"}, ("country-not-valid",)),
        ({"address": PostalAddress(lines=tuple("abcdefg"))}, ("address-shortened",)),
        ({"address": PostalAddress(lines=("Rua Augusta 1",), country="XX")}, ("address-country-not-valid",)),
        ({"email": ANAS_RELAY}, ()),
        ({}, ()),
    ],
)
def test_what_cannot_stand_on_a_card_is_told(said, codes):
    (ana,) = read_guests([ana_silva(**said)], "PT", TODAY)
    assert ana.left_out == ({0: codes} if codes else {})


def test_it_is_told_of_whom_nothing_else_is_known():
    nobody = Person(position=1, roles=("additional",), email="x@b\u043eoking.com")
    (ana,) = read_guests([ana_silva(), nobody], "PT", TODAY)
    assert ana.left_out == {1: ("email-deceiving",)}
