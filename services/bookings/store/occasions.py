"""Which bookings, groups and functions somebody is the contact of, in the properties of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import ContactOf, ContactOfBooking, ContactOfFunction, ContactOfGroup
from services.kit import wire
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses

MOST: Final = 100  # of each


def contact_of(tx: Tx, profile_ids: Sequence[UUID]) -> ContactOf:
    """The latest first."""
    said = {
        "ids": list(profile_ids),
        "texts": [str(each) for each in profile_ids],
        "people": [wire.compact([{"profile_id": str(each), "roles": ["contact"]}]) for each in profile_ids],
        "houses": houses(tx),
        "limit": MOST + 1,
    }
    bookings = [ContactOfBooking(**row._mapping) for row in tx.execute(_BOOKINGS, said)]
    groups = [ContactOfGroup(**row._mapping) for row in tx.execute(_GROUPS, said)]
    functions = [ContactOfFunction(**row._mapping) for row in tx.execute(_FUNCTIONS, said)]
    return ContactOf(
        bookings=tuple(bookings[:MOST]),
        groups=tuple(groups[:MOST]),
        functions=tuple(functions[:MOST]),
        more=any(len(found) > MOST for found in (bookings, groups, functions)),
    )


_BOOKINGS = sa.text(
    f"""
    SELECT b.id AS booking_id, b.state, p.code AS property, b.arrival, b.departure
    FROM bookings b JOIN properties p ON p.id = b.property_id
    WHERE b.id IN (SELECT booking_id FROM booked_profiles WHERE profile_id = ANY(CAST(:ids AS uuid[])))
      AND b.people @> ANY(CAST(:people AS jsonb[])) AND {HOUSES.format("b.property_id")}
    ORDER BY b.arrival DESC, b.id DESC LIMIT :limit
    """  # noqa: S608 constants
)
_GROUPS = sa.text(
    f"""
    SELECT g.code, g.name, g.state, p.code AS property, g.arrival, g.departure
    FROM groups g JOIN properties p ON p.id = g.property_id
    WHERE g.contact ->> 'profile_id' = ANY(CAST(:texts AS text[])) AND {HOUSES.format("g.property_id")}
    ORDER BY g.arrival DESC, g.code LIMIT :limit
    """  # noqa: S608 constants
)
_FUNCTIONS = sa.text(
    f"""
    SELECT f.id AS function_id, f.name, f.state, p.code AS property, f.starts_at, f.ends_at
    FROM functions f JOIN properties p ON p.id = f.property_id
    WHERE f.contact ->> 'profile_id' = ANY(CAST(:texts AS text[])) AND {HOUSES.format("f.property_id")}
    ORDER BY f.starts_at DESC, f.id LIMIT :limit
    """  # noqa: S608 constants
)
