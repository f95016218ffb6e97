"""Folios: what is posted of one booking, or of a guest's house account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.billing.domain import Folio
from services.billing.store.posting import HAS_CREDIT, POST, Journal, Moved, journal_values, lock_key
from services.contracts.bookings import BookingFacts
from services.kit.db import Tx


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
    " f.recognised_minor, f.charges, f.stay_journal_id, f.seen_version, f.version, f.opened_at"
)
_LOCK_AND_READ = sa.text(
    f"SELECT l.locked, {FOLIO_COLUMNS} FROM (SELECT pg_advisory_xact_lock(:guest) AS locked) l"  # noqa: S608
    " LEFT JOIN folios f ON f.booking_id = :booking_id"
)
_READ_OF_BOOKING = sa.text(f"SELECT {FOLIO_COLUMNS} FROM folios f WHERE f.booking_id = :booking_id")  # noqa: S608
_READ_HOUSE = sa.text(
    f"SELECT {FOLIO_COLUMNS} FROM folios f WHERE f.payer_profile_id = :profile_id AND f.booking_id IS NULL"  # noqa: S608
)

_POST_STAY = sa.text(
    """
    WITH folio AS (
        INSERT INTO folios AS f (
            id, booking_id, property_id, payer_profile_id, guest_profile_id, state, arrival, nights, currency,
            deferred_minor, recognised_minor, charges, stay_journal_id, seen_version, version, opened_at
        ) VALUES (
            :id, :booking_id, :property_id, :payer_id, :guest_id, :state, :arrival, :nights, :currency,
            :deferred, :recognised, '{}', :stay_journal_id, :seen_version, 1, :at
        )
        ON CONFLICT (booking_id) DO UPDATE SET
            property_id = excluded.property_id, payer_profile_id = excluded.payer_profile_id,
            guest_profile_id = excluded.guest_profile_id, state = excluded.state, arrival = excluded.arrival,
            nights = excluded.nights, currency = excluded.currency, deferred_minor = excluded.deferred_minor,
            recognised_minor = excluded.recognised_minor, stay_journal_id = excluded.stay_journal_id,
            seen_version = excluded.seen_version, version = f.version + 1
        WHERE f.version = :version
        RETURNING f.id, f.booking_id, f.property_id
    )"""  # noqa: S608
    + POST
    + HAS_CREDIT
)
_OPEN_HOUSE = sa.text(
    """
    INSERT INTO folios (
        id, payer_profile_id, guest_profile_id, arrival, nights, currency, deferred_minor, recognised_minor, charges,
        seen_version, version, opened_at
    ) VALUES (:id, :profile_id, :profile_id, :arrival, 0, :currency, 0, 0, '{}', 0, 1, :at)
    ON CONFLICT (payer_profile_id) WHERE booking_id IS NULL DO NOTHING
    """
)


def lock_guest_and_read(tx: Tx, profile_id: UUID, booking_id: UUID) -> FolioRow | None:
    """Both in one trip. The folio may be older than the lock: whoever writes it says which version was read."""
    row = tx.execute(_LOCK_AND_READ, {"guest": lock_key(profile_id), "booking_id": booking_id}).one()
    return folio_row(row) if row.id else None


def folio_of_booking(tx: Tx, booking_id: UUID) -> FolioRow | None:
    row = tx.execute(_READ_OF_BOOKING, {"booking_id": booking_id}).first()
    return folio_row(row) if row else None


def house_folio(tx: Tx, profile_id: UUID, currency: str) -> FolioRow:
    """The guest's own folio for what belongs to no booking; opened if there is none."""
    row = tx.execute(_READ_HOUSE, {"profile_id": profile_id}).first()
    if row is None:
        opened = {"id": uuid4(), "profile_id": profile_id, "currency": currency, "at": tx.now, "arrival": tx.now.date()}
        tx.execute(_OPEN_HOUSE, opened)
        row = tx.execute(_READ_HOUSE, {"profile_id": profile_id}).one()
    return folio_row(row)


def post_stay(tx: Tx, seen: FolioRow | None, facts: BookingFacts, after: Folio, journal: Journal | None) -> bool:
    """Write what the booking says and post its journal; answers whether its payers, old or new, ever had credit.

    Raises Moved if the folio is not as it was seen.
    """
    stay_journal_id = seen.stay_journal_id if seen else None
    if journal and (stay_journal_id is None or journal.kind == "stay"):
        stay_journal_id = journal.id
    row = tx.execute(
        _POST_STAY,
        {
            "id": seen.id if seen else uuid4(),
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


def folio_row(row: Any) -> FolioRow:
    return FolioRow(
        folio=Folio(
            payer_id=row.payer_profile_id,
            guest_id=row.guest_profile_id,
            currency=row.currency,
            deferred_minor=row.deferred_minor,
            recognised_minor=row.recognised_minor,
            nights=row.nights,
            charges=charges_of(row.charges),
        ),
        id=row.id,
        property_id=row.property_id,
        booking_id=row.booking_id,
        version=row.version,
        seen_version=row.seen_version,
        stay_journal_id=row.stay_journal_id,
        opened_at=row.opened_at,
    )
