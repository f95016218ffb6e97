"""The end of registrations: destroyed when their time is over, with the files they went into; the count of it stays."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.bookings.store.registers.terms import KEEP_UNTIL, TERMS
from services.contracts.bookings.registers import Destruction
from services.kit.db import Tx


def destroy_due(tx: Tx, now: datetime, most: int) -> list[Destruction]:
    """Registrations that were to be kept until before `now`, at most so many. Notes and answers the counts."""
    due = tx.execute(_DESTROY, {"terms": json.dumps(TERMS), "now": now, "most": most}).all()
    if not due:
        return []
    keys = {"bookings": [row.booking_id for row in due], "positions": [row.position for row in due]}
    registrations = Counter(row.country for row in due)
    files = Counter(row.country for row in tx.execute(_DESTROY_FILES, keys))
    told = [
        Destruction(destroyed_at=now, country=country, registrations=registrations[country], files=files[country])
        for country in sorted({*registrations, *files})
    ]
    tx.execute(_NOTE, [vars(each) for each in told])
    return told


def destructions(tx: Tx, before: int, limit: int) -> list[tuple[int, Destruction]]:
    """Newest first, each with its number in the order of time."""
    rows = tx.execute(_DESTRUCTIONS, {"before": before, "limit": limit})
    return [(row.seq, _destruction(row)) for row in rows]


def _destruction(row: Any) -> Destruction:
    return Destruction(
        destroyed_at=row.destroyed_at, country=row.country, registrations=row.registrations, files=row.files
    )


_DESTROY = sa.text(
    f"""
    WITH due AS (
        SELECT u.booking_id, u.position, u.country FROM ({KEEP_UNTIL}) AS u WHERE u.keep_until < u.today LIMIT :most
    )
    UPDATE registrations r
    SET state = 'destroyed', person = NULL, sealed = NULL, key_id = NULL, stamp = NULL, support_stamp = NULL,
        destroyed_at = :now
    FROM due WHERE r.booking_id = due.booking_id AND r.position = due.position AND r.state <> 'destroyed'
    RETURNING r.booking_id, r.position, due.country
    """  # noqa: S608
).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True)))
_DESTROY_FILES = sa.text(
    """
    WITH gone AS (
        DELETE FROM register_files f
        WHERE f.export_id IN (
            SELECT e.export_id
            FROM unnest(CAST(:bookings AS uuid[]), CAST(:positions AS int[])) AS d (booking_id, position)
            JOIN register_entries e USING (booking_id, position)
        )
        RETURNING f.export_id
    )
    SELECT x.country FROM gone JOIN register_exports x ON x.id = gone.export_id
    """
)
_NOTE = sa.text(
    "INSERT INTO register_destructions (destroyed_at, country, registrations, files)"
    " VALUES (:destroyed_at, :country, :registrations, :files)"
)
_DESTRUCTIONS = sa.text("SELECT * FROM register_destructions WHERE seq < :before ORDER BY seq DESC LIMIT :limit")
