"""Whatever is said of the people on a booking, by its source and at the desk in turn: roles, positions, who stays."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.bookings.domain.booking import Booking, Content, changed
from services.bookings.domain.people import people as said_by
from services.bookings.domain.people_changes import with_changed_person, with_person, without_person
from services.bookings.domain.people_following import ONE_EACH, ROLES, followed
from services.contracts.bookings import BookingNotice, NotABooking, NoticePerson, Person
from services.contracts.bookings.people import NoSuchPerson, PrimaryGuestNeeded
from tests.bookings.makers import ANA, BRUNO
from tests.bookings.test_domain import NOW, anas_booking

REFUSALS = (NotABooking, NoSuchPerson, PrimaryGuestNeeded)

given_names = st.sampled_from(["Ana", "Anna", "Bruno", "Carla", None])
somebody = st.builds(NoticePerson, given_name=given_names, family_name=st.sampled_from(["Silva", "Costa", None]))
company = st.builds(NoticePerson, company=st.sampled_from(["ACME", "Globex"]))
anybody = st.one_of(somebody, company)
notices = st.builds(
    BookingNotice,
    source=st.just("s"),
    external_id=st.just("1"),
    revision=st.just(1),
    status=st.just("modified"),
    booker=anybody,
    guests=st.lists(somebody, max_size=3).map(tuple),
    contact=st.none() | anybody,
    payer=st.none() | anybody,
)
roles = st.lists(st.sampled_from(ROLES), max_size=3).map(tuple)
persons = st.builds(
    Person,
    given_name=given_names,
    company=st.sampled_from([None, "ACME"]),
    roles=roles,
    profile_id=st.sampled_from([None, BRUNO]),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("notice"), notices),
        st.tuples(st.just("add"), persons),
        st.tuples(st.just("change"), st.integers(0, 5), persons),
        st.tuples(st.just("remove"), st.integers(0, 5)),
    ),
    max_size=8,
)


def taken(booking: Booking, step: Any) -> Booking:
    kind, *said = step
    if kind == "notice":
        return changed(booking, Content(people=said_by(said[0])), NOW)
    doing = {"add": with_person, "change": with_changed_person, "remove": without_person}[kind]
    with suppress(*REFUSALS):
        return doing(booking, *said, NOW)
    return booking


@given(steps)
def test_roles_and_positions_are_right_whatever_happens(story: list[Any]) -> None:
    booking = anas_booking()
    owners: dict[int, bool] = {}
    for step in story:
        before, booking = booking, taken(booking, step)
        positions = [person.position for person in booking.people]
        assert len(set(positions)) == len(positions)
        held = Counter(role for person in booking.people for role in person.roles)
        assert held["primary"] == 1
        assert all(held[role] <= 1 for role in ONE_EACH)
        assert all(person.roles for person in booking.people)
        new = set(positions) - {person.position for person in before.people}
        assert not new & owners.keys()
        owners |= dict.fromkeys([*positions, *(person.position for person in before.people)], True)
        assert booking.identified == all(person.profile_id for person in booking.people)


@given(steps, notices)
def test_a_notice_that_is_repeated_changes_nothing_more(story: list[Any], last: BookingNotice) -> None:
    booking = anas_booking()
    for step in story:
        booking = taken(booking, step)
    once = changed(booking, Content(people=said_by(last)), NOW)
    twice = changed(once, Content(people=said_by(last)), NOW)
    assert (twice.people, twice.people_version) == (once.people, once.people_version)


@given(steps, notices)
def test_no_notice_takes_off_who_was_added_here(story: list[Any], last: BookingNotice) -> None:
    booking = anas_booking()
    for step in story:
        booking = taken(booking, step)
    added = {person.position: person for person in booking.people if person.added_here}
    after = {person.position: person for person in changed(booking, Content(people=said_by(last)), NOW).people}
    for position, person in added.items():
        assert ONE_EACH & set(person.roles) <= set(after[position].roles)


def test_profiles_stay_with_whoever_is_said_to_be_the_same() -> None:
    said = said_by(
        BookingNotice(source="s", external_id="1", revision=1, status="new", booker=NoticePerson(given_name="Ana"))
    )
    known = tuple(replace(person, profile_id=ANA) for person in said)
    people, given_so_far = followed(said, known, 0)
    assert (people, given_so_far) == (known, 1)
