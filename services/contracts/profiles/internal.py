"""What the house keeps on a profile for itself: notes, and what of it staff see on every booking."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.profiles.levels import LevelMark
from services.contracts.profiles.tasks import Task
from services.kit.refusal import Conflict, Forbidden, NotFound
from services.kit.wire import Request, request, value

NoteKind = Literal["general", "complaint", "warning"]


@value
class Note:
    """`pinned`: a warning that staff see on every booking of this guest. `property_id` is whose it is, none the whole
    organisation's. `author` wrote it first, `changed_by` last.
    """

    id: UUID
    profile_id: UUID
    text: str
    pinned: bool
    author: str
    written_at: datetime
    version: int = 1
    kind: NoteKind = "general"
    property_id: UUID | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None


@value
class NotesFound:
    """Pinned ones first, then the newest. `next` is an opaque cursor."""

    items: tuple[Note, ...]
    next: str | None = None


@value
class NoteEdit:
    """A note as `author` left it at `written_at`."""

    version: int
    kind: NoteKind
    text: str
    pinned: bool
    author: str
    written_at: datetime


@value
class NoteHistory:
    """Every version of a note, the newest first, and who removed it."""

    note_id: UUID
    profile_id: UUID
    edits: tuple[NoteEdit, ...]
    removed_by: str | None = None
    removed_at: datetime | None = None


@value
class GuestInternals:
    """What staff see of a guest on every booking: `warnings` are the pinned notes, `tasks` the open ones that are due
    first; at most ten of each, their texts cut at 500 characters.
    """

    profile_id: UUID
    level: LevelMark | None = None
    do_not_book: bool = False
    warnings: tuple[Note, ...] = ()
    tasks: tuple[Task, ...] = ()
    verified: bool = False


@value
class InternalsFound:
    items: tuple[GuestInternals, ...]


@request
class ReadInternals(Request[InternalsFound]):
    """Of at most a thousand profiles; those who are not there are left out."""

    profile_ids: tuple[UUID, ...]


@request
class AddNote(Request[Note]):
    """A note is internal; its author is the caller. Refuses with NoSuchProfile."""

    profile_id: UUID
    text: str
    pinned: bool = False
    kind: NoteKind = "general"
    property_id: UUID | None = None


@request
class ReadNotes(Request[NotesFound]):
    """Refuses with NoSuchProfile."""

    profile_id: UUID
    kind: NoteKind | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ReadNote(Request[Note]):
    """Refuses with NoSuchNote."""

    note_id: UUID


@request
class ChangeNote(Request[Note]):
    """What is said replaces; what the note was before stays in its history. Refuses with NoteHasChanged."""

    note_id: UUID
    version: int
    text: str | None = None
    pinned: bool | None = None
    kind: NoteKind | None = None


@request
class RemoveNote(Request[NoteHistory]):
    """By its author, or an admin. Its history stays, for admins. Refuses with NoteHasChanged, NotYourNote."""

    note_id: UUID
    version: int


@request
class ReadNoteHistory(Request[NoteHistory]):
    """Of a removed note for admins only. Refuses with NoSuchNote."""

    note_id: UUID


class NoSuchNote(NotFound):
    """There is no such note."""


class NoteHasChanged(Conflict):
    """Somebody else has changed this note since it was read."""


class NotYourNote(Forbidden):
    """A note is removed by its author or an admin."""
