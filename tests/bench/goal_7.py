"""Goal 7: one journal posted, with its running balances and its seals, and committed.

Two ratios: of the ledger's statement to the bare rows of a journal and its entries, both in pgbench, which is the
price of balances and seals; and of the ledger's own function, through kit's Database, to the same statement in pgbench.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg

from services.billing.store.posting import NO_FOLIO, POST
from tests.bench import pgbench
from tests.bench.party import Party
from tests.bench.rounds import Ratio, Report, Run, Settings, contest
from tests.bench.servers import databases

CLIENTS = 8
PROCESSES = 2  # of ours, as pgbench has two threads
GUESTS = 100_000
AMOUNT = 30000


def run(settings: Settings, report: Report) -> None:
    with ExitStack() as stack:
        made = stack.enter_context(databases())
        database, admin = made.url("billing"), made.admin("billing")
        parties = [
            stack.enter_context(
                Party("tests.bench.posting", database, str(CLIENTS // PROCESSES), str(n * GUESTS), str(GUESTS))
            )
            for n in range(PROCESSES)
        ]
        pool = stack.enter_context(ThreadPoolExecutor(PROCESSES))
        posted = 0

        def ours(seconds: float) -> Run:
            runs = list(pool.map(lambda party: party.run(seconds), parties))
            return Run(
                sum(run.count for run in runs),
                max(run.seconds for run in runs),
                p50=max(run.p50 for run in runs),
                p99=max(run.p99 for run in runs),
            )

        def counted(post: Any) -> Any:
            def turn(seconds: float) -> Run:
                nonlocal posted
                done: Run = post(seconds)
                posted += done.count
                return done

            return turn

        def in_pgbench(script: str) -> Any:
            return lambda seconds: pgbench.run(database, script, clients=CLIENTS, seconds=seconds)

        contest(
            f"Goal 7: one journal posted, {CLIENTS} at once",
            {
                "bare rows": in_pgbench(_BARE),
                "the statement": counted(in_pgbench(_STATEMENT)),
                "ours": counted(ours),
            },
            [
                Ratio("the statement", "bare rows", goal=0.8, floor=0.5),
                Ratio("ours", "the statement", goal=0.8, floor=0.5),
            ],
            settings,
            report,
        )
        _check(admin, posted, report)


def _check(admin: psycopg.Connection[Any], posted: int, report: Report) -> None:
    row = admin.execute(_SUMS).fetchone()
    assert row is not None
    journals, entries, kept, total, wrong, chained = row
    report.check(f"{posted:,} journals and two entries for each", (journals, entries) == (posted, 2 * posted))
    report.check("the chains and the balances hold as many", (chained, kept) == (posted, 2 * posted))
    report.check("all entries sum to zero, and no balance differs from their fold", total == 0 and wrong == 0)


_VALUES = {
    "journal_id": "gen_random_uuid()",
    "kind": "'adjustment'",
    "journal_property": "NULL",
    "payment_id": "NULL",
    "reverses": "NULL",
    "reason": "NULL",
    "by": "'pgbench'",
    "at": "now()",
    "business_date": "current_date",
    "accounts": "ARRAY['guests', 'deferred-revenue']",
    "profiles": "ARRAY[CAST(lpad(to_hex(CAST(:guest AS int)), 32, '0') AS uuid), NULL]",
    "amounts": f"ARRAY[{AMOUNT}, -{AMOUNT}]",
    "currencies": "ARRAY['EUR', 'EUR']",
    "words": "NULL",
}


def _in_pgbench(statement: str) -> str:
    """The statement with what pgbench can make up in place of its parameters."""
    for name, value in sorted(_VALUES.items(), key=lambda item: -len(item[0])):
        statement = statement.replace(f":{name}", value)
    return statement


_STATEMENT = f"""
\\set guest random(1, {GUESTS})
BEGIN;
{_in_pgbench(NO_FOLIO + POST + "SELECT id FROM folio")};
COMMIT;
"""
_BARE = f"""
\\set guest random(1, {GUESTS})
BEGIN;
WITH journal AS (
    INSERT INTO journals (id, kind, posted_by, posted_at) VALUES (gen_random_uuid(), 'adjustment', 'pgbench', now())
    RETURNING id
)
INSERT INTO entries (journal_id, account, profile_id, amount_minor, currency)
SELECT journal.id, e.* FROM journal, unnest(
    ARRAY['guests', 'deferred-revenue'], {_VALUES["profiles"]}, {_VALUES["amounts"]}, {_VALUES["currencies"]}
) AS e;
COMMIT;
"""
# The bare rows stand in no chain and have no seals.
_SUMS = """
    WITH sealed AS (
        SELECT coalesce(profile_id, '00000000-0000-0000-0000-000000000000') AS profile_id, amount_minor
        FROM entries WHERE seal IS NOT NULL
    )
    SELECT (SELECT count(*) FROM journals WHERE chain IS NOT NULL), (SELECT count(*) FROM sealed),
           (SELECT sum(entry_count) FROM balances), (SELECT sum(amount_minor) FROM entries), (
               SELECT count(*) FROM (SELECT profile_id, sum(amount_minor) AS minor FROM sealed GROUP BY 1) e
               FULL JOIN (SELECT profile_id, sum(minor) AS minor FROM balances GROUP BY 1) b USING (profile_id)
               WHERE e.minor IS DISTINCT FROM b.minor
           ), (SELECT sum(number) FROM chains)
"""
