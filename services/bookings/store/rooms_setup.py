"""The rooms of the house with their numbers, and the nights on which they are closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.contracts.bookings import Closure, ClosureKind, HotelRoom, NewRoom, RoomsOfType, RoomTaken, UnknownRoom
from services.kit.db import Tx
from services.kit.scope import sees

_EXCLUDED, _TWICE = "23P01", "23505"  # exclusion_violation, unique_violation


def read(tx: Tx, room_id: UUID) -> HotelRoom:
    """Refuses with UnknownRoom."""
    row = tx.execute(_READ, {"id": room_id, "now": tx.now}).first()
    if row is None or not sees(tx.context, row.property_id):
        raise UnknownRoom
    return _room(row)


def read_all(tx: Tx, property_id: UUID) -> list[HotelRoom]:
    return [_room(row) for row in tx.execute(_READ_ALL, {"property_id": property_id, "now": tx.now})]


def by_type(tx: Tx, property_id: UUID) -> list[RoomsOfType]:
    rows = tx.execute(_BY_TYPE, {"property_id": property_id})
    return [RoomsOfType(room_type=row.code, rooms=row.rooms, capacity=row.capacity) for row in rows]


def dirty_at(tx: Tx, property_id: UUID) -> time | None:
    said: time | None = tx.execute(_DIRTY_AT, {"property_id": property_id}).scalar()
    return said


def set_dirty_at(tx: Tx, property_id: UUID, said: time | None, *, again: bool) -> None:
    """`again`: in place of what was said before, which else stays."""
    tx.execute(_SET_DIRTY_AT, {"property_id": property_id, "dirty_at": said, "again": again, "now": tx.now})


def lock_numbers(tx: Tx, property_id: UUID, numbers: Sequence[str]) -> dict[str, tuple[UUID, UUID]]:
    """Rooms that have these numbers already, locked, with their types; by the number in small letters."""
    rows = tx.execute(_LOCK_NUMBERS, {"property_id": property_id, "numbers": [n.lower() for n in numbers]})
    return {row.key: (row.id, row.room_type_id) for row in rows}


def add(tx: Tx, property_id: UUID, room_id: UUID, room: NewRoom, room_type_id: UUID) -> bool:
    """Clean until somebody says otherwise; False where somebody else has added one of this number meanwhile."""
    said = {**_columns(room, room_type_id), "id": room_id, "property_id": property_id, "now": tx.now}
    return tx.execute(_ADD, said).first() is not None


def change(tx: Tx, room_id: UUID, room: NewRoom, room_type_id: UUID) -> bool:
    """False where another room of the property has the number: then nothing of the transaction can be kept."""
    try:
        tx.execute(_CHANGE, {**_columns(room, room_type_id), "id": room_id})
    except IntegrityError as fault:
        if getattr(fault.orig, "sqlstate", None) == _TWICE:
            return False
        raise
    return True


def retire(tx: Tx, room_id: UUID) -> None:
    tx.execute(_RETIRE, {"id": room_id, "now": tx.now})


def counted_on(tx: Tx, room_ids: Sequence[UUID]) -> set[UUID]:
    """Those that stays or closures of today or later count on, or in which guests are."""
    return {row.id for row in tx.execute(_COUNTED_ON, {"ids": list(room_ids), "now": tx.now})}


def stays_in(tx: Tx, room_id: UUID, first: date, until: date) -> list[UUID]:
    """Bookings with the room on one of these nights that have not left it."""
    rows = tx.execute(_STAYS_IN, {"id": room_id, "first": first, "until": until})
    return [row.booking_id for row in rows]


def close(
    tx: Tx, closure_id: UUID, room: HotelRoom, kind: ClosureKind, first: date, until: date, reason: str | None
) -> None:
    """Refuses with RoomTaken where it is closed already, and then nothing of the transaction can be kept."""
    said = {"id": closure_id, "room_id": room.id, "kind": kind, "first": first, "until": until, "reason": reason}
    try:
        tx.execute(_CLOSE, said)
    except IntegrityError as fault:
        if getattr(fault.orig, "sqlstate", None) == _EXCLUDED:
            raise RoomTaken("The room is closed on one of these nights already.") from None
        raise


def shorten(tx: Tx, closure_id: UUID, until: date) -> None:
    """A closure that has no night left is forgotten."""
    tx.execute(_FORGET, {"id": closure_id, "until": until})
    tx.execute(_SHORTEN, {"id": closure_id, "until": until})


def lock_nights(tx: Tx, room_id: UUID, first: date, until: date) -> None:
    """The nights on which a room of this one's type is sold; each gets its row, so that a sale on its way waits."""
    tx.execute(_LOCK_NIGHTS, {"id": room_id, "first": first, "until": until})


