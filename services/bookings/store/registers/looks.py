"""Who looked at what is otherwise masked: noted before it is shown, and never taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings.registers import LookKind, NoSuchLook, NoteLook
from services.kit.db import Tx

LASTS = timedelta(minutes=1)


def note(tx: Tx, look_id: UUID, request: NoteLook) -> None:
    said = {
        "id": look_id,
        "kind": request.kind,
        "about": request.about,
        "position": request.position,
        "reason": request.reason,
        "now": tx.now,
        "actor": tx.context.actor,
    }
    tx.execute(_NOTE, said)


def note_search(tx: Tx, look_id: UUID, booking_id: UUID, position: int) -> None:
    """Somebody was found by the number of their document."""
    said = {"id": look_id, "kind": "search", "about": booking_id, "position": position, "reason": None}
    tx.execute(_NOTE, {**said, "now": tx.now, "actor": tx.context.actor})


def about(tx: Tx, look_id: UUID, kind: LookKind) -> tuple[UUID, int | None]:
    """What the caller noted just now to look at; refuses with NoSuchLook."""
    said = {"id": look_id, "kind": kind, "actor": tx.context.actor, "since": tx.now - LASTS}
    row: Any = tx.execute(_READ, said).first()
    if row is None:
        raise NoSuchLook
    return row.about, row.position


_NOTE = sa.text(
    """
    INSERT INTO register_looks (id, kind, about, position, reason, looked_at, looked_by)
    VALUES (:id, :kind, :about, :position, :reason, :now, :actor)
    """
)
_READ = sa.text(
    """
    SELECT about, position FROM register_looks
    WHERE id = :id AND kind = :kind AND looked_by = :actor AND looked_at >= :since
    """
)
