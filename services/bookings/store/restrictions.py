"""What a house refuses to sell by room type and day, and how far it overbooks there."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import SetAvailability
from services.kit.db import Tx


def restrict(tx: Tx, room_types: Sequence[UUID], said: SetAvailability) -> None:
    """Bring the days to what is said, and their nights to their bounds. Two statements, or three.

    A night gets its row here: so a sale on its way cannot bring in the bound of before, one waits for the other.
    """
    days = {"room_types": list(room_types), "first": said.first, "until": said.until}
    tx.execute(
        _RESTRICT,
        {
            **days,
            "overbooking": said.overbooking,
            "closed": said.closed,
            "closed_to_arrival": said.closed_to_arrival,
            "closed_to_departure": said.closed_to_departure,
            "min_stay": said.min_stay,
            "clear_overbooking": "overbooking" in said.clear,
            "clear_min_stay": "min_stay" in said.clear,
        },
    )
    tx.execute(_FORGET, days)
    if said.overbooking is not None or "overbooking" in said.clear:
        tx.execute(_SET_BOUNDS, days)


_DAYS = """
    unnest(CAST(:room_types AS uuid[])) AS room_type_id
    CROSS JOIN generate_series(0, CAST(:until AS date) - CAST(:first AS date) - 1) AS d"""

_RESTRICT = sa.text(
    f"""
    INSERT INTO restrictions AS r
        (room_type_id, day, overbooking, closed, closed_to_arrival, closed_to_departure, min_stay)
    SELECT room_type_id, CAST(:first AS date) + d, CAST(:overbooking AS int), coalesce(:closed, false),
           coalesce(:closed_to_arrival, false), coalesce(:closed_to_departure, false), CAST(:min_stay AS int)
    FROM {_DAYS}
    ORDER BY 1, 2
    ON CONFLICT (room_type_id, day) DO UPDATE SET
        overbooking = CASE WHEN NOT :clear_overbooking THEN coalesce(excluded.overbooking, r.overbooking) END,
        closed = coalesce(:closed, r.closed),
        closed_to_arrival = coalesce(:closed_to_arrival, r.closed_to_arrival),
        closed_to_departure = coalesce(:closed_to_departure, r.closed_to_departure),
        min_stay = CASE WHEN NOT :clear_min_stay THEN coalesce(excluded.min_stay, r.min_stay) END
    """  # noqa: S608 constants
)

# Rows that restrict nothing: where there are none at all, opening a booking need not look.
_FORGET = sa.text(
    """
    DELETE FROM restrictions
    WHERE room_type_id = ANY(CAST(:room_types AS uuid[])) AND day >= :first AND day < :until
      AND overbooking IS NULL AND min_stay IS NULL AND NOT (closed OR closed_to_arrival OR closed_to_departure)
    """
)

_SET_BOUNDS = sa.text(
    f"""
    INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
    SELECT t.id, CAST(:first AS date) + d, t.capacity, coalesce(r.overbooking, t.overbooking), 0, 0
    FROM {_DAYS}
    JOIN room_types t ON t.id = room_type_id
    LEFT JOIN restrictions r ON r.room_type_id = t.id AND r.day = CAST(:first AS date) + d
    ORDER BY 1, 2
    ON CONFLICT (room_type_id, night) DO UPDATE SET
        overbooking = excluded.overbooking,
        sold = LEAST(n.sold + n.oversold, n.capacity + excluded.overbooking),
        oversold = GREATEST(n.sold + n.oversold - n.capacity - excluded.overbooking, 0)
    """  # noqa: S608 constants
)
