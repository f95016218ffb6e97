"""Whose bookings turned out to be whose, for messages about them that are written later."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "moved_bookings",
        sa.Column("booking_id", sa.Uuid, primary_key=True),
        sa.Column("from_profile_id", sa.Uuid, primary_key=True),
        sa.Column("to_profile_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="of the booking, by the move"),
    )
