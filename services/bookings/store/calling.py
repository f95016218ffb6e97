"""The stays of guests at a glance: one row of each kind, and a count, in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import StayAtAGlance, StaysOfGuest
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses

MOST: Final = 1000  # bookings of one profile, those that were made last: an agency may be on all of a house's


def stays_of(tx: Tx, profile_ids: Sequence[UUID]) -> tuple[StaysOfGuest, ...]:
    """In the properties of the caller, each profile once, of its `MOST` last bookings."""
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in tx.execute(_STAYS, {"ids": list(dict.fromkeys(profile_ids)), "houses": houses(tx), "now": tx.now}):
        found[row.profile_id][row.place] = _glance(row)
        if row.place == "last":
            found[row.profile_id]["past"] = row.stays
    return tuple(StaysOfGuest(profile_id=each, **found[each]) for each in dict.fromkeys(profile_ids))


def _glance(row: Any) -> StayAtAGlance:
    return StayAtAGlance(
        booking_id=row.id,
        property_id=row.property_id,
        property=row.code,
        arrival=row.arrival,
        departure=row.departure,
        state=row.state,
    )


# Of the next one the first, of the others the latest.
_STAYS = sa.text(
    f"""
    SELECT DISTINCT ON (profile_id, place) *, count(*) OVER (PARTITION BY profile_id, place) AS stays
    FROM (
        SELECT k.profile_id, b.id, b.property_id, p.code, b.arrival, b.departure, b.state,
            CASE b.state WHEN 'departed' THEN 'last' WHEN 'in_house' THEN 'present' ELSE 'next' END AS place
        FROM unnest(CAST(:ids AS uuid[])) AS who(profile_id)
        CROSS JOIN LATERAL (
            SELECT profile_id, booking_id FROM booked_profiles WHERE profile_id = who.profile_id
            ORDER BY booking_id DESC LIMIT {MOST}
        ) AS k
        JOIN bookings b ON b.id = k.booking_id
        JOIN properties p ON p.id = b.property_id
        WHERE {HOUSES.format("b.property_id")}
          AND (b.state IN ('departed', 'in_house') OR b.state IN ('tentative', 'confirmed')
               AND greatest(b.departure - 1, b.arrival) >= CAST(
                   CAST(:now AS timestamptz) AT TIME ZONE p.time_zone AS date))
    ) AS s
    ORDER BY profile_id, place, CASE place WHEN 'next' THEN arrival END, arrival DESC, id
    """  # noqa: S608 constants
)
