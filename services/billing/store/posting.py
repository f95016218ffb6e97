"""Folios and journals: one statement writes a folio, the journal that brings it there, and its entries.

Two guards keep concurrent work apart. `lock_guest` lets one transaction at a time change what a guest owes or has in
credit, so that an allocation sees all of both. A folio is written only if its `version` is the one that was read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.billing.domain import Entry, Folio
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
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


@dataclass(frozen=True)
class Journal:
    """What is posted together, and why. `words` are somebody's own, kept apart."""

    kind: str
    entries: tuple[Entry, ...]
    payment_id: UUID | None = None
    reverses: UUID | None = None
    words: str | None = None
    id: UUID = field(default_factory=uuid4)


class Moved(Exception):
    """Somebody else wrote the folio since it was read: read it again."""


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
_LOCK = sa.text("SELECT pg_advisory_xact_lock(:guest)")

# What posts a journal, once `folio` has one row; the remark is the words of whoever posted it.
_POST = """
, journal AS (
    INSERT INTO journals (id, kind, folio_id, booking_id, property_id, payment_id, reverses, posted_by, posted_at)
    SELECT :journal_id, :kind, folio.id, folio.booking_id, folio.property_id, :payment_id, :reverses, :by, :at
    FROM folio WHERE CAST(:kind AS text) IS NOT NULL
    RETURNING id
), posted AS (
    INSERT INTO entries (journal_id, account, profile_id, amount_minor, currency)
    SELECT journal.id, e.account, e.profile_id, e.amount_minor, e.currency
    FROM journal, unnest(
        CAST(:accounts AS text[]), CAST(:profiles AS uuid[]), CAST(:amounts AS bigint[]), CAST(:currencies AS text[])
    ) AS e (account, profile_id, amount_minor, currency)
), remark AS (
    INSERT INTO remarks (journal_id, text)
    SELECT journal.id, :words FROM journal WHERE CAST(:words AS text) IS NOT NULL
)
"""
_HAS_CREDIT = """
SELECT EXISTS (SELECT FROM payments WHERE beneficiary_profile_id = ANY(CAST(:guests AS uuid[]))) AS credit FROM folio
"""
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
    + _POST
    + _HAS_CREDIT
)
_POST_CHARGE = sa.text(
    """
    WITH folio AS (
        UPDATE folios f SET charges = CAST(:charges AS jsonb), version = f.version + 1
        WHERE f.id = :id AND f.version = :version
        RETURNING f.id, f.booking_id, f.property_id
    )"""  # noqa: S608
    + _POST
    + _HAS_CREDIT
)
_POST_PAYMENT = sa.text(
    """
    WITH payment AS (
        INSERT INTO payments (
            id, payer_profile_id, beneficiary_profile_id, amount_minor, currency, method, received_at
        ) VALUES (:payment_id, :payer_id, :beneficiary_id, :amount, :currency, :method, :at)
    ), folio AS (
        SELECT CAST(NULL AS uuid) AS id, CAST(NULL AS uuid) AS booking_id, CAST(NULL AS uuid) AS property_id
    )"""  # noqa: S608
    + _POST
    + "SELECT true AS credit FROM folio"
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


def lock_guest(tx: Tx, profile_id: UUID) -> None:
    """Until the end of the transaction nobody else changes what this guest owes or has in credit."""
    tx.execute(_LOCK, {"guest": _key(profile_id)})


def lock_guest_and_read(tx: Tx, profile_id: UUID, booking_id: UUID) -> FolioRow | None:
    """Both in one trip. The folio may be older than the lock: whoever writes it says which version was read."""
    row = tx.execute(_LOCK_AND_READ, {"guest": _key(profile_id), "booking_id": booking_id}).one()
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
            **_journal(tx, journal),
        },
    ).first()
    if row is None:
        raise Moved
    return bool(row.credit)


def post_charge(tx: Tx, seen: FolioRow, after: Folio, journal: Journal) -> bool:
    """Write the folio's charges and post the journal; answers whether its payer ever had credit. Raises Moved."""
    row = tx.execute(
        _POST_CHARGE,
        {
            "id": seen.id,
            "version": seen.version,
            "charges": json.dumps({f"{kind} {currency}": minor for (kind, currency), minor in after.charges.items()}),
            "guests": [after.payer_id],
            **_journal(tx, journal),
        },
    ).first()
    if row is None:
        raise Moved
    return bool(row.credit)


def post_payment(
    tx: Tx, payment_id: UUID, payer_id: UUID, beneficiary_id: UUID, amount: Money, method: str, journal: Journal
) -> None:
    tx.execute(
        _POST_PAYMENT,
        {
            "payer_id": payer_id,
            "beneficiary_id": beneficiary_id,
            "amount": amount.amount_minor,
            "currency": amount.currency,
            "method": method,
            **_journal(tx, journal),
            "payment_id": payment_id,
        },
    )


def _key(profile_id: UUID) -> int:
    """A guest's advisory lock; two guests sharing one would only wait for each other."""
    return profile_id.int & 0x7FFF_FFFF_FFFF_FFFF


def _journal(tx: Tx, journal: Journal | None) -> dict[str, Any]:
    entries = journal.entries if journal else ()
    return {
        "journal_id": journal.id if journal else None,
        "kind": journal.kind if journal else None,
        "payment_id": journal.payment_id if journal else None,
        "reverses": journal.reverses if journal else None,
        "words": journal.words if journal else None,
        "by": tx.context.actor,
        "at": tx.now,
        "accounts": [e.account for e in entries],
        "profiles": [e.profile_id for e in entries],
        "amounts": [e.amount_minor for e in entries],
        "currencies": [e.currency for e in entries],
    }


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
