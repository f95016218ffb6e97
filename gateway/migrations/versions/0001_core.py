"""API keys, the sections of guest views, and what the process `view` needs to hear events.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_messaging_tables(op)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        # of the key, which is 256 random bits: a slow hash would add nothing
        sa.Column("sha256", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("scopes", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
    )
    # No generation is given twice, not even to a row that was deleted and came again.
    op.execute("CREATE SEQUENCE generations")
    op.create_table(
        "sections",
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("section", sa.Text, primary_key=True),
        # as it is sent; null until an owner has answered
        sa.Column("body", sa.Text),
        sa.Column("as_of", sa.DateTime(timezone=True)),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default=sa.text("nextval('generations')")),
        # the generation the body was asked for at; older than `generation` means old
        sa.Column("fetched_generation", sa.BigInteger),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        # marks are updates in place
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index("sections_opened_at", "sections", ["opened_at"], postgresql_using="brin")
