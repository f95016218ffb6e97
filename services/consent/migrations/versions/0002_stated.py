"""What notices of other systems say of consent, as proof of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("records", sa.Column("notice_id", sa.Uuid, comment="of bookings, where another system said it"))
    op.add_column("records", sa.Column("stated_at", sa.TIMESTAMP(timezone=True), comment="when that notice came"))
    op.add_column(
        "records",
        sa.Column(
            "effective",
            sa.Boolean,
            nullable=False,
            server_default=sa.true(),
            comment="false for a grant heard from another system after a withdrawal: it is proof, and changes nothing",
        ),
    )
