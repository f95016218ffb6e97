"""The codes of other systems. What notices need of them is read where they take their turn (`store.notices`)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import Code
from services.kit.db import Tx


def read(tx: Tx, property_id: UUID, source: str | None) -> list[Code]:
    rows = tx.execute(_READ, {"property_id": property_id, "source": source})
    return [Code(kind=row.kind, theirs=row.theirs, ours=row.ours, source=row.source) for row in rows]


def put(tx: Tx, property_id: UUID, source: str, codes: Sequence[Code]) -> set[str]:
    """Replace all of a source at a property; answers the property codes that already name another property.

    One at a time for a source, so that two properties cannot wait for one another.
    """
    tx.execute(_TAKE_TURN, {"turn": f"codes\n{source}"})
    tx.execute(_FORGET, {"property_id": property_id, "source": source})
    said = {"kinds": [c.kind for c in codes], "theirs": [c.theirs for c in codes], "ours": [c.ours for c in codes]}
    kept = {(row.kind, row.theirs) for row in tx.execute(_KEEP, {"property_id": property_id, "source": source, **said})}
    return {code.theirs for code in codes if (code.kind, code.theirs) not in kept}


_READ = sa.text(
    "SELECT source, kind, theirs, ours FROM codes WHERE property_id = :property_id"
    " AND (CAST(:source AS text) IS NULL OR source = :source) ORDER BY source, kind, theirs"
)
_TAKE_TURN = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:turn, 0))")
_FORGET = sa.text("DELETE FROM codes WHERE property_id = :property_id AND source = :source")
_KEEP = sa.text(
    """
    INSERT INTO codes (property_id, source, kind, theirs, ours)
    SELECT :property_id, :source, c.kind, c.theirs, c.ours
    FROM unnest(CAST(:kinds AS text[]), CAST(:theirs AS text[]), CAST(:ours AS text[])) AS c (kind, theirs, ours)
    ON CONFLICT DO NOTHING RETURNING kind, theirs
    """
)
