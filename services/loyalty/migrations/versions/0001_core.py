"""Accounts, lots, and the rules in data with which a house begins."""

import sqlalchemy as sa
from alembic import op

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)
_TIERS = (("bronze", 0, 0, 0), ("silver", 1, 10, 200_000), ("gold", 2, 25, 600_000), ("platinum", 3, 50, 1_500_000))


def upgrade() -> None:
    create_messaging_tables(op)
    op.create_table(
        "accounts",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("points", sa.BigInteger, nullable=False, comment="the sum of what is left of the lots"),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opened_at", _INSTANT, nullable=False),
    )
    op.create_table(
        "lots",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("profile_id", sa.Uuid, nullable=False, index=True),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("left", sa.BigInteger, nullable=False),
        sa.Column("nights", sa.Integer, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("earned_at", _INSTANT, nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("seen_version", sa.Integer, nullable=False, comment="of billing's folio, as last heard"),
        sa.UniqueConstraint("booking_id", "kind"),
    )
    rules = op.create_table(
        "earning_rules",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, comment="NULL: at every property"),
        sa.Column("currency", sa.Text, comment="NULL: in every currency"),
        sa.Column("points_per_unit", sa.Numeric(10, 4), sa.CheckConstraint("points_per_unit >= 0"), nullable=False),
        sa.UniqueConstraint("kind", "property_id", "currency", postgresql_nulls_not_distinct=True),
    )
    tiers = op.create_table(
        "tiers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("currency", sa.Text, primary_key=True),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("nights", sa.Integer, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("months", sa.Integer, comment="the span that counts; NULL: ever"),
    )
    op.bulk_insert(rules, [{"kind": "room", "points_per_unit": 10}])
    op.bulk_insert(
        tiers,
        [
            {"name": name, "currency": "EUR", "rank": rank, "nights": nights, "amount_minor": amount, "months": 12}
            for name, rank, nights, amount in _TIERS
        ],
    )
