"""Kinds of charges as data, a row for each charge, and folios that can be closed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INSTANT = sa.DateTime(timezone=True)

# code, name, account, tax class
_KINDS = (
    ("room", "Room", "revenue:room", "accommodation"),
    ("restaurant", "Restaurant", "revenue:restaurant", "food"),
    ("spa", "SPA", "revenue:spa", "standard"),
    ("meeting", "Meeting", "revenue:meeting", "standard"),
    ("parking", "Parking", "revenue:parking", "standard"),
    ("fee", "Fee", "revenue:fee", "none"),
    ("other", "Other", "revenue:other", "standard"),
    ("city-tax", "City tax", "tax:city", "none"),
)


def upgrade() -> None:
    kinds = op.create_table(
        "charge_kinds",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False, comment="what a charge of the kind is credited to, less its VAT"),
        sa.Column("tax_class", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.bulk_insert(
        kinds,
        [
            {"code": code, "name": name, "account": account, "tax_class": tax_class, "active": True}
            for code, name, account, tax_class in _KINDS
        ],
    )
    op.create_table(
        "charges",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("folio_id", sa.Uuid, nullable=False),
        sa.Column("booking_id", sa.Uuid, index=True),
        sa.Column("property_id", sa.Uuid),
        sa.Column("profile_id", sa.Uuid, nullable=False, comment="who owed it when it was posted"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False, comment="of the kind, when it was posted"),
        sa.Column("gross_minor", sa.BigInteger, sa.CheckConstraint("gross_minor > 0"), nullable=False),
        sa.Column("net_minor", sa.BigInteger, nullable=False),
        sa.Column("vat_minor", sa.BigInteger, nullable=False),
        sa.Column("vat_basis_points", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("external_id", sa.Text),
        sa.Column("digest", sa.LargeBinary, comment="of what the source said"),
        sa.Column("state", sa.Text, sa.CheckConstraint("state IN ('posted', 'voided')"), nullable=False),
        sa.Column("journal_id", sa.Uuid, nullable=False, unique=True, comment="its description is in remarks"),
        sa.Column("voided_by", sa.Uuid, comment="the journal that reverses it"),
        sa.Column("invoice_id", sa.Uuid),
        sa.Column("posted_at", _INSTANT, nullable=False),
        sa.Column("voided_at", _INSTANT),
        sa.CheckConstraint("gross_minor = net_minor + vat_minor", name="gross_is_net_and_vat"),
        sa.CheckConstraint("(source IS NULL) = (external_id IS NULL)", name="source_with_its_id"),
        sa.CheckConstraint("(state = 'voided') = (voided_by IS NOT NULL)", name="voided_by_a_journal"),
        sa.Index("charges_of_folio", "folio_id", "posted_at"),
        sa.Index("charges_of_source", "source", "external_id", unique=True),
    )
    op.create_table(
        "early_voids",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("external_id", sa.Text, primary_key=True),
        sa.Column("heard_at", _INSTANT, nullable=False),
        comment="Voids that came before their charges",
    )
    op.add_column("folios", sa.Column("closed_at", _INSTANT, comment="a closed folio takes no charges"))
