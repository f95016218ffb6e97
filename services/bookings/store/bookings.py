"""Bookings. The booking's row is locked first, then its nights (`store.nights`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import Booking
from services.bookings.domain.life import OPEN
from services.bookings.domain.limits import FLAGS, Limit, edges, refusal
from services.bookings.domain.nights import NOTHING, difference
from services.bookings.store import nights
from services.bookings.store.rows import booking_of, booking_row
from services.contracts.bookings import DoNotBook, NoSuchBooking, Role, When
from services.kit import wire
from services.kit.db import Tx
from services.kit.refusal import Refusal
from services.kit.scope import houses, permit, sees


def open_bookings(tx: Tx, new: Sequence[Booking]) -> dict[UUID, Refusal]:
    """Take the rooms of all these and keep them, if there is room for all. One statement.

    Answers those that are not kept: of people the house takes none from, or on nights and days it does not sell.
    Refuses with NoRoomLeft, for all.
    """
    if not new:
        return {}
    found = tx.execute(_OPEN, {"bookings": _json([_opening(booking) for booking in new])}).one()
    if not found.fits:
        raise refusal(Limit("no-room-left", code, date.fromisoformat(night)) for code, night in found.full_nights)
    refused: dict[UUID, list[Limit]] = {}
    for booking_id, why, code, day in found.refused or ():
        refused.setdefault(UUID(booking_id), []).append(Limit(why, code, date.fromisoformat(day)))
    return {
        **{booking_id: refusal(limits) for booking_id, limits in refused.items()},
        **{booking_id: DoNotBook() for booking_id in found.unwelcome or ()},
    }


def open_sold_elsewhere(tx: Tx, booking: Booking, notice: dict[str, Any]) -> None:
    """Take the rooms and keep the booking and the notice it came by, whatever the house sells. One statement.

    A booking that the house would not have sold is flagged.
    """
    tx.execute(
        _OPEN_ELSEWHERE,
        {
            **nights.arrays(difference(NOTHING, booking.holding)),
            **nights.edge_arrays(edges(booking) if booking.state in OPEN else ()),
            "booking": _json(booking_row(booking)),
            "flags": list(booking.flags),
            "flag_of": _json(FLAGS),
            "id": booking.id,
            "profiles": list(booking.profile_ids),
            "notice": _json(notice),
        },
    )


def add(tx: Tx, booking: Booking) -> None:
    """Keep a new booking whose nights have been taken."""
    tx.execute(_ADD, {"booking": _json(booking_row(booking)), "id": booking.id, "profiles": list(booking.profile_ids)})


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
    permit(tx, row.property_id, NoSuchBooking)
    return booking_of(row)


def read(tx: Tx, booking_id: UUID) -> Booking:
    row = tx.execute(_READ, {"id": booking_id}).first()
    if row is None or not sees(tx.context, row.property_id):
        raise NoSuchBooking
    return booking_of(row)


def find(
    tx: Tx,
    *,
    profile_id: UUID | None,
    role: Role | None = None,
    when: When | None = None,
    external_ref: str | None,
    property_id: UUID | None,
    arrival: date | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[Booking]:
    """Latest arrival first, beginning behind `after`; each filter applies where it is given, `role` with a profile."""
    chosen = {
        "profile_id": (profile_id, _OF_PROFILE),
        "in_role": (_json([{"profile_id": str(profile_id), "roles": [role]}]) if role else None, _IN_ROLE),
        "now": (tx.now if when else None, _WHEN[when or "past"]),
        "external_ref": (external_ref, _OF_REF),
        "property_id": (property_id, _OF_PROPERTY),
        "arrival": (arrival, _OF_ARRIVAL),
        "houses": (houses(tx), _OF_HOUSES),
    }
    given = {name: value for name, (value, _) in chosen.items() if value is not None}
    statement = _FIND.where(*(chosen[name][1] for name in given)).limit(limit)
    if after:
        statement = statement.where(sa.tuple_(_B.c.arrival, _B.c.id) < sa.tuple_(*after))
    return [booking_of(row) for row in tx.execute(statement, given)]


def remember_unwelcome(tx: Tx, profile_id: UUID, version: int, do_not_book: bool) -> None:
    """Whether the house takes bookings from a profile; an older version than the known one changes nothing."""
    tx.execute(_UNWELCOME, {"profile_id": profile_id, "version": version, "do_not_book": do_not_book})


def _opening(booking: Booking) -> dict[str, Any]:
    return {
        "id": str(booking.id),
        "booking": booking_row(booking),
        "profiles": [str(profile_id) for profile_id in booking.profile_ids],
        "holds": [
            {"room_type_id": str(room_type), "night": night.isoformat(), "rooms": rooms}
            for (room_type, night), rooms in difference(NOTHING, booking.holding)
        ],
        "edges": [
            {"room_type_id": str(edge.room_type), "day": edge.day.isoformat(), "kind": edge.kind, "nights": edge.nights}
            for edge in edges(booking)
        ],
    }


def _json(value: Any) -> str:
    return wire.compact(value)


# The nights of all bookings are taken in one order, so that two such statements never wait for each other in a circle.
# Where a house restricts nothing, restrictions are looked at once for all.
_OPEN = sa.text(
    f"""
    WITH asked AS (
        SELECT * FROM jsonb_to_recordset(CAST(:bookings AS jsonb))
            AS a (id uuid, booking jsonb, profiles uuid[], holds jsonb, edges jsonb)
    ),
    unwelcome_found AS (
        SELECT DISTINCT id
        FROM asked, unnest(profiles) AS p (profile_id) JOIN unwelcome u USING (profile_id)
        WHERE u.do_not_book
    ),
    refused AS (
        SELECT id, 'closed' AS why, room_type_id, night AS day
        FROM asked, jsonb_to_recordset(holds) AS h (room_type_id uuid, night date)
        JOIN restrictions r USING (room_type_id)
        WHERE r.day = h.night AND r.closed AND EXISTS (SELECT FROM restrictions)
        UNION
        SELECT id, CASE e.kind WHEN 'stay' THEN 'minimum-stay' ELSE 'closed' END, room_type_id, day
        FROM asked, jsonb_to_recordset(edges) AS e (room_type_id uuid, day date, kind text, nights int)
        JOIN restrictions r USING (room_type_id, day)
        WHERE {nights.REFUSED_EDGE} AND EXISTS (SELECT FROM restrictions)
    ),
    welcome AS (
        SELECT * FROM asked WHERE id NOT IN (SELECT id FROM unwelcome_found) AND id NOT IN (SELECT id FROM refused)
    ),
    wanted AS (
        SELECT t.id AS room_type_id, h.night, sum(h.rooms) AS rooms, t.code, t.capacity,
               coalesce(r.overbooking, t.overbooking) AS overbooking
        FROM welcome, jsonb_to_recordset(holds) AS h (room_type_id uuid, night date, rooms int)
        JOIN room_types t ON t.id = h.room_type_id
        LEFT JOIN restrictions r ON r.room_type_id = h.room_type_id AND r.day = h.night
        GROUP BY t.id, h.night, r.overbooking
    ),
    taken AS (
        INSERT INTO nights AS n (room_type_id, night, capacity, overbooking, sold, oversold)
        SELECT room_type_id, night, capacity, overbooking, rooms, 0
        FROM wanted WHERE rooms <= capacity + overbooking
        ORDER BY room_type_id, night
        ON CONFLICT (room_type_id, night) DO UPDATE SET sold = n.sold + excluded.sold
        WHERE n.sold + n.oversold + excluded.sold <= n.capacity + n.overbooking
        RETURNING n.room_type_id, n.night
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
    SELECT fits,
           (SELECT array_agg(id) FROM unwelcome_found) AS unwelcome,
           (SELECT jsonb_agg(jsonb_build_array(f.id, f.why, t.code, f.day))
            FROM refused f JOIN room_types t ON t.id = f.room_type_id) AS refused,
           CASE WHEN NOT fits THEN (
               SELECT jsonb_agg(jsonb_build_array(code, night)) FROM wanted
               WHERE (room_type_id, night) NOT IN (SELECT room_type_id, night FROM taken)
           ) END AS full_nights
    FROM counted
    """  # noqa: S608 constants
)

_OPEN_ELSEWHERE = sa.text(
    f"""
    WITH {nights.WANTED},
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
    refused AS (
        {nights.REFUSED}
        UNION ALL SELECT 'no-room-left', NULL, NULL FROM taken WHERE over
    ),
    opened AS (
        INSERT INTO bookings
        SELECT b.* FROM jsonb_populate_record(
            CAST(NULL AS bookings),
            CAST(:booking AS jsonb) || jsonb_build_object('flags', CAST(:flags AS text[]) || ARRAY(
                SELECT DISTINCT CAST(:flag_of AS jsonb) ->> why FROM refused))
        ) AS b
    ),
    linked AS (
        INSERT INTO booked_profiles (profile_id, booking_id)
        SELECT profile_id, :id FROM unnest(CAST(:profiles AS uuid[])) AS profile_id
    )
    INSERT INTO notices
    SELECT n.* FROM jsonb_populate_record(CAST(NULL AS notices), CAST(:notice AS jsonb)) AS n
    ON CONFLICT (id) DO UPDATE
        SET state = excluded.state, why = excluded.why, booking_id = excluded.booking_id, body = excluded.body
    """  # noqa: S608 constants
)

_ADD = sa.text(
    """
    WITH linked AS (
        INSERT INTO booked_profiles (profile_id, booking_id)
        SELECT profile_id, :id FROM unnest(CAST(:profiles AS uuid[])) AS profile_id
    )
    INSERT INTO bookings
    SELECT b.* FROM jsonb_populate_record(CAST(NULL AS bookings), CAST(:booking AS jsonb)) AS b
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
        ON CONFLICT (id) DO UPDATE
        SET state = excluded.state, why = excluded.why, booking_id = excluded.booking_id, body = excluded.body
    )
    UPDATE bookings b
    SET version = a.version, state = a.state, external_ref = a.external_ref, group_code = a.group_code,
        channel = a.channel, method = a.method, arrival = a.arrival, departure = a.departure,
        held_until = a.held_until, rooms = a.rooms,
        rooms_given = a.rooms_given, price_minor = a.price_minor, flags = a.flags, people = a.people,
        people_version = a.people_version, people_given = a.people_given, people_said = a.people_said,
        identified = a.identified, requests = a.requests, needs = a.needs, needs_note = a.needs_note,
        needs_said = a.needs_said, commission = a.commission, told_state = a.told_state, told_facts = a.told_facts,
        told_profiles = a.told_profiles, moved = a.moved, relocated_to = a.relocated_to,
        held_until_at = a.held_until_at,
        confirmation = a.confirmation, checked_in_at = a.checked_in_at, ending = a.ending, changed_at = a.changed_at
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
_IN_ROLE = sa.text("bookings.people @> CAST(:in_role AS jsonb)")
# By the property's day. Who has not left after the last day is still there; who did not come by then is not coming.
_OVER = (
    "(bookings.state = 'departed' OR bookings.state <> 'in_house'"
    " AND bookings.departure <= CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date))"
)
_AHEAD = (
    "(bookings.state NOT IN ('departed', 'in_house')"
    " AND bookings.arrival > CAST(CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date))"
)
_WHEN: dict[When, sa.TextClause] = {
    "past": sa.text(_OVER),
    "present": sa.text(f"NOT {_OVER} AND NOT {_AHEAD}"),
    "future": sa.text(_AHEAD),
}
_OF_REF = sa.text("bookings.external_ref = :external_ref")
_OF_PROPERTY = sa.text("bookings.property_id = :property_id")
_OF_ARRIVAL = sa.text("bookings.arrival = :arrival")
_OF_HOUSES = sa.text("bookings.property_id = ANY(CAST(:houses AS uuid[]))")
