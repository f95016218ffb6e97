"""Who calls: numbers as telephone systems send them, found in the register; and calls on the time line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    AddNote,
    AddTask,
    Caller,
    LookUpCaller,
    NoSuchProfile,
    NotAProfile,
    NoteCall,
    Phone,
    ReadNotes,
    ReadTimeline,
)
from services.kit.refusal import Invalid
from services.kit.scope import NotYourProperty
from services.profiles.domain.calling import Dialled, read_number
from tests.profiles.callers import speaking_as
from tests.profiles.people import ANAS_PHONE, ana_as_entered

LISBON, PORTO = uuid4(), uuid4()


@pytest.fixture
def ana(register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def add(register, given_name: str, *numbers: str, **more: Any) -> UUID:
    phones = tuple(Phone(number=each) for each in numbers)
    said = {"given_name": given_name, "family_name": "Costa", "emails": (), "phones": phones, "birth_date": None}
    return register.service.create_profile(ana_as_entered(**{**said, **more})).id


def calls(register, number: str, country: str | None = None) -> tuple[Caller, ...]:
    return register.service.look_up_caller(LookUpCaller(number=number, country=country)).items


def found(register, number: str, country: str | None = None) -> list[tuple[UUID, str]]:
    return [(each.profile_id, each.matched) for each in calls(register, number, country)]


@pytest.mark.parametrize(
    ("said", "country"),
    [
        ("+351912345678", None),
        ("00351912345678", None),
        ("00351912345678", "US"),
        ("011351912345678", "US"),
        ("0011351912345678", "AU"),
        ("912345678", "PT"),
        ("912 345 678", "PT"),
        ("(912) 345-678", "PT"),
        ("351912345678", None),
        (" 351912345678", "PT"),
        ("351912345678", "ES"),
        ("+351 (0) 912 345 678", None),
        ("tel:+351-912-345-678;ext=12", None),
        ("tel:912345678;phone-context=+351", None),
        ("sip:+351912345678@pbx.example.org;user=phone", None),
        ("sip:%2B351912345678@10.0.0.1:5060", None),
        ('"Ana Silva" <sip:+351912345678@pbx.example.org>', None),
        ("+351912345678 ext. 12", None),
        ("+351912345678x12", None),
        ("+351912345678,,12#", None),
        ("+٣٥١٩١٢٣٤٥٦٧٨", None),
        ("＋３５１９１２３４５６７８", None),
    ],
)
def test_a_number_is_read_however_it_is_sent(said, country):
    assert read_number(said, country) == Dialled("+351912345678", "912345678")


@pytest.mark.parametrize(
    "said",
    [
        "", " ", "anonymous", "Anonymous <sip:anonymous@anonymous.invalid>", "sip:c8d5f2a1b2c3@1.2.3.4", "withheld",
        "Unknown", "102", "*31#", "+", "00", "0000000000", "tel:", "1-800-FLOWERS", "9" * 60, "\u202e912345678",
        "+351912345678'; --", "<>", "@912345678",
    ],
)  # fmt: skip
def test_who_withholds_their_number_or_calls_from_inside_has_none(said):
    assert read_number(said, "PT") is None


def test_a_caller_is_known_at_once(register, ana):
    with speaking_as("staff:ines"):
        register.service.add_note(AddNote(profile_id=ana, text="Owes us an apology.", pinned=True))
        register.service.add_task(AddTask(profile_id=ana, title="Call her back"))
    (caller,) = calls(register, "912 345 678", "PT")
    assert (caller.profile_id, caller.matched, caller.given_name, caller.family_name) == (ana, "exact", "Ana", "Silva")
    assert [note.text for note in caller.warnings] == ["Owes us an apology."]
    assert (caller.open_tasks, caller.do_not_book, caller.stage) == (1, False, "lead")


def test_warnings_and_tasks_of_other_houses_are_not_told(register, ana):
    with speaking_as("staff:ines"):
        for text, house in (("In Lisbon", LISBON), ("In Porto", PORTO), ("Everywhere", None)):
            register.service.add_note(AddNote(profile_id=ana, text=text, pinned=True, property_id=house))
            register.service.add_task(AddTask(profile_id=ana, title=text, property_id=house))
    with speaking_as("key:1", houses=(PORTO,)):
        (caller,) = calls(register, ANAS_PHONE)
    assert {note.text for note in caller.warnings} == {"In Porto", "Everywhere"}
    assert caller.open_tasks == 2


def test_several_who_share_a_number_are_all_told_the_proven_one_first(register):
    one = add(register, "Rui", ANAS_PHONE)
    other = add(register, "Eva", ANAS_PHONE, confirm=(one,))
    register.verifies(one, ANAS_PHONE)
    assert found(register, ANAS_PHONE) == [(one, "exact"), (other, "exact")]


def test_a_number_without_its_country_is_known_by_its_end(register, ana):
    assert found(register, "912345678") == [(ana, "tail")]
    assert found(register, "912345678", "DE") == [(ana, "tail")]
    assert found(register, "2345678") == [(ana, "tail")]


def test_of_equal_ends_the_longest_counts(register, ana):
    add(register, "Rui", "+351962345678")
    assert found(register, "912345678") == [(ana, "tail")]


def test_who_has_the_number_itself_is_the_only_one(register, ana):
    add(register, "Rui", "+34612345678")
    rui = add(register, "Jo", "+34912345678")
    assert found(register, "+34912345678") == [(rui, "exact")]


def test_fewer_than_seven_digits_are_nobodys_end(register, ana):
    assert found(register, "345678") == []


def test_a_number_that_was_somebodys_once_is_nobodys(register):
    past = (Phone(number=ANAS_PHONE, valid_to=date(2020, 1, 1)),)
    add(register, "Rui", phones=past)
    assert found(register, ANAS_PHONE) == found(register, "912345678") == []


def test_who_went_up_in_another_profile_does_not_call(register, ana):
    other = add(register, "Rui", "+351911111119")
    with register.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE profiles SET merged_into = %s WHERE id = %s", (ana, other))
    assert found(register, "+351911111119") == found(register, "1111119") == []


def test_at_most_twenty_are_told(register):
    known: list[UUID] = []
    for n in range(22):
        known.append(add(register, f"Guest {n}", ANAS_PHONE, confirm=tuple(known)))
    assert len(found(register, ANAS_PHONE)) == len(found(register, "912345678")) == 20


def test_an_overlong_number_is_refused_without_being_repeated(register):
    with pytest.raises(Invalid) as refused:
        calls(register, "9" * 201)
    assert [(e.pointer, "9" in e.detail) for e in refused.value.errors] == [("/number", False)]


def test_an_unknown_country_is_refused(register):
    with pytest.raises(Invalid) as refused:
        calls(register, "912345678", "XX")
    assert refused.value.errors[0].pointer == "/country"


def test_a_call_is_on_the_time_line_and_what_was_said_in_a_note(register, ana):
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with speaking_as("staff:ines"):
        said = NoteCall(profile_id=ana, direction="in", answered=True, at=at, note="Asks for a cot.")
        call = register.service.note_call(said)
    assert (call.profile_id, call.at) == (ana, at)
    (line,) = register.service.read_timeline(ReadTimeline(profile_id=ana, kinds=("call",))).items
    assert (line.what, line.at, line.ref, line.actor) == ("call.received", at, call.note_id, "staff:ines")
    assert line.facts == {"direction": "in", "answered": True}
    (note,) = register.service.read_notes(ReadNotes(profile_id=ana)).items
    assert (note.id, note.text, note.author) == (call.note_id, "Asks for a cot.", "staff:ines")


@pytest.mark.parametrize(
    ("direction", "answered", "what"),
    [("in", False, "call.missed"), ("out", True, "call.made"), ("out", False, "call.missed")],
)
def test_a_call_says_how_it_went(register, ana, direction, answered, what):
    call = register.service.note_call(NoteCall(profile_id=ana, direction=direction, answered=answered))
    assert call.note_id is None
    (line,) = register.service.read_timeline(ReadTimeline(profile_id=ana, kinds=("call",))).items
    assert line.what == what


def test_a_call_with_nobody_is_refused(register):
    with pytest.raises(NoSuchProfile):
        register.service.note_call(NoteCall(profile_id=uuid4(), direction="in", answered=True))


def test_a_call_to_come_is_refused(register, ana):
    at = datetime.now(UTC) + timedelta(hours=1)
    with pytest.raises(Invalid) as refused:
        register.service.note_call(NoteCall(profile_id=ana, direction="in", answered=True, at=at))
    assert refused.value.errors[0].pointer == "/at"


def test_a_call_whose_note_says_nothing_leaves_nothing(register, ana):
    before = register.count("timeline")
    with pytest.raises(NotAProfile):
        register.service.note_call(NoteCall(profile_id=ana, direction="in", answered=True, note=" \n "))
    assert (register.count("timeline"), register.count("notes")) == (before, 0)


def test_a_call_at_another_house_is_not_noted(register, ana):
    said = NoteCall(profile_id=ana, direction="in", answered=True, property_id=LISBON)
    with speaking_as("key:1", houses=(PORTO,)), pytest.raises(NotYourProperty):
        register.service.note_call(said)
