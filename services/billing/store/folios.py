"""Folios: what is posted of one booking, or of a guest's house account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Folio
from services.billing.store.posting import HAS_CREDIT, POST, Journal, Moved, journal_values, lock_guest, lock_key
from services.billing.store.taxes import taxes_from
from services.contracts.billing.taxes import PropertyTaxes
from services.contracts.bookings import BookingFacts
from services.kit import wire
from services.kit.db import Tx
from services.kit.ids import new_id


@dataclass(frozen=True)
class FolioRow:
    """A folio as stored. `version` is 0 where there is none yet; `seen_version` is the booking's."""

    folio: Folio
    id: UUID
    property_id: UUID | None
    booking_id: UUID | None
    version: int
    seen_version: int
    stay_journal_id: UUID | None
    opened_at: datetime


FOLIO_COLUMNS = (
    "f.id, f.booking_id, f.property_id, f.payer_profile_id, f.guest_profile_id, f.nights, f.currency, f.deferred_minor,"
    " f.recognised_minor, f.vat_minor, f.city_tax_minor, f.city_tax_within_minor, f.recognised_until, f.nights_over,"
    " f.vat_rates, f.charges, f.earned, f.stay_payer_id, f.stay_journal_id, f.seen_version, f.version, f.opened_at"
)
_LOCK_AND_READ = sa.text(
    f"SELECT l.locked, t.taxes, t.time_zone AS house_zone, {FOLIO_COLUMNS} FROM (SELECT CASE"  # noqa: S608
    " WHEN :may_wait THEN pg_advisory_xact_lock(:guest) IS NOT NULL ELSE pg_try_advisory_xact_lock(:guest)"
    " END AS locked OFFSET 0) AS l"
    " LEFT JOIN property_terms t ON t.property_id = :property_id"
    " LEFT JOIN folios f ON f.booking_id = :booking_id AND f.part = 'main'"
)
_READ_OF_BOOKING = sa.text(
    f"SELECT {FOLIO_COLUMNS} FROM folios f WHERE f.booking_id = :booking_id AND f.part = 'main'"  # noqa: S608
)
_READ_HOUSE = sa.text(
    f"SELECT {FOLIO_COLUMNS} FROM folios f WHERE f.payer_profile_id = :profile_id AND f.booking_id IS NULL"  # noqa: S608
)

