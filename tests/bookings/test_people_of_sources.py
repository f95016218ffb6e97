"""People on a booking, as its source goes on speaking of them and as they were entered here."""

from __future__ import annotations

from typing import Any

from services.contracts.bookings import Booking, BookingNotice, Person
from tests.bookings.makers import ANA, BRUNO, Desk, ana_silva, bruno_costa, notice, room
from tests.bookings.test_people import ACME, BRUNO_COSTA, CARLA, adds, changes, names, people


def received(desk: Desk, **more: Any) -> Booking:
    """Ana's booking, by a channel, with everybody known."""
    report = desk.receives(notice(**more))
    booking = desk.booking(report.booking_id)
    desk.identifies(booking.id, ANA, BRUNO, CARLA)
    return desk.booking(booking.id)


def modified(**more: Any) -> BookingNotice:
    return notice(status="modified", revision=more.pop("revision", 2), **more)


def test_a_name_corrected_here_survives_a_notice_that_says_the_same_people_again(desk):
    booking = received(desk, booker=ana_silva(given_name="Anna"))
    changes(desk, booking, 0, given_name="Ana", family_name="Silva", profile_id=ANA)
    desk.receives(modified(booker=ana_silva(given_name="Anna"), rooms=(room("350.00"),)))
    after = desk.booking(booking.id)
    assert (after.people[0].given_name, after.people[0].profile_id, after.price.amount_minor) == ("Ana", ANA, 35000)


def test_who_was_added_here_stays_though_the_source_does_not_know_them(desk):
    booking = adds(desk, received(desk), Person(profile_id=ACME, company="ACME", roles=("payer",)))
    adds(desk, booking, Person(profile_id=CARLA, given_name="Carla", roles=("primary",)))
    desk.receives(modified(guests=(bruno_costa(),)))
    after = desk.booking(booking.id)
    assert names(after) == {
        "Ana": ("booker",),
        "Bruno": ("additional",),
        "ACME": ("payer",),
        "Carla": ("primary",),
    }


def test_who_the_source_names_later_is_not_there_twice(desk):
    booking = adds(desk, received(desk), BRUNO_COSTA)
    desk.receives(modified(guests=(ana_silva(), bruno_costa())))
    assert people(desk.booking(booking.id)) == {0: ("booker", "primary"), 1: ("additional",)}


def test_who_the_source_does_not_name_any_more_leaves(desk):
    booking = received(desk, guests=(ana_silva(), bruno_costa()))
    desk.receives(modified(guests=(ana_silva(),)))
    assert names(desk.booking(booking.id)) == {"Ana": ("booker", "primary")}


def test_somebody_in_anothers_place_is_somebody_else(desk):
    booking = received(desk, guests=(ana_silva(), bruno_costa()))
    desk.receives(modified(guests=(ana_silva(), bruno_costa(given_name="Carla"))))
    assert people(desk.booking(booking.id)) == {0: ("booker", "primary"), 2: ("additional",)}


def test_a_name_spelt_otherwise_by_the_source_is_the_same_person(desk):
    booking = received(desk, guests=(ana_silva(), bruno_costa()))
    desk.receives(modified(guests=(ana_silva(), bruno_costa(given_name="Brunno"))))
    assert people(desk.booking(booking.id)) == {0: ("booker", "primary"), 1: ("additional",)}


def test_a_payer_of_whom_a_later_notice_says_nothing_stays(desk):
    booking = received(desk, payer=bruno_costa(company="ACME", given_name=None, family_name=None))
    desk.receives(modified(guests=(bruno_costa(),)))
    after = desk.booking(booking.id)
    assert {person.company: person.roles for person in after.people}["ACME"] == ("payer",)


def test_people_of_a_notice_who_say_the_same_keep_their_profiles(desk):
    booking = received(desk)
    desk.receives(modified(guests=(ana_silva(), bruno_costa())))
    assert [person.profile_id for person in desk.booking(booking.id).people] == [ANA, None]
