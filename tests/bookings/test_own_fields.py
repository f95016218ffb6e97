"""The house's own fields of people on a booking: sealed until profiles has them, told to nobody else, forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.bookings.domain.people_following import fingerprint
from services.contracts.bookings import (
    AddPerson,
    BookingPeople,
    BookingReceived,
    ChangePerson,
    NotABooking,
    NotANotice,
    Person,
    ReadBookingPeople,
    ReplayNotice,
)
from services.kit import wire
from services.kit.commands import Command
from tests.bookings.makers import ANA, BRUNO, Desk, ana_silva, bruno_costa, notice, stay

PASSPORT = "PX9876543"
SAID = {"passport": PASSPORT, "sports": ["golf"]}
CARD = "4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)


def told_to_profiles(desk: Desk, booking_id: Any) -> BookingPeople:
    return desk.service.read_booking_people(ReadBookingPeople(booking_id=booking_id))


def everything_kept(desk: Desk) -> str:
    tables = [row.name for row in desk.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(row[0] for table in tables for row in desk.rows(f"SELECT CAST(t AS text) FROM {table} t"))  # noqa: S608


def ana(**more: Any) -> Person:
    return Person(**{"given_name": "Ana", "family_name": "Silva", "fields": SAID, **more})


def test_profiles_is_told_them_and_nobody_else(desk: Desk):
    opened = desk.opens(booker=ana())
    assert told_to_profiles(desk, opened.id).people[0].fields == SAID
    assert told_to_profiles(desk, opened.id).property_id == opened.property_id
    assert opened.people[0].fields is None
    assert desk.booking(opened.id).people[0].fields is None
    assert PASSPORT not in str([wire.dump(event) for event in desk.announced()])


def test_they_are_sealed_until_then_and_forgotten_with_it(desk: Desk):
    opened = desk.opens(booker=ana())
    assert PASSPORT not in everything_kept(desk)
    assert "sealed_fields" in everything_kept(desk)
    desk.identifies(opened.id, ANA)
    assert told_to_profiles(desk, opened.id).people[0].fields is None
    assert "sealed_fields" not in everything_kept(desk)


def test_whoever_is_named_by_profile_is_recognised_all_the_same(desk: Desk):
    opened = desk.opens(booker=ana(profile_id=ANA))
    assert not told_to_profiles(desk, opened.id).identified
    assert [type(event) for event in desk.announced()] == [BookingReceived]
    desk.identifies(opened.id, ANA)
    assert desk.said() == ["BookingReceived", "BookingConfirmed"]


def test_a_notice_says_them_and_is_kept_without_them(desk: Desk):
    report = desk.receives(notice(booker=ana_silva(fields=SAID)))
    assert told_to_profiles(desk, report.booking_id).people[0].fields == SAID
    desk.identifies(report.booking_id, ANA)
    kept = everything_kept(desk)
    assert [PASSPORT in kept, "sealed_fields" in kept, '"golf"' in kept] == [False, False, False]


def test_a_parked_notice_keeps_them_sealed_until_it_is_applied(desk: Desk):
    guests = (bruno_costa(fields={"x": "Canary"}),)
    report = desk.receives(notice(booker=ana_silva(fields=SAID), guests=guests, property="OPO-RIO"))
    assert report.state == "parked"
    kept = everything_kept(desk)
    assert [PASSPORT in kept, "Canary" in kept] == [False, False]
    desk.sets_up(code="OPO-RIO")
    replayed = desk.service.replay_notice(ReplayNotice(notice_id=report.notice_id))
    people = told_to_profiles(desk, replayed.booking_id).people
    assert [person.fields for person in people] == [SAID, {"x": "Canary"}]
    desk.identifies(replayed.booking_id, ANA, BRUNO)
    assert "sealed_fields" not in everything_kept(desk)


def test_a_notice_that_says_them_again_changes_nothing(desk: Desk):
    first = desk.receives(notice(booker=ana_silva(fields=SAID)))
    desk.identifies(first.booking_id, ANA)
    desk.receives(notice(booker=ana_silva(fields=SAID), revision=2))
    told = told_to_profiles(desk, first.booking_id)
    assert (told.identified, told.people[0].fields, told.version) == (True, None, 1)


def test_a_notice_that_says_others_tells_profiles_and_keeps_who_it_is(desk: Desk):
    first = desk.receives(notice(booker=ana_silva(fields=SAID)))
    desk.identifies(first.booking_id, ANA)
    desk.receives(notice(booker=ana_silva(fields={"sports": ["surf"]}), revision=2))
    told = told_to_profiles(desk, first.booking_id)
    assert (told.identified, told.people[0].profile_id, told.people[0].fields) == (False, ANA, {"sports": ["surf"]})
    assert desk.said()[-1] == "BookingPeopleChanged"


def test_what_was_not_handed_on_yet_is_not_lost_by_a_change(desk: Desk):
    first = desk.receives(notice(booker=ana_silva(fields=SAID)))
    desk.receives(notice(booker=ana_silva(phone="+351911111111"), revision=2))
    assert told_to_profiles(desk, first.booking_id).people[0].fields == SAID


def test_nor_by_a_correction_at_the_desk(desk: Desk):
    opened = desk.opens(booker=ana())
    person = Person(given_name="Ana", family_name="Silva", language="en")
    desk.service.change_person(ChangePerson(booking_id=opened.id, position=0, person=person))
    told = told_to_profiles(desk, opened.id).people[0]
    assert (told.language, told.fields) == ("en", SAID)


def test_what_was_found_by_older_people_forgets_nothing(desk: Desk):
    opened = desk.opens(booker=ana())
    desk.service.add_person(AddPerson(booking_id=opened.id, person=ana(given_name="Eva", fields={"x": "y"})))
    desk.identifies(opened.id, ANA, version=1)
    assert [person.fields for person in told_to_profiles(desk, opened.id).people] == [SAID, {"x": "y"}]


def test_staff_may_say_them_of_who_is_on_a_booking(desk: Desk):
    opened = desk.opens()
    changed = desk.service.change_person(
        ChangePerson(booking_id=opened.id, position=0, person=Person(profile_id=ANA, fields={"x": "y"}))
    )
    told = told_to_profiles(desk, opened.id)
    assert (told.identified, told.people[0].fields, changed.people[0].fields) == (False, {"x": "y"}, None)


def test_they_leave_no_trace_in_what_a_command_is_known_by(desk: Desk):
    one, other = stay(booker=ana()), stay(booker=ana(fields={"passport": "another"}))
    assert Command.of("open_booking", ANA, one).digest == Command.of("open_booking", ANA, other).digest
    different = replace(one, booker=ana(given_name="Eva"))
    assert Command.of("open_booking", ANA, one).digest != Command.of("open_booking", ANA, different).digest


def test_a_fingerprint_with_a_key_is_not_found_by_trying():
    def keyed(said: bytes) -> bytes:
        return b"secret" + said

    said = (ana(),)
    assert fingerprint(said, keyed) != fingerprint(said)
    assert fingerprint(said, keyed) != fingerprint((ana(fields={}),), keyed)
    assert fingerprint((ana(fields=None),), keyed) == fingerprint((ana(fields=None),))


def test_card_numbers_are_dropped_on_sight(desk: Desk):
    said = {"note": f"pay with {CARD}", "number": 4111111111111111, "list": [CARD], "floor": 3}
    report = desk.receives(notice(booker=ana_silva(fields=said)))
    kept = told_to_profiles(desk, report.booking_id).people[0].fields
    assert kept is not None
    assert set(kept) == {"note", "list", "floor"}
    assert "1111" not in str(kept)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"x" * 61: 1}, "/booker/fields"),
        ({"": 1}, "/booker/fields"),
        ({f"f{n}": 1 for n in range(101)}, "/booker/fields"),
        ({"a/b": {"deep": 1}}, "/booker/fields/a~1b"),
        ({"a": "x" * 10_001}, "/booker/fields/a"),
        ({"a": "x\x00"}, "/booker/fields/a"),
        ({"a": ["x"] * 501}, "/booker/fields/a"),
        ({"a": [["x"]]}, "/booker/fields/a"),
    ],
)
def test_what_no_field_could_be_is_refused_with_its_pointer(desk: Desk, said, pointer):
    with pytest.raises(NotANotice) as caught:
        desk.receives(notice(booker=ana_silva(fields=said)))
    assert [fault.pointer for fault in caught.value.errors] == [pointer]
    with pytest.raises(NotABooking):
        desk.opens(booker=ana(fields=said))
