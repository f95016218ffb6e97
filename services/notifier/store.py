"""The messages' table: the only SQL of notifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.notifier import FindMessages
from services.kit.db import Tx
from services.kit.ids import new_id
from services.kit.scope import houses
from services.notifier.domain import Draft, Outcome

# How long a message that is being sent is left alone by others: longer than a batch can take.
LEASE = timedelta(seconds=120)


@dataclass(frozen=True)
class Changed:
    """A message whose state was written."""

    id: UUID
    version: int
    profile_id: UUID | None
    booking_id: UUID | None
    property_id: UUID | None
    state: Any


_COLUMNS = (
    "id, seq, version, profile_id, booking_id, group_code, function_id, channel, purpose, template, language,"
    ' "to", subject, text, html, state, why, attempts, created_at, sent_at'
)
_ADD = sa.text(
    """
    INSERT INTO messages (
        id, version, profile_id, booking_id, channel, purpose, template, revision, language, "to", subject, text, html,
        state, why, next_try_at, created_at, sent_at, wipe_at, property_id, group_code, function_id
    ) VALUES (
        :id, 1, coalesce((
            SELECT to_profile_id FROM moved_bookings WHERE booking_id = :booking_id AND from_profile_id = :profile_id
        ), :profile_id), :booking_id, :channel, :purpose, :template, :revision, :language, :to, :subject, :text,
        :html, :state, :why, :at, :at, CASE WHEN :state = 'sent' THEN CAST(:at AS timestamptz) END, :wipe_at,
        :property_id, :group_code, :function_id
    )
    ON CONFLICT DO NOTHING
    RETURNING id, version, profile_id, booking_id, property_id, state
    """
)
_READ = sa.text(f"SELECT {_COLUMNS} FROM messages WHERE id = :id")  # noqa: S608
# Who is limited to some properties sees what is about them, and what is about no booking.
_WHERE = {"houses": "(property_id = ANY(CAST(:houses AS uuid[])) OR property_id IS NULL AND booking_id IS NULL)"}
# One statement for each set of filters: a plan for "any or this one" could use no index.
_FIND: dict[tuple[str, ...], sa.TextClause] = {
    filters: sa.text(
        f"SELECT {_COLUMNS} FROM messages WHERE "  # noqa: S608
        + " AND ".join([*(_WHERE.get(name, f"{name} = :{name}") for name in filters), "seq < :before"])
        + " ORDER BY seq DESC LIMIT :limit"
    )
    for count in range(5)
    for chosen in combinations(("profile_id", "booking_id", "group_code", "function_id"), count)
    for filters in (chosen, (*chosen, "houses"))
}
_CLAIM = sa.text(
    f"""
    UPDATE messages SET attempts = attempts + 1, next_try_at = :until
    WHERE id IN (
        SELECT id FROM messages
        WHERE state = 'waiting' AND next_try_at <= :at AND channel = ANY(CAST(:channels AS text[]))
        ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING {_COLUMNS}
    """  # noqa: S608
)
_SETTLE = sa.text(
    """
    UPDATE messages m SET
        state = o.state, why = o.why, version = m.version + 1,
        next_try_at = CAST(:at AS timestamptz) + make_interval(secs => o.pause),
        sent_at = CASE WHEN o.state = 'sent' THEN CAST(:at AS timestamptz) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:whys AS text[]), CAST(:pauses AS int[]))
        AS o (id, state, why, pause)
    WHERE m.id = o.id AND m.state = 'waiting'
    RETURNING m.id, m.version, m.profile_id, m.booking_id, m.property_id, m.state
    """
)
_FOLLOW = sa.text(
    """
    WITH kept AS (
        INSERT INTO moved_bookings AS b (booking_id, from_profile_id, to_profile_id, version)
        VALUES (:booking_id, :was, :now_is, :version)
        ON CONFLICT (booking_id, from_profile_id) DO UPDATE
            SET to_profile_id = excluded.to_profile_id, version = excluded.version
        WHERE b.version < excluded.version
    ), before AS (
        UPDATE moved_bookings SET to_profile_id = :now_is
        WHERE booking_id = :booking_id AND to_profile_id = :was AND version < :version
    )
    UPDATE messages SET profile_id = :now_is, version = messages.version + 1
    WHERE booking_id = :booking_id AND profile_id = :was AND NOT EXISTS (
        SELECT FROM moved_bookings b
        WHERE b.booking_id = :booking_id AND b.from_profile_id = :now_is AND b.version > :version
    )
    RETURNING id, messages.version, profile_id, booking_id, property_id, state
    """
)
_HAND_OVER = sa.text(
    """
    UPDATE messages SET profile_id = :now_is, version = version + 1
    WHERE id IN (SELECT id FROM messages WHERE profile_id = :was ORDER BY id FOR UPDATE)
    RETURNING id, version, profile_id, booking_id, property_id, state
    """
)
_WIPE = sa.text(
    "UPDATE messages SET text = regexp_replace(text, '[0-9]{6}', '••••••', 'g'), html = NULL, wipe_at = NULL"
    " WHERE wipe_at <= :now"
)


def add(tx: Tx, draft: Draft, property_id: UUID | None) -> Changed | None:
    """Nothing where the same has been told before. `property_id` is the one it is about."""
    row = tx.execute(
        _ADD,
        {
            "id": new_id(),
            "profile_id": draft.profile_id,
            "property_id": property_id,
            "booking_id": draft.booking_id,
            "group_code": draft.group_code,
            "function_id": draft.function_id,
            "channel": draft.channel,
            "purpose": draft.purpose,
            "template": draft.template,
            "revision": draft.revision,
            "language": draft.language,
            "to": draft.to,
            "subject": draft.subject,
            "text": draft.text,
            "html": draft.html,
            "state": draft.state,
            "why": draft.why,
            "wipe_at": draft.wipe_at,
            "at": tx.now,
        },
    ).first()
    return Changed(**row._mapping) if row else None


def read(tx: Tx, message_id: UUID) -> Any:
    return tx.execute(_READ, {"id": message_id}).one()


def find(tx: Tx, asked: FindMessages, before: int, limit: int) -> list[Any]:
    """Newest first."""
    given = {
        "profile_id": asked.profile_id,
        "booking_id": asked.booking_id,
        "group_code": asked.group,
        "function_id": asked.function_id,
        "houses": houses(tx),
    }
    filters = {name: value for name, value in given.items() if value is not None}
    return list(tx.execute(_FIND[tuple(filters)], {**filters, "before": before, "limit": limit}))


def follow(tx: Tx, booking_id: UUID, was: UUID, now_is: UUID, version: int) -> list[Changed]:
    """Messages about the booking are `now_is`'s from now on, also those that are written yet."""
    said = {"booking_id": booking_id, "was": was, "now_is": now_is, "version": version}
    return [Changed(**row._mapping) for row in tx.execute(_FOLLOW, said)]


def hand_over(tx: Tx, was: UUID, now_is: UUID) -> list[Changed]:
    """All messages of the one are the other one's; those about a booking come with that, too."""
    return [Changed(**row._mapping) for row in tx.execute(_HAND_OVER, {"was": was, "now_is": now_is})]


def wipe(tx: Tx) -> None:
    """Cover the secrets of messages in the local outbox that are good no more."""
    tx.execute(_WIPE, {"now": tx.now})


def claim(tx: Tx, channels: Sequence[str], limit: int) -> list[Any]:
    """Messages to send now, left alone by others for a lease; the attempt is counted before it is made."""
    row = {"channels": list(channels), "limit": limit, "at": tx.now, "until": tx.now + LEASE}
    return list(tx.execute(_CLAIM, row))


def settle(tx: Tx, outcomes: Sequence[Outcome]) -> list[Changed]:
    """Write what came of the attempts."""
    rows = tx.execute(
        _SETTLE,
        {
            "at": tx.now,
            "ids": [o.message_id for o in outcomes],
            "states": [o.state for o in outcomes],
            "whys": [o.why for o in outcomes],
            "pauses": [o.pause for o in outcomes],
        },
    )
    return [Changed(**row._mapping) for row in rows]