def bound_nights(tx: Tx, room_id: UUID, first: date, until: date) -> None:
    """Bring nights that this transaction has locked to what the closures leave of the room type's capacity."""
    tx.execute(_BOUND_NIGHTS, {"id": room_id, "first": first, "until": until})


def misbounded(tx: Tx, property_id: UUID | None) -> int:
    """Nights whose capacity is not the room type's less the rooms that are out of order."""
    return int(tx.execute(_MISBOUNDED, {"property_id": property_id}).scalar() or 0)


def _room(row: Any) -> HotelRoom:
    return HotelRoom(
        id=row.id,
        version=row.version,
        property_id=row.property_id,
        property=row.property,
        number=row.number,
        room_type=row.room_type,
        floor=row.floor,
        building=row.building,
        features=tuple(row.features),
        connects_with=tuple(row.connects_with),
        position=row.position,
        housekeeping=row.housekeeping,
        status_at=row.status_at,
        closures=tuple(
            Closure(
                id=UUID(each["id"]),
                kind=each["kind"],
                first=date.fromisoformat(each["first"]),
                until=date.fromisoformat(each["until"]),
                reason=each["reason"],
            )
            for each in row.closures or ()
        ),
        retired_on=row.retired_on,
    )


def _columns(room: NewRoom, room_type_id: UUID) -> dict[str, Any]:
    return {
        "room_type_id": room_type_id,
        "number": room.number,
        "floor": room.floor,
        "building": room.building,
        "features": list(room.features),
        "connects_with": list(room.connects_with),
        "position": room.position,
    }


_ROOM = """
    SELECT r.*, p.code AS property, t.code AS room_type, (
        SELECT jsonb_agg(jsonb_build_object(
            'id', c.id, 'kind', c.kind, 'first', lower(c.nights), 'until', upper(c.nights), 'reason', c.reason)
            ORDER BY c.nights)
        FROM room_closures c
        WHERE c.room_id = r.id
          AND upper(c.nights) > CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date)
    ) AS closures
    FROM rooms r JOIN properties p ON p.id = r.property_id JOIN room_types t ON t.id = r.room_type_id"""
