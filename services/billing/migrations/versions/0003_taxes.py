"""Taxes of properties, and what the nights of a stay need."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "property_terms",
        sa.Column("property_id", sa.Uuid, primary_key=True),
        sa.Column("taxes", sa.Text, nullable=False, comment="the contract PropertyTaxes as JSON, as it was sent"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    for part in ("vat_minor", "city_tax_minor", "city_tax_within_minor"):
        kept = sa.Column(part, sa.BigInteger, nullable=False, server_default="0", comment="part of recognised_minor")
        op.add_column("folios", kept)
    op.add_column("folios", sa.Column("recognised_until", sa.Date, comment="every night before it is recognised"))
    over = sa.Column("nights_over", sa.Integer, nullable=False, server_default="0", comment="of nights, the recognised")
    op.add_column("folios", over)
    op.execute("UPDATE folios SET nights_over = nights WHERE state = 'departed'")
    op.add_column("folios", sa.Column("departure", sa.Date))
    op.add_column("folios", sa.Column("time_zone", sa.Text))
    op.add_column("folios", sa.Column("facts", sa.Text, comment="the contract BookingFacts as JSON, as last heard"))
    op.create_index("folios_in_house", "folios", ["time_zone"], postgresql_where=sa.text("state = 'in_house'"))
