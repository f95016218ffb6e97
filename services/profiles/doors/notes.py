"""Notes on profiles, for the house alone, and what staff see of guests on every booking."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.contracts.profiles import (
    AddNote,
    ChangeNote,
    InternalsFound,
    NoSuchNote,
    Note,
    NoteHasChanged,
    NoteHistory,
    NotesFound,
    NotYourNote,
    ProfileChanged,
    ReadInternals,
    ReadNote,
    ReadNoteHistory,
    ReadNotes,
    RemoveNote,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem
from services.kit.scope import permit, sees
from services.profiles.domain.card import note_text
from services.profiles.store import internals, timeline
from services.profiles.store import notes as store

_MOST, _MOST_GUESTS = 200, 1000


class Notes:
    @command
    def add_note(self, tx: Tx, request: AddNote) -> Note:
        permit(tx, request.property_id)
        note = Note(
            id=new_id(),
            profile_id=request.profile_id,
            text=note_text(request.text),
            pinned=request.pinned,
            author=tx.context.actor,
            written_at=tx.now,
            kind=request.kind,
            property_id=request.property_id,
        )
        version = store.add(tx, note)
        kept = store.read(tx, note.id)  # on the survivor's card, where this one is another's now
        _tell(tx, kept, "note.added", version)
        return kept

    @query
    def read_notes(self, tx: Tx, request: ReadNotes) -> NotesFound:
        if not 1 <= request.limit <= _MOST:
            raise Invalid(errors=[Problem("/limit", f"From 1 to {_MOST}.")])
        after = _place(request.cursor) if request.cursor else None
        found = store.of_profile(tx, request.profile_id, request.kind, after, request.limit)
        page, more = found[: request.limit], found[request.limit :]
        return NotesFound(items=tuple(page), next=_cursor(page[-1]) if more else None)

    @query
    def read_note(self, tx: Tx, request: ReadNote) -> Note:
        return store.read(tx, request.note_id)

    @command
    def change_note(self, tx: Tx, request: ChangeNote) -> Note:
        """A change that changes nothing leaves the version as it is."""
        before = _locked(tx, request.note_id, request.version)
        after = replace(
            before,
            text=before.text if request.text is None else note_text(request.text),
            pinned=before.pinned if request.pinned is None else request.pinned,
            kind=request.kind or before.kind,
        )
        if after == before:
            return before
        after = replace(after, version=before.version + 1, changed_by=tx.context.actor, changed_at=tx.now)
        _tell(tx, after, "note.changed", store.replace(tx, before, after))
        return after

    @command
    def remove_note(self, tx: Tx, request: RemoveNote) -> NoteHistory:
        note = _locked(tx, request.note_id, request.version)
        if tx.context.actor != note.author and "admin" not in tx.context.roles:
            raise NotYourNote
        _tell(tx, note, "note.removed", store.remove(tx, note, tx.context.actor))
        return store.history(tx, note.id, removed_too=True)

    @query
    def read_note_history(self, tx: Tx, request: ReadNoteHistory) -> NoteHistory:
        return store.history(tx, request.note_id, removed_too="admin" in tx.context.roles)

    @query
    def read_internals(self, tx: Tx, request: ReadInternals) -> InternalsFound:
        if len(request.profile_ids) > _MOST_GUESTS:
            raise Invalid(errors=[Problem("/profile_ids", f"At most {_MOST_GUESTS}.")])
        return InternalsFound(items=internals.of_guests(tx, request.profile_ids))


def _locked(tx: Tx, note_id: UUID, version: int) -> Note:
    note = store.lock(tx, note_id)
    if not sees(tx.context, note.property_id):
        raise NoSuchNote
    permit(tx, note.property_id)
    if note.version != version:
        raise NoteHasChanged(facts={"version": str(note.version)})
    return note


def _tell(tx: Tx, note: Note, what: str, version: int) -> None:
    """On the guest's time line, and that the card is another one now. What the note says is told nobody."""
    tx.announce(ProfileChanged(profile_id=note.profile_id, version=version))
    timeline.record(
        tx,
        timeline.Entry(
            profile_id=note.profile_id,
            at=tx.now,
            kind="complaint" if note.kind == "complaint" else "note",
            what=what,
            property_id=note.property_id,
            ref=note.id,
            actor=tx.context.actor,
            facts={"kind": note.kind, "pinned": note.pinned},
        ),
    )


def _cursor(note: Note) -> str:
    return f"{int(note.pinned)} {note.written_at.isoformat()} {note.id}"


def _place(cursor: str) -> store.Place:
    try:
        pinned, at, note_id = cursor.split(" ")
        return bool(int(pinned)), datetime.fromisoformat(at), UUID(note_id)
    except ValueError:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
