"""Guests found by the number of their document, of which the tables hold but a stamp."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.bookings.store.registers import ending
from services.contracts.bookings import BookedRoom, Booking, FindByDocument, Person
from services.contracts.bookings.registration import Particulars
from services.kit.refusal import Invalid
from tests.bookings.makers import ANA, BRUNO
from tests.bookings.registers.makers import DAY, KEYS, LEFT, Reception, john, lucia, without
from tests.profiles.callers import speaking_as

NEW = "2027:another-secret-of-thirty-two-characters"


def found(desk: Reception, number: str) -> tuple[UUID, ...]:
    people: tuple[UUID, ...] = desk.service.find_by_document(FindByDocument(document=number)).profile_ids
    return people


def without_profile(desk: Reception, number: str) -> list[tuple[UUID, int]]:
    guests = desk.service.find_by_document(FindByDocument(document=number)).registered
    return [(guest.booking_id, guest.position) for guest in guests]


def registered(
    desk: Reception, *guests: Particulars, profiles: tuple[UUID, ...] = (ANA, BRUNO), **more: Any
) -> Booking:
    """A booking whose guests have these profiles, each registered."""
    first, *others = (Person(profile_id=profile) for profile, _ in zip(profiles, guests, strict=False))
    rooms = (BookedRoom(room_type="A", adults=len(guests)),)
    said = {"property": "HOUSE", "arrival": DAY, "departure": LEFT, "rooms": rooms, **more}
    booking = desk.opens(booker=first, guests=tuple(others), **said)
    for position, guest in enumerate(guests):
        desk.registers(booking.id, position, guest)
    return booking


def with_number(number: str) -> Particulars:
    document = john().document
    assert document
    return john(document=replace(document, number=number))


@pytest.mark.parametrize("typed", ["AB1234567", "ab 123-4567", " AB.1234567", "ＡＢ１２３４５６７"])
def test_a_guest_is_found_by_the_number_however_it_is_written(spain: Reception, typed: str) -> None:
    registered(spain, lucia(), john())
    assert found(spain, typed) == (BRUNO,)


@pytest.mark.parametrize("typed", ["B1234567", "AB123456", "AB12345678", "0000"])
def test_a_part_of_the_number_finds_nobody(spain: Reception, typed: str) -> None:
    registered(spain, john())
    assert found(spain, typed) == ()


def test_who_has_no_number_is_found_by_none(spain: Reception) -> None:
    registered(spain, without(lucia(), "document.number"))
    assert found(spain, "12345678Z") == ()
    assert spain.rows("SELECT stamp FROM registrations") == [(b"",)]


def test_who_is_registered_without_a_profile_is_found_by_their_booking(spain: Reception) -> None:
    booking = spain.has_guests(lucia(), john())
    assert without_profile(spain, "AB1234567") == [(booking.id, 1)]
    assert found(spain, "AB1234567") == ()


def test_whom_only_the_desk_met_is_found_by_the_booking(spain: Reception) -> None:
    booking = registered(spain, lucia())
    spain.registers(booking.id, 3, john(), version=None)
    assert without_profile(spain, "AB1234567") == [(booking.id, 3)]
    with speaking_as("key:1", houses=(UUID(int=7),)):
        assert without_profile(spain, "AB1234567") == []


def test_who_has_a_profile_is_found_by_that_alone(spain: Reception) -> None:
    registered(spain, john())
    assert without_profile(spain, "AB1234567") == []


def test_a_guest_is_found_by_the_support_number_of_the_document(spain: Reception) -> None:
    document = lucia().document
    assert document
    registered(spain, lucia(document=replace(document, support_number="CHA-000777")))
    assert found(spain, "cha000777") == (ANA,)


def test_a_support_number_that_was_sealed_before_it_had_a_stamp_is_stamped(spain: Reception) -> None:
    document = lucia().document
    assert document
    registered(spain, lucia(document=replace(document, support_number="CHA000777")))
    with spain.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE registrations SET support_stamp = NULL")
    spain.service.seal_registrations_again()
    assert found(spain, "CHA000777") == (ANA,)
    assert spain.rows("SELECT count(*) FROM registrations WHERE support_stamp IS NULL") == [(0,)]


def test_a_guest_of_several_stays_is_found_once(spain: Reception) -> None:
    registered(spain, john())
    registered(spain, john())
    assert found(spain, "AB1234567") == (ANA,)


def test_two_with_the_same_number_are_both_found_the_last_one_first(spain: Reception) -> None:
    registered(spain, john(), profiles=(ANA,))
    registered(spain, john(), profiles=(BRUNO,))
    assert found(spain, "AB1234567") == (BRUNO, ANA)


def test_a_changed_number_is_the_only_one(spain: Reception) -> None:
    booking = registered(spain, john())
    spain.registers(booking.id, 0, with_number("CD7654321"), version=1)
    assert (found(spain, "AB1234567"), found(spain, "CD7654321")) == ((), (ANA,))


def test_a_deleted_registration_is_not_found(spain: Reception) -> None:
    booking = registered(spain, john())
    spain.deletes(booking.id, 0, 1)
    assert found(spain, "AB1234567") == ()
    assert spain.rows("SELECT stamp, support_stamp FROM registrations") == [(None, None)]


def test_of_a_destroyed_registration_no_stamp_is_left(spain: Reception) -> None:
    registered(spain, john())
    spain.in_one_transaction(lambda tx: ending.destroy_due(tx, datetime(2040, 1, 1, tzinfo=UTC), 10))
    assert spain.rows("SELECT state, stamp FROM registrations") == [("destroyed", None)]
    assert found(spain, "AB1234567") == ()


def test_the_number_is_found_whichever_key_sealed_it(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(spain, john())
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{NEW},{KEYS}")
    registered(spain, with_number("CD7654321"), profiles=(BRUNO,))
    assert (found(spain, "AB1234567"), found(spain, "CD7654321")) == ((ANA,), (BRUNO,))


def test_what_is_sealed_again_is_stamped_again(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(spain, john())
    monkeypatch.setenv("FOYER_SEALING_KEYS", f"{NEW},{KEYS}")
    spain.service.seal_registrations_again()
    monkeypatch.setenv("FOYER_SEALING_KEYS", NEW)
    assert found(spain, "AB1234567") == (ANA,)


def test_what_was_sealed_before_there_were_stamps_is_stamped(spain: Reception) -> None:
    registered(spain, john())
    with spain.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE registrations SET stamp = NULL")
    assert found(spain, "AB1234567") == ()
    spain.service.seal_registrations_again()
    assert found(spain, "AB1234567") == (ANA,)


def test_the_stamp_tells_nothing_without_the_key(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(spain, john())
    monkeypatch.setenv("FOYER_SEALING_KEYS", "2026:some-other-secret-of-thirty-two-characters")
    assert found(spain, "AB1234567") == ()


def test_that_somebody_was_looked_for_is_noted_and_the_number_is_nowhere(spain: Reception) -> None:
    booking = registered(spain, lucia(), john())
    with speaking_as("key:7"):
        found(spain, "AB1234567")
    noted = spain.rows("SELECT kind, about, position, looked_by FROM register_looks")
    assert noted == [("search", booking.id, 1, "key:7")]
    everything = spain.rows("SELECT c::text FROM commands c UNION ALL SELECT l::text FROM register_looks l")
    assert not any("AB1234567" in row[0] for row in everything)


def test_guests_of_other_houses_are_not_found(spain: Reception) -> None:
    here = registered(spain, john())
    elsewhere = UUID(int=7)
    for houses, people in (((here.property_id,), (ANA,)), ((elsewhere,), ())):
        with speaking_as("key:1", houses=houses):
            assert found(spain, "AB1234567") == people


@pytest.mark.parametrize("typed", ["", "AB1", "- - - -", "x" * 61, "\u202e" * 20])
def test_what_can_be_no_number_is_refused(spain: Reception, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        found(spain, typed)
    assert refused.value.errors[0].pointer == "/document"


def test_without_keys_no_numbers_are_kept_and_it_is_said_so(spain: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "")
    with pytest.raises(Invalid) as refused:
        found(spain, "AB1234567")
    assert [(e.pointer, "sealing keys" in e.detail) for e in refused.value.errors] == [("/document", True)]
