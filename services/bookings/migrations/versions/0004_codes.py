"""Codes of other systems, and revisions large enough for an instant."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("property_id", sa.Uuid, sa.ForeignKey("properties.id"), primary_key=True),
        sa.Column("source", sa.Text, primary_key=True, comment="as its notices say"),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("theirs", sa.Text, primary_key=True),
        sa.Column("ours", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('property', 'room_type', 'rate')"),
        comment="what a source calls a property, its room types and its rates",
    )
    op.create_index(
        "codes_of_properties", "codes", ["source", "theirs"], unique=True, postgresql_where=sa.text("kind = 'property'")
    )
    op.alter_column("notices", "revision", type_=sa.BigInteger)
