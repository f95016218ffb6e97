"""The time line of guests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.profiles.store.rows import as_json


@dataclass(frozen=True)
class Entry:
    """One line. `what` is the event's topic, `ref` the thing it happened to; `facts` hold no names or addresses."""

    profile_id: UUID
    at: datetime
    kind: str
    what: str
    property_id: UUID | None = None
    booking_id: UUID | None = None
    ref: UUID | None = None
    actor: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(tx: Tx, *entries: Entry) -> None:
    """Written in the transaction of what happened, so that the one is never without the other."""
    if entries:
        tx.execute(_RECORD, {"entries": as_json(asdict(entry) for entry in entries)})


_RECORD = sa.text(
    """
    INSERT INTO timeline (profile_id, at, kind, what, property_id, booking_id, ref, actor, facts)
    SELECT profile_id, at, kind, what, property_id, booking_id, ref, actor, facts
    FROM json_to_recordset(CAST(:entries AS json)) AS new(profile_id uuid, at timestamptz, kind text, what text,
        property_id uuid, booking_id uuid, ref uuid, actor text, facts jsonb)
    """
)
