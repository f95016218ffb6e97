"""Messages."""

import sqlalchemy as sa
from alembic import op

from services.kit.tables import create_messaging_tables

revision = "0001"
down_revision = None

_INSTANT = sa.DateTime(timezone=True)
_STATES = "state IN ('waiting', 'outbox', 'sent', 'failed', 'suppressed')"


def upgrade() -> None:
    create_messaging_tables(op)
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False, unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("profile_id", sa.Uuid, nullable=False),
        sa.Column("booking_id", sa.Uuid),
        sa.Column("channel", sa.Text, sa.CheckConstraint("channel IN ('email', 'sms')"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, comment="of what the message tells; NULL for what a person wrote"),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text),
        sa.Column("state", sa.Text, sa.CheckConstraint(_STATES), nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", _INSTANT, comment="while waiting; moved on by whoever is sending it just now"),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("sent_at", _INSTANT),
        sa.UniqueConstraint("booking_id", "template", "channel", "revision", name="told_once"),
        sa.Index("messages_of_profile", "profile_id", "seq"),
        sa.Index("messages_waiting", "next_try_at", postgresql_where=sa.text("state = 'waiting'")),
    )
