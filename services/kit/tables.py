"""The four tables every service has for its messages: outbox, inbox, commands, timers.

Created by each service's own first migration through `create_messaging_tables`, so that they live in its database and
commit together with its work.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# Events announced by committed work. The relay publishes rows without `published_at` in the order of `seq`: rows of one
# aggregate are written under its row lock, so for them the order of `seq` is the order of their commits.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("routing_key", Text, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("announced_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    # said by the relay while a message could not be routed: it stays and alarms
    Column("unroutable_at", DateTime(timezone=True)),
    Index("outbox_waiting", "seq", postgresql_where=text("published_at IS NULL")),
    Index("outbox_published", "published_at", postgresql_where=text("published_at IS NOT NULL")),
)

# Events handled, so that a redelivery does nothing.
inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("handler", Text, primary_key=True),
    Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
)

# Commands carried out, with their replies, so that a repeated one gets the same answer.
commands = Table(
    "commands",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("reply", Text, nullable=False),
    Column("done_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
)

# When each timer last ran, so that replicas together keep its interval.
timers = Table(
    "timers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("ran_at", DateTime(timezone=True), nullable=False),
)


def create_messaging_tables(op: Any) -> None:
    """For a migration: ``create_messaging_tables(op)`` with Alembic's operations."""
    metadata.create_all(op.get_bind())
