"""Bookings and the nights they hold.

The booking's row is locked first, then the nights, always in the order (room type, night): so nobody waits in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import OVERBOOKED, Booking
from services.bookings.domain.nights import NOTHING, Holding, Night, difference
from services.bookings.store.rows import booking_of, booking_row
from services.contracts.bookings import NoRoomLeft, NoSuchBooking
from services.kit.db import Tx


def open_bookings(tx: Tx, new: Sequence[Booking]) -> frozenset[UUID]:
    """Take the rooms of all these and keep them, if there is room for all. One statement.

    Answers the bookings of people the house takes none from: those are not kept. Refuses with NoRoomLeft, for all.
    """
    if not new:
        return frozenset()
    rows = tx.execute(_OPEN, {"bookings": _json([_opening(booking) for booking in new])}).one()
    if not rows.fits:
        raise NoRoomLeft
    return frozenset(rows.unwelcome or ())


def open_sold_elsewhere(tx: Tx, booking: Booking, notice: dict[str, Any]) -> None:
    """Take the rooms and keep the booking and the notice it came by, whatever the bound. One statement.

    A booking that went beyond the bound is flagged.
    """
    tx.execute(
        _OPEN_ELSEWHERE,
        {
            **_arrays(difference(NOTHING, booking.holding)),
            "booking": _json(booking_row(booking)),
            "if_over": _json({"flags": [*booking.flags, OVERBOOKED]}),
            "id": booking.id,
            "profiles": list(booking.profile_ids),
            "notice": _json(notice),
        },
    )


def move_rooms(tx: Tx, before: Holding, after: Holding) -> bool:
    """Give back and take what differs, as one change and whatever the bound; says whether it went beyond the bound.

    No statement where nothing differs.
    """
    wanted = difference(before, after)
    return bool(wanted) and bool(tx.execute(_MOVE, _arrays(wanted)).scalar())


def save(tx: Tx, booking: Booking, before: Booking, notice: dict[str, Any] | None = None) -> None:
    """Keep a changed booking, whose row this transaction has locked, and the notice that changed it."""
    tx.execute(
        _SAVE,
        {
            "id": booking.id,
            "booking": _json(booking_row(booking)),
            "gone": [p for p in before.profile_ids if p not in booking.profile_ids],
            "come": [p for p in booking.profile_ids if p not in before.profile_ids],
            "notice": _json(notice) if notice else None,
        },
    )


def lock(tx: Tx, booking_id: UUID) -> Booking:
    """The booking, which nobody else changes until this transaction ends; refuses with NoSuchBooking."""
    row = tx.execute(_LOCK, {"id": booking_id}).first()
    if row is None:
        raise NoSuchBooking
    return booking_of(row)


def read(tx: Tx, booking_id: UUID) -> Booking:
    row = tx.execute(_READ, {"id": booking_id}).first()
    if row is None:
        raise NoSuchBooking
    return booking_of(row)


def find(
    tx: Tx,
    *,
    profile_id: UUID | None,
    external_ref: str | None,
    property_id: UUID | None,
    arrival: date | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Booking]:
    """Latest arrival first, beginning behind `after`; each filter applies where it is given."""
    chosen = {
        "profile_id": (profile_id, _OF_PROFILE),
        "external_ref": (external_ref, _OF_REF),
        "property_id": (property_id, _OF_PROPERTY),
        "arrival": (arrival, _OF_ARRIVAL),
    }
    given = {name: value for name, (value, _) in chosen.items() if value is not None}
    statement = _FIND.where(*(chosen[name][1] for name in given)).limit(limit)
    if after:
        statement = statement.where(sa.tuple_(_B.c.arrival, _B.c.id) < sa.tuple_(*after))
    return [booking_of(row) for row in tx.execute(statement, given)]


def remember_unwelcome(tx: Tx, profile_id: UUID, version: int, do_not_book: bool) -> None:
    """Whether the house takes bookings from a profile; an older version than the known one changes nothing."""
    tx.execute(_UNWELCOME, {"profile_id": profile_id, "version": version, "do_not_book": do_not_book})


def counters(tx: Tx, property_id: UUID | None = None) -> tuple[int, int, list[Any]]:
    """Are the counters the fold of the stays? Nights looked at, room nights held, and the nights that differ."""
    rows = tx.execute(_COUNTERS, {"property_id": property_id}).all()
    off = [row for row in rows if row.counted != row.held]
    return len(rows), sum(row.held for row in rows), off


def counters_off(tx: Tx) -> list[Any]:
    """The nights whose counter differs from the stays: (room_type_id, night, counted, held)."""
    return counters(tx)[2]


def _arrays(wanted: Sequence[tuple[Night, int]]) -> dict[str, Any]:
    return {
        "room_types": [room_type for (room_type, _), _ in wanted],
        "nights": [night for (_, night), _ in wanted],
        "rooms": [rooms for _, rooms in wanted],
    }


def _opening(booking: Booking) -> dict[str, Any]:
    return {
        "id": str(booking.id),
        "booking": booking_row(booking),
        "profiles": [str(profile_id) for profile_id in booking.profile_ids],
        "holds": [
            {"room_type_id": str(room_type), "night": night.isoformat(), "rooms": rooms}
            for (room_type, night), rooms in difference(NOTHING, booking.holding)
        ],
    }


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


# The nights of all bookings are taken in one order, so that two such statements never wait for each other in a circle.
_OPEN = sa.text(
    """
    WITH asked AS (
        SELECT * FROM jsonb_to_recordset(CAST(:bookings AS jsonb))
            AS a (id uuid, booking jsonb, profiles uuid[], holds jsonb)
    ),
    unwelcome_found AS (
        SELECT DISTINCT id
        FROM asked, unnest(profiles) AS p (profile_id) JOIN unwelcome u USING (profile_id)
        WHERE u.do_not_book
    ),
    welcome AS (SELECT * FROM asked WHERE id NOT IN (SELECT id FROM unwelcome_found)),
    wanted AS (
        SELECT t.id AS room_type_id, h.night, sum(h.rooms) AS rooms, t.capacity, t.overbooking
        FROM welcome, jsonb_to_recordset(holds) AS h (room_type_id uuid, night date, rooms int)
        JOIN room_types t ON t.id = h.room_type_id
        GROUP BY t.id, h.night
    ),
    taken AS (
        INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
        SELECT room_type_id, night, capacity, overbooking, rooms, 0
        FROM wanted WHERE rooms <= capacity + overbooking
        ORDER BY room_type_id, night
        ON CONFLICT (room_type_id, night) DO UPDATE SET sold = n.sold + excluded.sold
        WHERE n.sold + n.oversold + excluded.sold <= n.capacity + n.overbooking
        RETURNING 1
    ),
    counted AS (SELECT (SELECT count(*) FROM taken) = (SELECT count(*) FROM wanted) AS fits),
    opened AS (
        INSERT INTO bookings
        SELECT b.* FROM counted, welcome, jsonb_populate_record(CAST(NULL AS bookings), booking) AS b
        WHERE counted.fits
    ),
    linked AS (
        INSERT INTO booked_profiles (profile_id, booking_id)
        SELECT profile_id, id FROM counted, welcome, unnest(profiles) AS profile_id WHERE counted.fits
    )
    SELECT fits, (SELECT array_agg(id) FROM unwelcome_found) AS unwelcome FROM counted
    """
)

_OPEN_ELSEWHERE = sa.text(
    """
    WITH wanted AS (
        SELECT w.room_type_id, w.night, w.rooms, t.capacity, t.overbooking
        FROM unnest(CAST(:room_types AS uuid[]), CAST(:nights AS date[]), CAST(:rooms AS int[]))
             AS w (room_type_id, night, rooms)
        JOIN room_types t ON t.id = w.room_type_id
    ),
    taken AS (
        INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
        SELECT room_type_id, night, capacity, overbooking,
               LEAST(rooms, capacity + overbooking), GREATEST(rooms - capacity - overbooking, 0)
        FROM wanted
        ORDER BY room_type_id, night
        ON CONFLICT (room_type_id, night) DO UPDATE SET
            sold = LEAST(n.sold + n.oversold + excluded.sold + excluded.oversold, n.capacity + n.overbooking),
            oversold = GREATEST(
                n.sold + n.oversold + excluded.sold + excluded.oversold - n.capacity - n.overbooking, 0)
        RETURNING n.oversold > 0 AS over
    ),
    opened AS (
        INSERT INTO bookings
        SELECT b.* FROM jsonb_populate_record(
            CAST(NULL AS bookings),
            CAST(:booking AS jsonb)
            || CASE WHEN (SELECT bool_or(over) FROM taken) THEN CAST(:if_over AS jsonb) ELSE '{}' END
        ) AS b
    ),
    linked AS (
        INSERT INTO booked_profiles (profile_id, booking_id)
        SELECT profile_id, :id FROM unnest(CAST(:profiles AS uuid[])) AS profile_id
    )
    INSERT INTO notices
    SELECT n.* FROM jsonb_populate_record(CAST(NULL AS notices), CAST(:notice AS jsonb)) AS n
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, why = excluded.why, booking_id = excluded.booking_id
    """
)

_MOVE = sa.text(
    """
    WITH wanted AS (
        SELECT w.room_type_id, w.night, w.rooms, t.capacity, t.overbooking
        FROM unnest(CAST(:room_types AS uuid[]), CAST(:nights AS date[]), CAST(:rooms AS int[]))
             AS w (room_type_id, night, rooms)
        JOIN room_types t ON t.id = w.room_type_id
    ),
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
    SELECT coalesce(bool_or(moved.oversold > 0 AND wanted.rooms > 0), false)
    FROM moved JOIN wanted USING (room_type_id, night)
    """
)

_SAVE = sa.text(
    """
    WITH gone AS (
        DELETE FROM booked_profiles WHERE profile_id = ANY(CAST(:gone AS uuid[])) AND booking_id = :id
    ),
    come AS (
        INSERT INTO booked_profiles (profile_id, booking_id)
        SELECT profile_id, :id FROM unnest(CAST(:come AS uuid[])) AS profile_id
        ON CONFLICT DO NOTHING
    ),
    noted AS (
        INSERT INTO notices
        SELECT n.* FROM jsonb_populate_record(CAST(NULL AS notices), CAST(:notice AS jsonb)) AS n
        WHERE n.id IS NOT NULL
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, why = excluded.why, booking_id = excluded.booking_id
    )
    UPDATE bookings b
    SET version = a.version, state = a.state, channel = a.channel, arrival = a.arrival, departure = a.departure,
        held_until = a.held_until, rooms = a.rooms, price_minor = a.price_minor, flags = a.flags, people = a.people,
        people_version = a.people_version, identified = a.identified, requests = a.requests,
        told_state = a.told_state, told_facts = a.told_facts, changed_at = a.changed_at
    FROM jsonb_populate_record(CAST(NULL AS bookings), CAST(:booking AS jsonb)) AS a
    WHERE b.id = :id
    """
)

_READ = sa.text(
    "SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id"
    " WHERE b.id = :id"
)
_LOCK = sa.text(
    "SELECT b.*, p.code, p.country, p.time_zone FROM bookings b JOIN properties p ON p.id = b.property_id"
    " WHERE b.id = :id FOR UPDATE OF b"
)

_UNWELCOME = sa.text(
    """
    INSERT INTO unwelcome AS u (profile_id, version, do_not_book) VALUES (:profile_id, :version, :do_not_book)
    ON CONFLICT (profile_id) DO UPDATE SET version = excluded.version, do_not_book = excluded.do_not_book
    WHERE u.version < excluded.version
    """
)

_B = sa.table("bookings", sa.column("id", sa.Uuid), sa.column("arrival", sa.Date))
_FIND = (
    sa.select(sa.text("bookings.*, p.code, p.country, p.time_zone"))
    .select_from(_B)
    .join(sa.text("properties p"), sa.text("p.id = bookings.property_id"))
    .order_by(_B.c.arrival.desc(), _B.c.id.desc())
)
_OF_PROFILE = sa.text("bookings.id IN (SELECT booking_id FROM booked_profiles WHERE profile_id = :profile_id)")
_OF_REF = sa.text("bookings.external_ref = :external_ref")
_OF_PROPERTY = sa.text("bookings.property_id = :property_id")
_OF_ARRIVAL = sa.text("bookings.arrival = :arrival")

_COUNTERS = sa.text(
    """
    WITH held AS (
        SELECT CAST(r ->> 'room_type_id' AS uuid) AS room_type_id, b.arrival + d AS night, count(*) AS rooms
        FROM bookings b, jsonb_array_elements(b.rooms) AS r, generate_series(0, b.held_until - b.arrival - 1) AS d
        WHERE CAST(:property_id AS uuid) IS NULL OR b.property_id = CAST(:property_id AS uuid)
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
    """
)
