"""Groups, and the bookings that belong to them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.blocks import Block
from services.bookings.domain.booking import Booking
from services.bookings.domain.groups import Agreed, Group, is_code
from services.bookings.store import blocks
from services.bookings.store.rows import booking_of
from services.contracts.bookings import Contact, GroupBooking, GroupChanged, GroupState, NoSuchGroup
from services.kit import wire
from services.kit.db import Tx
from services.kit.scope import sees


def add(tx: Tx, group: Group, property_id: UUID) -> bool:
    """False where there is a group with this code."""
    if tx.execute(_ADD, {**_row(group), "property_id": property_id}).first() is None:
        return False
    _keep_nights(tx, group)
    return True


def save(tx: Tx, group: Group) -> None:
    """Keep a changed group, whose row this transaction has locked."""
    tx.execute(_SAVE, _row(group))
    tx.execute(_FORGET_NIGHTS, {"code": group.code})
    _keep_nights(tx, group)


def set_state(tx: Tx, codes: Iterable[str], state: GroupState) -> list[GroupChanged]:
    """What there is to announce of those that were in another one."""
    changed = tx.execute(_SET_STATE, {"codes": list(codes), "state": state, "now": tx.now})
    return [GroupChanged(**row._mapping, state=state, changed=("state",)) for row in changed]


def code_of(tx: Tx, group_id: UUID) -> str:
    """Refuses with NoSuchGroup."""
    code = tx.execute(_CODE_OF, {"id": group_id}).scalar()
    if code is None:
        raise NoSuchGroup
    return str(code)


def read(tx: Tx, code: str) -> tuple[Group, UUID]:
    """And the id of its property; refuses with NoSuchGroup."""
    row = _read(tx, code)
    return _group(tx, row), row.property_id


def with_block(tx: Tx, code: str) -> tuple[Group, Block, UUID]:
    """As `read`, with what its bookings hold."""
    row = _read(tx, code)
    ((_, block),) = blocks.of_groups(tx, [row])
    return _group(tx, row), block, row.property_id


def open_at(tx: Tx, property_id: UUID, code: str) -> frozenset[str]:
    """The code, if it is that of a group at the property that is not cancelled."""
    return frozenset(tx.execute(_OPEN_AT, {"property_id": property_id, "code": code}).scalars())


def find(
    tx: Tx, *, property_id: UUID | None, state: GroupState | None, after: tuple[date, str] | None, limit: int
) -> list[tuple[Any, Block]]:
    """Latest arrival first, beginning behind `after`: the rows, with `property` its property's code, and the blocks."""
    first, code = after or (None, None)
    said = {"property_id": property_id, "state": state, "first": first, "code": code, "limit": limit}
    return blocks.of_groups(tx, tx.execute(_FIND, said).all())


def bookings(tx: Tx, code: str) -> tuple[GroupBooking, ...]:
    return tuple(GroupBooking(**row._mapping) for row in tx.execute(_BOOKINGS, {"code": code}))


def lock_to_cancel(tx: Tx, code: str, most: int) -> list[Booking]:
    """Bookings of the group whose guests have not come, in the one order in which all lock them."""
    return [booking_of(row) for row in tx.execute(_LOCK_TO_CANCEL, {"code": code, "most": most})]


def any_to_cancel(tx: Tx, code: str) -> bool:
    return bool(tx.execute(_ANY_TO_CANCEL, {"code": code}).scalar())


def past_cut_off(tx: Tx) -> list[str]:
    """Codes of groups with a block whose day of release has begun, by their properties' clocks: the first hundred."""
    return list(tx.execute(_PAST_CUT_OFF, {"now": tx.now}).scalars())


def cancelling(tx: Tx) -> str | None:
    """A group with bookings that are still to be cancelled."""
    return tx.execute(_CANCELLING).scalar()


def _read(tx: Tx, code: str) -> Any:
    row = tx.execute(_READ, {"code": code}).first() if is_code(code) else None
    if row is None or not sees(tx.context, row.property_id):
        raise NoSuchGroup
    return row


def _row(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "code": group.code,
        "version": group.version,
        "state": group.state,
        "name": group.name,
        "arrival": group.arrival,
        "departure": group.departure,
        "cut_off": group.cut_off,
        "may_exceed": group.may_exceed,
        "rate": group.rate,
        "contact": json.dumps(wire.dump(group.contact), ensure_ascii=False) if group.contact else None,
        "opened_at": group.opened_at,
        "changed_at": group.changed_at,
    }


