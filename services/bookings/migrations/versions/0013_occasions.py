"""What groups are known by to others, whom groups and functions have as their contact, and houses that ask guests to
be verified.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "groups",
        sa.Column(
            "id",
            sa.Uuid,
            nullable=False,
            unique=True,
            server_default=sa.text("gen_random_uuid()"),
            comment="in events, as a code may say somebody's name",
        ),
    )
    for table in ("groups", "functions"):
        op.create_index(
            f"{table}_of_contact",
            table,
            [sa.text("(contact ->> 'profile_id')")],
            postgresql_where=sa.text("contact ->> 'profile_id' IS NOT NULL"),
        )
    op.add_column(
        "properties",
        sa.Column("verification", sa.Text, nullable=False, server_default="never", comment="who is asked for it"),
    )
    op.create_check_constraint("verification_of_whom", "properties", "verification IN ('never', 'unverified')")
    op.add_column(
        "bookings",
        sa.Column("asks_verification", sa.Boolean, comment="as its property did when it was made; NULL where not"),
    )
