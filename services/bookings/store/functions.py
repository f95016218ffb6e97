"""Function rooms and functions. A function's row is locked first, then its rooms in the order of their ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.functions import LONGEST, Place, Span
from services.contracts.bookings import (
    Contact,
    Function,
    FunctionChanged,
    FunctionRoom,
    FunctionRoomTaken,
    FunctionState,
    FunctionUse,
    NoSuchFunction,
    NoSuchGroup,
)
from services.kit import wire
from services.kit.db import Tx
from services.kit.scope import sees


def set_up(tx: Tx, property_id: UUID, rooms: Sequence[tuple[UUID, FunctionRoom]]) -> None:
    """Create or change by code; those that are not named are retired."""
    tx.execute(_RETIRE, {"property_id": property_id, "codes": [room.code for _, room in rooms]})
    for room_id, room in sorted(rooms, key=lambda each: each[1].code):
        tx.execute(_SET_UP, {"id": room_id, "property_id": property_id, **vars(room)})


def rooms(tx: Tx, property_id: UUID) -> tuple[FunctionRoom, ...]:
    found = tx.execute(_ROOMS, {"property_id": property_id})
    return tuple(FunctionRoom(code=r.code, name=r.name, capacity=r.capacity) for r in found if not r.retired)


def names(tx: Tx, property_id: UUID) -> dict[str, str]:
    """By code, with those that are retired."""
    return {r.code: r.name for r in tx.execute(_ROOMS, {"property_id": property_id})}


def places(tx: Tx, property_id: UUID) -> dict[str, Place]:
    """By code, with those that are retired."""
    found = tx.execute(_ROOMS, {"property_id": property_id})
    return {r.code: Place(id=r.id, code=r.code, capacity=r.capacity, retired=r.retired) for r in found}


def add(tx: Tx, function: Function, taken: Sequence[Span]) -> None:
    """Refuses with FunctionRoomTaken."""
    tx.execute(_ADD, _row(function))
    _take(tx, function.id, taken)


def save(tx: Tx, function: Function, taken: Sequence[Span]) -> None:
    """Keep a changed function, whose row this transaction has locked; refuses with FunctionRoomTaken."""
    tx.execute(_SAVE, _row(function))
    tx.execute(_GIVE_BACK, {"ids": [function.id]})
    _take(tx, function.id, taken)


def lock(tx: Tx, function_id: UUID) -> Function:
    return _found(tx, _LOCK, function_id)


def read(tx: Tx, function_id: UUID) -> Function:
    return _found(tx, _READ, function_id)


def find(
    tx: Tx,
    *,
    property_id: UUID,
    day: tuple[datetime, datetime] | None,
    group: str | None,
    state: FunctionState,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Function]:
    """In the order in which they begin, from behind `after`; of a day those that are on at any time of it."""
    since, until = day or (None, None)
    said: dict[str, Any] = {"property_id": property_id, "state": state, "limit": limit, "group": group}
    said |= {"since": since, "until": until, "longest": LONGEST}
    said |= {"starts_at": after[0] if after else None, "id": after[1] if after else None}
    return [_function(row) for row in tx.execute(_FIND, said)]


def group_at(tx: Tx, code: str) -> tuple[UUID, Any]:
    """The property and the state of a group, which nobody cancels until this transaction ends; NoSuchGroup."""
    row = tx.execute(_GROUP_AT, {"code": code}).first()
    if row is None or not sees(tx.context, row.property_id):
        raise NoSuchGroup
    return row.property_id, row.state


def cancel(tx: Tx, function: Function) -> None:
    """One whose row this transaction has locked."""
    tx.execute(_SAVE, _row(function))
    tx.execute(_GIVE_BACK, {"ids": [function.id]})


def cancel_of_group(tx: Tx, code: str) -> list[FunctionChanged]:
    """Those that have not begun; what there is to announce of them."""
    rows = tx.execute(_CANCEL_OF_GROUP, {"code": code, "now": tx.now}).all()
    if rows:
        tx.execute(_GIVE_BACK, {"ids": [row.function_id for row in rows]})
    return [FunctionChanged(**row._mapping, state="cancelled", changed=("state",)) for row in rows]


def _take(tx: Tx, function_id: UUID, taken: Sequence[Span]) -> None:
    """The rooms' rows are locked first: so whoever comes second sees what the first has taken, and can say by whom."""
    tx.execute(_LOCK_ROOMS, {"rooms": sorted({span.room_id for span in taken})})
    said = {
        "id": function_id,
        "rooms": [span.room_id for span in taken],
        "starts": [span.starts_at for span in taken],
        "ends": [span.ends_at for span in taken],
    }
    other = tx.execute(_TAKEN, said).first()
    if other is not None:
        raise FunctionRoomTaken(facts={"room": other.code, "function": str(other.function_id)})
    tx.execute(_TAKE, said)


def _found(tx: Tx, statement: sa.TextClause, function_id: UUID) -> Function:
    row = tx.execute(statement, {"id": function_id}).first()
    if row is None or not sees(tx.context, row.property_id):
        raise NoSuchFunction
    return _function(row)


