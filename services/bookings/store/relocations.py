"""Where more rooms are sold than there are, by whom, and what stands empty."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import Booking
from services.bookings.domain.nights import MOST_NIGHTS, Night
from services.bookings.store.rows import booking_of
from services.kit.db import Tx


def too_many(tx: Tx, property_id: UUID, first: date, until: date) -> dict[Night, int]:
    """By night, how many rooms more are sold than the property has."""
    rows = tx.execute(_TOO_MANY, {"property_id": property_id, "first": first, "until": until})
    return {(row.room_type_id, row.night): row.too_many for row in rows}


def stays(tx: Tx, property_id: UUID, nights: Collection[date], most: int) -> list[Booking]:
    """Those that have not begun and hold a room on one of these nights: the overbooked first, then the last booked."""
    days = sorted(nights)
    said = {"property_id": property_id, "nights": days, "first": days[0], "last": days[-1], "most": most}
    return [booking_of(row) for row in tx.execute(_STAYS, said)]


def left(tx: Tx, first: date, until: date) -> dict[Night, int]:
    """By night, how many rooms stand empty and may be sold, in all properties; all of them where nothing is said."""
    rows = tx.execute(_LEFT, {"first": first, "until": until})
    return {(row.room_type_id, row.night): row.left for row in rows}


_TOO_MANY = sa.text(
    """
    SELECT n.room_type_id, n.night, n.sold + n.oversold - n.capacity AS too_many
    FROM nights n JOIN room_types t ON t.id = n.room_type_id
    WHERE t.property_id = :property_id AND n.night >= :first AND n.night < :until AND n.sold + n.oversold > n.capacity
    """
)

# No stay is longer than so many nights: that bounds the look into the index.
_STAYS = sa.text(
    f"""
    SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id
    WHERE b.property_id = :property_id AND b.state IN ('tentative', 'confirmed')
      AND b.arrival BETWEEN CAST(:first AS date) - {MOST_NIGHTS} AND :last
      AND EXISTS (
          SELECT FROM unnest(CAST(:nights AS date[])) AS night WHERE b.arrival <= night AND night < b.held_until)
    ORDER BY b.flags @> ARRAY['overbooked'] DESC, b.booked_at DESC, b.id DESC
    LIMIT :most
    """  # noqa: S608 constants
)

_LEFT = sa.text(
    """
    SELECT coalesce(n.room_type_id, r.room_type_id) AS room_type_id, coalesce(n.night, r.day) AS night,
           CASE WHEN r.closed THEN 0 ELSE GREATEST(n.capacity - n.sold - n.oversold, 0) END AS left
    FROM (SELECT * FROM nights WHERE night >= :first AND night < :until) AS n
    FULL JOIN (SELECT * FROM restrictions WHERE closed AND day >= :first AND day < :until) AS r
        ON r.room_type_id = n.room_type_id AND r.day = n.night
    """
)
