"""Notes on profiles, and what they were before they were changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import NoSuchNote, NoSuchProfile, Note, NoteEdit, NoteHistory, NoteKind
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses

Place = tuple[bool, datetime, UUID]  # pinned, written at, id: where a page ends


def add(tx: Tx, note: Note) -> int:
    """Raises NoSuchProfile; answers the profile's new version."""
    version = tx.execute(_ADD, asdict(note)).scalar_one_or_none()
    if version is None:
        raise NoSuchProfile
    return int(version)


def of_profile(tx: Tx, profile_id: UUID, kind: NoteKind | None, after: Place | None, limit: int) -> list[Note]:
    """Those of the caller's houses, pinned ones first, then the newest; one more than asked. Raises NoSuchProfile."""
    said = {
        "profile_id": profile_id,
        "kind": kind,
        "limit": limit + 1,
        "houses": houses(tx),
        **dict(zip(("pinned", "at", "id"), after or (None, None, None), strict=True)),
    }
    rows = tx.execute(_OF_PROFILE, said).all()
    if not rows:
        raise NoSuchProfile
    return [note_of(row._mapping) for row in rows if row.id is not None]


def read(tx: Tx, note_id: UUID) -> Note:
    """Raises NoSuchNote for one that was removed or is of another house, too."""
    row = tx.execute(_READ, {"id": note_id, "houses": houses(tx)}).one_or_none()
    if row is None or row.removed_at:
        raise NoSuchNote
    return note_of(row._mapping)


def lock(tx: Tx, note_id: UUID) -> Note:
    """Nobody else changes it until this transaction ends. Raises NoSuchNote."""
    row = tx.execute(_LOCK, {"id": note_id, "houses": houses(tx)}).one_or_none()
    if row is None or row.removed_at:
        raise NoSuchNote
    return note_of(row._mapping)


def replace(tx: Tx, before: Note, after: Note) -> int:
    """Keeps what it was. Answers the profile's new version."""
    tx.execute(_KEEP, _edit_of(before))
    tx.execute(_REPLACE, asdict(after))
    return grow(tx, after.profile_id)


def remove(tx: Tx, note: Note, by: str) -> int:
    """It stays with who removed it and when. Answers the profile's new version."""
    tx.execute(_REMOVE, {"id": note.id, "by": by, "now": tx.now})
    return grow(tx, note.profile_id)


def history(tx: Tx, note_id: UUID, removed_too: bool) -> NoteHistory:
    """Raises NoSuchNote."""
    row = tx.execute(_READ, {"id": note_id, "houses": houses(tx)}).one_or_none()
    if row is None or (row.removed_at and not removed_too):
        raise NoSuchNote
    before = [edit._mapping for edit in tx.execute(_EDITS, {"id": note_id})]
    edits: list[Any] = [_edit_of(note_of(row._mapping)), *before]
    return NoteHistory(
        note_id=note_id,
        profile_id=row.profile_id,
        edits=tuple(
            NoteEdit(**{name: each[name] for name in ("version", "kind", "text", "pinned", "author", "written_at")})
            for each in edits
        ),
        removed_by=row.removed_by,
        removed_at=row.removed_at,
    )


def grow(tx: Tx, profile_id: UUID) -> int:
    """Something that stands on a profile is another thing now: its new version."""
    return int(tx.execute(_GROW, {"id": profile_id, "now": tx.now}).scalar_one())


def note_of(row: Any) -> Note:
    """Of a row, or of its JSON."""
    said = {name: row[name] for name in Note.__dataclass_fields__}
    for name in ("written_at", "changed_at"):
        if isinstance(said[name], str):
            said[name] = datetime.fromisoformat(said[name])
    for name in ("id", "profile_id", "property_id"):
        if isinstance(said[name], str):
            said[name] = UUID(said[name])
    return Note(**said)


def _edit_of(note: Note) -> dict[str, Any]:
    """A note as it stands, with who wrote it so and when."""
    said = {**asdict(note), "note_id": note.id}
    return {**said, "author": note.changed_by or note.author, "written_at": note.changed_at or note.written_at}


_COLUMNS = (
    "id, profile_id, text, pinned, author, written_at, version, kind, property_id, changed_by, changed_at,"
    " removed_by, removed_at"
)
# Onto the survivor where the profile turned out to be somebody else's.
_ADD = sa.text(
    """
    WITH profile AS (
        UPDATE profiles SET version = version + 1, changed_at = :written_at
        WHERE id = (SELECT coalesce(merged_into, id) FROM profiles WHERE id = :profile_id) AND merged_into IS NULL
        RETURNING id, version
    ), note AS (
        INSERT INTO notes (id, profile_id, text, pinned, author, written_at, kind, property_id)
        SELECT :id, profile.id, :text, :pinned, :author, :written_at, :kind, CAST(:property_id AS uuid) FROM profile
    )
    SELECT version FROM profile
    """
)
_OF_PROFILE = sa.text(
    f"""
    SELECT n.* FROM (SELECT coalesce(merged_into, id) AS who FROM profiles WHERE id = :profile_id) AS profile
    LEFT JOIN LATERAL (
        SELECT {_COLUMNS} FROM notes
        WHERE profile_id = profile.who AND removed_at IS NULL AND {HOUSES.format("property_id")}
          AND (CAST(:kind AS text) IS NULL OR kind = :kind)
          AND (CAST(:id AS uuid) IS NULL OR (pinned, written_at, id)
               < (CAST(:pinned AS boolean), CAST(:at AS timestamptz), CAST(:id AS uuid)))
        ORDER BY pinned DESC, written_at DESC, id DESC LIMIT :limit
    ) AS n ON true
    ORDER BY n.pinned DESC, n.written_at DESC, n.id DESC
    """  # noqa: S608 constants
)
_ONE = f"SELECT {_COLUMNS} FROM notes WHERE id = :id AND {HOUSES.format('property_id')}"  # noqa: S608 constants
_READ = sa.text(_ONE)
_LOCK = sa.text(_ONE + " FOR UPDATE")
_KEEP = sa.text(
    """
    INSERT INTO note_edits (note_id, version, kind, text, pinned, property_id, author, written_at)
    VALUES (:note_id, :version, :kind, :text, :pinned, CAST(:property_id AS uuid), :author, :written_at)
    """
)
_REPLACE = sa.text(
    """
    UPDATE notes SET version = :version, text = :text, pinned = :pinned, kind = :kind, changed_by = :changed_by,
        changed_at = :changed_at
    WHERE id = :id
    """
)
_REMOVE = sa.text("UPDATE notes SET removed_by = :by, removed_at = :now WHERE id = :id")
_EDITS = sa.text(
    "SELECT version, kind, text, pinned, author, written_at FROM note_edits WHERE note_id = :id ORDER BY version DESC"
)
_GROW = sa.text("UPDATE profiles SET version = version + 1, changed_at = :now WHERE id = :id RETURNING version")
