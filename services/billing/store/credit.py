"""Credit: which payment covers how much of which folio."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Allocations, Credit, Due
from services.billing.store.folios import FOLIO_COLUMNS, folio_row
from services.contracts.values import Money
from services.kit.db import Tx

_CREDITS = sa.text(
    "SELECT id, amount_minor, currency, received_at FROM payments WHERE beneficiary_profile_id = :profile_id"
)
_DUES = sa.text(
    f"SELECT {FOLIO_COLUMNS}, f.arrival FROM folios f WHERE f.payer_profile_id = :profile_id"  # noqa: S608
    " AND (f.deferred_minor + f.recognised_minor <> 0 OR f.charges <> '{}')"
)
_ALLOCATE = sa.text(
    """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:payments AS uuid[]), CAST(:folios AS uuid[]), CAST(:amounts AS bigint[]))
            AS w (payment_id, folio_id, amount_minor)
    ), gone AS (
        DELETE FROM allocations a WHERE a.profile_id = :profile_id AND NOT EXISTS (
            SELECT FROM wanted w WHERE w.payment_id = a.payment_id AND w.folio_id = a.folio_id)
        RETURNING 1
    ), kept AS (
        INSERT INTO allocations AS a (payment_id, folio_id, profile_id, amount_minor)
        SELECT payment_id, folio_id, :profile_id, amount_minor FROM wanted
        ON CONFLICT (payment_id, folio_id) DO UPDATE SET amount_minor = excluded.amount_minor
        WHERE a.amount_minor <> excluded.amount_minor
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM kept)
    """
)


def credits_and_dues(tx: Tx, profile_id: UUID) -> tuple[list[Credit], list[Due]]:
    """All the guest's payments, and all that the guest owes; for `allocate`, under `lock_guest`."""
    credits = [
        Credit(r.id, Money(amount_minor=r.amount_minor, currency=r.currency), r.received_at)
        for r in tx.execute(_CREDITS, {"profile_id": profile_id})
    ]
    if not credits:
        return [], []
    dues = [
        Due(row.id, Money(amount_minor=amount, currency=currency), row.arrival)
        for row in tx.execute(_DUES, {"profile_id": profile_id})
        for currency, amount in folio_row(row).folio.owed().items()
    ]
    return credits, dues


def keep_allocations(tx: Tx, profile_id: UUID, allocations: Allocations) -> bool:
    """Make the stored allocations of the guest's credit these; answers whether any was another."""
    return bool(
        tx.execute(
            _ALLOCATE,
            {
                "profile_id": profile_id,
                "payments": [payment_id for payment_id, _ in allocations],
                "folios": [folio_id for _, folio_id in allocations],
                "amounts": list(allocations.values()),
            },
        ).scalar()
    )
