"""What an adjustment depends on: what is charged of its kind and on no invoice, and by which houses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import EXCESS
from services.billing.store.charges import OF_FOLIOS, charge_of
from services.billing.store.folios import FolioRow
from services.contracts.billing import Charge
from services.kit.db import Tx

# The stay's own is what the folio's journals earned that are no charge's: nights under `room`, city tax as itself. A
# guest's own folio has no stay, and holds what several properties charged.
_NOT_INVOICED = sa.text(
    """
    SELECT CAST(coalesce((
        SELECT sum(CASE WHEN CAST(:of_booking AS bool) OR mine THEN minor WHEN nobodys THEN least(minor, 0) END) FROM (
            SELECT c.property_id IS NOT DISTINCT FROM CAST(:property_id AS uuid) AS mine,
                CAST(:property_id AS uuid) IS NULL AS nobodys, sum(c.gross_minor) AS minor
            FROM charges c
            WHERE c.folio_id = :folio_id AND c.kind = :kind AND c.currency = :currency AND c.state = 'posted'
                AND c.invoice_id IS NULL
            GROUP BY c.property_id
        ) AS by_property
    ), 0) - coalesce((
        SELECT sum(e.amount_minor) FROM journals j JOIN entries e ON e.journal_id = j.id
        WHERE j.folio_id = :folio_id AND j.booking_id IS NOT NULL AND e.currency = :currency AND (
            CAST(:kind AS text) = 'room' AND e.account IN ('revenue:room', 'tax:vat')
            OR CAST(:kind AS text) = 'city-tax' AND e.account = 'tax:city'
        )
            AND NOT EXISTS (SELECT FROM invoiced_items i WHERE i.journal_id = j.id)
            AND NOT EXISTS (
                SELECT FROM charges c WHERE c.booking_id = j.booking_id AND j.id IN (c.journal_id, c.voided_by)
            )
    ), 0) AS bigint)
    """
)
_CHARGED_AT = sa.text(
    """
    SELECT DISTINCT property_id FROM charges
    WHERE folio_id = :folio_id AND kind = :kind AND state = 'posted' AND property_id IS NOT NULL AND gross_minor > 0
    """
)
_EXCESS = sa.text(
    """
    SELECT CAST(coalesce(sum(gross_minor) FILTER (WHERE reason = :excess), 0) AS bigint) AS minor,
           (array_agg(vat_basis_points ORDER BY posted_at DESC, id)
               FILTER (WHERE reason = :excess AND gross_minor > 0))[1] AS rate,
           (array_agg(vat_basis_points ORDER BY posted_at DESC, id)
               FILTER (WHERE reason <> :excess AND gross_minor < 0))[1] AS credits_rate
    FROM charges WHERE folio_id = :folio_id AND kind = :kind AND currency = :currency AND state = 'posted'
    """
)


@dataclass(frozen=True)
class Excess:
    """What has been debited for credits beyond the stay, and its VAT rate; and the rate of the newest such credit."""

    minor: int
    rate: int
    credits_rate: int


def excess_of(tx: Tx, folio_id: UUID, kind: str, currency: str) -> Excess:
    wanted = {"folio_id": folio_id, "kind": kind, "currency": currency, "excess": EXCESS}
    row = tx.execute(_EXCESS, wanted).one()
    return Excess(row.minor, row.rate or 0, row.credits_rate or 0)


def not_invoiced(tx: Tx, seen: FolioRow, charge: Charge, property_id: UUID | None) -> int:
    """What the property charged of the charge's kind on the folio, with its tax, less what was credited, and is on no
    invoice. Of what no property charged also less what a property has credited beyond its own: it was on its invoice.
    """
    wanted = {"folio_id": seen.id, "kind": charge.kind, "currency": charge.amount.currency}
    wanted |= {"of_booking": seen.booking_id is not None, "property_id": property_id}
    return int(tx.execute(_NOT_INVOICED, wanted).scalar() or 0)


def charged_at(tx: Tx, folio_id: UUID, kind: str) -> list[UUID]:
    """The properties that have charged this kind there."""
    return list(tx.execute(_CHARGED_AT, {"folio_id": folio_id, "kind": kind}).scalars())


def adjustments_of_folios(tx: Tx, folio_ids: Sequence[UUID], most: int) -> dict[UUID, list[tuple[Charge, str]]]:
    """Of each folio the newest, at most `most`, each with the code of its reason."""
    found: dict[UUID, list[tuple[Charge, str]]] = {folio_id: [] for folio_id in folio_ids}
    for row in tx.execute(OF_FOLIOS, {"folios": list(folio_ids), "most": most, "adjusting": True}):
        found[row.charge_folio].append((charge_of(row), row.charge_reason))
    return found
