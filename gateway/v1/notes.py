"""Notes on profiles: internal, with what they were before."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.known import property_id_of
from gateway.outside import Change, Flag, LongText, Page, Strict, Text, listing, page, schema_of
from gateway.preconditions import IF_MATCH, version_to_change
from services.contracts.profiles import (
    AddNote,
    ChangeNote,
    Note,
    NoteHasChanged,
    NoteHistory,
    NoteKind,
    ReadNote,
    ReadNoteHistory,
    ReadNotes,
    RemoveNote,
)

blueprint = Blueprint("notes", __name__, description="What staff write down of guests")

_KIND = validate.OneOf(get_args(NoteKind))
_LONGEST = 10_000
_PINNED = {"description": "A warning: staff see it on every booking of this guest."}


class NewNote(Strict):
    text = LongText(required=True, most=_LONGEST)
    pinned = Flag(load_default=False, metadata=_PINNED)
    kind = Text(load_default="general", validate=_KIND)
    property = Text(
        load_default=None,
        allow_none=True,
        most=60,
        metadata={"description": "Whose it is, by id or code; the whole organisation's, if not said."},
    )


class NoteChange(Change):
    text = LongText(most=_LONGEST)
    pinned = Flag(metadata=_PINNED)
    kind = Text(validate=_KIND)


class NotesFilter(Page):
    kind = Text(load_default=None, validate=_KIND)


NoteShape = schema_of(Note)


@blueprint.post("/profiles/<uuid:profile_id>/notes")
@needs("write", by_property=True)
@blueprint.arguments(NewNote)
@blueprint.response(201, NoteShape)
def add_note(body: dict[str, Any], profile_id: UUID) -> Response:
    """Write something down; a pinned note is a warning, one of kind complaint is on the time line as that."""
    property_id = property_id_of(body.pop("property"))
    added = command(AddNote(profile_id=profile_id, property_id=property_id, **body))
    return versioned(added, at=f"/v1/notes/{added.id}")


@blueprint.get("/profiles/<uuid:profile_id>/notes")
@needs("read", by_property=True)
@blueprint.arguments(NotesFilter, location="query")
@blueprint.response(200, listing(NoteShape, "NotesPage"))
def read_notes(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """The notes on a profile, pinned ones first, then the newest."""
    return reply(page(ask(ReadNotes(profile_id=profile_id, **wanted))))


@blueprint.get("/notes/<uuid:note_id>")
@needs("read", by_property=True)
@blueprint.response(200, NoteShape)
def read_note(note_id: UUID) -> Response:
    """One note, with an ETag to change it by."""
    return versioned(ask(ReadNote(note_id=note_id)))


@blueprint.patch("/notes/<uuid:note_id>")
@needs("write", by_property=True)
@blueprint.arguments(NoteChange)
@blueprint.response(200, NoteShape)
def change_note(body: dict[str, Any], note_id: UUID) -> Response:
    """Change what is given; what it was is in its history. `If-Match` holds the ETag that was read."""
    version = version_to_change(NoteHasChanged, lambda: ask(ReadNote(note_id=note_id)).version)
    return versioned(command(ChangeNote(note_id=note_id, version=version, **body)))


@blueprint.delete("/notes/<uuid:note_id>")
@needs("write", by_property=True)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, schema_of(NoteHistory))
def remove_note(note_id: UUID) -> Response:
    """Take a note away: whoever wrote it, or an admin (403 `not-your-note`). Who and when stays in its history."""
    version = version_to_change(NoteHasChanged, lambda: ask(ReadNote(note_id=note_id)).version)
    return reply(command(RemoveNote(note_id=note_id, version=version)))


@blueprint.get("/notes/<uuid:note_id>/history")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(NoteHistory))
def read_note_history(note_id: UUID) -> Response:
    """Every version of a note with who wrote it and when, the newest first; of a removed one for admins only."""
    return reply(ask(ReadNoteHistory(note_id=note_id)))
