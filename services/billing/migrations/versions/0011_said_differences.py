"""What the clock has said of the ledger already, so that it says it once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "said_differences",
        sa.Column("chain", sa.SmallInteger, primary_key=True, comment="0 for what is of no chain"),
        sa.Column("difference", sa.Uuid, primary_key=True, comment="drawn from all that is said of it"),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        comment="differences that the last look at their place found, and that the log has",
    )
