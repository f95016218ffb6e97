"""The board: what every room is on a day, told by one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import (
    BoardCounts,
    BoardRoom,
    BoardStay,
    Closure,
    Housekeeping,
    Occupancy,
)
from services.kit.db import Tx

Place = tuple[str, int, str, UUID]  # property's code, the house's order, number, room


def read(
    tx: Tx,
    property_id: UUID | None,
    day: date | None,
    occupancy: Occupancy | None,
    housekeeping: Housekeeping | None,
    after: Place | None,
    limit: int,
) -> tuple[list[BoardRoom], BoardCounts, Place | None]:
    """Rooms behind a place, what is counted of all, and the place of the last one if more follow."""
    said: dict[str, Any] = {
        "property_id": property_id,
        "day": day,
        "occupancy": occupancy,
        "housekeeping": housekeeping,
        "now": tx.now,
        "limit": limit + 1,
        **dict(zip(("code", "position", "number", "id"), after or (None,) * 4, strict=True)),
    }
    rows = tx.execute(_BOARD, said).all()
    counts = BoardCounts(**{each.name: rows[0].counts[each.name] for each in fields(BoardCounts)})
    found = [row for row in rows if row.id is not None]  # the counts are there where no room is, too
    last = found[limit - 1] if len(found) > limit else None
    place = (last.code, last.position, last.number, last.id) if last else None
    return [_room(row) for row in found[:limit]], counts, place


def _room(row: Any) -> BoardRoom:
    closed = Closure(**_of_days(row.closed)) if row.closure_id else None
    return BoardRoom(
        id=row.id,
        version=row.version,
        property_id=row.property_id,
        property=row.code,
        day=row.day,
        number=row.number,
        room_type=row.room_type,
        floor=row.floor,
        building=row.building,
        features=tuple(row.features),
        occupancy=row.occupancy,
        housekeeping=row.housekeeping,
        closed=closed,
        stay=_stay_of(row.stay) if row.assignment_id else None,
        next=_stay_of(row.next) if row.next else None,
    )


def _stay_of(said: Mapping[str, Any]) -> BoardStay:
    return BoardStay(
        booking_id=UUID(said["booking_id"]),
        position=said["position"],
        state=said["state"],
        arrival=date.fromisoformat(said["arrival"]),
        departure=date.fromisoformat(said["departure"]),
        needs=tuple(said["needs"]),
        profile_ids=tuple(UUID(each) for each in said["profile_ids"]),
    )


def _of_days(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **said,
        "id": UUID(said["id"]),
        "first": date.fromisoformat(said["first"]),
        "until": date.fromisoformat(said["until"]),
    }


def _stay(of: str) -> str:
    """An assignment with its booking `b`, as JSON."""
    return f"""jsonb_build_object(
        'booking_id', b.id, 'position', {of}.position, 'state', b.state,
        'arrival', lower({of}.nights), 'departure', upper({of}.nights), 'needs', b.needs,
        'profile_ids', jsonb_path_query_array(b.people, '$[*].profile_id ? (@ != null)'))"""


# `around` are the assignments of the nights beside the day, and of today also those of guests who overstay.
# Of each room at most one says who is inside and one who is coming: no two have a night in common.
# In history that was taken over nobody noted when guests came into a room: there, who departed has been in it.
_BOARD = sa.text(
    f"""
    WITH days AS MATERIALIZED (
        SELECT id AS property_id, code, time_zone, today, coalesce(CAST(:day AS date), today) AS day
        FROM (
            SELECT id, code, time_zone, CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date) AS today
            FROM properties WHERE CAST(:property_id AS uuid) IS NULL OR id = CAST(:property_id AS uuid)
        ) AS p
    ),
    around AS (
        SELECT a.*, d.day, d.today FROM days d JOIN room_assignments a
            ON a.property_id = d.property_id AND a.nights && daterange(d.day - 1, d.day + 1)
        UNION ALL
        SELECT a.*, d.day, d.today FROM days d JOIN room_assignments a ON a.property_id = d.property_id
        WHERE d.day = d.today AND a.occupied_at IS NOT NULL AND a.vacated_at IS NULL
          AND NOT a.nights && daterange(d.day - 1, d.day + 1)
    ),
    near AS (SELECT *, (SELECT state FROM bookings b WHERE b.id = booking_id) AS state FROM around),
    stays AS (
        SELECT n.id, n.room_id,
               CASE WHEN n.day = n.today THEN n.occupied_at IS NOT NULL AND n.vacated_at IS NULL
                    WHEN n.day > n.today THEN n.nights @> n.day - 1
                    ELSE n.nights @> n.day AND (n.occupied_at IS NOT NULL OR n.state IN ('in_house', 'departed'))
               END AS inside,
               n.nights @> n.day AND n.occupied_at IS NULL AND n.state IN ('tentative', 'confirmed') AS coming,
               upper(n.nights) > n.day AS stays_on
        FROM near n
    ),
    found AS (
        SELECT r.id, r.position, r.number, d.property_id, d.code, d.day, c.id AS closure_id, c.kind AS closed_kind,
               CASE WHEN inside.stays_on THEN 'occupied'
                    WHEN inside.room_id IS NOT NULL THEN 'due_out'
                    WHEN coming.room_id IS NOT NULL THEN 'due_in'
                    ELSE 'vacant' END AS occupancy,
               CASE WHEN d.day = d.today THEN r.housekeeping
                    WHEN d.day < d.today THEN (
                        SELECT s.housekeeping FROM room_statuses s
                        WHERE s.room_id = r.id AND s.at < CAST(d.day + 1 AS timestamp) AT TIME ZONE d.time_zone
                        ORDER BY s.at DESC LIMIT 1)
               END AS housekeeping,
               coalesce(inside.id, coming.id) AS assignment_id
        FROM days d JOIN rooms r ON r.property_id = d.property_id AND (r.retired_on IS NULL OR r.retired_on > d.day)
        LEFT JOIN stays inside ON inside.room_id = r.id AND inside.inside
        LEFT JOIN stays coming ON coming.room_id = r.id AND coming.coming AND NOT coming.inside
        LEFT JOIN room_closures c ON c.room_id = r.id AND c.nights @> d.day
    ),
    counted AS (
        SELECT jsonb_build_object(
            'rooms', count(*),
            'vacant', count(*) FILTER (WHERE occupancy = 'vacant'),
            'due_in', count(*) FILTER (WHERE occupancy = 'due_in'),
            'occupied', count(*) FILTER (WHERE occupancy = 'occupied'),
            'due_out', count(*) FILTER (WHERE occupancy = 'due_out'),
            'clean', count(*) FILTER (WHERE housekeeping = 'clean'),
            'dirty', count(*) FILTER (WHERE housekeeping = 'dirty'),
            'inspected', count(*) FILTER (WHERE housekeeping = 'inspected'),
            'out_of_order', count(*) FILTER (WHERE closed_kind = 'out_of_order'),
            'out_of_service', count(*) FILTER (WHERE closed_kind = 'out_of_service')) AS counts
        FROM found
    ),
    page AS (
        SELECT * FROM found
        WHERE (CAST(:occupancy AS text) IS NULL OR occupancy = :occupancy)
          AND (CAST(:housekeeping AS text) IS NULL OR housekeeping = :housekeeping)
          AND (CAST(:code AS text) IS NULL OR (code, position, number, id) > (
              CAST(:code AS text), CAST(:position AS int), CAST(:number AS text), CAST(:id AS uuid)))
        ORDER BY code, position, number, id
        LIMIT :limit
    )
    SELECT counts, p.*, r.version, r.floor, r.building, r.features, t.code AS room_type,
           jsonb_build_object('id', c.id, 'kind', c.kind, 'first', lower(c.nights), 'until', upper(c.nights),
                              'reason', c.reason) AS closed,
           {_stay("a")} AS stay,
           (SELECT {_stay("n")} FROM (
                SELECT * FROM room_assignments n
                WHERE n.room_id = p.id AND n.nights && daterange(GREATEST(p.day, upper(a.nights)), NULL)
                ORDER BY lower(n.nights) LIMIT 1
            ) AS n JOIN bookings b ON b.id = n.booking_id) AS next
    FROM counted LEFT JOIN page p ON true
    LEFT JOIN rooms r ON r.id = p.id
    LEFT JOIN room_types t ON t.id = r.room_type_id
    LEFT JOIN room_closures c ON c.id = p.closure_id
    LEFT JOIN room_assignments a ON a.id = p.assignment_id
    LEFT JOIN bookings b ON b.id = a.booking_id
    ORDER BY p.code, p.position, p.number, p.id
    """  # noqa: S608 constants
)
