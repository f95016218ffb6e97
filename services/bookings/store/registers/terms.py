"""How long registrations are kept, as one statement that both shows it and destroys by it."""

from __future__ import annotations

from typing import Final

from services.bookings.domain.registers.drawing import LAWS
from services.bookings.domain.registers.law import Law

# The last one stands for all countries that are not named.
TERMS: Final = [
    {
        "country": law.country,
        "since": law.kept_since,
        "months": law.kept_months,
        "receipt": law.ends_with_receipt,
    }
    for law in (*LAWS, Law())
]

# Of a booking that nobody came on nothing is kept beyond the day it was given up. Where the authority's receipt ends
# it, that is the end; where exits are told, the time runs from the day that was done. `today` is the property's.
KEEP_UNTIL: Final = """
    SELECT r.booking_id, r.position, p.country, CAST(:now AT TIME ZONE p.time_zone AS date) AS today,
           CASE
               WHEN b.state IN ('cancelled', 'no_show') THEN CAST(b.changed_at AT TIME ZONE p.time_zone AS date)
               WHEN t.receipt AND told.received_on IS NOT NULL THEN told.received_on
               ELSE CAST(
                   CASE t.since WHEN 'arrival' THEN b.arrival ELSE GREATEST(b.departure, told.exit_on) END
                   + make_interval(months => t.months) AS date)
           END AS keep_until
    FROM registrations r
    JOIN bookings b ON b.id = r.booking_id
    JOIN properties p ON p.id = b.property_id
    JOIN LATERAL (
        SELECT * FROM jsonb_to_recordset(CAST(:terms AS jsonb))
            AS t (country text, since text, months int, receipt boolean)
        WHERE t.country IN (p.country, '') ORDER BY t.country DESC LIMIT 1
    ) AS t ON true
    LEFT JOIN LATERAL (
        SELECT max(c.received_on) AS received_on,
               max(CAST(x.exported_at AT TIME ZONE p.time_zone AS date)) FILTER (WHERE e.event = 'exit') AS exit_on
        FROM register_entries e
        JOIN register_exports x ON x.id = e.export_id
        LEFT JOIN register_receipts c ON c.export_id = x.id
        WHERE e.booking_id = r.booking_id AND e.position = r.position AND e.version = r.version
    ) AS told ON true
    WHERE r.state <> 'destroyed'
"""
