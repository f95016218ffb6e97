"""Messages in the local outbox whose secret is covered after a time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    when = "when the code in it is covered; only in the local outbox, as no other code is kept"
    op.add_column("messages", sa.Column("wipe_at", sa.DateTime(timezone=True), comment=when))
    op.create_index("messages_to_wipe", "messages", ["wipe_at"], postgresql_where=sa.text("wipe_at IS NOT NULL"))