def _group(tx: Tx, row: Any) -> Group:
    return Group(
        id=row.id,
        code=row.code,
        version=row.version,
        state=row.state,
        name=row.name,
        arrival=row.arrival,
        departure=row.departure,
        cut_off=row.cut_off,
        may_exceed=row.may_exceed,
        rate=row.rate,
        contact=wire.load(Contact, row.contact) if row.contact else None,
        nights={
            (n.room_type_id, n.night): Agreed(rooms=n.rooms, price_minor=n.price_minor)
            for n in tx.execute(_NIGHTS, {"code": row.code})
        },
        opened_at=row.opened_at,
        changed_at=row.changed_at,
    )


def _keep_nights(tx: Tx, group: Group) -> None:
    tx.execute(
        _KEEP_NIGHTS,
        {
            "code": group.code,
            "room_types": [room_type for room_type, _ in group.nights],
            "nights": [night for _, night in group.nights],
            "rooms": [agreed.rooms for agreed in group.nights.values()],
            "prices": [agreed.price_minor for agreed in group.nights.values()],
        },
    )


_ADD = sa.text(
    """
    INSERT INTO groups (id, code, version, state, property_id, name, arrival, departure, cut_off, may_exceed, rate,
                        contact, opened_at, changed_at)
    VALUES (:id, :code, :version, :state, :property_id, :name, :arrival, :departure, :cut_off, :may_exceed, :rate,
            CAST(:contact AS jsonb), :opened_at, :changed_at)
    ON CONFLICT (code) DO NOTHING
    RETURNING code
    """
)
_SAVE = sa.text(
    """
    UPDATE groups
    SET version = :version, state = :state, name = :name, arrival = :arrival, departure = :departure,
        cut_off = :cut_off, may_exceed = :may_exceed, rate = :rate, contact = CAST(:contact AS jsonb),
        changed_at = :changed_at
    WHERE code = :code
    """
)
_SET_STATE = sa.text(
    "UPDATE groups SET state = :state, version = version + 1, changed_at = :now"
    " WHERE code = ANY(CAST(:codes AS text[])) AND state <> :state"
    " RETURNING id AS group_id, version, property_id"
)
_CODE_OF = sa.text("SELECT code FROM groups WHERE id = :id")
_FORGET_NIGHTS = sa.text("DELETE FROM block_nights WHERE group_code = :code")
_KEEP_NIGHTS = sa.text(
    """
    INSERT INTO block_nights (group_code, room_type_id, night, rooms, price_minor)
    SELECT :code, n.* FROM unnest(CAST(:room_types AS uuid[]), CAST(:nights AS date[]), CAST(:rooms AS int[]),
                                  CAST(:prices AS bigint[])) AS n
    """
)
_READ = sa.text("SELECT g.* FROM groups g WHERE g.code = :code")
_NIGHTS = sa.text("SELECT * FROM block_nights WHERE group_code = :code")
_OPEN_AT = sa.text(
    "SELECT code FROM groups WHERE code = :code AND property_id = :property_id AND state IN ('open', 'released')"
)
_FIND = sa.text(
    """
    SELECT g.*, p.code AS property FROM groups g JOIN properties p ON p.id = g.property_id
    WHERE (CAST(:property_id AS uuid) IS NULL OR g.property_id = CAST(:property_id AS uuid))
      AND (CAST(:state AS text) IS NULL OR g.state = :state)
      AND (CAST(:first AS date) IS NULL OR (g.arrival, g.code) < (CAST(:first AS date), CAST(:code AS text)))
    ORDER BY g.arrival DESC, g.code DESC
    LIMIT :limit
    """
)
_BOOKINGS = sa.text(
    """
    SELECT id AS booking_id, state, arrival, departure, jsonb_array_length(rooms) AS rooms
    FROM bookings WHERE group_code = :code ORDER BY id
    """
)
_LOCK_TO_CANCEL = sa.text(
    """
    SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id
    WHERE b.group_code = :code AND b.state IN ('tentative', 'confirmed')
    ORDER BY b.id LIMIT :most FOR UPDATE OF b
    """
)
_ANY_TO_CANCEL = sa.text(
    "SELECT EXISTS (SELECT FROM bookings WHERE group_code = :code AND state IN ('tentative', 'confirmed'))"
)
_PAST_CUT_OFF = sa.text(
    """
    SELECT g.code FROM groups g JOIN properties p ON p.id = g.property_id
    WHERE g.state = 'open' AND g.cut_off <= CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date)
    ORDER BY g.code LIMIT 100
    """
)
_CANCELLING = sa.text("SELECT code FROM groups WHERE state = 'cancelling' ORDER BY code LIMIT 1")