_POST_STAY = sa.text(
    """
    WITH folio AS (
        INSERT INTO folios AS f (
            id, booking_id, property_id, payer_profile_id, guest_profile_id, state, arrival, nights, currency,
            deferred_minor, recognised_minor, vat_minor, city_tax_minor, city_tax_within_minor, recognised_until,
            nights_over, vat_rates, departure, time_zone, facts, charges, stay_journal_id, seen_version, version,
            opened_at
        ) VALUES (
            :id, :booking_id, :property_id, :payer_id, :guest_id, :state, :arrival, :nights, :currency,
            :deferred, :recognised, :vat, :city_tax, :city_tax_within, :recognised_until,
            :nights_over, CAST(:vat_rates AS jsonb), :departure, :time_zone, :facts, '{}', :stay_journal_id,
            :seen_version, 1, :at
        )
        ON CONFLICT (booking_id, part) DO UPDATE SET
            property_id = excluded.property_id, payer_profile_id = excluded.payer_profile_id,
            guest_profile_id = excluded.guest_profile_id, state = excluded.state, arrival = excluded.arrival,
            nights = excluded.nights, currency = excluded.currency, deferred_minor = excluded.deferred_minor,
            recognised_minor = excluded.recognised_minor, vat_minor = excluded.vat_minor,
            city_tax_minor = excluded.city_tax_minor, city_tax_within_minor = excluded.city_tax_within_minor,
            recognised_until = excluded.recognised_until, nights_over = excluded.nights_over,
            vat_rates = excluded.vat_rates, departure = excluded.departure, time_zone = excluded.time_zone,
            facts = excluded.facts,
            stay_journal_id = excluded.stay_journal_id, seen_version = excluded.seen_version, version = f.version + 1
        WHERE f.version = :version
        RETURNING f.id, f.booking_id, f.property_id
    )"""  # noqa: S608
    + POST
    + """
, rated AS (
    INSERT INTO stay_rates (journal_id, basis_points, net_minor, vat_minor, nights, first_on, last_on)
    SELECT journal.id, r.* FROM journal, jsonb_to_recordset(CAST(:rated AS jsonb))
        AS r (basis_points int, net_minor bigint, vat_minor bigint, nights int, first date, last date)
)"""
    + HAS_CREDIT
)
_ZONES = sa.text("SELECT DISTINCT time_zone FROM folios WHERE state = 'in_house' AND time_zone IS NOT NULL")
_DUE_NIGHTS = sa.text(
    """
    SELECT f.facts FROM unnest(CAST(:zones AS text[]), CAST(:days AS date[])) AS z (zone, today)
    JOIN folios f ON f.time_zone = z.zone AND f.state = 'in_house'
    WHERE f.facts IS NOT NULL AND greatest(f.recognised_until, f.arrival) < least(f.departure, z.today)
    ORDER BY greatest(f.recognised_until, f.arrival), f.id LIMIT :limit
    """
)
_READ_FACTS = sa.text("SELECT f.facts FROM folios f WHERE f.booking_id = :booking_id AND f.part = 'main'")
_OPEN_HOUSE = sa.text(
    """
    INSERT INTO folios (
        id, payer_profile_id, guest_profile_id, arrival, nights, currency, deferred_minor, recognised_minor, charges,
        seen_version, version, opened_at
    ) VALUES (:id, :profile_id, :profile_id, :arrival, 0, :currency, 0, 0, '{}', 0, 1, :at)
    ON CONFLICT (payer_profile_id) WHERE booking_id IS NULL DO NOTHING
    """
)


def lock_guest_and_read(
    tx: Tx, profile_id: UUID, booking_id: UUID, property_id: UUID
) -> tuple[FolioRow | None, PropertyTaxes | None]:
    """The booking's folio and its property's taxes, in one trip.

    The folio may be older than the lock: whoever writes it says which version was read.
    """
    key = lock_key(profile_id)
    wanted = {"guest": key, "may_wait": tx.may_wait_for(key), "booking_id": booking_id, "property_id": property_id}
    row = tx.execute(_LOCK_AND_READ, wanted).one()
    tx.took([key], row.locked)
    return folio_row(row) if row.id else None, taxes_from(row.taxes, row.house_zone)


def folio_of_booking(tx: Tx, booking_id: UUID) -> FolioRow | None:
    row = tx.execute(_READ_OF_BOOKING, {"booking_id": booking_id}).first()
    return folio_row(row) if row else None


def house_folio(tx: Tx, profile_id: UUID, currency: str) -> FolioRow:
    """The guest's own folio for what belongs to no booking; opened if there is none."""
    row = tx.execute(_READ_HOUSE, {"profile_id": profile_id}).first()
    if row is None:
        lock_guest(tx, profile_id)  # before anything is written, as everywhere
        opened = {
            "id": new_id(),
            "profile_id": profile_id,
            "currency": currency,
            "at": tx.now,
            "arrival": tx.now.date(),
        }
        tx.execute(_OPEN_HOUSE, opened)
        row = tx.execute(_READ_HOUSE, {"profile_id": profile_id}).one()
    return folio_row(row)


def due_nights(tx: Tx, zones: Mapping[str, date], limit: int) -> list[BookingFacts]:
    """Stays in house with a night before their zone's day that is not recognised; the longest overdue first."""
    wanted = {"zones": list(zones), "days": list(zones.values()), "limit": limit}
    return [_facts(stored) for stored in tx.execute(_DUE_NIGHTS, wanted).scalars()]


