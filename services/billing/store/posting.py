"""Posting: what writes a journal and its entries, always within one statement with what they are about.

Two guards keep concurrent work apart. `lock_guest` lets one transaction at a time change what a guest owes or has in
credit, so that an allocation sees all of both. A folio is written only if its `version` is the one that was read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.billing.domain import Entry
from services.kit.db import Tx


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


_LOCK = sa.text("SELECT pg_advisory_xact_lock(:guest)")
# What posts a journal, once `folio` has one row; the remark is the words of whoever posted it.
POST = """
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
HAS_CREDIT = """
SELECT EXISTS (SELECT FROM payments WHERE beneficiary_profile_id = ANY(CAST(:guests AS uuid[]))) AS credit FROM folio
"""


def lock_guest(tx: Tx, profile_id: UUID) -> None:
    """Until the end of the transaction nobody else changes what this guest owes or has in credit."""
    tx.execute(_LOCK, {"guest": lock_key(profile_id)})


def lock_key(profile_id: UUID) -> int:
    """A guest's advisory lock; two guests sharing one would only wait for each other."""
    return profile_id.int & 0x7FFF_FFFF_FFFF_FFFF


def journal_values(tx: Tx, journal: Journal | None) -> dict[str, Any]:
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
