"""People on a booking, added, corrected and taken off at the desk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.bookings import (
    AddPerson,
    Booking,
    BookingHasChanged,
    CancelBooking,
    ChangePerson,
    DoNotBook,
    NoSuchBooking,
    NoSuchPerson,
    NotABooking,
    NotInTeam,
    Person,
    PostalAddress,
    PrimaryGuestNeeded,
    ReadBookingPeople,
    RemovePerson,
    SetNeeds,
    StateForbids,
    TellTerms,
)
from services.contracts.profiles import LevelChanged
from tests.bookings.makers import ANA, BRUNO, Desk
from tests.bookings.routed import ZOE, House, asking

CARLA = UUID("ca000000-0000-4000-8000-000000000003")
ACME = UUID("ac000000-0000-4000-8000-000000000004")
BRUNO_COSTA = Person(given_name="Bruno", family_name="Costa")
ACME_LDA = Person(company="ACME, Lda.", roles=("payer",))


def adds(
    desk: Desk, booking: Booking, person: Person = BRUNO_COSTA, version: int | None = None, **more: Any
) -> Booking:
    return desk.service.add_person(AddPerson(booking_id=booking.id, version=version, person=person, **more))


def changes(desk: Desk, booking: Booking, position: int, version: int | None = None, **said: Any) -> Booking:
    request = ChangePerson(booking_id=booking.id, version=version, position=position, person=Person(**said))
    return desk.service.change_person(request)


def removes(desk: Desk, booking: Booking, position: int, version: int | None = None) -> Booking:
    return desk.service.remove_person(RemovePerson(booking_id=booking.id, version=version, position=position))


def people(booking: Booking) -> dict[int, tuple[str, ...]]:
    """Roles by position."""
    return {person.position: person.roles for person in booking.people}


def names(booking: Booking) -> dict[str, tuple[str, ...]]:
    """Roles by given name or company."""
    return {person.given_name or person.company or "": person.roles for person in booking.people}


# ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_more_is_an_additional_guest_and_wants_identifying(desk):
    booking = desk.opens()
    after = adds(desk, booking)
    assert people(after) == {0: ("booker", "primary"), 1: ("additional",)}
    assert after.version == booking.version + 1
    assert desk.said()[-1] == "BookingPeopleChanged"
    desk.identifies(booking.id, ANA, BRUNO, version=after.version)
    (facts,) = [event.booking for event in desk.announced()[-1:]]
    assert facts.profile_ids == (ANA, BRUNO)


def test_somebody_of_the_register_is_told_of_at_once(desk):
    adds(desk, desk.opens(), Person(profile_id=BRUNO, given_name="Bruno"))
    event = desk.announced()[-1]
    assert (type(event).__name__, event.booking.profile_ids) == ("BookingChanged", (ANA, BRUNO))


def test_a_company_pays_while_the_guest_keeps_their_name(desk):
    booking = desk.opens()
    adds(desk, booking, Person(profile_id=ACME, company="ACME, Lda.", roles=("payer",)))
    facts = desk.announced()[-1].booking
    assert (facts.profile_id, facts.payer_profile_id, facts.contact_profile_id) == (ANA, ACME, ANA)


def test_a_company_that_books_leaves_its_first_guest_the_primary_one(desk):
    booking = desk.opens(booker=Person(company="ACME, Lda."), guests=(BRUNO_COSTA, Person(given_name="Carla")))
    assert names(booking) == {"ACME, Lda.": ("booker",), "Bruno": ("primary",), "Carla": ("additional",)}


def test_a_company_of_the_register_that_books_leaves_its_guest_the_primary_one(desk):
    booking = desk.opens(booker=Person(profile_id=ACME, company="ACME, Lda."), guests=(Person(profile_id=BRUNO),))
    facts = desk.announced()[-1].booking
    assert (facts.profile_id, facts.payer_profile_id) == (BRUNO, BRUNO)
    assert people(booking) == {0: ("booker",), 1: ("primary",)}


def test_a_contact_person_is_told_of(desk):
    adds(desk, desk.opens(), Person(profile_id=CARLA, roles=("contact",)))
    facts = desk.announced()[-1].booking
    assert (facts.profile_id, facts.contact_profile_id, facts.payer_profile_id) == (ANA, CARLA, ANA)


def test_whoever_gets_the_messages_as_the_guest_was_not_named_for_it(desk):
    booking = desk.opens(booker=Person(profile_id=ACME, company="ACME, Lda."), guests=(Person(profile_id=BRUNO),))
    facts = desk.announced()[-1].booking
    assert (facts.booker_profile_id, facts.contact_profile_id, facts.contact_named) == (ACME, BRUNO, False)
    adds(desk, booking, Person(profile_id=CARLA, roles=("contact",)))
    facts = desk.announced()[-1].booking
    assert (facts.booker_profile_id, facts.contact_profile_id, facts.contact_named) == (ACME, CARLA, True)


def test_another_primary_guest_leaves_the_first_one_an_additional_guest(desk):
    after = adds(desk, desk.opens(), Person(given_name="Bruno", roles=("primary",)))
    assert people(after) == {0: ("booker", "additional"), 1: ("primary",)}


def test_another_payer_takes_the_place_of_the_first(desk):
    booking = adds(desk, desk.opens(), ACME_LDA)
    after = adds(desk, booking, Person(company="Globex", roles=("payer", "contact")))
    assert names(after) == {"": ("booker", "primary"), "Globex": ("contact", "payer")}


def test_a_guest_without_an_email_is_taken(desk):
    after = adds(desk, desk.opens(), Person(family_name="Costa"))
    assert after.people[1].email is None


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        (Person(), ""),
        (Person(given_name="  "), ""),
        (Person(given_name="x" * 201), "/given_name"),
        (Person(given_name="a\x00b"), "/given_name"),
        (Person(family_name="Costa", age=-1), "/age"),
        (Person(family_name="Costa", address=PostalAddress(city="x" * 201)), "/address/city"),
        (Person(company="ACME", roles=("primary",)), "/roles"),
        (Person(company="ACME"), "/roles"),
    ],
)
def test_who_cannot_be_is_refused_where_it_is_said(desk, said, pointer):
    booking = desk.opens()
    with pytest.raises(NotABooking) as refused:
        adds(desk, booking, said)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]
    assert desk.booking(booking.id) == booking


def test_more_people_than_a_booking_holds_are_refused(desk):
    booking = desk.opens(guests=tuple(Person(given_name=f"Guest {n}") for n in range(100)))
    for n in range(99):
        adds(desk, booking, Person(given_name=f"Companion {n}"))
    with pytest.raises(NotABooking):
        adds(desk, booking)


def test_card_numbers_are_not_kept(desk):
    after = adds(desk, desk.opens(), Person(given_name="Bruno", family_name="4111 1111 1111 1111"))
    assert "1111" not in str(after.people)


def test_what_a_caller_may_not_say_of_a_person_is_not_kept(desk):
    said = Person(given_name="Bruno", position=7, needs=("cot",), needs_note="x", added_here=False)
    person = adds(desk, desk.opens(), said).people[1]
    assert (person.position, person.needs, person.needs_note, person.added_here) == (1, (), None, True)


# ── correcting and replacing ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_detail_that_does_not_tell_who_somebody_is_leaves_their_profile(desk):
    booking = adds(desk, desk.opens(), Person(profile_id=BRUNO, given_name="Bruno"))
    after = changes(desk, booking, 1, given_name="Bruno", language="pt")
    assert (after.people[1].profile_id, after.people[1].language) == (BRUNO, "pt")
    assert desk.said()[-1] == "BookingChanged"


def test_a_corrected_name_is_found_anew(desk):
    booking = adds(desk, desk.opens(), Person(profile_id=BRUNO, given_name="Bruno"))
    after = changes(desk, booking, 1, given_name="Bruna")
    assert (after.people[1].given_name, after.people[1].profile_id) == ("Bruna", None)
    assert desk.said()[-1] == "BookingPeopleChanged"
    assert desk.service.read_booking_people(ReadBookingPeople(booking_id=booking.id)).people == after.people


def test_a_corrected_name_with_its_profile_stays_that_guest(desk):
    booking = adds(desk, desk.opens(), Person(profile_id=BRUNO, given_name="Bruno"))
    after = changes(desk, booking, 1, given_name="Bruna", profile_id=BRUNO)
    assert (after.people[1].given_name, after.people[1].profile_id) == ("Bruna", BRUNO)


def test_the_primary_guest_is_replaced_where_they_stood(desk):
    booking = desk.opens()
    after = changes(desk, booking, 0, profile_id=BRUNO, given_name="Bruno")
    assert people(after) == {0: ("booker", "primary")}
    facts = desk.announced()[-1].booking
    assert (facts.profile_id, facts.left_profile_ids) == (BRUNO, (ANA,))


def test_roles_that_are_said_replace_those_of_before(desk):
    booking = adds(desk, adds(desk, desk.opens()), ACME_LDA)
    after = changes(desk, booking, 1, given_name="Bruno", family_name="Costa", roles=("payer", "primary"))
    assert people(after) == {0: ("booker", "additional"), 1: ("primary", "payer")}


def test_nobody_gives_up_being_the_primary_guest(desk):
    with pytest.raises(PrimaryGuestNeeded):
        changes(desk, desk.opens(), 0, profile_id=ANA, roles=("booker",))


def test_what_was_said_before_is_said_again_without_another_version(desk):
    booking = adds(desk, desk.opens())
    events = desk.said()
    again = changes(desk, booking, 1, version=1, given_name="Bruno", family_name="Costa")
    assert (again, desk.said()) == (booking, events)


def test_nobody_stands_at_a_position_of_before(desk):
    with pytest.raises(NoSuchPerson):
        changes(desk, desk.opens(), 1, given_name="Bruno")


# ── taking off ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_taken_off_is_told_to_have_left(desk):
    booking = adds(desk, desk.opens(), Person(profile_id=BRUNO))
    removes(desk, booking, 1)
    facts = desk.announced()[-1].booking
    assert (facts.profile_ids, facts.left_profile_ids) == ((ANA,), (BRUNO,))


def test_the_primary_guest_is_not_taken_off(desk):
    with pytest.raises(PrimaryGuestNeeded):
        removes(desk, desk.opens(), 0)


def test_a_position_is_never_given_twice(desk):
    booking = adds(desk, desk.opens())
    booking = adds(desk, removes(desk, booking, 1))
    assert people(booking) == {0: ("booker", "primary"), 2: ("additional",)}


def test_who_is_not_on_it_is_not_taken_off(desk):
    with pytest.raises(NoSuchPerson):
        removes(desk, desk.opens(), 4)


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_has_not_read_the_people_as_they_are_changes_nothing(desk):
    booking = desk.opens()
    after = adds(desk, booking, version=booking.version)
    with pytest.raises(BookingHasChanged):
        adds(desk, booking, version=booking.version)
    with pytest.raises(BookingHasChanged):
        removes(desk, booking, 1, version=booking.version)
    with pytest.raises(BookingHasChanged):
        adds(desk, booking, version=after.version + 1)
    assert desk.booking(booking.id) == after


def test_people_read_before_they_were_recognised_are_still_those(desk):
    booking = desk.opens(booker=Person(given_name="Ana"))
    desk.identifies(booking.id, ANA)
    assert desk.booking(booking.id).version > booking.version
    assert len(adds(desk, booking, version=booking.version).people) == 2


def test_of_many_at_once_who_read_the_same_one_succeeds(desk):
    booking = desk.opens()

    def add(n: int) -> str:
        try:
            adds(desk, booking, Person(given_name=f"Guest {n}"), version=booking.version)
        except BookingHasChanged:
            return "changed"
        return "added"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(add, range(8))) == ["added"] + ["changed"] * 7
    assert len(desk.booking(booking.id).people) == 2


def test_many_at_once_who_take_any_version_all_succeed(desk):
    booking = desk.opens()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: adds(desk, booking, Person(given_name=f"Guest {n}")), range(8)))
    assert sorted(people(desk.booking(booking.id))) == list(range(9))


def test_a_repeated_command_adds_once(desk):
    booking, command_id = desk.opens(), uuid4()
    request = AddPerson(booking_id=booking.id, person=BRUNO_COSTA)
    first = desk.service.add_person(request, command_id)
    assert desk.service.add_person(request, command_id) == first
    assert len(desk.booking(booking.id).people) == 2


def test_a_booking_that_is_not_there_is_not_changed(desk):
    with pytest.raises(NoSuchBooking):
        desk.service.add_person(AddPerson(booking_id=uuid4(), person=BRUNO_COSTA))


def test_people_of_a_booking_that_has_ended_stay(desk):
    booking = desk.opens()
    ended = desk.service.cancel_booking(CancelBooking(booking_id=booking.id))
    for change in (
        lambda: adds(desk, booking),
        lambda: changes(desk, booking, 0, given_name="Bruno"),
        lambda: removes(desk, booking, 0),
    ):
        with pytest.raises(StateForbids) as refused:
            change()
        assert refused.value.facts == {"state": "cancelled"}
    assert desk.booking(booking.id) == ended


@pytest.mark.parametrize(
    "said",
    [
        AddPerson(booking_id=ANA, person=BRUNO_COSTA),
        ChangePerson(booking_id=ANA, position=0, person=BRUNO_COSTA),
        RemovePerson(booking_id=ANA, position=0),
        SetNeeds(booking_id=ANA, needs=("cot",)),
        TellTerms(booking_id=ANA, how="desk"),
    ],
    ids=lambda said: type(said).__name__,
)
def test_only_the_team_a_booking_was_sent_to_changes_it(desk, said):
    house = House(desk)
    house.sets_rule("rest")
    booking = house.opens()
    with asking(ZOE), pytest.raises(NotInTeam):
        getattr(desk.service, said.rpc_method())(replace(said, booking_id=booking.id))


# ── guests whom the house does not book ──────────────────────────────────────────────────────────────────────────────


def unwelcome(desk: Desk, profile_id: UUID, version: int = 1, *, do_not_book: bool = True) -> None:
    event = LevelChanged(profile_id=profile_id, version=version, level="Do Not Book", do_not_book=do_not_book)
    desk.service.remember_level(event)


def test_a_guest_whom_the_house_does_not_book_is_not_added(desk):
    unwelcome(desk, BRUNO)
    booking = desk.opens()
    with pytest.raises(DoNotBook):
        adds(desk, booking, Person(profile_id=BRUNO))
    with pytest.raises(DoNotBook):
        changes(desk, booking, 0, profile_id=BRUNO)
    assert desk.booking(booking.id) == booking


def test_what_the_register_has_just_said_of_a_guest_counts(desk):
    with pytest.raises(DoNotBook):
        adds(desk, desk.opens(), Person(profile_id=BRUNO), do_not_book=True)


def test_the_flag_goes_with_the_guest(desk):
    booking = adds(desk, desk.opens(), Person(given_name="Bruno"))
    desk.identifies(booking.id, ANA, BRUNO, version=booking.version, do_not_book=True)
    unwelcome(desk, ANA, 9, do_not_book=False)
    assert desk.booking(booking.id).flags == ("do-not-book",)
    assert removes(desk, booking, 1).flags == ()


def test_a_guest_who_has_become_unwelcome_may_be_corrected(desk):
    booking = desk.opens()
    unwelcome(desk, ANA)
    after = changes(desk, booking, 0, profile_id=ANA, given_name="Anna")
    assert (after.people[0].given_name, after.flags) == ("Anna", ("do-not-book",))
