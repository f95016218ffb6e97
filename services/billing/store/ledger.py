"""The ledger looked at as a whole: is it still what was posted?

Each look is one statement, so that what it compares is of the same moment, whatever is posted meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import sqlalchemy as sa

from services.billing.store.posting import lock_key
from services.contracts.billing import JournalEntry, LedgerDifference, PostedJournal
from services.contracts.values import Money
from services.kit import wire
from services.kit.db import Tx

CHAINS = 64
MOST_DIFFERENCES = 1000

# Journals after a number of one chain; the one before them is looked up for its digest only. Pages are counted in
# journals, so a number that somebody has made huge costs no more pages. There is no arithmetic on parameters, which
# are `integer` as long as they fit. Journals of before there were seals say no `entry_count`, and their digests hold
# none.
_LOOK_AT_CHAIN = sa.text(
    """
    WITH page AS (
        SELECT j.*, lag(j.number) OVER w AS number_before, lag(j.digest) OVER w AS digest_before,
               lag(j.id) OVER w AS id_before
        FROM (
            SELECT * FROM journals WHERE chain = :chain AND number >= :after ORDER BY number LIMIT :limit
        ) AS j WINDOW w AS (ORDER BY number)
    ), fresh AS (
        SELECT id, kind, folio_id, booking_id, property_id, payment_id, reverses, reason, posted_by, posted_at,
               business_date, number, entry_count, digest, id_before, coalesce(number_before, :after) AS number_before,
               CASE WHEN number = 1 THEN '' ELSE digest_before END AS digest_before
        FROM page WHERE number > :after
    ), lines AS (
        SELECT e.* FROM fresh f JOIN entries e ON e.journal_id = f.id
    ), seals AS (
        SELECT journal_id, count(*) AS entry_count, string_agg(seal, '' ORDER BY seal) AS entries
        FROM lines GROUP BY 1
    ), sealed AS (
        SELECT f.*, coalesce(s.entry_count, 0) AS there, coalesce(s.entries, '') AS entries
        FROM fresh f LEFT JOIN seals s ON s.journal_id = f.id
    ), last AS (
        SELECT c.number AS held, c.digest AS held_digest, j.id, j.number, j.digest,
               coalesce(j.number <= coalesce((SELECT max(number) FROM fresh), :after), true) AS reached
        FROM (SELECT CAST(:chain AS smallint) AS chain) AS this
        LEFT JOIN chains c USING (chain)
        LEFT JOIN LATERAL (
            SELECT id, number, digest FROM journals WHERE chain = this.chain AND number IS NOT NULL
            ORDER BY number DESC LIMIT 1
        ) AS j ON true
    ), found AS (
        SELECT 'entry-changed' AS what, 'The entry is not as it was posted.' AS detail, journal_id, id AS entry_id,
               account, profile_id, currency, CAST(NULL AS numeric) AS amount_minor
        FROM lines WHERE seal IS NOT NULL
            AND seal <> entry_seal(journal_id, account, profile_id, property_id, amount_minor, currency)
        UNION ALL
        SELECT 'entry-added', 'The entry came in beside the posting.', journal_id, id, account, profile_id, currency,
               amount_minor
        FROM lines WHERE seal IS NULL
        UNION ALL
        SELECT 'journal-unbalanced', 'The entries do not sum to zero.', journal_id, NULL, NULL, NULL, currency,
               sum(amount_minor)
        FROM lines GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0
        UNION ALL
        SELECT CASE WHEN there < entry_count THEN 'entry-missing' ELSE 'entry-added' END,
               format('%s entries were posted, %s are there.', entry_count, there), id, NULL, NULL, NULL, NULL, NULL
        FROM sealed WHERE there <> entry_count
        UNION ALL
        SELECT 'journal-changed', 'The journal, or the set of its entries, is not as it was posted.', id,
               NULL, NULL, NULL, NULL, NULL
        FROM sealed WHERE coalesce(there = entry_count, true) AND number_before = number - 1 AND CASE
            WHEN isfinite(posted_at) AND isfinite(business_date) THEN digest <> journal_digest(
                digest_before, id, kind, folio_id, booking_id, property_id, payment_id, reverses, reason, posted_by,
                posted_at, business_date, entry_count, entries
            ) ELSE true END
        UNION ALL
        SELECT 'journal-missing', format('%s of chain %s, between %s and %s.', CASE WHEN number_before + 1 = number - 1
                   THEN format('Number %s', number - 1) ELSE format('Numbers %s to %s', number_before + 1, number - 1)
               END, CAST(:chain AS int), coalesce(CAST(id_before AS text), 'what was seen before'), id),
               NULL, NULL, NULL, NULL, NULL, NULL
        FROM fresh WHERE number_before < number - 1
        UNION ALL
        SELECT 'journal-missing', format('Number %s of chain %s, and what followed on it up to here.', :after,
               CAST(:chain AS int)), NULL, NULL, NULL, NULL, NULL, NULL
        FROM last WHERE :after > 0 AND NOT EXISTS (SELECT FROM page WHERE number = :after)
        UNION ALL
        SELECT 'journal-missing', format('The end of chain %s: numbers %s to %s, after %s.', CAST(:chain AS int),
               coalesce(number, 0) + 1, held, coalesce(CAST(id AS text), 'nothing')), NULL, NULL, NULL, NULL, NULL, NULL
        FROM last WHERE reached AND held > coalesce(number, 0)
        UNION ALL
        SELECT 'chain-changed', format('The head of chain %s is not what its last journal says.', CAST(:chain AS int)),
               id, NULL, NULL, NULL, NULL, NULL
        FROM last WHERE reached AND number IS NOT NULL AND (
            held IS NULL OR held < number OR held = number AND held_digest IS DISTINCT FROM digest
        )
    )
    SELECT (SELECT count(*) FROM fresh) AS journals,
           (SELECT CASE WHEN reached THEN coalesce(number, 0) ELSE (SELECT max(number) FROM fresh) END FROM last)
               AS until,
           (SELECT reached FROM last) AS whole,
           (SELECT coalesce(json_agg(f), '[]') FROM (SELECT * FROM found LIMIT :most) AS f) AS found
    """
)
_LOOK_AT_REST = sa.text(
    """
    WITH folded AS (
        SELECT coalesce(profile_id, '00000000-0000-0000-0000-000000000000') AS profile_id, account,
               coalesce(property_id, '00000000-0000-0000-0000-000000000000') AS property_id, currency,
               sum(amount_minor) AS minor, count(*) AS entry_count
        FROM entries GROUP BY 1, 2, 3, 4
    ), kept AS (
        SELECT profile_id, account, property_id, currency, sum(minor) AS minor, sum(entry_count) AS entry_count
        FROM balances GROUP BY 1, 2, 3, 4
    ), found AS (
        SELECT 'balance-differs' AS what,
               format('Kept %s of %s entries, they are %s of %s.', coalesce(k.minor, 0), coalesce(k.entry_count, 0),
                      coalesce(f.minor, 0), coalesce(f.entry_count, 0)) AS detail,
               CAST(NULL AS uuid) AS journal_id, CAST(NULL AS bigint) AS entry_id, account,
               nullif(profile_id, '00000000-0000-0000-0000-000000000000') AS profile_id, currency,
               coalesce(f.minor, 0) - coalesce(k.minor, 0) AS amount_minor
        FROM folded f FULL JOIN kept k USING (profile_id, account, property_id, currency)
        WHERE f.minor IS DISTINCT FROM k.minor OR f.entry_count IS DISTINCT FROM k.entry_count
        UNION ALL
        SELECT 'entry-without-journal', 'There is no such journal.', journal_id, id, account, profile_id, currency,
               amount_minor
        FROM entries e WHERE NOT EXISTS (SELECT FROM journals j WHERE j.id = e.journal_id)
        UNION ALL
        SELECT 'journal-added', 'The journal stands in no chain.', id, NULL, NULL, NULL, NULL, NULL
        FROM journals WHERE chain IS NULL OR number IS NULL OR digest IS NULL
            OR chain NOT BETWEEN 1 AND :chains OR number < 1
    )
    SELECT coalesce(json_agg(f), '[]') AS found FROM (
        SELECT * FROM found ORDER BY what, journal_id, entry_id, account, profile_id, currency LIMIT :most
    ) AS f
    """
)
_SEEN = sa.text(
    "SELECT n AS chain, coalesce(v.number, 0) AS number"
    " FROM generate_series(1, :chains) n LEFT JOIN verified v ON v.chain = n ORDER BY n"
)
_REMEMBER = sa.text(
    "INSERT INTO verified (chain, number) VALUES (:chain, :number)"
    " ON CONFLICT (chain) DO UPDATE SET number = excluded.number"
)
_SAID = sa.text("SELECT chain, difference FROM said_differences")
_SAY = sa.text(
    """
    WITH gone AS (
        DELETE FROM said_differences WHERE chain = :chain AND difference = ANY(CAST(:gone AS uuid[]))
    )
    INSERT INTO said_differences (chain, difference, said_at)
    SELECT :chain, unnest(CAST(:new AS uuid[])), :at ON CONFLICT DO NOTHING
    """
)
_READ = sa.text(
    """
    SELECT j.id, j.kind, j.posted_at, j.posted_by, j.business_date, j.folio_id, j.booking_id, j.property_id,
           j.payment_id, j.reverses, j.reason, (SELECT c.id FROM charges c WHERE c.journal_id = j.id) AS charge_id,
           (SELECT r.id FROM journals r WHERE r.reverses = j.id AND r.kind = 'reversal') AS reversed_by,
           (SELECT json_agg(json_build_array(e.id, e.account, e.profile_id, e.amount_minor, e.currency) ORDER BY e.id)
            FROM entries e WHERE e.journal_id = j.id) AS entries
    FROM journals j WHERE j.id = :id
    """
)


@dataclass(frozen=True)
class Looked:
    """At `journals` of a chain, up to the number `until`; `whole` where that is the chain's end."""

    journals: int
    until: int
    whole: bool
    found: list[LedgerDifference]


