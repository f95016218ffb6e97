"""Guests are found by the number of their document, which stays sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "registrations",
        sa.Column(
            "stamp",
            sa.LargeBinary,
            comment="of the document's number, HMAC-SHA-256 under the key that sealed it; empty where it has none",
        ),
    )
    op.create_check_constraint("stamp_goes_with_what_it_is_of", "registrations", "stamp IS NULL OR sealed IS NOT NULL")
    op.create_index("registrations_by_stamp", "registrations", ["stamp"], postgresql_where=sa.text("stamp <> ''"))
    op.create_index(
        "registrations_without_stamp",
        "registrations",
        ["booking_id"],
        postgresql_where=sa.text("sealed IS NOT NULL AND stamp IS NULL"),
    )
    op.drop_constraint("register_looks_kind_check", "register_looks")
    op.create_check_constraint(
        "register_looks_kind_check", "register_looks", "kind IN ('document', 'card', 'file', 'search')"
    )
