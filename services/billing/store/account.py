"""Reading: a guest's account, and the sums of the whole ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Due, Folio
from services.billing.store.folios import charges_of
from services.contracts.values import Money
from services.kit.db import Tx

# One statement, so that what is owed, covered and posted are of the same moment.
_STANDING = sa.text(
    """
    SELECT (
        SELECT json_object_agg(b.currency, b.minor) FROM (
            SELECT currency, sum(amount_minor) AS minor FROM entries WHERE profile_id = :profile_id GROUP BY 1
        ) AS b
    ) AS balances, (
        SELECT json_agg(json_build_array(a.folio_id, a.currency, a.minor)) FROM (
            SELECT a.folio_id, p.currency, sum(a.amount_minor) AS minor
            FROM allocations a JOIN payments p ON p.id = a.payment_id WHERE a.profile_id = :profile_id GROUP BY 1, 2
        ) AS a
    ) AS covered, (
        SELECT json_agg(json_build_array(
            f.id, f.booking_id, f.arrival, f.currency, f.deferred_minor + f.recognised_minor, f.charges
        ))
        FROM folios f WHERE f.payer_profile_id = :profile_id
            AND (f.deferred_minor + f.recognised_minor <> 0 OR f.charges <> '{}')
    ) AS folios
    """
)
_LINES = sa.text(
    """
    SELECT l.*, j.kind, j.booking_id, j.payment_id, j.posted_at, r.text AS words
    FROM (
        SELECT id, journal_id, amount_minor, currency,
               sum(amount_minor) OVER (PARTITION BY currency ORDER BY id) AS balance_after
        FROM entries WHERE profile_id = :profile_id
    ) AS l
    JOIN journals j ON j.id = l.journal_id
    LEFT JOIN remarks r ON r.journal_id = l.journal_id
    WHERE l.id < :before
    ORDER BY l.id DESC LIMIT :limit
    """
)
_ROOM_REVENUE = sa.text(
    """
    SELECT e.currency, -sum(e.amount_minor) AS minor
    FROM entries e JOIN journals j ON j.id = e.journal_id JOIN folios f ON f.id = j.folio_id
    WHERE e.account = 'revenue:room' AND f.state = 'departed'
      AND (CAST(:property_id AS uuid) IS NULL OR j.property_id = :property_id)
    GROUP BY 1 ORDER BY 1
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
    booking_id: UUID | None
    allocated_minor: int


def standing(tx: Tx, profile_id: UUID) -> tuple[dict[str, int], list[Owed]]:
    """The fold of the guest's entries per currency, and what it is owed for, latest arrival first."""
    row = tx.execute(_STANDING, {"profile_id": profile_id}).one()
    covered = {(folio_id, currency): int(minor) for folio_id, currency, minor in row.covered or ()}
    owed = []
    for folio_id, booking_id, arrival, own_currency, minor, charges in row.folios or ():
        folio = Folio(profile_id, profile_id, own_currency, deferred_minor=minor, charges=charges_of(charges))
        for currency, amount in folio.owed().items():
            due = Due(UUID(folio_id), Money(amount_minor=amount, currency=currency), date.fromisoformat(arrival))
            booking = UUID(booking_id) if booking_id else None
            owed.append(Owed(due, booking, covered.get((folio_id, currency), 0)))
    owed.sort(key=lambda o: (o.due.arrival, o.due.folio_id), reverse=True)
    return {currency: int(minor) for currency, minor in (row.balances or {}).items()}, owed


def lines(tx: Tx, profile_id: UUID, before: int, limit: int) -> list[Any]:
    """The guest's entries newest first, with the balance after each."""
    return list(tx.execute(_LINES, {"profile_id": profile_id, "before": before, "limit": limit}))


def room_revenue(tx: Tx, property_id: UUID | None) -> list[Money]:
    """Earned with departed stays, per currency."""
    rows = tx.execute(_ROOM_REVENUE, {"property_id": property_id})
    return [Money(amount_minor=int(r.minor), currency=r.currency) for r in rows]


def counts(tx: Tx, property_id: UUID | None) -> Any:
    """Journals, entries, and journals that do not sum to zero."""
    return tx.execute(_COUNTS, {"property_id": property_id}).one()
