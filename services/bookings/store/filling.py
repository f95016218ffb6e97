"""Stays that hold nights and have no room, and what is taken of the rooms they could have."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.first_fit import Rooms
from services.kit.db import Tx

Place = tuple[date, UUID]  # arrival, booking


def without_rooms(
    tx: Tx, property_id: UUID, first: date | None, after: Place | None, most: int
) -> tuple[list[UUID], Place | None]:
    """The next bookings in the order of their arrival, and the place to go on from if there may be more."""
    said: dict[str, Any] = {
        "property_id": property_id,
        "first": first,
        "arrival": after[0] if after else None,
        "id": after[1] if after else None,
        "most": most,
    }
    rows = tx.execute(_WITHOUT_ROOMS, said).all()
    return [row.id for row in rows], (rows[-1].arrival, rows[-1].id) if len(rows) == most else None


def rooms(tx: Tx, property_id: UUID, first: date, until: date) -> Rooms:
    """All rooms of a property, which this transaction has locked, with what is taken of them on these nights."""
    said = {"property_id": property_id, "first": first, "until": until}
    return Rooms(
        ((row.room_type_id, row.id) for row in tx.execute(_ROOMS, said)),
        ((row.room_id, row.first, row.until) for row in tx.execute(_TAKEN, said)),
    )


_WITHOUT_ROOMS = sa.text(
    """
    SELECT b.id, b.arrival FROM bookings b
    WHERE b.property_id = :property_id AND b.state IN ('confirmed', 'departed') AND b.held_until > b.arrival
      AND (CAST(:first AS date) IS NULL OR b.arrival >= :first)
      AND (CAST(:arrival AS date) IS NULL OR (b.arrival, b.id) > (CAST(:arrival AS date), CAST(:id AS uuid)))
      AND NOT EXISTS (SELECT FROM room_assignments a WHERE a.booking_id = b.id)
    ORDER BY b.arrival, b.id LIMIT :most
    """
)
_ROOMS = sa.text(
    "SELECT room_type_id, id FROM rooms WHERE property_id = :property_id AND retired_on IS NULL"
    " ORDER BY position, number, id"
)
_TAKEN = sa.text(
    """
    SELECT room_id, lower(nights) AS first, upper(nights) AS until FROM room_assignments
    WHERE property_id = :property_id AND nights && daterange(:first, :until)
    UNION ALL
    SELECT room_id, lower(nights), upper(nights) FROM room_closures
    WHERE property_id = :property_id AND nights && daterange(:first, :until)
    """
)
