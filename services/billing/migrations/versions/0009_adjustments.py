"""Adjustments, revenue without VAT, what stays earned by VAT rate, partial credit notes, and one place for zones."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"

_EARNED = """
UPDATE folios f SET earned = c.earned FROM (
    SELECT folio_id, jsonb_object_agg(key, minor) AS earned FROM (
        SELECT folio_id, kind || ' ' || currency AS key, sum(net_minor) AS minor FROM charges
        WHERE state = 'posted' AND account LIKE 'revenue:%' GROUP BY 1, 2
    ) AS k GROUP BY 1
) AS c WHERE c.folio_id = f.id
"""
# Where taxes and policies said different zones, the nights of stays were earned by the one of the taxes.
_ZONES = """
UPDATE property_terms SET time_zone = CAST(taxes AS jsonb) ->> 'time_zone',
    taxes = CAST(CAST(taxes AS jsonb) - 'time_zone' AS text);
INSERT INTO property_terms (property_id, time_zone, changed_at)
SELECT property_id, time_zone, now() FROM policy_houses ON CONFLICT DO NOTHING;
"""
_APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stay_rates
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
"""


def upgrade() -> None:
    for name, said in (
        ("earned", "what of the charges is revenue: without VAT, and without what is a tax itself"),
        ("vat_rates", "net and VAT of the recognised nights, by VAT rate in basis points"),
    ):
        op.add_column("folios", sa.Column(name, JSONB, nullable=False, server_default="{}", comment=said))
    op.execute(_EARNED)
    op.create_table(
        "stay_rates",
        sa.Column("journal_id", sa.Uuid, primary_key=True),
        sa.Column("basis_points", sa.Integer, primary_key=True, comment="of the VAT"),
        sa.Column("net_minor", sa.BigInteger, nullable=False),
        sa.Column("vat_minor", sa.BigInteger, nullable=False),
        sa.Column("nights", sa.Integer, nullable=False, comment="0 where what was earned before is corrected"),
        sa.Column("first_on", sa.Date),
        sa.Column("last_on", sa.Date),
        comment="append-only: what a journal of a stay earned, by VAT rate",
    )
    op.execute(_APPEND_ONLY)

    op.add_column("property_terms", sa.Column("time_zone", sa.Text, comment="of the property's hours and days"))
    op.alter_column(
        "property_terms",
        "taxes",
        nullable=True,
        comment="the contract PropertyTaxes as JSON, without the zone; none where only a zone was said",
    )
    op.execute(_ZONES)
    op.alter_column("property_terms", "time_zone", nullable=False)
    op.drop_table("policy_houses")

    op.add_column("charges", sa.Column("reason", sa.Text, comment="the code of an adjustment's reason; else none"))
    op.drop_constraint("charges_gross_minor_check", "charges")
    op.create_check_constraint(
        "only_credits_below_zero", "charges", "gross_minor > 0 OR (reason IS NOT NULL AND gross_minor < 0)"
    )

    kept = sa.Column(
        "partial",
        sa.Boolean,
        nullable=False,
        server_default="false",
        comment="a credit note that lowers lines; another one takes back all that is left, so that it can be invoiced"
        " again",
    )
    op.add_column("invoices", kept)
    op.drop_constraint("invoices_credits_key", "invoices")
    op.create_index("invoices_credited", "invoices", ["credits"], postgresql_where=sa.text("credits IS NOT NULL"))
    op.create_index("taken_back_once", "invoices", ["credits"], unique=True, postgresql_where=sa.text("NOT partial"))
    op.create_check_constraint("credit_notes_are_partial", "invoices", "NOT partial OR kind = 'credit-note'")
