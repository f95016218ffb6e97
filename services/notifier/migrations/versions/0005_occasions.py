"""Messages about groups and functions, also to contacts who have no profile."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("messages", sa.Column("group_code", sa.Text, comment="the group it is about"))
    op.add_column("messages", sa.Column("function_id", sa.Uuid, comment="the function it is about"))
    op.alter_column(
        "messages", "profile_id", nullable=True, comment="NULL: a contact whom only a group or function names"
    )
    op.create_check_constraint(
        "somebodys", "messages", "profile_id IS NOT NULL OR group_code IS NOT NULL OR function_id IS NOT NULL"
    )
    for about in ("group_code", "function_id"):
        op.create_unique_constraint(f"{about}_told_once", "messages", [about, "template", "channel", "revision"])
