"""Charges beside the stay."""

from __future__ import annotations

import json

import sqlalchemy as sa

from services.billing.domain import Folio
from services.billing.store.folios import FolioRow
from services.billing.store.posting import HAS_CREDIT, POST, Journal, Moved, journal_values
from services.kit.db import Tx

_POST_CHARGE = sa.text(
    """
    WITH folio AS (
        UPDATE folios f SET charges = CAST(:charges AS jsonb), version = f.version + 1
        WHERE f.id = :id AND f.version = :version
        RETURNING f.id, f.booking_id, f.property_id
    )"""  # noqa: S608
    + POST
    + HAS_CREDIT
)


def post_charge(tx: Tx, seen: FolioRow, after: Folio, journal: Journal) -> bool:
    """Write the folio's charges and post the journal; answers whether its payer ever had credit. Raises Moved."""
    row = tx.execute(
        _POST_CHARGE,
        {
            "id": seen.id,
            "version": seen.version,
            "charges": json.dumps({f"{kind} {currency}": minor for (kind, currency), minor in after.charges.items()}),
            "guests": [after.payer_id],
            **journal_values(tx, journal),
        },
    ).first()
    if row is None:
        raise Moved
    return bool(row.credit)
