"""Which bookings moved from one profile to another, and why."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import Move
from services.kit.db import Tx


def bookings_of(tx: Tx, profile_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """In the order of their ids, which is the one they are locked in."""
    rows = tx.execute(_OF_PROFILE, {"profile_id": profile_id, "after": after or UUID(int=0), "limit": limit})
    return list(rows.scalars())


def keep(tx: Tx, move: Move, version: int) -> None:
    """The guests as they departed are told apart by their profiles: these follow, their names stay as they were."""
    tx.execute(_KEEP, {**vars(move), "version": version})


def of_booking(tx: Tx, booking_id: UUID) -> list[Move]:
    """The latest first."""
    return [Move(**row._mapping) for row in tx.execute(_OF_BOOKING, {"booking_id": booking_id})]


_OF_PROFILE = sa.text(
    "SELECT booking_id FROM booked_profiles WHERE profile_id = :profile_id AND booking_id > :after"
    " ORDER BY booking_id LIMIT :limit"
)
_KEEP = sa.text(
    """
    WITH departed AS (
        UPDATE departed_guests SET guests = (
            SELECT jsonb_agg(CASE WHEN CAST(guest ->> 'profile_id' AS uuid) = :from_profile_id
                THEN guest || jsonb_build_object('profile_id', CAST(:to_profile_id AS uuid)) ELSE guest END ORDER BY n)
            FROM jsonb_array_elements(guests) WITH ORDINALITY AS g (guest, n)
        )
        WHERE booking_id = :booking_id AND jsonb_array_length(guests) > 0
    )
    INSERT INTO moves (booking_id, version, from_profile_id, to_profile_id, why, by, at)
    VALUES (:booking_id, :version, :from_profile_id, :to_profile_id, :why, :by, :at)
    """
)
_OF_BOOKING = sa.text(
    "SELECT booking_id, from_profile_id, to_profile_id, why, by, at FROM moves WHERE booking_id = :booking_id"
    " ORDER BY version DESC LIMIT 100"
)
