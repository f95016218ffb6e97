"""Which properties an API key is limited to.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    limit = "ids of the only ones it may see; null for all"
    op.add_column("api_keys", sa.Column("properties", postgresql.ARRAY(sa.Uuid()), comment=limit))
    op.create_check_constraint("api_keys_properties", "api_keys", "cardinality(properties) BETWEEN 1 AND 100")
