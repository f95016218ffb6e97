"""Cards that turn out to be somebody else's: what hangs on them, and how one is retired into another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx


@dataclass(frozen=True)
class Standing:
    """What decides which of two cards is the other one's. `own`: something hangs on it that is only its own."""

    id: UUID
    by_hand: bool
    own: bool
    created_at: datetime


def standing(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Of those that are not retired; nobody else changes them until this transaction ends."""
    tx.execute(_LOCK, {"ids": sorted(ids)})
    return {
        row.id: Standing(row.id, row.by_hand, row.own, row.created_at)
        for row in tx.execute(_STANDING, {"ids": list(ids)})
    }


def retire(tx: Tx, profile_id: UUID, into: UUID) -> Mapping[UUID, int]:
    """Its contact points are the other one's, and whoever was retired into it is retired into that one.

    Both are locked. A retired card keeps its names, but nothing finds it by them. Answers the new versions of both.
    """
    rows = tx.execute(_RETIRE, {"id": profile_id, "into": into, "now": tx.now})
    return {row.id: row.version for row in rows}


def follow_booking(tx: Tx, booking_id: UUID, was: UUID, now_is: UUID) -> None:
    """Who was recognised on the booking as one was the other one, so that the next look at it finds that one."""
    tx.execute(_FOLLOW, {"booking_id": booking_id, "was": str(was), "now_is": str(now_is)})


def left_behind(tx: Tx, limit: int) -> list[tuple[UUID, UUID]]:
    """Retired cards that bookings still name, and who they are now."""
    return [(row.id, row.merged_into) for row in tx.execute(_LEFT_BEHIND, {"limit": limit})]


_LOCK = sa.text("SELECT id FROM profiles WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE")
# Money that is no booking's does not move with one: whoever has some keeps the card. An invoice moves none.
_STANDING = sa.text(
    """
    SELECT p.id, p.created_at, p.origin IS DISTINCT FROM 'booking' AS by_hand,
        p.level_code IS NOT NULL OR p.verified_how IN ('document', 'staff')
        OR EXISTS (SELECT FROM notes n WHERE n.profile_id = p.id)
        OR EXISTS (SELECT FROM tasks t WHERE t.profile_id = p.id)
        OR EXISTS (SELECT FROM preferences w WHERE w.profile_id = p.id AND w.source <> 'derived')
        OR EXISTS (SELECT FROM profile_fields f WHERE f.profile_id = p.id AND f.source NOT IN ('booking', 'default'))
        OR EXISTS (SELECT FROM relations r WHERE r.first_id = p.id OR r.second_id = p.id)
        OR EXISTS (SELECT FROM timeline t WHERE t.profile_id = p.id
            AND t.kind IN ('payment', 'charge') AND t.booking_id IS NULL AND t.what NOT LIKE 'invoice.%') AS own
    FROM profiles p WHERE p.id = ANY(CAST(:ids AS uuid[])) AND p.merged_into IS NULL
    """
)
_RETIRE = sa.text(
    """
    WITH points AS (
        UPDATE contact_points c SET profile_id = :into, is_primary = false
        WHERE c.profile_id = :id AND c.key NOT IN (SELECT o.key FROM contact_points o WHERE o.profile_id = :into)
    ), proven AS (
        UPDATE contact_points c SET verified = true, verified_at = o.verified_at
        FROM contact_points o
        WHERE c.profile_id = :into AND o.profile_id = :id AND o.key = c.key AND o.verified AND NOT c.verified
    ), doubled AS (
        DELETE FROM contact_points c
        WHERE c.profile_id = :id AND c.key IN (SELECT o.key FROM contact_points o WHERE o.profile_id = :into)
    ), earlier AS (
        UPDATE profiles SET merged_into = :into WHERE merged_into = :id
    ), verified AS (
        UPDATE guest_verifications v SET profile_id = :into
        WHERE v.profile_id = :id AND v.ended_at IS NULL
          AND NOT EXISTS (SELECT FROM guest_verifications o WHERE o.profile_id = :into)
    ), judged AS (
        SELECT EXISTS (SELECT FROM guest_verifications o WHERE o.profile_id = :into) AS yes
    )
    UPDATE profiles p SET version = p.version + 1, changed_at = :now,
        merged_into = CASE WHEN p.id = :id THEN CAST(:into AS uuid) END,
        retired_at = CASE WHEN p.id = :id THEN CAST(:now AS timestamptz) END,
        match_name = CASE WHEN p.id = :id THEN '' ELSE p.match_name END,
        search_name = CASE WHEN p.id = :id THEN '' ELSE p.search_name END,
        birth_date = CASE WHEN p.id = :into THEN coalesce(p.birth_date, o.birth_date) ELSE p.birth_date END,
        language = CASE WHEN p.id = :into THEN coalesce(p.language, o.language) ELSE p.language END,
        nationality = CASE WHEN p.id = :into THEN coalesce(p.nationality, o.nationality) ELSE p.nationality END,
        sex = CASE WHEN p.id = :into THEN coalesce(p.sex, o.sex) ELSE p.sex END,
        verified_at = CASE WHEN p.id <> :into THEN NULL WHEN j.yes THEN p.verified_at ELSE o.verified_at END,
        verified_by = CASE WHEN p.id <> :into THEN NULL WHEN j.yes THEN p.verified_by ELSE o.verified_by END,
        verified_how = CASE WHEN p.id <> :into THEN NULL WHEN j.yes THEN p.verified_how ELSE o.verified_how END,
        addresses = CASE WHEN p.id = :into AND p.addresses = '[]' THEN o.addresses ELSE p.addresses END
    FROM profiles o, judged j
    WHERE p.id IN (:id, :into) AND o.id IN (:id, :into) AND o.id <> p.id
    RETURNING p.id, p.version
    """
)
_FOLLOW = sa.text(
    """
    UPDATE recognitions SET people = (
        SELECT jsonb_agg(CASE WHEN person ->> 'profile_id' = :was
            THEN person || jsonb_build_object('profile_id', CAST(:now_is AS text)) ELSE person END ORDER BY n)
        FROM jsonb_array_elements(people) WITH ORDINALITY AS p (person, n)
    )
    WHERE booking_id = :booking_id AND people @> jsonb_build_array(jsonb_build_object('profile_id', CAST(:was AS text)))
    """
)
_LEFT_BEHIND = sa.text(
    """
    SELECT DISTINCT p.id, p.merged_into FROM profiles p JOIN known_stays k ON k.profile_id = p.id
    WHERE p.merged_into IS NOT NULL AND k.state <> 'left' ORDER BY p.id LIMIT :limit
    """
)