def _row(function: Function) -> dict[str, Any]:
    return {
        "id": function.id,
        "version": function.version,
        "state": function.state,
        "property_id": function.property_id,
        "name": function.name,
        "kind": function.kind,
        "starts_at": function.starts_at,
        "ends_at": function.ends_at,
        "guests": function.guests,
        "rooms": json.dumps([wire.dump(use) for use in function.rooms], ensure_ascii=False),
        "contact": json.dumps(wire.dump(function.contact), ensure_ascii=False) if function.contact else None,
        "group": function.group,
        "notes": function.notes,
        "changed_at": function.changed_at,
    }


def _function(row: Any) -> Function:
    """From the columns of `functions` with `property`, the code of its property, beside them."""
    return Function(
        id=row.id,
        version=row.version,
        state=row.state,
        property_id=row.property_id,
        property=row.property,
        name=row.name,
        kind=row.kind,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        guests=row.guests,
        rooms=tuple(wire.load(FunctionUse, use) for use in row.rooms),
        contact=wire.load(Contact, row.contact) if row.contact else None,
        group=row.group_code,
        notes=row.notes,
        changed_at=row.changed_at,
    )


_RETIRE = sa.text(
    "UPDATE function_rooms SET retired = true"
    " WHERE property_id = :property_id AND NOT code = ANY(CAST(:codes AS text[])) AND NOT retired"
)
_SET_UP = sa.text(
    """
    INSERT INTO function_rooms (id, property_id, code, name, capacity, retired)
    VALUES (:id, :property_id, :code, :name, :capacity, false)
    ON CONFLICT (property_id, code) DO UPDATE
    SET name = excluded.name, capacity = excluded.capacity, retired = false
    """
)
_ROOMS = sa.text("SELECT * FROM function_rooms WHERE property_id = :property_id ORDER BY code")
_ADD = sa.text(
    """
    INSERT INTO functions (id, version, state, property_id, name, kind, starts_at, ends_at, guests, rooms, contact,
                           group_code, notes, changed_at)
    VALUES (:id, :version, :state, :property_id, :name, :kind, :starts_at, :ends_at, :guests, CAST(:rooms AS jsonb),
            CAST(:contact AS jsonb), :group, :notes, :changed_at)
    """
)
_SAVE = sa.text(
    """
    UPDATE functions
    SET version = :version, state = :state, name = :name, kind = :kind, starts_at = :starts_at, ends_at = :ends_at,
        guests = :guests, rooms = CAST(:rooms AS jsonb), contact = CAST(:contact AS jsonb), group_code = :group,
        notes = :notes, changed_at = :changed_at
    WHERE id = :id
    """
)
_READ = sa.text(
    "SELECT f.*, p.code AS property FROM functions f JOIN properties p ON p.id = f.property_id WHERE f.id = :id"
)
_LOCK = sa.text(
    "SELECT f.*, p.code AS property FROM functions f JOIN properties p ON p.id = f.property_id WHERE f.id = :id"
    " FOR UPDATE OF f"
)
# No function is longer than `longest`: that bounds the look into the index.
_FIND = sa.text(
    """
    SELECT f.*, p.code AS property FROM functions f JOIN properties p ON p.id = f.property_id
    WHERE f.property_id = :property_id AND f.state = :state
      AND (CAST(:group AS text) IS NULL OR f.group_code = :group)
      AND (CAST(:since AS timestamptz) IS NULL
           OR f.starts_at BETWEEN CAST(:since AS timestamptz) - CAST(:longest AS interval) AND :until
              AND f.starts_at < :until AND f.ends_at > :since)
      AND (CAST(:starts_at AS timestamptz) IS NULL
           OR (f.starts_at, f.id) > (CAST(:starts_at AS timestamptz), CAST(:id AS uuid)))
    ORDER BY f.starts_at, f.id
    LIMIT :limit
    """
)
_GROUP_AT = sa.text("SELECT property_id, state FROM groups WHERE code = :code FOR SHARE")
_CANCEL_OF_GROUP = sa.text(
    """
    UPDATE functions SET state = 'cancelled', version = version + 1, changed_at = :now
    WHERE id IN (
        SELECT id FROM functions WHERE group_code = :code AND state = 'booked' AND starts_at > :now
        ORDER BY id FOR UPDATE)
    RETURNING id AS function_id, version, property_id
    """
)
_GIVE_BACK = sa.text("DELETE FROM function_uses WHERE function_id = ANY(CAST(:ids AS uuid[]))")
_LOCK_ROOMS = sa.text("SELECT id FROM function_rooms WHERE id = ANY(CAST(:rooms AS uuid[])) ORDER BY id FOR UPDATE")
_WANTED = """unnest(CAST(:rooms AS uuid[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
        AS w (room_id, starts_at, ends_at)"""
_TAKEN = sa.text(
    f"""
    SELECT r.code, u.function_id FROM {_WANTED}
    JOIN function_uses u ON u.room_id = w.room_id AND u.during && tstzrange(w.starts_at, w.ends_at)
    JOIN function_rooms r ON r.id = u.room_id
    WHERE u.function_id <> :id ORDER BY w.starts_at, r.code LIMIT 1
    """  # noqa: S608 constants
)
_TAKE = sa.text(
    f"""
    INSERT INTO function_uses (function_id, room_id, during)
    SELECT :id, w.room_id, tstzrange(w.starts_at, w.ends_at) FROM {_WANTED}
    """  # noqa: S608 constants
)
