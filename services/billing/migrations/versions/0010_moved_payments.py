"""Payments whose guest turned out to be somebody else of the register."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

# A payment says for ever who made it and for whom; whose it is now, where that is another one, is said beside it. The
# two halves are asked by their own indexes.
_CREDITS = """
CREATE OR REPLACE VIEW credits AS
SELECT p.id, p.beneficiary_profile_id, p.booking_id, p.currency, p.received_at,
       p.amount_minor - coalesce(r.amount_minor, 0) AS amount_minor
FROM payments p LEFT JOIN LATERAL (
    SELECT CAST(sum(amount_minor) AS bigint) AS amount_minor FROM refunds WHERE payment_id = p.id
) AS r ON true
WHERE NOT EXISTS (SELECT FROM moved_payments m WHERE m.payment_id = p.id)
UNION ALL
SELECT p.id, m.beneficiary_profile_id, p.booking_id, p.currency, p.received_at,
       p.amount_minor - coalesce(r.amount_minor, 0) AS amount_minor
FROM moved_payments m JOIN payments p ON p.id = m.payment_id LEFT JOIN LATERAL (
    SELECT CAST(sum(amount_minor) AS bigint) AS amount_minor FROM refunds WHERE payment_id = p.id
) AS r ON true
"""


def upgrade() -> None:
    op.create_table(
        "moved_payments",
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("payer_profile_id", sa.Uuid, nullable=False, index=True),
        sa.Column("beneficiary_profile_id", sa.Uuid, nullable=False, index=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        comment="whose a payment is now; each move of credit is a journal of kind move",
    )
    op.execute(_CREDITS)
