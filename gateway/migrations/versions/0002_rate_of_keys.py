"""How often an API key may call.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # calls per second and gateway process; 0 for any number
    op.add_column("api_keys", sa.Column("rate", sa.Integer, nullable=False, server_default="200"))
    op.create_check_constraint("api_keys_rate", "api_keys", "rate >= 0")
