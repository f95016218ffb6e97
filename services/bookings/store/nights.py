"""The nights that are sold, and what a house refuses to sell.

Nights are always locked in the order (room type, night), and after the booking's row: so nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.blocks import drawn
from services.bookings.domain.limits import Edge, Limit
from services.bookings.domain.nights import Holding, Night, difference
from services.bookings.store import blocks
from services.kit.db import Tx


def move(tx: Tx, before: Holding, after: Holding, edges: Iterable[Edge] = ()) -> list[Limit]:
    """Give back and take what differs, as one change and whatever the bound; answers what the house would not sell.

    What a group holds is drawn from its block first. No statement where nothing differs.
    """
    groups = {holding.group for holding in (before, after) if holding.group}
    if not groups or before == after:
        return shift(tx, difference(before, after), edges)
    given = blocks.locked(tx, groups)
    wanted, beyond = drawn(given, before, after)
    return beyond + shift(tx, wanted, [edge for edge in edges if not any(block.covers(edge) for block in given)])


def shift(tx: Tx, wanted: Sequence[tuple[Night, int]], edges: Iterable[Edge] = ()) -> list[Limit]:
    """Take and give back rooms, told as `difference` tells them; answers what the house would not sell."""
    if not wanted:
        return []
    rows = tx.execute(_MOVE, {**arrays(wanted), **edge_arrays(edges)})
    return [Limit(row.why, row.code, row.day) for row in rows]


def oversold(tx: Tx, holding: Holding) -> bool:
    """Is any of these nights sold beyond its bound?"""
    held = sorted(holding.nights())
    return bool(tx.execute(_OVERSOLD, {"room_types": [n[0] for n in held], "nights": [n[1] for n in held]}).scalar())


def counters(tx: Tx, property_id: UUID | None = None) -> tuple[int, int, list[Any]]:
    """Are the counters the fold of stays and blocks? Nights looked at, room nights held, and the nights that differ."""
    rows = tx.execute(_COUNTERS, {"property_id": property_id}).all()
    off = [row for row in rows if row.counted != row.held]
    return len(rows), sum(row.held for row in rows), off


def arrays(wanted: Sequence[tuple[Night, int]]) -> dict[str, Any]:
    return {
        "room_types": [room_type for (room_type, _), _ in wanted],
        "nights": [night for (_, night), _ in wanted],
        "rooms": [rooms for _, rooms in wanted],
    }


def edge_arrays(edges: Iterable[Edge]) -> dict[str, Any]:
    given = list(edges)
    return {
        "edge_types": [edge.room_type for edge in given],
        "edge_days": [edge.day for edge in given],
        "edge_kinds": [edge.kind for edge in given],
        "edge_nights": [edge.nights for edge in given],
    }


# For statements that take nights, told by `arrays`: those wanted, with their bounds and whether they are closed.
WANTED = """
    wanted AS (
        SELECT w.room_type_id, w.night, w.rooms, t.code, t.capacity,
               coalesce(r.overbooking, t.overbooking) AS overbooking, coalesce(r.closed, false) AS closed
        FROM unnest(CAST(:room_types AS uuid[]), CAST(:nights AS date[]), CAST(:rooms AS int[]))
             AS w (room_type_id, night, rooms)
        JOIN room_types t ON t.id = w.room_type_id
        LEFT JOIN restrictions r ON r.room_type_id = w.room_type_id AND r.day = w.night
    )"""
# An edge `e` that a restriction `r` refuses.
REFUSED_EDGE = """(e.kind = 'arrival' AND r.closed_to_arrival OR e.kind = 'departure' AND r.closed_to_departure
    OR e.kind = 'stay' AND e.nights < r.min_stay)"""
# What is refused of the nights `wanted` and of the edges told by `edge_arrays`.
REFUSED = f"""
    SELECT 'closed' AS why, code, night AS day FROM wanted WHERE closed AND rooms > 0
    UNION ALL
    SELECT CASE e.kind WHEN 'stay' THEN 'minimum-stay' ELSE 'closed' END, t.code, e.day
    FROM unnest(CAST(:edge_types AS uuid[]), CAST(:edge_days AS date[]), CAST(:edge_kinds AS text[]),
                CAST(:edge_nights AS int[])) AS e (room_type_id, day, kind, nights)
    JOIN restrictions r USING (room_type_id, day)
    JOIN room_types t ON t.id = r.room_type_id
    WHERE {REFUSED_EDGE}"""  # noqa: S608 constants

_MOVE = sa.text(
    f"""
    WITH {WANTED},
    moved AS (
        INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
        SELECT room_type_id, night, capacity, overbooking,
               LEAST(GREATEST(rooms, 0), capacity + overbooking), GREATEST(rooms - capacity - overbooking, 0)
        FROM wanted
        ORDER BY room_type_id, night
        ON CONFLICT (room_type_id, night) DO UPDATE SET (sold, oversold) = (
            SELECT LEAST(total, n.capacity + n.overbooking), GREATEST(total - n.capacity - n.overbooking, 0)
            FROM (
                SELECT n.sold + n.oversold + w.rooms AS total
                FROM wanted w WHERE w.room_type_id = n.room_type_id AND w.night = n.night
            ) AS after
        )
        RETURNING n.room_type_id, n.night, n.oversold
    )
    SELECT 'no-room-left' AS why, code, night AS day FROM moved JOIN wanted USING (room_type_id, night)
    WHERE moved.oversold > 0 AND wanted.rooms > 0
    UNION ALL {REFUSED}
    """  # noqa: S608 constants
)

_OVERSOLD = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM unnest(CAST(:room_types AS uuid[]), CAST(:nights AS date[])) AS held (room_type_id, night)
        JOIN nights n USING (room_type_id, night) WHERE n.oversold > 0)
    """
)

_COUNTERS = sa.text(
    f"""
    WITH stays AS ({blocks.held("CAST(:property_id AS uuid) IS NULL OR b.property_id = CAST(:property_id AS uuid)")}),
    held AS (
        SELECT room_type_id, night, sum(rooms) AS rooms
        FROM (
            SELECT room_type_id, night, rooms FROM stays
            UNION ALL
            SELECT n.room_type_id, n.night, n.rooms - coalesce(s.rooms, 0)
            FROM groups g JOIN block_nights n ON n.group_code = g.code
            LEFT JOIN stays s ON (s.group_code, s.room_type_id, s.night) = (n.group_code, n.room_type_id, n.night)
            WHERE g.state = 'open' AND n.rooms > coalesce(s.rooms, 0)
              AND (CAST(:property_id AS uuid) IS NULL OR g.property_id = CAST(:property_id AS uuid))
        ) AS held
        GROUP BY 1, 2
    ),
    counted AS (
        SELECT n.room_type_id, n.night, n.sold + n.oversold AS rooms
        FROM nights n JOIN room_types t ON t.id = n.room_type_id
        WHERE CAST(:property_id AS uuid) IS NULL OR t.property_id = CAST(:property_id AS uuid)
    )
    SELECT room_type_id, night, coalesce(counted.rooms, 0) AS counted, coalesce(held.rooms, 0) AS held
    FROM counted FULL JOIN held USING (room_type_id, night)
    ORDER BY room_type_id, night
    """  # noqa: S608 constants
)
