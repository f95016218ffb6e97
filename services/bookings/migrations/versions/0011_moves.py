"""Bookings that moved from one profile to another."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "bookings",
        sa.Column("moved", JSONB, comment="who is who now: the profiles it moved from, and to which; none where NULL"),
    )
    op.create_table(
        "moves",
        sa.Column("booking_id", sa.Uuid, sa.ForeignKey("bookings.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, comment="of the booking, by the move"),
        sa.Column("from_profile_id", sa.Uuid, nullable=False),
        sa.Column("to_profile_id", sa.Uuid, nullable=False),
        sa.Column("why", sa.Text, nullable=False, comment="a code, or the words of whoever moved it"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        comment="append-only: that a booking was somebody else's stays known",
    )
