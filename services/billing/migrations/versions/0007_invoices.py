"""Invoices as issued, their numbers, and what is on them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_INSTANT = sa.DateTime(timezone=True)

_FINAL = """
CREATE FUNCTION invoice_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an issued invoice never changes: issue a credit note' USING ERRCODE = 'insufficient_privilege';
END $$;
"""
_APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION invoice_is_final()
"""


def upgrade() -> None:
    op.create_table(
        "invoicing",
        sa.Column("property_id", sa.Uuid, primary_key=True),
        sa.Column("prefix", sa.Text, nullable=False, unique=True),
        sa.Column("settings", sa.Text, nullable=False, comment="the contract Invoicing as JSON"),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "invoice_numbers",
        sa.Column("property_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False, comment="later numbers are never of an earlier moment"),
        comment="Locked by whoever issues until the commit: so no number is left out, and none is given twice",
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("kind", sa.Text, sa.CheckConstraint("kind IN ('invoice', 'credit-note')"), nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("profile_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.Column("issued_by", sa.Text, nullable=False),
        sa.Column("credits", sa.Uuid, sa.ForeignKey("invoices.id"), unique=True),
        sa.Column("content", sa.Text, nullable=False, comment="the contract Invoice as JSON, without the addressee"),
        sa.CheckConstraint("(kind = 'credit-note') = (credits IS NOT NULL)", name="credit_notes_credit"),
        sa.UniqueConstraint("property_id", "kind", "year", "count", name="numbers_once"),
        sa.UniqueConstraint("property_id", "number", name="number_once"),
        sa.Index("invoices_of_profile", "profile_id", "seq"),
        comment="append-only: an issued invoice never changes",
    )
    op.create_table(
        "invoice_folios",
        sa.Column("invoice_id", sa.Uuid, sa.ForeignKey("invoices.id"), primary_key=True),
        sa.Column("folio_id", sa.Uuid, primary_key=True, index=True),
        comment="append-only: which folios an invoice is about",
    )
    op.create_table(
        "invoice_payments",
        sa.Column("invoice_id", sa.Uuid, sa.ForeignKey("invoices.id"), primary_key=True),
        sa.Column("folio_id", sa.Uuid, primary_key=True),
        sa.Column("payment_id", sa.Uuid, primary_key=True),
        sa.Column("amount_minor", sa.BigInteger, sa.CheckConstraint("amount_minor > 0"), nullable=False),
        comment="append-only: what an invoice shows as paid, so that the next one does not show it again",
    )
    op.create_table(
        "invoice_parties",
        sa.Column("invoice_id", sa.Uuid, sa.ForeignKey("invoices.id"), primary_key=True),
        sa.Column("party", sa.Text, nullable=False, comment="addressee, words of people by line, reason, as JSON"),
        comment="Names, addresses and free words on invoices: apart from them, so that they can be erased once the law"
        " no longer asks for them to be kept",
    )
    op.create_table(
        "invoiced_items",
        sa.Column("journal_id", sa.Uuid, primary_key=True),
        sa.Column("folio_id", sa.Uuid, nullable=False, index=True),
        sa.Column("invoice_id", sa.Uuid, sa.ForeignKey("invoices.id"), nullable=False, index=True),
        comment="What is on an invoice now; a credit note frees it",
    )
    op.execute(_FINAL)
    for table in ("invoices", "invoice_folios", "invoice_payments"):
        op.execute(_APPEND_ONLY.format(table=table))
    op.execute("CREATE INDEX IF NOT EXISTS journals_of_folio ON journals (folio_id) WHERE folio_id IS NOT NULL")
