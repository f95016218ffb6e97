"""Special needs: by code and in words, of a booking and of its people."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from services.contracts.bookings import (
    Booking,
    BookingHasChanged,
    BookingNotice,
    ChangePerson,
    CheckInBooking,
    CheckOutBooking,
    Need,
    NotABooking,
    NotANotice,
    Person,
    PersonNeeds,
    SetNeeds,
    StateForbids,
)
from services.contracts.bookings.needs import LABELS
from tests.bookings.makers import ANA, Desk, ana_silva, bruno_costa, notice


def needs(desk: Desk, booking: Booking, version: int | None = None, **said: Any) -> Booking:
    return desk.service.set_needs(SetNeeds(booking_id=booking.id, version=version, **said))


def modified(revision: int = 2, **more: Any) -> BookingNotice:
    return notice(status="modified", revision=revision, **more)


def needed(desk: Desk, booking_id: Any) -> tuple[tuple[str, ...], str | None]:
    found = desk.booking(booking_id)
    return found.needs, found.needs_note


def test_every_code_has_a_label() -> None:
    assert set(LABELS) == set(get_args(Need))


def test_needs_stand_on_the_booking_and_on_its_people(desk):
    booking = desk.opens(guests=(Person(given_name="Bruno"),))
    said = (PersonNeeds(position=1, needs=("allergy", "vegan"), note="peanuts"),)
    after = needs(desk, booking, needs=("cot", "quiet", "cot"), note="  cot beside the window ", people=said)
    assert (after.needs, after.needs_note) == (("cot", "quiet"), "cot beside the window")
    assert (after.people[1].needs, after.people[1].needs_note) == (("allergy", "vegan"), "peanuts")
    assert desk.booking(booking.id) == after


def test_what_is_not_named_is_not_needed_any_more(desk):
    booking = desk.opens(needs=("cot",), needs_note="white")
    needs(desk, booking, people=(PersonNeeds(position=0, needs=("vegan",)),))
    after = needs(desk, booking)
    assert (after.needs, after.needs_note, after.people[0].needs) == ((), None, ())


def test_changed_needs_are_told_of_and_say_nothing_of_themselves(desk):
    booking = desk.opens()
    needs(desk, booking, note="a cot for Leonor")
    assert desk.said() == ["BookingConfirmed", "BookingChanged"]
    assert "Leonor" not in desk.rows("SELECT string_agg(body, '') AS bodies FROM outbox")[0].bodies


def test_needs_do_not_ask_who_the_people_are(desk):
    booking = desk.opens(booker=Person(given_name="Ana"))
    after = needs(desk, booking, needs=("cot",))
    desk.identifies(booking.id, ANA)
    assert desk.booking(booking.id).people[0].profile_id == ANA
    assert desk.booking(booking.id).needs == after.needs


def test_the_same_needs_again_are_nothing_new(desk):
    booking = desk.opens()
    after = needs(desk, booking, needs=("cot",))
    assert needs(desk, booking, version=booking.version, needs=("cot",)) == after


def test_a_booking_that_was_changed_since_it_was_read_keeps_its_needs(desk):
    booking = desk.opens()
    needs(desk, booking, version=booking.version, needs=("cot",))
    with pytest.raises(BookingHasChanged):
        needs(desk, booking, version=booking.version, needs=("pet",))


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"note": "x" * 2001}, "/note"),
        ({"note": "a\x00b"}, "/note"),
        ({"people": (PersonNeeds(position=7),)}, "/people/0/position"),
        ({"people": (PersonNeeds(position=0), PersonNeeds(position=0))}, "/people/1/position"),
        ({"people": (PersonNeeds(position=0, note="x" * 2001),)}, "/people/0/note"),
    ],
)
def test_needs_that_cannot_be_are_refused_where_they_are_said(desk, said, pointer):
    with pytest.raises(NotABooking) as refused:
        needs(desk, desk.opens(), **said)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_a_stay_that_is_over_needs_nothing_more(desk):
    booking = desk.opens()
    desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    desk.service.check_out_booking(CheckOutBooking(booking_id=booking.id))
    with pytest.raises(StateForbids):
        needs(desk, booking, needs=("cot",))


def test_a_card_number_is_not_kept_in_a_note(desk):
    assert "1111" not in str(needs(desk, desk.opens(), note="4111 1111 1111 1111"))


def test_a_corrected_person_needs_what_they_needed(desk):
    booking = desk.opens()
    needs(desk, booking, people=(PersonNeeds(position=0, needs=("vegan",)),))
    said = Person(profile_id=ANA, given_name="Anna")
    after = desk.service.change_person(ChangePerson(booking_id=booking.id, position=0, person=said))
    assert (after.people[0].given_name, after.people[0].needs) == ("Anna", ("vegan",))


# ── from notices ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_notice_says_needs_and_what_nobody_knows_is_kept_as_words(desk):
    report = desk.receives(notice(needs=("cot", "unicorn", "piano")))
    assert needed(desk, report.booking_id) == (("cot",), "unicorn; piano")


def test_a_code_without_words_is_refused(desk):
    with pytest.raises(NotANotice) as refused:
        desk.receives(notice(needs=("cot", " ")))
    assert [fault.pointer for fault in refused.value.errors] == ["/needs/1"]


def test_what_was_entered_here_stays_beside_what_a_notice_adds_and_leaves_out(desk):
    booking = desk.booking(desk.receives(notice(needs=("cot", "quiet"))).booking_id)
    needs(desk, booking, needs=("cot", "quiet", "allergy"), note="peanuts")
    desk.receives(modified(needs=("quiet", "pet", "unicorn")))
    assert needed(desk, booking.id) == (("quiet", "allergy", "pet"), "peanuts; unicorn")


def test_a_need_struck_out_here_does_not_come_back_with_the_next_notice(desk):
    booking = desk.booking(desk.receives(notice(needs=("cot", "quiet"))).booking_id)
    needs(desk, booking, needs=("quiet",))
    desk.receives(modified(needs=("cot", "quiet")))
    assert needed(desk, booking.id) == (("quiet",), None)


def test_a_notice_that_says_nothing_of_needs_leaves_them(desk):
    booking = desk.booking(desk.receives(notice(needs=("cot",))).booking_id)
    desk.receives(modified())
    assert needed(desk, booking.id) == (("cot",), None)


def test_what_somebody_needs_stays_with_them_when_the_source_says_more_of_them(desk):
    booking = desk.booking(desk.receives(notice(guests=(ana_silva(), bruno_costa()))).booking_id)
    needs(desk, booking, people=(PersonNeeds(position=1, needs=("vegan",)),))
    desk.receives(modified(guests=(ana_silva(), bruno_costa(language="pt"))))
    bruno = desk.booking(booking.id).people[1]
    assert (bruno.language, bruno.needs) == ("pt", ("vegan",))


def test_a_direct_booking_says_needs(desk):
    booking = desk.opens(needs=("cot", "cot"), needs_note="white")
    assert booking == desk.booking(booking.id)
    assert (booking.needs, booking.needs_note) == (("cot",), "white")
