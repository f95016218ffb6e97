"""The changes of rooms that followers are sent.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_changes",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("position", sa.BigInteger, comment="given after the commit; null until somebody follows"),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("property_id", sa.Uuid, nullable=False),
        sa.Column("body", sa.Text, nullable=False, comment="JSON, as it is sent"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index("room_changes_in_order", "room_changes", ["position"], unique=True)
    op.create_index("room_changes_waiting", "room_changes", ["seq"], postgresql_where=sa.text("position IS NULL"))
    op.create_index("room_changes_recorded_at", "room_changes", ["recorded_at"], postgresql_using="brin")
    op.create_table(
        "room_changes_ends",
        sa.Column("last", sa.BigInteger, nullable=False, comment="the last position given"),
        sa.Column("forgotten", sa.BigInteger, nullable=False, comment="the last position no longer kept"),
        comment="one row; whoever has locked it gives positions",
    )
    op.execute("INSERT INTO room_changes_ends (last, forgotten) VALUES (0, 0)")