def zones_in_house(tx: Tx) -> list[str]:
    """The time zones in which somebody is in house."""
    return list(tx.execute(_ZONES).scalars())


def facts_of_booking(tx: Tx, booking_id: UUID) -> BookingFacts | None:
    """What its booking said last; None where nothing was heard of it."""
    stored = tx.execute(_READ_FACTS, {"booking_id": booking_id}).scalar()
    return _facts(stored) if stored else None


def _facts(stored: str) -> BookingFacts:
    return wire.load(BookingFacts, json.loads(stored))


def post_stay(
    tx: Tx, seen: FolioRow | None, facts: BookingFacts, after: Folio, journal: Journal | None, time_zone: str | None
) -> bool:
    """Write what the booking says and post its journal; answers whether its payers, old or new, ever had credit.

    Raises Moved if the folio is not as it was seen.
    """
    stay_journal_id = seen.stay_journal_id if seen else None
    if journal and (stay_journal_id is None or journal.kind == "stay"):
        stay_journal_id = journal.id
    row = tx.execute(
        _POST_STAY,
        {
            "id": seen.id if seen else new_id(),
            "booking_id": facts.booking_id,
            "property_id": facts.property_id,
            "payer_id": after.payer_id,
            "guest_id": after.guest_id,
            "state": facts.state,
            "arrival": facts.arrival,
            "nights": facts.nights,
            "currency": after.currency,
            "deferred": after.deferred_minor,
            "recognised": after.recognised_minor,
            "vat": after.vat_minor,
            "city_tax": after.city_tax_minor,
            "city_tax_within": after.city_tax_within_minor,
            "recognised_until": after.recognised_until,
            "nights_over": after.nights_over,
            "vat_rates": json.dumps(after.vat_rates),
            "rated": json.dumps([vars(part) for part in journal.rated] if journal else [], default=str),
            "departure": facts.departure,
            "time_zone": time_zone,
            "facts": wire.text(facts),
            "stay_journal_id": stay_journal_id,
            "seen_version": facts.version,
            "version": seen.version if seen else 0,
            "guests": [after.payer_id, seen.folio.payer_id if seen else after.payer_id],
            **journal_values(tx, journal),
        },
    ).first()
    if row is None:
        raise Moved
    return bool(row.credit)


def charges_of(stored: dict[str, int]) -> dict[tuple[Any, str], int]:
    """Charges by (kind, currency), from the stored ``{"spa EUR": 4500}``."""
    return {(key[:-4], key[-3:]): minor for key, minor in stored.items()}


def stored_charges(charges: Mapping[tuple[Any, str], int]) -> str:
    """As `charges_of` reads them; also kinds that come to nothing, as what makes them up still stands on the folio."""
    return json.dumps({f"{kind} {currency}": minor for (kind, currency), minor in charges.items()})


def folio_row(row: Any) -> FolioRow:
    return FolioRow(
        folio=Folio(
            payer_id=row.payer_profile_id,
            guest_id=row.guest_profile_id,
            currency=row.currency,
            deferred_minor=row.deferred_minor,
            recognised_minor=row.recognised_minor,
            vat_minor=row.vat_minor,
            city_tax_minor=row.city_tax_minor,
            city_tax_within_minor=row.city_tax_within_minor,
            recognised_until=row.recognised_until,
            nights_over=row.nights_over,
            nights=row.nights,
            vat_rates={int(rate): (net, vat) for rate, (net, vat) in row.vat_rates.items()},
            charges=charges_of(row.charges),
            earned=charges_of(row.earned),
            stay_payer_id=row.stay_payer_id,
        ),
        id=row.id,
        property_id=row.property_id,
        booking_id=row.booking_id,
        version=row.version,
        seen_version=row.seen_version,
        stay_journal_id=row.stay_journal_id,
        opened_at=row.opened_at,
    )
