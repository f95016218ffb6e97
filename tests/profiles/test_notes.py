"""Notes: written, changed with their history, removed with a trace; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from services.contracts.profiles import (
    AddNote,
    ChangeNote,
    NoSuchNote,
    NoSuchProfile,
    NotAProfile,
    Note,
    NoteHasChanged,
    NotYourNote,
    ReadInternals,
    ReadNote,
    ReadNoteHistory,
    ReadNotes,
    RemoveNote,
)
from services.kit.refusal import Forbidden, Invalid
from services.kit.scope import NotYourProperty
from tests.profiles.callers import speaking_as
from tests.profiles.conftest import Register
from tests.profiles.people import ana_as_entered

LISBON, PORTO = uuid4(), uuid4()


@pytest.fixture
def ana(register: Register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def write(register: Register, ana: UUID, text: str = "Came by train.", by: str = "staff:ines", **other) -> Note:
    with speaking_as(by):
        return register.service.add_note(AddNote(profile_id=ana, text=text, **other))


def lines(register: Register, ana: UUID) -> list[tuple]:
    with register.db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT * FROM timeline ORDER BY seq").all()
    return [(row.kind, row.what, row.ref, row.facts) for row in found if row.profile_id == ana and row.ref]


def test_a_note_has_its_author_its_time_its_kind_and_its_house(register: Register, ana):
    note = write(register, ana, "The shower was cold.", kind="complaint", property_id=LISBON)
    assert (note.author, note.kind, note.property_id, note.version) == ("staff:ines", "complaint", LISBON, 1)
    assert register.service.read_note(ReadNote(note_id=note.id)) == note
    assert register.reads(ana).notes == (note,)


def test_a_complaint_is_on_the_time_line_as_one_and_what_it_says_is_not(register: Register, ana):
    note = write(register, ana, "The shower was cold.", kind="complaint")
    assert lines(register, ana) == [
        ("complaint", "note.added", note.id, {"kind": "complaint", "pinned": False}),
    ]


def test_what_a_note_was_stays_with_who_wrote_it(register: Register, ana):
    note = write(register, ana, "Allergic to cats.")
    with speaking_as("staff:rui"):
        after = register.service.change_note(ChangeNote(note_id=note.id, version=1, text="Loves cats.", pinned=True))
    assert (after.text, after.pinned, after.version, after.author, after.changed_by) == (
        "Loves cats.", True, 2, "staff:ines", "staff:rui",
    )  # fmt: skip
    history = register.service.read_note_history(ReadNoteHistory(note_id=note.id))
    assert [(edit.version, edit.text, edit.author) for edit in history.edits] == [
        (2, "Loves cats.", "staff:rui"),
        (1, "Allergic to cats.", "staff:ines"),
    ]


def test_a_change_that_changes_nothing_is_none(register: Register, ana):
    note = write(register, ana)
    assert register.service.change_note(ChangeNote(note_id=note.id, version=1, text=" Came by train. ")) == note


def test_of_those_who_change_a_note_at_once_one_wins(register: Register, ana):
    note = write(register, ana)

    def attempt(number: int) -> bool:
        try:
            register.service.change_note(ChangeNote(note_id=note.id, version=1, text=f"Version {number}"))
        except NoteHasChanged:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    assert len(register.service.read_note_history(ReadNoteHistory(note_id=note.id)).edits) == 2


def test_another_than_its_author_does_not_remove_a_note(register: Register, ana):
    note = write(register, ana)
    with speaking_as("staff:rui", "read", "write"), pytest.raises(NotYourNote):
        register.service.remove_note(RemoveNote(note_id=note.id, version=1))
    assert register.reads(ana).notes == (note,)


@pytest.mark.parametrize(("who", "roles"), [("staff:ines", ("write",)), ("staff:boss", ("write", "admin"))])
def test_its_author_and_an_admin_remove_a_note_and_that_stays_known(register: Register, ana, who, roles):
    note = write(register, ana, pinned=True)
    with speaking_as(who, *roles):
        gone = register.service.remove_note(RemoveNote(note_id=note.id, version=1))
    assert gone.removed_by == who
    assert register.reads(ana).notes == ()
    assert register.service.read_internals(ReadInternals(profile_ids=(ana,))).items[0].warnings == ()
    assert lines(register, ana)[-1][:2] == ("note", "note.removed")
    with pytest.raises(NoSuchNote):
        register.service.read_note_history(ReadNoteHistory(note_id=note.id))
    with speaking_as("staff:boss", "admin"):
        history = register.service.read_note_history(ReadNoteHistory(note_id=note.id))
    assert (history.removed_by, history.edits[0].text) == (who, note.text)


def test_pages_of_notes_follow_one_another_pinned_ones_first(register: Register, ana):
    written = [write(register, ana, f"Note {n}", pinned=n in (1, 4)) for n in range(7)]
    expected = [note.id for note in (written[4], written[1], *(written[n] for n in (6, 5, 3, 2, 0)))]
    paged: list[UUID] = []
    cursor = None
    while True:
        page = register.service.read_notes(ReadNotes(profile_id=ana, limit=2, cursor=cursor))
        paged += [note.id for note in page.items]
        if not (cursor := page.next):
            break
    assert paged == expected


def test_notes_are_listed_by_kind(register: Register, ana):
    write(register, ana)
    cold = write(register, ana, "Cold.", kind="complaint")
    assert register.service.read_notes(ReadNotes(profile_id=ana, kind="complaint")).items == (cold,)


def test_who_is_limited_to_houses_sees_theirs_and_the_organisations(register: Register, ana):
    here = write(register, ana, "Here", property_id=LISBON, pinned=True)
    there = write(register, ana, "There", property_id=PORTO)
    everywhere = write(register, ana, "Everywhere", pinned=True)
    with speaking_as("key:porto", houses=(PORTO,)):
        seen = register.service.read_notes(ReadNotes(profile_id=ana)).items
        assert {note.id for note in seen} == {there.id, everywhere.id}
        assert {note.id for note in register.reads(ana).notes} == {there.id, everywhere.id}
        internal = register.service.read_internals(ReadInternals(profile_ids=(ana,))).items[0]
        assert internal.warnings == (everywhere,)
        with pytest.raises(NoSuchNote):
            register.service.read_note(ReadNote(note_id=here.id))
        with pytest.raises(NoSuchNote):
            register.service.change_note(ChangeNote(note_id=here.id, version=1, text="Mine"))
        with pytest.raises(NotYourProperty):
            register.service.change_note(ChangeNote(note_id=everywhere.id, version=1, text="Mine"))
        with pytest.raises(Forbidden):
            register.service.add_note(AddNote(profile_id=ana, text="?", property_id=LISBON))


def test_a_note_needs_a_guest_a_text_and_a_cursor_of_the_list(register: Register, ana):
    nobody = uuid4()
    with pytest.raises(NoSuchProfile):
        register.service.read_notes(ReadNotes(profile_id=nobody))
    with pytest.raises(NoSuchNote):
        register.service.change_note(ChangeNote(note_id=nobody, version=1, text="?"))
    for text in ("", " \n ", "a\u202eb", "x" * 10_001):
        with pytest.raises(NotAProfile):
            write(register, ana, text)
    for cursor in ("x", "1 2026-13-01 x", "", "2 2026-01-01T00:00:00+00:00 00000000-0000-0000-0000-000000000000 x"):
        if cursor:
            with pytest.raises(Invalid):
                register.service.read_notes(ReadNotes(profile_id=ana, cursor=cursor))
    assert register.reads(ana).notes == ()


def test_a_note_added_twice_under_one_command_is_one(register: Register, ana):
    command_id = uuid4()
    said = AddNote(profile_id=ana, text="Once.")
    assert register.service.add_note(said, command_id=command_id) == register.service.add_note(
        said, command_id=command_id
    )
    assert register.count("notes") == 1


def test_a_note_on_a_card_that_is_anothers_now_stands_on_theirs(register: Register, databases, ana):
    retired = register.service.create_profile(ana_as_entered(given_name="Rosa", emails=(), phones=())).id
    databases.admin("profiles").execute("UPDATE profiles SET merged_into = %s WHERE id = %s", [ana, retired])
    note = write(register, retired)
    assert note.profile_id == ana
    assert register.reads(ana).notes == (note,)
    assert register.service.read_notes(ReadNotes(profile_id=retired)).items == (note,)