_READ = sa.text(f"{_ROOM} WHERE r.id = :id")
_READ_ALL = sa.text(
    f"{_ROOM} WHERE r.property_id = :property_id AND r.retired_on IS NULL ORDER BY r.position, r.number, r.id"
)
_BY_TYPE = sa.text(
    """
    SELECT t.code, t.capacity, count(r.id) AS rooms
    FROM room_types t LEFT JOIN rooms r ON r.room_type_id = t.id AND r.retired_on IS NULL
    WHERE t.property_id = :property_id GROUP BY t.id ORDER BY t.code
    """
)
_DIRTY_AT = sa.text("SELECT dirty_at FROM housekeeping_rules WHERE property_id = :property_id")
_SET_DIRTY_AT = sa.text(
    """
    INSERT INTO housekeeping_rules AS h (property_id, dirty_at, done_on)
    SELECT id, :dirty_at, CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date)
    FROM properties WHERE id = :property_id
    ON CONFLICT (property_id) DO UPDATE SET dirty_at = excluded.dirty_at WHERE :again
    """
)
_LOCK_NUMBERS = sa.text(
    """
    SELECT id, room_type_id, lower(number) AS key FROM rooms
    WHERE property_id = :property_id AND lower(number) = ANY(CAST(:numbers AS text[])) ORDER BY id FOR NO KEY UPDATE
    """
)
_ADD = sa.text(
    """
    WITH added AS (
        INSERT INTO rooms (id, property_id, room_type_id, number, floor, building, features, connects_with, position,
                           housekeeping, status_at, version)
        VALUES (:id, :property_id, :room_type_id, :number, :floor, :building, :features, :connects_with, :position,
                'clean', :now, 1)
        ON CONFLICT DO NOTHING RETURNING id
    )
    INSERT INTO room_statuses (room_id, at, housekeeping) SELECT id, :now, 'clean' FROM added RETURNING room_id
    """
)
_CHANGE = sa.text(
    """
    UPDATE rooms
    SET room_type_id = :room_type_id, number = :number, floor = :floor, building = :building, features = :features,
        connects_with = :connects_with, position = :position, retired_on = NULL
    WHERE id = :id
    """
)
_RETIRE = sa.text(
    """
    UPDATE rooms r SET retired_on = CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date)
    FROM properties p WHERE p.id = r.property_id AND r.id = :id
    """
)
_COUNTED_ON = sa.text(
    """
    SELECT r.id
    FROM rooms r JOIN properties p ON p.id = r.property_id
    CROSS JOIN LATERAL (
        SELECT daterange(CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date), NULL) AS days) AS ahead
    WHERE r.id = ANY(CAST(:ids AS uuid[])) AND (
        EXISTS (SELECT FROM room_assignments a WHERE a.room_id = r.id AND a.vacated_at IS NULL
                AND (a.nights && ahead.days OR a.occupied_at IS NOT NULL))
        OR EXISTS (SELECT FROM room_closures c WHERE c.room_id = r.id AND c.nights && ahead.days))
    """
)
_STAYS_IN = sa.text(
    """
    SELECT DISTINCT booking_id FROM room_assignments
    WHERE room_id = :id AND nights && daterange(:first, :until) AND vacated_at IS NULL
    ORDER BY booking_id
    """
)
_CLOSE = sa.text(
    """
    INSERT INTO room_closures (id, room_id, property_id, room_type_id, kind, nights, reason)
    SELECT :id, id, property_id, room_type_id, :kind, daterange(:first, :until), :reason FROM rooms WHERE id = :room_id
    """
)
_FORGET = sa.text("DELETE FROM room_closures WHERE id = :id AND lower(nights) >= :until")
_SHORTEN = sa.text(
    "UPDATE room_closures SET nights = daterange(lower(nights), :until) WHERE id = :id AND upper(nights) > :until"
)
_LOCK_NIGHTS = sa.text(
    """
    INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
    SELECT t.id, CAST(:first AS date) + d, t.capacity, coalesce(x.overbooking, t.overbooking), 0, 0
    FROM rooms r JOIN room_types t ON t.id = r.room_type_id
    CROSS JOIN generate_series(0, CAST(:until AS date) - CAST(:first AS date) - 1) AS d
    LEFT JOIN restrictions x ON x.room_type_id = t.id AND x.day = CAST(:first AS date) + d
    WHERE r.id = :id
    ORDER BY 1, 2
    ON CONFLICT (room_type_id, night) DO UPDATE SET capacity = n.capacity
    """
)
_OUT_OF_ORDER = """(
    SELECT count(*) FROM room_closures c
    WHERE c.room_type_id = t.id AND c.kind = 'out_of_order' AND c.nights @> n.night)"""
_BOUND_NIGHTS = sa.text(
    f"""
    UPDATE nights n
    SET capacity = b.capacity, sold = LEAST(n.sold + n.oversold, b.capacity + n.overbooking),
        oversold = GREATEST(n.sold + n.oversold - b.capacity - n.overbooking, 0)
    FROM (
        SELECT n.room_type_id, n.night, GREATEST(t.capacity - {_OUT_OF_ORDER}, 0) AS capacity
        FROM rooms r JOIN room_types t ON t.id = r.room_type_id JOIN nights n ON n.room_type_id = t.id
        WHERE r.id = :id AND n.night >= :first AND n.night < :until
    ) AS b
    WHERE b.room_type_id = n.room_type_id AND b.night = n.night
    """  # noqa: S608 constants
)
_MISBOUNDED = sa.text(
    f"""
    SELECT count(*) FROM nights n JOIN room_types t ON t.id = n.room_type_id
    WHERE (CAST(:property_id AS uuid) IS NULL OR t.property_id = CAST(:property_id AS uuid))
      AND n.capacity <> GREATEST(t.capacity - {_OUT_OF_ORDER}, 0)
    """  # noqa: S608 constants
)
