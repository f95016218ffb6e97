"""The blocks of groups. A group's row is locked after its bookings' and before the nights (`store.nights`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.blocks import Block
from services.bookings.domain.nights import Night
from services.kit.db import Tx


def locked(tx: Tx, codes: Iterable[str]) -> list[Block]:
    """Nobody else draws from these, or changes them, until the transaction ends. Those that there are."""
    return [block for _, block in of_groups(tx, tx.execute(_LOCK, {"codes": sorted(codes)}).all())]


def of_groups(tx: Tx, groups: Iterable[Any]) -> list[tuple[Any, Block]]:
    """The rows of groups, each with its block. Its own statement, after the lock: so it sees what was done before."""
    rows = list(groups)
    found = {row.code: row for row in tx.execute(_BLOCKS, {"codes": [row.code for row in rows]})} if rows else {}
    return [(row, _block(row, found[row.code])) for row in rows]


def _block(group: Any, found: Any) -> Block:
    return Block(
        code=group.code,
        state=group.state,
        may_exceed=group.may_exceed,
        agreed=_nights(found.agreed),
        picked_up=_nights(found.picked_up),
        codes={UUID(room_type): code for room_type, code in found.codes},
    )


def _nights(rows: list[tuple[str, str, int]] | None) -> dict[Night, int]:
    return {(UUID(room_type), date.fromisoformat(night)): rooms for room_type, night, rooms in rows or ()}


# Rooms that bookings hold, by group, room type and night; `where` says of which bookings `b`.
def held(where: str) -> str:
    return f"""
        SELECT b.group_code, p.room_type_id, p.arrival + d AS night, count(*) AS rooms
        FROM bookings b,
             jsonb_array_elements(b.rooms) AS r,
             jsonb_to_recordset(coalesce(r -> 'parts', jsonb_build_array(jsonb_build_object(
                 'room_type_id', r -> 'room_type_id', 'arrival', b.arrival, 'departure', b.departure
             )))) AS p (room_type_id uuid, arrival date, departure date),
             generate_series(0, LEAST(p.departure, b.held_until) - p.arrival - 1) AS d
        WHERE {where}
        GROUP BY 1, 2, 3"""  # noqa: S608 constants


_LOCK = sa.text("SELECT * FROM groups WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR UPDATE")
_BLOCKS = sa.text(
    f"""
    WITH held AS ({held("b.group_code = ANY(CAST(:codes AS text[]))")})
    SELECT g.code,
           (SELECT jsonb_agg(jsonb_build_array(n.room_type_id, n.night, n.rooms))
            FROM block_nights n WHERE n.group_code = g.code) AS agreed,
           (SELECT jsonb_agg(jsonb_build_array(h.room_type_id, h.night, h.rooms))
            FROM held h WHERE h.group_code = g.code) AS picked_up,
           (SELECT jsonb_agg(jsonb_build_array(t.id, t.code))
            FROM room_types t WHERE t.property_id = g.property_id) AS codes
    FROM groups g WHERE g.code = ANY(CAST(:codes AS text[]))
    """  # noqa: S608 constants
)
