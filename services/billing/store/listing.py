"""Folios as they are shown, and closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.store.folios import FOLIO_COLUMNS, FolioRow, folio_row
from services.kit.db import Tx
from services.kit.scope import houses


@dataclass(frozen=True)
class ShownFolio:
    """A folio with what credit covers of it, per currency, in minor units."""

    row: FolioRow
    covered: dict[str, int]
    closed_at: datetime | None


_SHOW = f"""
    SELECT {FOLIO_COLUMNS}, f.closed_at, (
        SELECT json_object_agg(a.currency, a.minor) FROM (
            SELECT p.currency, sum(a.amount_minor) AS minor
            FROM allocations a JOIN payments p ON p.id = a.payment_id WHERE a.folio_id = f.id GROUP BY 1
        ) AS a
    ) AS covered
    FROM folios f WHERE """  # noqa: S608
_ONE = sa.text(_SHOW + "f.id = :id")
_FIND = sa.text(
    f"""{_SHOW}
    (CAST(:booking_id AS uuid) IS NULL OR f.booking_id = :booking_id)
    AND (CAST(:profile_id AS uuid) IS NULL OR f.payer_profile_id = :profile_id)
    AND (CAST(:houses AS uuid[]) IS NULL OR f.property_id = ANY(CAST(:houses AS uuid[])))
    AND (CAST(:after AS uuid) IS NULL
         OR (f.opened_at, f.id) < (SELECT o.opened_at, o.id FROM folios o WHERE o.id = :after))
    ORDER BY f.opened_at DESC, f.id DESC LIMIT :limit
    """  # noqa: S608
)
# Its version grows: whoever has read it open will find that it moved.
_CLOSE = sa.text("UPDATE folios SET closed_at = :at, version = version + 1 WHERE id = :id AND closed_at IS NULL")
_REOPEN = sa.text("UPDATE folios SET closed_at = NULL, version = version + 1 WHERE id = :id AND closed_at IS NOT NULL")


def folio(tx: Tx, folio_id: UUID) -> ShownFolio | None:
    row = tx.execute(_ONE, {"id": folio_id}).first()
    return _shown(row) if row else None


def find_folios(
    tx: Tx, *, booking_id: UUID | None, profile_id: UUID | None, after: UUID | None, limit: int
) -> list[ShownFolio]:
    """Newest first, beginning behind the folio `after`; each filter applies where it is given."""
    wanted = {"booking_id": booking_id, "profile_id": profile_id, "after": after, "limit": limit, "houses": houses(tx)}
    return [_shown(row) for row in tx.execute(_FIND, wanted)]


def close_folio(tx: Tx, folio_id: UUID) -> None:
    tx.execute(_CLOSE, {"id": folio_id, "at": tx.now})


def reopen_folio(tx: Tx, folio_id: UUID) -> None:
    tx.execute(_REOPEN, {"id": folio_id})


def _shown(row: Any) -> ShownFolio:
    covered = {currency: int(minor) for currency, minor in (row.covered or {}).items()}
    return ShownFolio(row=folio_row(row), covered=covered, closed_at=row.closed_at)
