"""Credit: which payment covers how much of which folio, and what staff decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Allocations, Credit, Due, Rule
from services.billing.store.folios import FOLIO_COLUMNS, FolioRow, folio_row
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.ids import new_id

_CREDITS = sa.text(
    "SELECT id, booking_id, amount_minor, currency, received_at FROM credits"
    " WHERE beneficiary_profile_id = :profile_id AND amount_minor > 0"
)
_DUES = sa.text(
    f"SELECT {FOLIO_COLUMNS}, f.arrival FROM folios f WHERE f.payer_profile_id = :profile_id"  # noqa: S608
    " AND (f.deferred_minor + f.recognised_minor <> 0 OR f.charges <> '{}')"
)
# The last word about each payment and folio.
_RULES = sa.text(
    """
    SELECT DISTINCT ON (payment_id, folio_id) payment_id, folio_id, kind, amount_minor
    FROM allocation_rules WHERE profile_id = :profile_id
    ORDER BY payment_id, folio_id, seq DESC
    """
)
_ALLOCATE = sa.text(
    """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:payments AS uuid[]), CAST(:folios AS uuid[]), CAST(:amounts AS bigint[]))
            AS w (payment_id, folio_id, amount_minor)
    ), gone AS (
        DELETE FROM allocations a WHERE a.profile_id = :profile_id AND NOT EXISTS (
            SELECT FROM wanted w WHERE w.payment_id = a.payment_id AND w.folio_id = a.folio_id)
        RETURNING payment_id, folio_id
    ), kept AS (
        INSERT INTO allocations AS a (payment_id, folio_id, profile_id, amount_minor)
        SELECT payment_id, folio_id, :profile_id, amount_minor FROM wanted
        ON CONFLICT (payment_id, folio_id) DO UPDATE SET amount_minor = excluded.amount_minor
        WHERE a.amount_minor <> excluded.amount_minor
        RETURNING payment_id, folio_id
    )
    SELECT DISTINCT f.booking_id, p.currency, coalesce((
        SELECT sum(w.amount_minor)
        FROM wanted w JOIN payments wp ON wp.id = w.payment_id JOIN folios wf ON wf.id = w.folio_id
        WHERE wf.booking_id = f.booking_id AND wp.currency = p.currency
    ), 0) AS minor
    FROM (SELECT * FROM gone UNION ALL SELECT * FROM kept) c
    JOIN payments p ON p.id = c.payment_id JOIN folios f ON f.id = c.folio_id
    ORDER BY f.booking_id, p.currency
    """
)
_CREDIT = sa.text(
    "SELECT id, beneficiary_profile_id, amount_minor, currency FROM credits WHERE id = :payment_id AND amount_minor > 0"
)
_FOLIO = sa.text(
    f"SELECT {FOLIO_COLUMNS} FROM folios f WHERE f.id = :folio_id OR f.booking_id = :booking_id"  # noqa: S608
    " ORDER BY f.payer_profile_id = :payer_id DESC, f.part = 'main' DESC, f.opened_at, f.id LIMIT 1"
)
_DECIDE = sa.text(
    """
    WITH remark AS (
        INSERT INTO remarks (journal_id, text) VALUES (:id, :reason)
    )
    INSERT INTO allocation_rules (id, payment_id, folio_id, profile_id, kind, amount_minor, posted_by, posted_at)
    VALUES (:id, :payment_id, :folio_id, :profile_id, :kind, :amount, :by, :at)
    """
)
_ALLOCATIONS = """
    SELECT a.payment_id, a.folio_id AS covers, a.amount_minor, f.booking_id, f.property_id, c.currency, c.received_at,
           c.booking_id AS meant_for, r.amount_minor AS pinned
    FROM allocations a JOIN folios f ON f.id = a.folio_id JOIN credits c ON c.id = a.payment_id
    LEFT JOIN LATERAL (
        SELECT amount_minor FROM allocation_rules
        WHERE profile_id = a.profile_id AND payment_id = a.payment_id AND folio_id = a.folio_id
        ORDER BY seq DESC LIMIT 1
    ) r ON true
