"""Reading: a guest's account, and the sums of the whole ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Due
from services.billing.store.folios import FOLIO_COLUMNS, folio_row
from services.contracts.values import Money
from services.kit.db import Tx

# One statement, so that what is owed, covered and posted are of the same moment.
_STANDING = sa.text(
    f"""
    SELECT (
        SELECT json_object_agg(b.currency, b.minor) FROM (
            SELECT currency, sum(amount_minor) AS minor FROM entries WHERE profile_id = :profile_id GROUP BY 1
        ) AS b
    ) AS balances, {FOLIO_COLUMNS}, f.arrival, (
        SELECT json_object_agg(a.currency, a.minor) FROM (
            SELECT p.currency, sum(a.amount_minor) AS minor FROM allocations a JOIN payments p ON p.id = a.payment_id
            WHERE a.profile_id = :profile_id AND a.folio_id = f.id GROUP BY 1
        ) AS a
    ) AS covered
    FROM (SELECT) AS guest LEFT JOIN folios f ON f.payer_profile_id = :profile_id
    """  # noqa: S608
)
_LINES = sa.text(
    """
    SELECT l.*, j.kind, j.booking_id, j.property_id, j.folio_id, j.payment_id, j.reverses, j.reason, j.posted_by,
           j.posted_at, p.payer_profile_id, c.id AS charge_id, c.reason IS NOT NULL AS adjusts, r.text AS words
    FROM (
        SELECT id, journal_id, amount_minor, currency,
               sum(amount_minor) OVER (PARTITION BY currency ORDER BY id) AS balance_after
        FROM entries WHERE profile_id = :profile_id
          AND (CAST(:currency AS text) IS NULL OR currency = :currency)
    ) AS l
    JOIN journals j ON j.id = l.journal_id
    LEFT JOIN payments p ON p.id = j.payment_id
    LEFT JOIN charges c ON c.journal_id IN (j.id, j.reverses)
    LEFT JOIN remarks r ON r.journal_id = l.journal_id
    WHERE l.id < :before AND (CAST(:property_id AS uuid) IS NULL OR j.property_id = :property_id)
    ORDER BY l.id DESC LIMIT :limit
    """
)
_ROOM_REVENUE = sa.text(
    """
    SELECT currency, sum(minor) AS minor FROM (
        SELECT e.currency, -e.amount_minor AS minor
        FROM entries e JOIN journals j ON j.id = e.journal_id JOIN folios f ON f.id = j.folio_id
        WHERE f.state = 'departed' AND (e.account = 'revenue:room' OR e.account = 'tax:vat' AND j.kind IN (
            'stay', 'stay-change', 'payer-change', 'night', 'check-out', 'cancellation', 'no-show'))
          AND j.kind NOT IN ('adjustment', 'reversal')
          AND (CAST(:property_id AS uuid) IS NULL OR j.property_id = :property_id)
        UNION ALL
        SELECT f.currency, f.city_tax_within_minor FROM folios f
        WHERE f.state = 'departed' AND f.city_tax_within_minor <> 0
          AND (CAST(:property_id AS uuid) IS NULL OR f.property_id = :property_id)
    ) AS parts GROUP BY 1 ORDER BY 1
    """
)
_COUNTS = sa.text(
    """
    WITH mine AS (
        SELECT e.journal_id, e.currency, sum(e.amount_minor) AS minor, count(*) AS entries
        FROM entries e JOIN journals j ON j.id = e.journal_id
        WHERE CAST(:property_id AS uuid) IS NULL OR j.property_id = :property_id
        GROUP BY 1, 2
    )
    SELECT count(DISTINCT journal_id) AS journals, coalesce(sum(entries), 0) AS entries,
           count(DISTINCT journal_id) FILTER (WHERE minor <> 0) AS unbalanced
    FROM mine
    """
)


@dataclass(frozen=True)
class Owed:
    """One folio's share of a guest's account, in one currency."""

    due: Due
    property_id: UUID | None
    allocated_minor: int


def standing(tx: Tx, profile_id: UUID) -> tuple[dict[str, int], list[Owed]]:
    """The fold of the guest's entries per currency, and what it is owed for, latest arrival first."""
    rows = tx.execute(_STANDING, {"profile_id": profile_id}).all()
    owed = []
    for row in rows:
        for currency, amount in folio_row(row).folio.owed().items() if row.id else ():
            due = Due(row.id, Money(amount_minor=amount, currency=currency), row.arrival, row.booking_id)
            owed.append(Owed(due, row.property_id, int((row.covered or {}).get(currency, 0))))
    owed.sort(key=lambda o: (o.due.arrival, o.due.folio_id), reverse=True)
    return {currency: int(minor) for currency, minor in (rows[0].balances or {}).items()}, owed


def lines(
    tx: Tx, profile_id: UUID, before: int, limit: int, property_id: UUID | None = None, currency: str | None = None
) -> list[Any]:
    """The guest's entries newest first, with the balance after each over all properties."""
    wanted = {"before": before, "limit": limit, "property_id": property_id, "currency": currency}
    return list(tx.execute(_LINES, {"profile_id": profile_id, **wanted}))


def room_revenue(tx: Tx, property_id: UUID | None) -> list[Money]:
    """Of departed stays, per currency: the prices as they were agreed, with what they include of VAT and city tax, and
    whatever was credited of them afterwards.
    """
    rows = tx.execute(_ROOM_REVENUE, {"property_id": property_id})
    return [Money(amount_minor=int(r.minor), currency=r.currency) for r in rows]


def counts(tx: Tx, property_id: UUID | None) -> Any:
    """Journals, entries, and journals that do not sum to zero."""
    return tx.execute(_COUNTS, {"property_id": property_id}).one()