def look_at_chain(tx: Tx, chain: int, after: int, limit: int) -> Looked:
    """At so many journals after that number, and at what the chain says of its end where they reach it."""
    said = {"chain": chain, "after": after, "limit": limit + bool(after), "most": MOST_DIFFERENCES}
    row = tx.execute(_LOOK_AT_CHAIN, said).one()
    return Looked(row.journals, row.until, row.whole, [_difference(found) for found in row.found])


def look_at_rest(tx: Tx) -> list[LedgerDifference]:
    """Balances against the fold of all entries, and what stands in no chain. Reads every entry."""
    row = tx.execute(_LOOK_AT_REST, {"chains": CHAINS, "most": MOST_DIFFERENCES}).one()
    return [_difference(found) for found in row.found]


def watched(tx: Tx) -> dict[int, int]:
    """Per chain, the last number that the clock looked at."""
    return {row.chain: row.number for row in tx.execute(_SEEN, {"chains": CHAINS})}


def remember_watched(tx: Tx, chain: int, number: int) -> None:
    tx.execute(_REMEMBER, {"chain": chain, "number": number})


def said_differences(tx: Tx) -> dict[int, set[UUID]]:
    """What the log has of each chain, 0 for what is of none."""
    said: dict[int, set[UUID]] = defaultdict(set)
    for row in tx.execute(_SAID):
        said[row.chain].add(row.difference)
    return said


