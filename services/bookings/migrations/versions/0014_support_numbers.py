"""Guests are found by the support number of their document, too."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column(
        "registrations",
        sa.Column(
            "support_stamp",
            sa.LargeBinary,
            comment="as stamp, of the support number; empty where the document has none",
        ),
    )
    op.create_check_constraint(
        "support_stamp_goes_with_what_it_is_of", "registrations", "support_stamp IS NULL OR sealed IS NOT NULL"
    )
    op.create_index(
        "registrations_by_support_stamp",
        "registrations",
        ["support_stamp"],
        postgresql_where=sa.text("support_stamp <> ''"),
    )
    op.drop_index("registrations_without_stamp", "registrations")
    op.create_index(
        "registrations_without_stamp",
        "registrations",
        ["booking_id"],
        postgresql_where=sa.text("sealed IS NOT NULL AND (stamp IS NULL OR support_stamp IS NULL)"),
    )
