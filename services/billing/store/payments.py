"""Money that came in, and what of it went back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.store.posting import POST, Journal, journal_values
from services.contracts.billing import Payment, PaymentStanding
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.scope import houses

_POST_PAYMENT = sa.text(
    """
    WITH payment AS (
        INSERT INTO payments (
            id, payer_profile_id, beneficiary_profile_id, booking_id, amount_minor, currency, method, received_at
        ) VALUES (:payment_id, :payer_id, :beneficiary_id, :booking_id, :amount, :currency, :method, :at)
    ), folio AS (
        SELECT CAST(NULL AS uuid) AS id, CAST(:booking_id AS uuid) AS booking_id, CAST(NULL AS uuid) AS property_id
    )"""  # noqa: S608
    + POST
    + "SELECT true AS credit FROM folio"
)
_POST_REFUND = sa.text(
    """
    WITH refund AS (
        INSERT INTO refunds (id, payment_id, amount_minor, journal_id, refunded_at)
        VALUES (:refund_id, :payment_id, :amount, :journal_id, :at)
    ), folio AS (
        SELECT CAST(NULL AS uuid) AS id, j.booking_id, j.property_id
        FROM (SELECT) AS one LEFT JOIN journals j ON j.payment_id = :payment_id AND j.kind IN ('payment', 'deposit')
    )"""  # noqa: S608
    + POST
    + "SELECT true AS credit FROM folio"
)
_STANDINGS = """
    SELECT p.id, coalesce(m.payer_profile_id, p.payer_profile_id) AS payer_profile_id, c.beneficiary_profile_id,
           p.booking_id, p.amount_minor, p.currency, p.method, p.received_at, c.amount_minor AS left_minor,
           (SELECT CAST(coalesce(sum(a.amount_minor), 0) AS bigint) FROM allocations a WHERE a.payment_id = p.id)
               AS allocated_minor,
           (SELECT r.text FROM journals j JOIN remarks r ON r.journal_id = j.id
            WHERE j.payment_id = p.id AND j.kind IN ('payment', 'deposit')) AS reference
    FROM payments p JOIN credits c ON c.id = p.id LEFT JOIN moved_payments m ON m.payment_id = p.id
"""
_READ = sa.text(_STANDINGS + "WHERE p.id = :payment_id")
_FIND = sa.text(
    _STANDINGS  # noqa: S608
    + """
    WHERE p.id IN (
        SELECT p.id FROM payments p WHERE NOT EXISTS (SELECT FROM moved_payments m WHERE m.payment_id = p.id)
            AND (p.payer_profile_id = :profile_id OR p.beneficiary_profile_id = :profile_id)
        UNION ALL
        SELECT payment_id FROM moved_payments
        WHERE payer_profile_id = :profile_id OR beneficiary_profile_id = :profile_id
    )
      AND (CAST(:houses AS uuid[]) IS NULL OR p.booking_id IN (
          SELECT f.booking_id FROM folios f
          WHERE f.booking_id = p.booking_id AND f.property_id = ANY(CAST(:houses AS uuid[]))))
      AND (CAST(:at AS timestamptz) IS NULL OR (p.received_at, p.id) < (:at, :id))
    ORDER BY p.received_at DESC, p.id DESC LIMIT :limit
    """  # noqa: S608
)
_FOR_BOOKING = sa.text(
    _STANDINGS
    + """
    WHERE p.booking_id = :booking_id
      AND :profile_id IN (coalesce(m.payer_profile_id, p.payer_profile_id), c.beneficiary_profile_id)
    ORDER BY p.received_at, p.id
    """
)
_MOVE = sa.text(
    """
    WITH owner AS (
        INSERT INTO moved_payments (payment_id, payer_profile_id, beneficiary_profile_id, moved_at)
        VALUES (:moved_id, :payer_id, :beneficiary_id, :at)
        ON CONFLICT (payment_id) DO UPDATE SET payer_profile_id = excluded.payer_profile_id,
            beneficiary_profile_id = excluded.beneficiary_profile_id, moved_at = excluded.moved_at
    ), folio AS (
        SELECT CAST(NULL AS uuid) AS id, j.booking_id, j.property_id
        FROM journals j WHERE j.payment_id = :moved_id AND j.kind IN ('payment', 'deposit')
    )"""  # noqa: S608
    + POST
    + "SELECT true AS credit FROM folio"
)
_FOLLOW_DECISIONS = sa.text(
    """
    INSERT INTO allocation_rules (id, payment_id, folio_id, profile_id, kind, amount_minor, posted_by, posted_at)
    SELECT gen_random_uuid(), payment_id, folio_id, :now_is, kind, amount_minor, :by, :at
    FROM (
        SELECT DISTINCT ON (folio_id) payment_id, folio_id, kind, amount_minor FROM allocation_rules
        WHERE profile_id = :was AND payment_id = :payment_id ORDER BY folio_id, seq DESC
    ) AS latest
    """
)
_HOUSE = sa.text(
    "SELECT f.property_id FROM payments p JOIN folios f ON f.booking_id = p.booking_id AND f.part = 'main'"
    " WHERE p.id = :payment_id"
)
_PARTIES = sa.text(
    """
    SELECT currency, property_id, state, part, payer_profile_id, guest_profile_id FROM folios
    WHERE booking_id = :booking_id ORDER BY part <> 'main'
    """
)


@dataclass(frozen=True)
class Parties:
    """Of a booking, for a payment that is meant for it. `waits`: the guest has not arrived yet."""

    currency: str
    property_id: UUID | None
    waits: bool
    payer_id: UUID
    guest_id: UUID
    payers: frozenset[UUID]


def parties(tx: Tx, booking_id: UUID) -> Parties | None:
    """Who owes and who stays, over all folios of the booking."""
    rows = tx.execute(_PARTIES, {"booking_id": booking_id}).all()
    if not rows:
        return None
    main = rows[0]
    return Parties(
        currency=main.currency,
        property_id=main.property_id,
        waits=main.state in ("tentative", "confirmed"),
        payer_id=main.payer_profile_id,
        guest_id=main.guest_profile_id,
        payers=frozenset(row.payer_profile_id for row in rows),
    )


def house_of_payment(tx: Tx, payment_id: UUID) -> UUID | None:
    """That of the booking it is for; one for no booking is the whole organisation's."""
    return tx.execute(_HOUSE, {"payment_id": payment_id}).scalar()


