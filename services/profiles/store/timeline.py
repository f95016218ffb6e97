"""The time line of guests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import NoSuchProfile
from services.kit.db import Tx
from services.kit.scope import houses
from services.profiles.domain.timeline import Entry
from services.profiles.store.rows import as_json

__all__ = ["Entry", "move", "of_profile", "record"]


def record(tx: Tx, *entries: Entry) -> None:
    """Written in the transaction of what happened, so that the one is never without the other."""
    if entries:
        tx.execute(_RECORD, {"entries": as_json(vars(entry) for entry in entries)})


def move(tx: Tx, booking_id: UUID, from_id: UUID, to_id: UUID) -> None:
    """A booking was never this guest's but that one's: its lines go there. What says so, stays."""
    tx.execute(_MOVE, {"booking_id": booking_id, "from_id": from_id, "to_id": to_id})


def of_profile(
    tx: Tx,
    profile_id: UUID,
    *,
    kinds: tuple[str, ...],
    property_id: UUID | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[Any]:
    """Its lines that the caller may see, newest first, each with what was told of the booking before (`earlier`).

    Raises NoSuchProfile.
    """
    if not (who := [row.id for row in tx.execute(_WHO, {"id": profile_id})]):
        raise NoSuchProfile
    at, seq = before or (None, None)
    wanted = {
        "who": who,
        "kinds": list(kinds),
        "property_id": property_id,
        "at": at,
        "seq": seq,
        "limit": limit,
        "houses": houses(tx),
    }
    return list(tx.execute(_PAGE, wanted))


# What others announced of a booking before they had heard that it was moved is about whom it was moved to.
_RECORD = sa.text(
    """
    INSERT INTO timeline (profile_id, at, kind, what, property_id, booking_id, ref, actor, facts)
    SELECT CASE WHEN new.kind = 'move' OR new.what = 'booking.left' THEN new.profile_id ELSE coalesce((
               SELECT CASE WHEN m.facts ->> 'from' = CAST(m.profile_id AS text) THEN CAST(m.facts ->> 'to' AS uuid) END
               FROM (
                   SELECT * FROM timeline WHERE booking_id = new.booking_id AND what = 'booking.moved' OFFSET 0
               ) AS m
               WHERE m.profile_id = new.profile_id AND m.at > new.at - interval '1 hour'
               ORDER BY m.at DESC, m.seq DESC LIMIT 1
           ), new.profile_id) END,
           at, kind, what, property_id, booking_id, ref, actor, facts
    FROM json_to_recordset(CAST(:entries AS json)) AS new(profile_id uuid, at timestamptz, kind text, what text,
        property_id uuid, booking_id uuid, ref uuid, actor text, facts jsonb)
    """
)
# Where both were on the booking they both have its lines already.
_MOVE = sa.text(
    """
    WITH doubled AS (
        DELETE FROM timeline t USING timeline o
        WHERE t.booking_id = :booking_id AND t.profile_id = :from_id AND t.kind <> 'move' AND t.what <> 'booking.left'
          AND o.booking_id = :booking_id AND o.profile_id = :to_id AND o.what = t.what AND o.at = t.at
          AND o.ref IS NOT DISTINCT FROM t.ref
        RETURNING t.seq
    )
    UPDATE timeline SET profile_id = :to_id
    WHERE booking_id = :booking_id AND profile_id = :from_id AND kind <> 'move' AND what <> 'booking.left'
      AND seq NOT IN (SELECT seq FROM doubled)
    """
)
# All who turned out to be the same one as this profile, itself among them.
_WHO = sa.text(
    """
    WITH RECURSIVE up AS (
        SELECT id, merged_into FROM profiles WHERE id = :id
        UNION SELECT p.id, p.merged_into FROM profiles p JOIN up ON p.id = up.merged_into
    ), whole AS (
        SELECT id FROM up WHERE merged_into IS NULL
        UNION SELECT p.id FROM profiles p JOIN whole ON p.merged_into = whole.id
    )
    SELECT id FROM whole
    """
)
# A line about a booking belongs to the booking's house, which not every event says; of one whose house is not known
# only who may see all is told.
_PAGE = sa.text(
    """
    WITH page AS MATERIALIZED (
        SELECT mine.* FROM unnest(CAST(:who AS uuid[])) AS who (id) CROSS JOIN LATERAL (
            SELECT t.*, coalesce(t.property_id, stay.property_id) AS house
            FROM timeline t LEFT JOIN LATERAL (
                SELECT s.property_id FROM timeline s
                WHERE t.property_id IS NULL AND s.booking_id = t.booking_id AND s.property_id IS NOT NULL LIMIT 1
            ) AS stay ON true
            WHERE t.profile_id = who.id
              AND (t.at, t.seq) < (coalesce(CAST(:at AS timestamptz), 'infinity'), coalesce(:seq, 9223372036854775807))
              AND (CAST(:kinds AS text[]) = '{}' OR t.kind = ANY(CAST(:kinds AS text[])))
              AND (CAST(:property_id AS uuid) IS NULL OR coalesce(t.property_id, stay.property_id) = :property_id)
              AND (CAST(:houses AS uuid[]) IS NULL OR t.property_id IS NULL AND t.booking_id IS NULL
                   OR coalesce(t.property_id, stay.property_id) = ANY(CAST(:houses AS uuid[])))
            ORDER BY t.at DESC, t.seq DESC LIMIT :limit
        ) AS mine
        ORDER BY mine.at DESC, mine.seq DESC LIMIT :limit
    )
    SELECT page.*, (
        SELECT e.facts FROM timeline e
        WHERE page.kind = 'stay' AND e.booking_id = page.booking_id AND e.kind = 'stay'
          AND CAST(e.facts ->> 'version' AS bigint) < CAST(page.facts ->> 'version' AS bigint)
        ORDER BY CAST(e.facts ->> 'version' AS bigint) DESC LIMIT 1
    ) AS earlier
    FROM page ORDER BY page.at DESC, page.seq DESC
    """
)
