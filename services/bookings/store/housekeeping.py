"""How clean rooms are, and were."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import Housekeeping, RoomNotice, RoomStatusChanged
from services.kit.db import Tx


def changed(tx: Tx, room_ids: Collection[UUID]) -> list[RoomStatusChanged]:
    """Rooms that this transaction has locked, in their next version and as they are to be told of."""
    return [_event(row) for row in tx.execute(_CHANGED, {"ids": list(room_ids), "now": tx.now})]


def set_status(tx: Tx, room_ids: Collection[UUID], status: Housekeeping) -> list[RoomStatusChanged]:
    """Rooms that this transaction has locked become so now; answers those that were not."""
    rows = tx.execute(_SET, {"ids": list(room_ids), "status": status, "now": tx.now})
    return [_event(row) for row in rows]


def hear(tx: Tx, room_id: UUID, notice: RoomNotice, at: datetime) -> list[RoomStatusChanged]:
    """What another system says of a room that this transaction has locked: kept once, and followed if nothing later
    is known.
    """
    said = {
        "id": room_id,
        "status": notice.status,
        "at": at,
        "now": tx.now,
        "source": notice.source,
        "external_id": notice.external_id,
    }
    return [_event(row) for row in tx.execute(_HEAR, said) if row.differs]


def due(tx: Tx) -> list[tuple[UUID, date, datetime]]:
    """Properties in which rooms with guests are to become dirty, the day, and when it was time."""
    return [(row.property_id, row.day, row.since) for row in tx.execute(_DUE, {"now": tx.now})]


def in_use(tx: Tx, property_id: UUID, since: datetime) -> list[UUID]:
    """Rooms in which guests have been since before this moment and that were not seen to after it."""
    rows = tx.execute(_IN_USE, {"property_id": property_id, "since": since})
    return [row.id for row in rows]


def done(tx: Tx, property_id: UUID, day: date) -> None:
    tx.execute(_DONE, {"property_id": property_id, "day": day})


def _event(row: Any) -> RoomStatusChanged:
    return RoomStatusChanged(
        room_id=row.id,
        version=row.version,
        property_id=row.property_id,
        number=row.number,
        room_type_id=row.room_type_id,
        housekeeping=row.housekeeping,
        closed=row.closed,
        retired=row.retired_on is not None,
    )


# A room `r` as an event tells of it.
_TOLD = """
    RETURNING r.id, r.version, r.property_id, r.number, r.room_type_id, r.housekeeping, r.retired_on, (
        SELECT c.kind FROM room_closures c JOIN properties p ON p.id = c.property_id
        WHERE c.room_id = r.id AND c.nights @> CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date)
    ) AS closed"""
_CHANGED = sa.text(f"UPDATE rooms r SET version = version + 1 WHERE id = ANY(CAST(:ids AS uuid[])) {_TOLD}")  # noqa: S608
_SET = sa.text(
    f"""
    WITH kept AS (
        INSERT INTO room_statuses (room_id, at, housekeeping)
        SELECT id, :now, :status FROM rooms WHERE id = ANY(CAST(:ids AS uuid[])) AND housekeeping <> :status
    )
    UPDATE rooms r SET housekeeping = :status, status_at = :now, version = version + 1
    WHERE id = ANY(CAST(:ids AS uuid[])) AND housekeeping <> :status
    {_TOLD}
    """  # noqa: S608 constants
)
_HEAR = sa.text(
    f"""
    WITH kept AS (
        INSERT INTO room_statuses (room_id, at, housekeeping, source, external_id)
        VALUES (:id, :at, :status, :source, :external_id)
        ON CONFLICT DO NOTHING RETURNING room_id
    )
    UPDATE rooms r
    SET housekeeping = :status, status_at = :at, version = r.version + CAST(r.housekeeping <> :status AS int)
    FROM kept JOIN rooms o ON o.id = kept.room_id
    WHERE r.id = o.id AND o.status_at <= :at
    {_TOLD}, o.housekeeping <> r.housekeeping AS differs
    """  # noqa: S608 constants
)
_DUE = sa.text(
    """
    SELECT h.property_id, CAST(there.now AS date) AS day,
           (CAST(there.now AS date) + h.dirty_at) AT TIME ZONE p.time_zone AS since
    FROM housekeeping_rules h
    JOIN properties p ON p.id = h.property_id
    CROSS JOIN LATERAL (SELECT CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS now) AS there
    WHERE h.done_on < CAST(there.now AS date) AND h.dirty_at <= CAST(there.now AS time)
    ORDER BY h.property_id
    FOR NO KEY UPDATE OF h
    """
)
_IN_USE = sa.text(
    """
    SELECT r.id FROM room_assignments a JOIN rooms r ON r.id = a.room_id
    WHERE r.property_id = :property_id AND a.occupied_at < :since AND a.vacated_at IS NULL
      AND r.housekeeping <> 'dirty' AND r.status_at < :since
    """
)
_DONE = sa.text("UPDATE housekeeping_rules SET done_on = :day WHERE property_id = :property_id")