def post_payment(tx: Tx, payment: Payment, journal: Journal) -> None:
    tx.execute(
        _POST_PAYMENT,
        {
            "payer_id": payment.payer_profile_id,
            "beneficiary_id": payment.beneficiary_profile_id,
            "booking_id": payment.booking_id,
            "amount": payment.amount.amount_minor,
            "currency": payment.amount.currency,
            "method": payment.method,
            **journal_values(tx, journal),
            "payment_id": payment.id,
        },
    )


def post_refund(tx: Tx, refund_id: UUID, payment_id: UUID, amount: Money, journal: Journal) -> None:
    """Under the beneficiary's lock, and never more than is left: the caller has looked under that lock."""
    tx.execute(
        _POST_REFUND,
        {
            "refund_id": refund_id,
            "amount": amount.amount_minor,
            **journal_values(tx, journal),
            "payment_id": payment_id,
        },
    )


def payment(tx: Tx, payment_id: UUID) -> PaymentStanding | None:
    row = tx.execute(_READ, {"payment_id": payment_id}).first()
    return _standing(row, None) if row else None


def payments_for(tx: Tx, booking_id: UUID, profile_id: UUID) -> list[PaymentStanding]:
    """Meant for a booking, by the profile or for it; whose accounts they move is locked."""
    rows = tx.execute(_FOR_BOOKING, {"booking_id": booking_id, "profile_id": profile_id}).all()
    return [_standing(row, None) for row in rows]


def move_payment(tx: Tx, payment_id: UUID, payer_id: UUID, beneficiary_id: UUID, journal: Journal | None) -> None:
    """Whose it is from now on; the journal, where credit is left, moves that."""
    said = {"moved_id": payment_id, "payer_id": payer_id, "beneficiary_id": beneficiary_id}
    tx.execute(_MOVE, {**said, **journal_values(tx, journal)})


def follow_decisions(tx: Tx, payment_id: UUID, was: UUID, now_is: UUID) -> None:
    """What staff decided the payment covers, or does not, holds for whoever it belongs to now."""
    said = {"payment_id": payment_id, "was": was, "now_is": now_is, "by": tx.context.actor, "at": tx.now}
    tx.execute(_FOLLOW_DECISIONS, said)


def payments_of(tx: Tx, profile_id: UUID, before: tuple[datetime, UUID] | None, limit: int) -> list[PaymentStanding]:
    """By the profile or for it, newest first; `before` is the last one seen."""
    at, last = before or (None, None)
    said = {"profile_id": profile_id, "at": at, "id": last, "limit": limit, "houses": houses(tx)}
    rows = tx.execute(_FIND, said)
    return [_standing(row, profile_id) for row in rows]


def _standing(row: Any, profile_id: UUID | None) -> PaymentStanding:
    def money(minor: int) -> Money:
        return Money(amount_minor=minor, currency=row.currency)

    return PaymentStanding(
        id=row.id,
        payer_profile_id=row.payer_profile_id,
        beneficiary_profile_id=row.beneficiary_profile_id,
        role=_role(row, profile_id) if profile_id else None,
        amount=money(row.amount_minor),
        refunded=money(row.amount_minor - row.left_minor),
        allocated=money(row.allocated_minor),
        left=money(row.left_minor - row.allocated_minor),
        method=row.method,
        reference=row.reference,
        booking_id=row.booking_id,
        received_at=row.received_at,
    )


def _role(row: Any, profile_id: UUID) -> Any:
    if row.payer_profile_id == row.beneficiary_profile_id:
        return "self"
    return "payer" if row.payer_profile_id == profile_id else "beneficiary"
