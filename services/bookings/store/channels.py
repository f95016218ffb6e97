"""Bookings counted by where they come from."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.channels import Sums
from services.contracts.bookings.channels import Basis, Dimension
from services.kit.db import Tx

_KEYS: dict[Dimension, str] = {"channel": "b.channel", "method": "b.method", "property": "p.code"}
_BOOKED_ON = "CAST(b.booked_at AT TIME ZONE p.time_zone AS date)"
_WITHIN: dict[Basis, str] = {
    "arrival": "b.arrival BETWEEN :first AND :last",
    # the instants are wider by what zones may differ: they are for the index
    "booking": f"b.booked_at BETWEEN :earliest AND :latest AND {_BOOKED_ON} BETWEEN :first AND :last",
}
# Room nights are those that the counters of sold nights hold. One that was moved to another house counts there.
_COUNT = """
    WITH made AS (
        SELECT {key} AS key, b.state, b.currency, b.price_minor, GREATEST(b.arrival - {booked_on}, 0) AS lead,
               (
                   SELECT sum(GREATEST(LEAST(part.departure, b.held_until) - part.arrival, 0))
                   FROM jsonb_array_elements(b.rooms) AS room,
                        jsonb_to_recordset(coalesce(room -> 'parts', jsonb_build_array(jsonb_build_object(
                            'arrival', b.arrival, 'departure', b.departure
                        )))) AS part (arrival date, departure date)
               ) AS nights
        FROM bookings b JOIN properties p ON p.id = b.property_id
        WHERE b.state <> 'tentative' AND b.relocated_to IS NULL AND {within}
          AND (CAST(:property_id AS uuid) IS NULL OR b.property_id = CAST(:property_id AS uuid))
    )
    SELECT key, currency, count(*) AS bookings, CAST(coalesce(sum(nights), 0) AS bigint) AS room_nights,
           CAST(sum(lead) AS bigint) AS lead_days,
           count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE state = 'no_show') AS no_shows,
           CAST(sum(price_minor) FILTER (WHERE state NOT IN ('cancelled', 'no_show')) AS bigint) AS value_minor
    FROM made GROUP BY key, currency
"""


def count(
    tx: Tx, property_id: UUID | None, first: date, last: date, by: Dimension, basis: Basis
) -> list[tuple[str | None, Sums]]:
    """Of the bookings that arrive, or were made, from `first` to `last`: sums by key and currency."""
    said = {"first": first, "last": last, "property_id": property_id}
    if basis == "booking":
        said |= {"earliest": first - timedelta(days=1), "latest": last + timedelta(days=2)}
    return [
        (
            row.key,
            Sums(
                bookings=row.bookings,
                room_nights=row.room_nights,
                lead_days=row.lead_days,
                cancelled=row.cancelled,
                no_shows=row.no_shows,
                value_minor=Counter() if row.value_minor is None else Counter({row.currency: row.value_minor}),
            ),
        )
        for row in tx.execute(_STATEMENTS[by, basis], said)
    ]


_STATEMENTS = {
    (by, basis): sa.text(_COUNT.format(key=key, booked_on=_BOOKED_ON, within=within))
    for by, key in _KEYS.items()
    for basis, within in _WITHIN.items()
}
