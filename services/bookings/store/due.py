"""Bookings with which something happens by the clock: a hold ends, nobody has come, nobody has left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import Booking
from services.bookings.store.rows import booking_of
from services.kit.db import Tx

Due = Literal["hold-over", "not-arrived", "not-left"]


def find(tx: Tx, what: Due, most: int) -> list[UUID]:
    """Those with which it is to happen now, the earliest arrivals first."""
    return list(tx.execute(_FIND[what], {"now": tx.now, "most": most}).scalars())


def lock(tx: Tx, what: Due, booking_id: UUID) -> Booking | None:
    """The booking, locked; None where it is not due any more: somebody was faster."""
    row = tx.execute(_LOCK[what], {"now": tx.now, "id": booking_id}).first()
    return booking_of(row) if row else None


# Hours of a property's clock are made instants by its zone, whatever summer time does to that day: an hour that is left
# out is the one after it, of one that comes twice the second counts. Where a house has set no hour nothing is due.
_TODAY = "CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date)"
_DUE: Mapping[Due, str] = {
    "hold-over": "b.state = 'tentative' AND b.held_until_at <= :now",
    "not-arrived": f"""
        b.state IN ('tentative', 'confirmed') AND b.arrival BETWEEN p.no_show_from AND {_TODAY}
        AND (b.arrival + 1 + p.no_show_at) AT TIME ZONE p.time_zone <= :now""",
    "not-left": f"""
        b.state = 'in_house' AND b.arrival <= {_TODAY} AND NOT b.flags @> ARRAY['overdue']
        AND (b.departure + p.check_out_until) AT TIME ZONE p.time_zone <= :now""",
}
_OF = "FROM bookings b JOIN properties p ON p.id = b.property_id WHERE"
_FIND = {
    what: sa.text(f"SELECT b.id {_OF} {due} ORDER BY b.arrival, b.id LIMIT :most")  # noqa: S608 constants
    for what, due in _DUE.items()
}
_LOCK = {
    what: sa.text(
        f"SELECT b.*, p.code, p.country, p.time_zone {_OF} b.id = :id AND {due} FOR UPDATE OF b"  # noqa: S608 constants
    )
    for what, due in _DUE.items()
}