"""
_OF_PAYMENT = sa.text(_ALLOCATIONS + "WHERE a.payment_id = :payment_id ORDER BY f.arrival, f.id")
# One statement, so that what is owed and what covers it are of the same moment.
_OF_BOOKING = sa.text(
    f"""
    SELECT {FOLIO_COLUMNS}, b.payment_id, b.covers, b.amount_minor, b.received_at, b.meant_for, b.pinned,
           b.currency AS paid_currency
    FROM folios f LEFT JOIN ({_ALLOCATIONS}) b ON b.covers = f.id
    WHERE f.booking_id = :booking_id ORDER BY f.part <> 'main', f.id, b.received_at, b.payment_id
    """  # noqa: S608
)


@dataclass(frozen=True)
class Covered:
    """What of a guest's credit covers a booking now, in one currency; a house folio is no booking's."""

    booking_id: UUID | None
    amount: Money


def credits_and_dues(tx: Tx, profile_id: UUID) -> tuple[list[Credit], list[Due], list[Rule]]:
    """All the guest's credit, all that the guest owes, and what staff decided; for `allocate`, under `lock_guest`."""
    credits = [
        Credit(r.id, Money(amount_minor=int(r.amount_minor), currency=r.currency), r.received_at, r.booking_id)
        for r in tx.execute(_CREDITS, {"profile_id": profile_id})
    ]
    if not credits:
        return [], [], []
    dues = [
        Due(row.id, Money(amount_minor=amount, currency=currency), row.arrival, row.booking_id)
        for row in tx.execute(_DUES, {"profile_id": profile_id})
        for currency, amount in folio_row(row).folio.owed().items()
    ]
    rules = [
        Rule(r.payment_id, r.folio_id, r.amount_minor)
        for r in tx.execute(_RULES, {"profile_id": profile_id})
        if r.kind != "free"
    ]
    return credits, dues, rules


def keep_allocations(tx: Tx, profile_id: UUID, allocations: Allocations) -> list[Covered]:
    """Make the stored allocations of the guest's credit these; answers where that changed anything."""
    rows = tx.execute(
        _ALLOCATE,
        {
            "profile_id": profile_id,
            "payments": [payment_id for payment_id, _ in allocations],
            "folios": [folio_id for _, folio_id in allocations],
            "amounts": list(allocations.values()),
        },
    )
    return [Covered(r.booking_id, Money(amount_minor=int(r.minor), currency=r.currency)) for r in rows]


def credit_of_payment(tx: Tx, payment_id: UUID) -> tuple[UUID, Money] | None:
    """Whose credit a payment is, and how much is left of it after refunds."""
    row = tx.execute(_CREDIT, {"payment_id": payment_id}).first()
    return (
        (row.beneficiary_profile_id, Money(amount_minor=int(row.amount_minor), currency=row.currency)) if row else None
    )


def folio_named(tx: Tx, booking_id: UUID | None, folio_id: UUID | None, payer_id: UUID) -> FolioRow | None:
    """The folio with this id; of a booking's folios the one that this payer pays, else its main one."""
    row = tx.execute(_FOLIO, {"booking_id": booking_id, "folio_id": folio_id, "payer_id": payer_id}).first()
    return folio_row(row) if row else None


def decide_allocation(
    tx: Tx,
    payment_id: UUID,
    folio_id: UUID,
    profile_id: UUID,
    kind: Literal["pin", "exclude", "free"],
    amount_minor: int | None,
    reason: str,
) -> None:
    """What somebody decided about a payment and a folio holds until the next decision about the two."""
    tx.execute(
        _DECIDE,
        {
            "id": new_id(),
            "payment_id": payment_id,
            "folio_id": folio_id,
            "profile_id": profile_id,
            "kind": kind,
            "amount": amount_minor,
            "reason": reason,
            "by": tx.context.actor,
            "at": tx.now,
        },
    )


def allocations_of_payment(tx: Tx, payment_id: UUID) -> list[Any]:
    """What a payment covers, earliest arrival first."""
    return list(tx.execute(_OF_PAYMENT, {"payment_id": payment_id}))


def balance_of_booking(tx: Tx, booking_id: UUID) -> tuple[list[FolioRow], list[Any]]:
    """A booking's folios, the main one first, and what covers them, oldest payment first."""
    rows = tx.execute(_OF_BOOKING, {"booking_id": booking_id}).all()
    folios = {row.id: folio_row(row) for row in rows}
    return list(folios.values()), [row for row in rows if row.payment_id]
