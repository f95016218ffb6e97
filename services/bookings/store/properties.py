"""Properties, their room types, and what is left of them night by night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, time
from typing import Any, get_args
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import (
    Availability,
    HouseHour,
    NewRoomType,
    NightLeft,
    NoSuchProperty,
    Property,
    RoomType,
    SetUpProperty,
)
from services.kit.db import Tx
from services.kit.refusal import Invalid, Problem
from services.kit.scope import houses, permit, sees

HOURS: tuple[HouseHour, ...] = get_args(HouseHour)


def read(tx: Tx, key: str) -> Property:
    """By id or code; refuses with NoSuchProperty, and with NotYourProperty who is limited to others."""
    found = property_of(tx.execute(_READ, {"code": key, "id": _uuid(key)}).first())
    if found is None:
        raise NoSuchProperty
    permit(tx, found.id)
    return found


def read_all(tx: Tx) -> list[Property]:
    """Those that the caller may see."""
    return [p for row in tx.execute(_READ_ALL) if (p := property_of(row)) and sees(tx.context, p.id)]


def asked_for(tx: Tx, key: str | None) -> UUID | None:
    """The property that a list is asked of, None for all; who is limited has one of theirs, or names it."""
    if key is None and (limit := houses(tx)) is not None:
        if len(limit) != 1:
            raise Invalid(errors=[Problem("/property", "Name one of the properties that the caller is limited to.")])
        key = str(limit[0])
    return read(tx, key).id if key else None


def set_up(tx: Tx, request: SetUpProperty, property_id: UUID) -> UUID | None:
    """Create or rename; None, and nothing changed, where the property exists with another currency."""
    said = {
        "id": property_id,
        "code": request.code,
        "name": request.name,
        "currency": request.currency,
        "time_zone": request.time_zone,
        "country": request.country,
        "check_in_from": request.check_in_from,
        "check_out_until": request.check_out_until,
        "no_show_at": request.no_show_at,
        "hold_hours": request.hold_hours,
        "verification": request.verification,
        "clear": list(request.clear),
        "now": tx.now,
    }
    return tx.execute(_SET_UP, said).scalar()


def set_up_room_types(tx: Tx, property_id: UUID, room_types: Sequence[tuple[UUID, NewRoomType]]) -> None:
    """Create or change by code, and bring the nights already sold to the new bound. Three statements.

    While it is at work no night is sold: a booking on its way would bring in a night with the old capacity.
    """
    tx.execute(_LOCK_NIGHTS)
    for new_id, kind in room_types:
        said = {"id": new_id, "property_id": property_id, **vars(kind)}
        tx.execute(_SET_UP_ROOM_TYPE, said)
    tx.execute(_SET_BOUNDS, {"property_id": property_id})


def availability(tx: Tx, key: str, first: date, until: date) -> Availability:
    """Refuses with NoSuchProperty."""
    rows = tx.execute(_LEFT, {"code": key, "id": _uuid(key), "first": first, "until": until}).all()
    if not rows:
        return Availability(property_id=read(tx, key).id, nights=())
    permit(tx, rows[0].property_id)
    nights = (NightLeft(**{name: getattr(row, name) for name in _NIGHT}) for row in rows)
    return Availability(property_id=rows[0].property_id, nights=tuple(nights))


def property_of(row: Any) -> Property | None:
    """From the columns of `properties` with its `room_types` as JSON."""
    if row is None or row.id is None:
        return None
    return Property(
        id=row.id,
        code=row.code,
        name=row.name,
        currency=row.currency,
        time_zone=row.time_zone,
        country=row.country,
        room_types=tuple(
            RoomType(
                id=UUID(t["id"]),
                code=t["code"],
                name=t["name"],
                capacity=t["capacity"],
                overbooking=t["overbooking"],
                occupancy=t["occupancy"],
            )
            for t in row.room_types or ()
        ),
        check_in_from=_hour(row.check_in_from),
        check_out_until=_hour(row.check_out_until),
        no_show_at=_hour(row.no_show_at),
        hold_hours=row.hold_hours,
        verification=row.verification,
    )


def _hour(of_day: time | None) -> str | None:
    return of_day.strftime("%H:%M") if of_day else None


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


_NIGHT = tuple(field.name for field in fields(NightLeft))

_READ = sa.text(
    """
    SELECT p.*,
           (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM room_types t WHERE t.property_id = p.id) AS room_types
    FROM properties p WHERE p.code = :code OR p.id = CAST(:id AS uuid)
    """
)
_READ_ALL = sa.text(
    """
    SELECT p.*,
           (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM room_types t WHERE t.property_id = p.id) AS room_types
    FROM properties p ORDER BY p.code
    """
)
_SET_HOUR = "{hour} = CASE WHEN NOT '{hour}' = ANY(CAST(:clear AS text[])) THEN coalesce(excluded.{hour}, p.{hour}) END"
# An hour for no-shows is for arrivals from the day on which it is first set: so nobody of long ago becomes one.
_SET_UP = sa.text(
    f"""
    INSERT INTO properties AS p (id, code, name, currency, time_zone, country, verification, no_show_from,
                                 {", ".join(HOURS)})
    VALUES (:id, :code, :name, :currency, :time_zone, :country, coalesce(CAST(:verification AS text), 'never'),
            CASE WHEN CAST(:no_show_at AS time) IS NOT NULL
                 THEN CAST(CAST(:now AS timestamptz) AT TIME ZONE :time_zone AS date) END,
            CAST(:check_in_from AS time), CAST(:check_out_until AS time), CAST(:no_show_at AS time),
            CAST(:hold_hours AS int))
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, time_zone = excluded.time_zone, country = excluded.country,
        verification = coalesce(CAST(:verification AS text), p.verification),
        no_show_from = CASE WHEN NOT 'no_show_at' = ANY(CAST(:clear AS text[]))
                            THEN coalesce(p.no_show_from, excluded.no_show_from) END,
        {", ".join(_SET_HOUR.format(hour=hour) for hour in HOURS)}
    WHERE p.currency = excluded.currency
    RETURNING p.id
    """  # noqa: S608 constants
)
_LOCK_NIGHTS = sa.text("LOCK TABLE nights IN SHARE ROW EXCLUSIVE MODE")
_SET_UP_ROOM_TYPE = sa.text(
    """
    INSERT INTO room_types (id, property_id, code, name, capacity, overbooking, occupancy)
    VALUES (:id, :property_id, :code, :name, :capacity, :overbooking, :occupancy)
    ON CONFLICT (property_id, code) DO UPDATE
    SET name = excluded.name, capacity = excluded.capacity, overbooking = excluded.overbooking,
        occupancy = excluded.occupancy
    """
)
_SET_BOUNDS = sa.text(
    """
    UPDATE nights n
    SET capacity = b.capacity, overbooking = b.overbooking,
        sold = LEAST(n.sold + n.oversold, b.capacity + b.overbooking),
        oversold = GREATEST(n.sold + n.oversold - b.capacity - b.overbooking, 0)
    FROM (
        SELECT m.room_type_id, m.night, coalesce(r.overbooking, t.overbooking) AS overbooking, GREATEST(t.capacity - (
                   SELECT count(*) FROM room_closures c
                   WHERE c.room_type_id = t.id AND c.kind = 'out_of_order' AND c.nights @> m.night
               ), 0) AS capacity
        FROM room_types t
        JOIN nights m ON m.room_type_id = t.id
        LEFT JOIN restrictions r ON r.room_type_id = m.room_type_id AND r.day = m.night
        WHERE t.property_id = :property_id
    ) AS b
    WHERE b.room_type_id = n.room_type_id AND b.night = n.night
      AND (n.capacity, n.overbooking) IS DISTINCT FROM (b.capacity, b.overbooking)
    """
)
_LEFT = sa.text(
    """
    SELECT t.property_id, t.id AS room_type_id, t.code AS room_type, CAST(:first AS date) + d AS night,
           coalesce(n.capacity, t.capacity) AS capacity,
           coalesce(n.sold + n.oversold, 0) AS sold,
           GREATEST(coalesce(n.capacity, t.capacity) + coalesce(r.overbooking, t.overbooking)
                    - coalesce(n.sold + n.oversold, 0), 0) AS left,
           coalesce(r.overbooking, t.overbooking) AS overbooking,
           coalesce(r.closed, false) AS closed,
           coalesce(r.closed_to_arrival, false) AS closed_to_arrival,
           coalesce(r.closed_to_departure, false) AS closed_to_departure,
           r.min_stay
    FROM properties p
    JOIN room_types t ON t.property_id = p.id
    CROSS JOIN generate_series(0, CAST(:until AS date) - CAST(:first AS date) - 1) AS d
    LEFT JOIN nights n ON n.room_type_id = t.id AND n.night = CAST(:first AS date) + d
    LEFT JOIN restrictions r ON r.room_type_id = t.id AND r.day = CAST(:first AS date) + d
    WHERE p.code = :code OR p.id = CAST(:id AS uuid)
    ORDER BY t.code, night
    """
)
