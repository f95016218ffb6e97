"""Refunds, payments meant for a booking, credit terms of companies, and who owes which kinds of a booking's charges."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INSTANT = sa.DateTime(timezone=True)

_CREDITS = """
CREATE VIEW credits AS
SELECT p.id, p.beneficiary_profile_id, p.booking_id, p.currency, p.received_at,
       p.amount_minor - coalesce(r.amount_minor, 0) AS amount_minor
FROM payments p LEFT JOIN LATERAL (
    SELECT CAST(sum(amount_minor) AS bigint) AS amount_minor FROM refunds WHERE payment_id = p.id
) AS r ON true
"""
# What a booking says of its guest and dates holds for the folios beside its main one too.
_FOLLOW = """
CREATE FUNCTION parts_follow_main() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE folios SET arrival = NEW.arrival, nights = NEW.nights, guest_profile_id = NEW.guest_profile_id,
        property_id = NEW.property_id
    WHERE booking_id = NEW.booking_id AND part <> 'main';
    RETURN NULL;
END $$;
CREATE TRIGGER parts_follow_main AFTER UPDATE OF arrival, nights, guest_profile_id, property_id ON folios
    FOR EACH ROW WHEN (
        NEW.part = 'main' AND NEW.booking_id IS NOT NULL
        AND (OLD.arrival, OLD.nights, OLD.guest_profile_id, OLD.property_id)
            IS DISTINCT FROM (NEW.arrival, NEW.nights, NEW.guest_profile_id, NEW.property_id)
    ) EXECUTE FUNCTION parts_follow_main();
"""
# Which folio of a booking the charges of a kind stand on; `*` is the rule for all that have none of their own.
_PART_FOR = """
CREATE FUNCTION part_for(booking uuid, charged text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CAST(payer_profile_id AS text) FROM routing_rules
        WHERE booking_id = booking AND kind IN (charged, '*') AND charged NOT IN ('room', 'city-tax')
        ORDER BY kind = '*' LIMIT 1
    ), 'main')
$$
"""
_APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refunds
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
"""


def upgrade() -> None:
    op.add_column("payments", sa.Column("booking_id", sa.Uuid, comment="the booking it is meant for"))
    op.create_index(
        "payments_for_booking", "payments", ["booking_id"], postgresql_where=sa.text("booking_id IS NOT NULL")
    )
    op.create_index(
        "journals_of_payment", "journals", ["payment_id"], postgresql_where=sa.text("payment_id IS NOT NULL")
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0"), nullable=False),
        sa.Column("journal_id", sa.Uuid, nullable=False),
        sa.Column("refunded_at", _INSTANT, nullable=False),
        comment="append-only: money that went back has gone back; the reason is the journal's remark",
    )
    op.execute(_APPEND_ONLY)
    op.execute(_CREDITS)

    op.create_table(
        "credit_terms",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("limit_minor", sa.BigInteger, sa.CheckConstraint("limit_minor >= 0"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("days", sa.Integer, sa.CheckConstraint("days BETWEEN 0 AND 365"), nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", _INSTANT, nullable=False),
    )

    op.add_column(
        "folios",
        sa.Column(
            "part",
            sa.Text,
            nullable=False,
            server_default="main",
            comment="main holds the stay; a booking's other folios are named by the profile that charges are routed to",
        ),
    )
    op.add_column("folios", sa.Column("stay_payer_id", sa.Uuid, comment="whoever the stay is routed to"))
    op.drop_constraint("folios_booking_id_key", "folios", type_="unique")
    op.create_index("folios_of_booking", "folios", ["booking_id", "part"], unique=True)
    op.execute(_FOLLOW)
    op.create_table(
        "routing_rules",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("payer_profile_id", sa.Uuid, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", _INSTANT, nullable=False),
    )
    op.execute(_PART_FOR)
