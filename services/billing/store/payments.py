"""Money that came in."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.billing.store.posting import POST, Journal, journal_values
from services.contracts.values import Money
from services.kit.db import Tx

_POST_PAYMENT = sa.text(
    """
    WITH payment AS (
        INSERT INTO payments (
            id, payer_profile_id, beneficiary_profile_id, amount_minor, currency, method, received_at
        ) VALUES (:payment_id, :payer_id, :beneficiary_id, :amount, :currency, :method, :at)
    ), folio AS (
        SELECT CAST(NULL AS uuid) AS id, CAST(NULL AS uuid) AS booking_id, CAST(NULL AS uuid) AS property_id
    )"""  # noqa: S608
    + POST
    + "SELECT true AS credit FROM folio"
)


def post_payment(
    tx: Tx, payment_id: UUID, payer_id: UUID, beneficiary_id: UUID, amount: Money, method: str, journal: Journal
) -> None:
    tx.execute(
        _POST_PAYMENT,
        {
            "payer_id": payer_id,
            "beneficiary_id": beneficiary_id,
            "amount": amount.amount_minor,
            "currency": amount.currency,
            "method": method,
            **journal_values(tx, journal),
            "payment_id": payment_id,
        },
    )
