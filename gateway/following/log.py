"""The changes of rooms in the order in which they are sent, kept for a day for who was cut off.

Rows are written by the process `view`, several transactions at once, and numbers that are given while writing are seen
in another order than they were given. So rows are written without one, and numbered once they are committed, by one
process at a time: who has read up to a number has missed nothing below it. While nobody follows, nothing is numbered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx

KEPT: Final = timedelta(days=1)
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """`text` is the event as it goes over the wire."""

    position: int
    property_id: UUID
    text: bytes


class Ends(NamedTuple):
    """The last position that was given, and the last one that is no longer kept."""

    last: int
    forgotten: int


def record(tx: Tx, topic: str, property_id: UUID, facts: Mapping[str, Any]) -> None:
    """Keep what has changed: ids, codes, days and states, nothing of a person."""
    said = {"type": topic, "property_id": str(property_id), **facts}
    body = json.dumps(said, separators=(",", ":"))
    tx.execute(_RECORD, {"topic": topic, "property_id": property_id, "body": body})


def waiting(tx: Tx) -> bool:
    """Whether something is there that has no position yet."""
    return bool(tx.execute(_WAITING).scalar())


def number(tx: Tx) -> None:
    """Give positions to what is committed, unless another process does so at this moment."""
    if tx.execute(_LOCK).first() is not None:
        tx.execute(_NUMBER, {"most": _AT_ONCE})


def ends(tx: Tx) -> Ends:
    row = tx.execute(_ENDS).one()
    return Ends(row.last, row.forgotten)


def after(tx: Tx, position: int, property_id: UUID | None = None, most: int = _AT_ONCE) -> list[Change]:
    """What follows a position, in order; of one property, or of all."""
    rows = tx.execute(_AFTER, {"position": position, "property_id": property_id, "most": most})
    return [
        Change(row.position, row.property_id, f"id: {row.position}\nevent: {row.topic}\ndata: {row.body}\n\n".encode())
        for row in rows
    ]


def forget(tx: Tx, before: datetime) -> None:
    """Drop what was recorded before. What nobody followed is numbered first: else who left long ago would not know."""
    tx.execute(_LOCK_WAITING)
    tx.execute(_NUMBER, {"most": None})
    tx.execute(_FORGET, {"before": before})


_PROPERTY = sa.bindparam("property_id", type_=sa.Uuid)

_RECORD = sa.text(
    "INSERT INTO room_changes (topic, property_id, body) VALUES (:topic, :property_id, :body)"
).bindparams(_PROPERTY)
_WAITING = sa.text("SELECT EXISTS (SELECT FROM room_changes WHERE position IS NULL)")
_LOCK = sa.text("SELECT 1 FROM room_changes_ends FOR UPDATE SKIP LOCKED")
_LOCK_WAITING = sa.text("SELECT 1 FROM room_changes_ends FOR UPDATE")
_NUMBER = sa.text(
    """
    WITH due AS (
        SELECT seq FROM room_changes WHERE position IS NULL ORDER BY seq LIMIT CAST(:most AS int)
    ), counted AS (
        UPDATE room_changes_ends SET last = last + (SELECT count(*) FROM due) WHERE EXISTS (SELECT FROM due)
        RETURNING last - (SELECT count(*) FROM due) AS before
    )
    UPDATE room_changes c SET position = counted.before + placed.place
    FROM counted, (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM due) AS placed
    WHERE c.seq = placed.seq
    """
)
_ENDS = sa.text("SELECT last, forgotten FROM room_changes_ends")
_AFTER = sa.text(
    """
    SELECT position, property_id, topic, body FROM room_changes
    WHERE position > :position AND (CAST(:property_id AS uuid) IS NULL OR property_id = :property_id)
    ORDER BY position LIMIT :most
    """
).bindparams(_PROPERTY)
_FORGET = sa.text(
    """
    WITH gone AS (DELETE FROM room_changes WHERE recorded_at < :before RETURNING position)
    UPDATE room_changes_ends SET forgotten = (SELECT max(position) FROM gone) WHERE EXISTS (SELECT FROM gone)
    """
)
