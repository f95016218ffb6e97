"""Folios, journals and entries, payments, allocations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)

_KINDS = ("room", "restaurant", "spa", "meeting", "parking", "fee", "other")
_METHODS = ("cash", "card", "transfer", "online", "channel", "voucher", "other")
_CHART = ("guests", "deferred-revenue", *(f"revenue:{k}" for k in _KINDS), *(f"clearing:{m}" for m in _METHODS))

_BALANCED = """
CREATE FUNCTION entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM posted GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0) THEN
        RAISE EXCEPTION 'a journal does not sum to zero' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
-- Every statement that posts must balance by itself, per journal and currency: so every journal does, at every moment.
CREATE TRIGGER entries_balance AFTER INSERT ON entries
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION entries_balance();

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: post a reversal' USING ERRCODE = 'insufficient_privilege';
END $$;
"""
_APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
"""


def upgrade() -> None:
    create_messaging_tables(op)
    op.create_table(
        "folios",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("booking_id", sa.Uuid, unique=True),
        sa.Column("property_id", sa.Uuid),
        sa.Column("payer_profile_id", sa.Uuid, nullable=False),
        sa.Column("guest_profile_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("arrival", sa.Date, nullable=False),
        sa.Column("nights", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("deferred_minor", sa.BigInteger, nullable=False),
        sa.Column("recognised_minor", sa.BigInteger, nullable=False),
        sa.Column("charges", JSONB, nullable=False),
        sa.Column("stay_journal_id", sa.Uuid),
        sa.Column("seen_version", sa.Integer, nullable=False, comment="of the booking, as last heard"),
        sa.Column("version", sa.Integer, nullable=False, comment="of the folio, growing with each change"),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.Index("folios_of_payer", "payer_profile_id"),
        sa.Index(
            "house_folio_of_payer", "payer_profile_id", unique=True, postgresql_where=sa.text("booking_id IS NULL")
        ),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("payer_profile_id", sa.Uuid, nullable=False, index=True),
        sa.Column("beneficiary_profile_id", sa.Uuid, nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        comment="append-only: money that came in has come in",
    )
    op.create_table(
        "journals",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("folio_id", sa.Uuid),
        sa.Column("booking_id", sa.Uuid),
        sa.Column("property_id", sa.Uuid),
        sa.Column("payment_id", sa.Uuid),
        sa.Column("reverses", sa.Uuid),
        sa.Column("posted_by", sa.Text, nullable=False),
        sa.Column("posted_at", _INSTANT, nullable=False),
        comment="append-only: what was posted stays posted",
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("journal_id", sa.Uuid, sa.ForeignKey("journals.id"), nullable=False),
        sa.Column("account", sa.Text, sa.CheckConstraint(f"account IN {_CHART}", name="account_in_chart")),
        sa.Column("profile_id", sa.Uuid),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor <> 0"), nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.CheckConstraint("(account = 'guests') = (profile_id IS NOT NULL)", name="guests_have_names"),
        sa.Index("entries_of_profile", "profile_id", "id", postgresql_where=sa.text("profile_id IS NOT NULL")),
        comment="append-only: what was posted stays posted",
    )
    op.create_table(
        "remarks",
        sa.Column("journal_id", sa.Uuid, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        comment="Free words of people beside a posting: apart from the ledger, so that they can be erased",
    )
    op.create_table(
        "allocations",
        sa.Column("payment_id", sa.Uuid, primary_key=True),
        sa.Column("folio_id", sa.Uuid, primary_key=True),
        sa.Column("profile_id", sa.Uuid, nullable=False, index=True, comment="whose credit it is"),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0"), nullable=False),
        sa.Index("allocations_to_folio", "folio_id"),
    )
    op.execute(_BALANCED)
    for table in ("journals", "entries", "payments"):
        op.execute(_APPEND_ONLY.format(table=table))
