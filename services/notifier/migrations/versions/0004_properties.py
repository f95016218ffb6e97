"""Which property a message is about."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    about = "of its booking; null for what is about none"
    op.add_column("messages", sa.Column("property_id", sa.Uuid, comment=about))
