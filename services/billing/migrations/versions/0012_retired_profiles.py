"""Profiles that turned out to be others, by whose old ids invoices and entries stand for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "retired_profiles",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("into_id", sa.Uuid, nullable=False, index=True, comment="may have been retired itself"),
    )
