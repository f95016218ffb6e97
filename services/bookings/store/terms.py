"""Terms of stays in all their versions, and the proofs of what was told. Nothing here is ever changed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings.terms import Automatic, SetTermsTelling, Terms, ToldTerm, ToldTerms, WriteTerms
from services.kit import wire
from services.kit.db import Tx, lock_key


def write(tx: Tx, property_id: UUID, said: WriteTerms) -> Terms:
    """A new version; the present one where it says the same."""
    tx.lock([lock_key(b"terms" + property_id.bytes)])
    given = {
        "property_id": property_id,
        "language": said.language,
        "kind": said.kind,
        "title": said.title,
        "text": said.text,
        "actor": tx.context.actor,
        "now": tx.now,
    }
    return _terms(tx.execute(_WRITE, given).one())


def read(tx: Tx, property_id: UUID, language: str | None = None, *, history: bool = False) -> tuple[Terms, ...]:
    """By language, kind and version; without `history` the present version of each."""
    said = {"property_id": property_id, "language": language, "history": history}
    return tuple(_terms(row) for row in tx.execute(_READ, said))


def set_telling(tx: Tx, property_id: UUID, said: SetTermsTelling) -> None:
    given = {"property_id": property_id, "language": said.language, "automatic": said.automatic}
    tx.execute(_SET_TELLING, given)


def telling(tx: Tx, property_id: UUID) -> tuple[str | None, Automatic]:
    """The property's own language, if it was ever said, and when terms are told by themselves."""
    row = tx.execute(_TELLING, {"property_id": property_id}).first()
    return (row.language, row.automatic) if row else (None, "never")


def keep_told(tx: Tx, told: ToldTerms) -> ToldTerms | None:
    """With its number; None where the same was told in the same way before. The booking's row is locked."""
    said = {**vars(told), "terms": json.dumps([wire.dump(each) for each in told.terms], ensure_ascii=False)}
    row = tx.execute(_KEEP_TOLD, said).first()
    return _told(row) if row else None


def told_before(tx: Tx, told: ToldTerms) -> ToldTerms:
    said = {"booking_id": told.booking_id, "how": told.how, "sha256": told.sha256}
    return _told(tx.execute(_TOLD_BEFORE, said).one())


def told_of(tx: Tx, booking_id: UUID, number: int | None = None) -> tuple[ToldTerms, ...]:
    return tuple(_told(row) for row in tx.execute(_TOLD_OF, {"booking_id": booking_id, "number": number}))


def _terms(row: Any) -> Terms:
    return Terms(
        kind=row.kind,
        language=row.language,
        version=row.version,
        title=row.title,
        text=row.text,
        actor=row.actor,
        written_at=row.written_at,
    )


def _told(row: Any) -> ToldTerms:
    return ToldTerms(
        id=row.id,
        booking_id=row.booking_id,
        number=row.number,
        how=row.how,
        language=row.language,
        terms=tuple(wire.load(ToldTerm, each) for each in row.terms),
        copy=row.copy,
        sha256=row.sha256,
        actor=row.actor,
        told_at=row.told_at,
    )


_WRITE = sa.text(
    """
    WITH present AS (
        SELECT * FROM terms
        WHERE property_id = :property_id AND language = :language AND kind = :kind
        ORDER BY version DESC LIMIT 1
    ),
    written AS (
        INSERT INTO terms (property_id, language, kind, version, title, text, actor, written_at)
        SELECT :property_id, :language, :kind, coalesce((SELECT version FROM present), 0) + 1,
               CAST(:title AS text), CAST(:text AS text), :actor, :now
        WHERE NOT EXISTS (
            SELECT FROM present
            WHERE (title, text) IS NOT DISTINCT FROM (CAST(:title AS text), CAST(:text AS text))
        )
        RETURNING *
    )
    SELECT * FROM written UNION ALL SELECT * FROM present ORDER BY version DESC LIMIT 1
    """
)
_READ = sa.text(
    """
    SELECT t.* FROM terms t
    WHERE property_id = :property_id AND (CAST(:language AS text) IS NULL OR language = :language)
      AND (:history OR NOT EXISTS (
          SELECT FROM terms later
          WHERE (later.property_id, later.language, later.kind) = (t.property_id, t.language, t.kind)
            AND later.version > t.version))
    ORDER BY language, kind, version
    """
)
_SET_TELLING = sa.text(
    """
    INSERT INTO terms_told_by (property_id, language, automatic) VALUES (:property_id, :language, :automatic)
    ON CONFLICT (property_id) DO UPDATE SET language = excluded.language, automatic = excluded.automatic
    """
)
_TELLING = sa.text("SELECT language, automatic FROM terms_told_by WHERE property_id = :property_id")
_KEEP_TOLD = sa.text(
    """
    INSERT INTO told_terms (id, booking_id, number, how, language, terms, copy, sha256, actor, told_at)
    SELECT :id, :booking_id, coalesce(max(number), 0) + 1, :how, :language, CAST(:terms AS jsonb), :copy, :sha256,
           :actor, :told_at
    FROM told_terms WHERE booking_id = :booking_id
    ON CONFLICT ON CONSTRAINT told_once DO NOTHING
    RETURNING *
    """
)
_TOLD_BEFORE = sa.text("SELECT * FROM told_terms WHERE booking_id = :booking_id AND how = :how AND sha256 = :sha256")
_TOLD_OF = sa.text(
    "SELECT * FROM told_terms WHERE booking_id = :booking_id AND (CAST(:number AS int) IS NULL OR number = :number)"
    " ORDER BY number"
)
