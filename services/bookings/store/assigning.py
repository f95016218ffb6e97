"""Which rooms of the house bookings have on which nights.

Rooms are locked by their ids, in order, after bookings and after their nights: so nobody waits in a circle. What is
then read of them is what the last holder of the lock has left; the exclusion constraint is there for whoever does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.bookings.domain.assigning import Assignment
from services.bookings.domain.booking import Booking
from services.bookings.domain.rooms_choosing import HORIZON, Candidate, FreeRoom
from services.bookings.store.rows import booking_of
from services.contracts.bookings import AssignedRoom, NoSuchBooking, RoomOccupant, RoomTaken, RoomVacant, UnknownRoom
from services.kit.db import Tx
from services.kit.scope import permit

_EXCLUDED = "23P01"  # exclusion_violation


@dataclass(frozen=True)
class LockedRoom:
    """A room whose lock this transaction holds, or that it has found."""

    id: UUID
    property_id: UUID
    room_type_id: UUID
    number: str
    housekeeping: str
    retired: bool


def of_bookings(tx: Tx, booking_ids: Collection[UUID]) -> list[Assignment]:
    """Those that are not over."""
    return [_assignment(row) for row in tx.execute(_OF_BOOKINGS, {"ids": list(booking_ids)})]


def shown(tx: Tx, booking_ids: Collection[UUID]) -> dict[tuple[UUID, int], list[AssignedRoom]]:
    """By booking and position, in the order of the nights."""
    found: dict[tuple[UUID, int], list[AssignedRoom]] = {}
    for row in tx.execute(_SHOWN, {"ids": list(booking_ids)}):
        room = AssignedRoom(
            room_id=row.room_id, number=row.number, arrival=row.first, departure=row.until, occupied=row.occupied
        )
        found.setdefault((row.booking_id, row.position), []).append(room)
    return found


def named(tx: Tx, property_id: UUID, said: str) -> LockedRoom:
    """The room of the property with this number or id, not locked yet; refuses with UnknownRoom."""
    row = tx.execute(_NAMED, {"property_id": property_id, "said": said}).first()
    if row is None:
        raise UnknownRoom
    return LockedRoom(**row._mapping)


def types_with_rooms(tx: Tx, property_id: UUID) -> set[UUID]:
    """Room types of which the property has rooms with numbers."""
    return {row.room_type_id for row in tx.execute(_TYPES_WITH_ROOMS, {"property_id": property_id})}


def lock_bookings(tx: Tx, booking_ids: Collection[UUID]) -> list[Booking]:
    """In the order of their ids, in which all who lock several do."""
    found = [booking_of(row) for row in tx.execute(_LOCK_BOOKINGS, {"ids": list(booking_ids)})]
    for booking in found:
        permit(tx, booking.property_id, NoSuchBooking)
    return found


def lock_rooms(
    tx: Tx, room_ids: Collection[UUID], property_id: UUID | None = None, room_types: Collection[UUID] = ()
) -> dict[UUID, LockedRoom]:
    """These rooms, and all of these types in the property, until this transaction ends. Once in a transaction."""
    said = {"ids": list(room_ids), "property_id": property_id, "room_types": list(room_types)}
    rows = tx.execute(_LOCK_ROOMS, said)
    return {row.id: LockedRoom(**row._mapping) for row in rows}


def taken(tx: Tx, wanted: Iterable[Assignment], apart_from: Collection[UUID]) -> set[UUID]:
    """Rooms that are closed on one of the nights wanted of them, or have other bookings than those."""
    given = list(wanted)
    if not given:
        return set()
    said = {
        "rooms": [each.room_id for each in given],
        "firsts": [each.first for each in given],
        "untils": [each.until for each in given],
        "apart_from": list(apart_from),
    }
    return {row.room_id for row in tx.execute(_TAKEN, said)}


def occupied_by_others(tx: Tx, room_ids: Collection[UUID], apart_from: Collection[UUID]) -> set[UUID]:
    if not room_ids:
        return set()
    rows = tx.execute(_OCCUPIED, {"ids": list(room_ids), "apart_from": list(apart_from)})
    return {row.room_id for row in rows}


def candidates(tx: Tx, property_id: UUID, room_types: Collection[UUID], first: date, until: date) -> list[Candidate]:
    """All rooms of these types, with who has them on these nights, and for a month before and after."""
    said = {
        "property_id": property_id,
        "room_types": list(room_types),
        "first": first,
        "until": until,
        "horizon": HORIZON,
    }
    return [_candidate(row) for row in tx.execute(_CANDIDATES, said)]


def put(tx: Tx, property_id: UUID, gone: Sequence[Assignment], come: Sequence[Assignment]) -> None:
    """Keep these in place of those. Refuses with RoomTaken, and then nothing of the transaction can be kept."""
    if gone:
        tx.execute(_FORGET, {"ids": [each.id for each in gone]})
    if not come:
        return
    said = {
        "property_id": property_id,
        "bookings": [each.booking_id for each in come],
        "positions": [each.position for each in come],
        "rooms": [each.room_id for each in come],
        "firsts": [each.first for each in come],
        "untils": [each.until for each in come],
        "occupied": [each.occupied_at for each in come],
        "vacated": [each.vacated_at for each in come],
    }
    try:
        tx.execute(_KEEP, said)
    except IntegrityError as fault:
        if getattr(fault.orig, "sqlstate", None) == _EXCLUDED:
            raise RoomTaken from None
        raise


def arriving(tx: Tx, property_id: UUID, day: date, after: UUID | None, most: int) -> list[UUID]:
    """Confirmed stays that arrive on this day and have a room without a room of the house, behind `after`."""
    rows = tx.execute(_ARRIVING, {"property_id": property_id, "day": day, "after": after, "most": most})
    return [row.id for row in rows]


def occupant(tx: Tx, property_id: UUID, room: str, at: Any) -> RoomOccupant:
    """Refuses with UnknownRoom and RoomVacant."""
    row = tx.execute(_OCCUPANT, {"property_id": property_id, "number": room, "at": at}).first()
    if row is None:
        raise UnknownRoom
    if row.booking_id is None:
        raise RoomVacant
    return RoomOccupant(booking_id=row.booking_id, position=row.position, state=row.state)


def _candidate(row: Any) -> Candidate:
    return Candidate(
        room=FreeRoom(
            id=row.id,
            number=row.number,
            position=row.position,
            features=tuple(row.features),
            connects_with=tuple(row.connects_with),
            housekeeping=row.housekeeping,
            occupied=row.occupied,
        ),
        room_type_id=row.room_type_id,
        stays=tuple(
            (UUID(booking_id), date.fromisoformat(first), date.fromisoformat(until))
            for booking_id, first, until in row.stays or ()
        ),
        closures=tuple((date.fromisoformat(first), date.fromisoformat(until)) for first, until in row.closures or ()),
    )


def _assignment(row: Any) -> Assignment:
    return Assignment(
        id=row.id,
        booking_id=row.booking_id,
        position=row.position,
        room_id=row.room_id,
        room_type_id=row.room_type_id,
        number=row.number,
        first=row.first,
        until=row.until,
        occupied_at=row.occupied_at,
    )


_OF_BOOKINGS = sa.text(
    """
    SELECT a.id, a.booking_id, a.position, a.room_id, r.room_type_id, r.number, a.occupied_at,
           lower(a.nights) AS first, upper(a.nights) AS until
    FROM room_assignments a JOIN rooms r ON r.id = a.room_id
    WHERE a.booking_id = ANY(CAST(:ids AS uuid[])) AND a.vacated_at IS NULL AND NOT isempty(a.nights)
    ORDER BY a.booking_id, a.position, a.nights
    """
)
_SHOWN = sa.text(
    """
    SELECT a.booking_id, a.position, a.room_id, r.number, lower(a.nights) AS first, upper(a.nights) AS until,
           a.occupied_at IS NOT NULL AND a.vacated_at IS NULL AS occupied
    FROM room_assignments a JOIN rooms r ON r.id = a.room_id
    WHERE a.booking_id = ANY(CAST(:ids AS uuid[])) AND NOT isempty(a.nights)
    ORDER BY a.nights
    """
)
_NAMED = sa.text(
    """
    SELECT id, property_id, room_type_id, number, housekeeping, false AS retired FROM rooms
    WHERE property_id = :property_id AND retired_on IS NULL
      AND (lower(number) = lower(:said) OR CAST(id AS text) = lower(:said))
    ORDER BY lower(number) = lower(:said) DESC LIMIT 1
    """
)
_TYPES_WITH_ROOMS = sa.text(
    "SELECT DISTINCT room_type_id FROM rooms WHERE property_id = :property_id AND retired_on IS NULL"
)
_LOCK_BOOKINGS = sa.text(
    "SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id"
    " WHERE b.id = ANY(CAST(:ids AS uuid[])) ORDER BY b.id FOR UPDATE OF b"
)
_LOCK_ROOMS = sa.text(
    """
    SELECT id, property_id, room_type_id, number, housekeeping, retired_on IS NOT NULL AS retired FROM rooms
    WHERE id = ANY(CAST(:ids AS uuid[]))
       OR property_id = CAST(:property_id AS uuid) AND room_type_id = ANY(CAST(:room_types AS uuid[]))
          AND retired_on IS NULL
    ORDER BY id FOR NO KEY UPDATE
    """
)
_TAKEN = sa.text(
    """
    SELECT w.room_id
    FROM unnest(CAST(:rooms AS uuid[]), CAST(:firsts AS date[]), CAST(:untils AS date[])) AS w (room_id, first, until)
    WHERE EXISTS (
        SELECT FROM room_assignments a
        WHERE a.room_id = w.room_id AND a.nights && daterange(w.first, w.until)
          AND a.booking_id <> ALL(CAST(:apart_from AS uuid[])))
       OR EXISTS (SELECT FROM room_closures c WHERE c.room_id = w.room_id AND c.nights && daterange(w.first, w.until))
    """
)
_OCCUPIED = sa.text(
    """
    SELECT room_id FROM room_assignments
    WHERE room_id = ANY(CAST(:ids AS uuid[])) AND occupied_at IS NOT NULL AND vacated_at IS NULL
      AND booking_id <> ALL(CAST(:apart_from AS uuid[]))
    """
)
_CANDIDATES = sa.text(
    """
    SELECT r.id, r.room_type_id, r.number, r.position, r.features, r.connects_with, r.housekeeping,
           EXISTS (SELECT FROM room_assignments a
                   WHERE a.room_id = r.id AND a.occupied_at IS NOT NULL AND a.vacated_at IS NULL) AS occupied,
           (SELECT jsonb_agg(jsonb_build_array(a.booking_id, lower(a.nights), upper(a.nights)))
            FROM room_assignments a WHERE a.room_id = r.id AND a.nights && w.around) AS stays,
           (SELECT jsonb_agg(jsonb_build_array(lower(c.nights), upper(c.nights)))
            FROM room_closures c WHERE c.room_id = r.id AND c.nights && w.around) AS closures
    FROM rooms r,
         (SELECT daterange(CAST(:first AS date) - :horizon - 1, CAST(:until AS date) + :horizon + 1) AS around) AS w
    WHERE r.property_id = :property_id AND r.room_type_id = ANY(CAST(:room_types AS uuid[])) AND r.retired_on IS NULL
    """
)
_FORGET = sa.text("DELETE FROM room_assignments WHERE id = ANY(CAST(:ids AS bigint[]))")
_KEEP = sa.text(
    """
    INSERT INTO room_assignments (booking_id, position, room_id, property_id, nights, occupied_at, vacated_at)
    SELECT k.booking_id, k.position, k.room_id, :property_id, daterange(k.first, k.until), k.occupied_at, k.vacated_at
    FROM unnest(CAST(:bookings AS uuid[]), CAST(:positions AS int[]), CAST(:rooms AS uuid[]), CAST(:firsts AS date[]),
                CAST(:untils AS date[]), CAST(:occupied AS timestamptz[]), CAST(:vacated AS timestamptz[]))
         AS k (booking_id, position, room_id, first, until, occupied_at, vacated_at)
    """
)
_ARRIVING = sa.text(
    """
    SELECT b.id FROM bookings b
    WHERE b.arrival = :day AND b.property_id = :property_id AND b.state = 'confirmed'
      AND (CAST(:after AS uuid) IS NULL OR b.id > CAST(:after AS uuid))
      AND EXISTS (
          SELECT FROM jsonb_array_elements(b.rooms) WITH ORDINALITY AS r (room, n)
          WHERE NOT EXISTS (
              SELECT FROM room_assignments a
              WHERE a.booking_id = b.id
                AND a.position = coalesce(CAST(r.room ->> 'position' AS int), CAST(r.n AS int) - 1)))
    ORDER BY b.id LIMIT :most
    """
)
_OCCUPANT = sa.text(
    """
    SELECT r.id, a.booking_id, a.position, b.state
    FROM rooms r
    LEFT JOIN room_assignments a
        ON a.room_id = r.id AND a.occupied_at <= :at AND (a.vacated_at IS NULL OR a.vacated_at > :at)
    LEFT JOIN bookings b ON b.id = a.booking_id
    WHERE r.property_id = :property_id AND lower(r.number) = lower(:number)
    ORDER BY a.occupied_at DESC NULLS LAST
    LIMIT 1
    """
)