def say(
    tx: Tx, chain: int, found: list[LedgerDifference], said: dict[int, set[UUID]], *, whole: bool
) -> list[LedgerDifference]:
    """What of it has not been said. What is not found any more, as far as the place was seen `whole`, is forgotten."""
    known = {uuid5(NAMESPACE_OID, wire.text(each)): each for each in found}
    new, gone = known.keys() - said[chain], said[chain] - known.keys() if whole else set()
    if new or gone:
        tx.execute(_SAY, {"chain": chain, "new": list(new), "gone": list(gone), "at": tx.now})
    return [each for name, each in known.items() if name in new]


def lock_journal(tx: Tx, journal_id: UUID) -> None:
    """Two who reverse the same journal come one after the other."""
    tx.lock([lock_key(journal_id)])


def read_journal(tx: Tx, journal_id: UUID) -> PostedJournal | None:
    row = tx.execute(_READ, {"id": journal_id}).mappings().first()
    return PostedJournal(**{**row, "entries": tuple(_entry(*e) for e in row["entries"] or ())}) if row else None


def _entry(entry_id: int, account: str, profile_id: str | None, amount_minor: int, currency: str) -> JournalEntry:
    whose = UUID(profile_id) if profile_id else None
    return JournalEntry(
        id=entry_id, account=account, profile_id=whose, amount=Money(amount_minor=amount_minor, currency=currency)
    )


def _difference(found: dict[str, Any]) -> LedgerDifference:
    ids = {name: UUID(found[name]) if found[name] else None for name in ("journal_id", "profile_id")}
    return LedgerDifference(**{**found, **ids})
