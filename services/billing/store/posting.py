"""Posting: what writes a journal and its entries, always within one statement with what they are about.

Two guards keep concurrent work apart. `lock_guest` lets one transaction at a time change what a guest owes or has in
credit, so that an allocation sees all of both. A folio is written only if its `version` is the one that was read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Entry, Rated
from services.kit.db import Again, Tx
from services.kit.ids import new_id


@dataclass(frozen=True)
class Journal:
    """What is posted together, and why. `words` are somebody's own, kept apart; `reason` is a code, not words.

    `property_id` is for a journal of no folio, or for another property than its folio's; `business_date` is the day
    it counts for, the day of the posting in UTC where none is given. `rated` is what one of a stay earns, by VAT rate.
    """

    kind: str
    entries: tuple[Entry, ...]
    payment_id: UUID | None = None
    reverses: UUID | None = None
    words: str | None = None
    property_id: UUID | None = None
    business_date: date | None = None
    reason: str | None = None
    rated: tuple[Rated, ...] = ()
    id: UUID = field(default_factory=new_id)


class Moved(Again):
    """Somebody else wrote the folio since it was read: read it again."""


# What posts a journal, once `folio` has one row. Its parts:
# - `free`: one of 64 chains that nobody else is writing to, beginning with this connection's own; only where all are
#   taken does it wait. A chain is held until the commit, so its numbers have no gaps, its digests follow on one
#   another, and the balances of the house's accounts, a row per chain, are never waited for.
# - `kept`: the running balances. Guests' rows are one each, as `lock_guest` keeps two apart from each other.
# - `remark`: the words of whoever posted it.
POST = """
, head AS (
    SELECT CAST(:journal_id AS uuid) AS id, CAST(:kind AS text) AS kind, folio.id AS folio_id, folio.booking_id,
           coalesce(CAST(:journal_property AS uuid), folio.property_id) AS property_id,
           CAST(:payment_id AS uuid) AS payment_id, CAST(:reverses AS uuid) AS reverses,
           CAST(:reason AS text) AS reason, CAST(:by AS text) AS posted_by, CAST(:at AS timestamptz) AS posted_at,
           CAST(:business_date AS date) AS business_date
    FROM folio WHERE CAST(:kind AS text) IS NOT NULL
), lines AS MATERIALIZED (
    SELECT e.*, head.property_id,
           entry_seal(head.id, e.account, e.profile_id, head.property_id, e.amount_minor, e.currency) AS seal
    FROM head, unnest(
        CAST(:accounts AS text[]), CAST(:profiles AS uuid[]), CAST(:amounts AS bigint[]), CAST(:currencies AS text[])
    ) WITH ORDINALITY AS e (account, profile_id, amount_minor, currency, line)
), seals AS MATERIALIZED (
    SELECT count(*) AS entry_count, coalesce(string_agg(seal, '' ORDER BY seal), '') AS entries FROM lines
), free AS MATERIALIZED (
    SELECT coalesce(
        (SELECT chain FROM chains WHERE chain > pg_backend_pid() % 64 ORDER BY chain
            FOR NO KEY UPDATE SKIP LOCKED LIMIT 1),
        (SELECT chain FROM chains ORDER BY chain FOR NO KEY UPDATE SKIP LOCKED LIMIT 1),
        1 + pg_backend_pid() % 64
    ) AS chain
    FROM head
), link AS (
    UPDATE chains c SET number = c.number + 1, digest = journal_digest(
        c.digest, head.id, head.kind, head.folio_id, head.booking_id, head.property_id, head.payment_id,
        head.reverses, head.reason, head.posted_by, head.posted_at, head.business_date,
        seals.entry_count, seals.entries
    )
    FROM head, seals, free WHERE c.chain = free.chain
    RETURNING c.chain, c.number, c.digest
), journal AS (
    INSERT INTO journals (
        id, kind, folio_id, booking_id, property_id, payment_id, reverses, reason, posted_by, posted_at, business_date,
        chain, number, entry_count, digest
    )
    SELECT head.*, link.chain, link.number, seals.entry_count, link.digest FROM head, seals, link
    RETURNING id, chain
), posted AS (
    INSERT INTO entries (journal_id, account, profile_id, property_id, amount_minor, currency, seal)
    SELECT journal.id, account, profile_id, property_id, amount_minor, currency, seal FROM journal, lines ORDER BY line
), kept AS (
    INSERT INTO balances AS b (profile_id, account, property_id, currency, shard, minor, entry_count)
    SELECT coalesce(profile_id, '00000000-0000-0000-0000-000000000000'), account,
           coalesce(property_id, '00000000-0000-0000-0000-000000000000'), currency,
           CASE WHEN profile_id IS NULL THEN journal.chain ELSE 0 END, sum(amount_minor), count(*)
    FROM journal, lines GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (profile_id, account, property_id, currency, shard) DO UPDATE
        SET minor = b.minor + excluded.minor, entry_count = b.entry_count + excluded.entry_count
), remark AS (
    INSERT INTO remarks (journal_id, text)
    SELECT journal.id, :words FROM journal WHERE CAST(:words AS text) IS NOT NULL
)
"""
HAS_CREDIT = """
SELECT EXISTS (SELECT FROM payments WHERE beneficiary_profile_id = ANY(CAST(:guests AS uuid[])))
    OR EXISTS (SELECT FROM moved_payments WHERE beneficiary_profile_id = ANY(CAST(:guests AS uuid[]))) AS credit
FROM folio
"""


# A journal that concerns no folio.
NO_FOLIO = """
WITH folio AS (
    SELECT CAST(NULL AS uuid) AS id, CAST(NULL AS uuid) AS booking_id, CAST(NULL AS uuid) AS property_id
)"""
_POST_ALONE = sa.text(NO_FOLIO + POST + "SELECT id FROM folio")  # noqa: S608


def post(tx: Tx, journal: Journal) -> None:
    """Post a journal that concerns no folio; whose accounts it moves are locked by then (`lock_guest`)."""
    tx.execute(_POST_ALONE, journal_values(tx, journal))


def lock_guest(tx: Tx, profile_id: UUID) -> None:
    """Until the end of the transaction nobody else changes what this guest owes or has in credit."""
    tx.lock([lock_key(profile_id)])


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
        "reason": journal.reason if journal else None,
        "journal_property": journal.property_id if journal else None,
        "business_date": (journal and journal.business_date) or tx.now.date(),
        "words": journal.words if journal else None,
        "by": tx.context.actor,
        "at": tx.now,
        "accounts": _array(e.account for e in entries),
        "profiles": _array(e.profile_id for e in entries),
        "amounts": _array(e.amount_minor for e in entries),
        "currencies": _array(e.currency for e in entries),
    }


def _array(items: Iterable[str | UUID | int | None]) -> str:
    """PostgreSQL's text of an array; psycopg's own way to it takes a fourth of a posting's time in Python."""
    return f"{{{','.join(_item(item) for item in items)}}}"


def _item(item: str | UUID | int | None) -> str:
    if isinstance(item, str):
        quoted = item.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'
    return "NULL" if item is None else str(item)
