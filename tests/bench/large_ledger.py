"""A ledger of 700,000 entries, the size of 119,390 real bookings, looked at as a whole by the running service.

Half of it stands in one chain: postings keep to the chains of the service's own connections while those are free, so
real chains are as uneven.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import psycopg

from services.contracts.billing import LedgerReport, VerifyLedger
from services.kit.client import Client
from services.kit.context import Context
from services.kit.db import Database
from tests.bench.rounds import Report, Settings
from tests.bench.servers import amqp_url, databases
from tests.bench.system import running
from tests.billing.makers import Billing

JOURNALS = 240_000
MOST_SECONDS = 60  # of the whole
MOST_SECONDS_A_CALL = 10  # so long a worker is held


def run(settings: Settings, report: Report) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(amqp_url())
        made = stack.enter_context(databases())
        entries = fill(made.admin("billing"), JOURNALS)
        report.say(f"A ledger of {JOURNALS:,} journals and {entries:,} entries")
        database = Database(made.url("billing"))
        stack.callback(database.close)
        billing = Billing(database).service
        for which in ("first", "next"):
            began = time.perf_counter()
            billing.watch_ledger()
            report.say(f"  the clock's {which} look: {time.perf_counter() - began:.1f} s")
        system = stack.enter_context(running(made, url, "billing"))
        began = time.perf_counter()
        said = system.foyer("ledger", "verify")
        report.say(f"  foyer ledger verify: {time.perf_counter() - began:.1f} s")
        report.check("all of it was looked at, and nothing differs", f"{JOURNALS:,} journals looked at, 0 diff" in said)
        parts = _ask(url)
        whole, longest = sum(parts), max(parts)
        report.check(f"its {len(parts)} parts took {whole:.1f} s (at most {MOST_SECONDS})", whole <= MOST_SECONDS)
        report.check(
            f"the longest held a worker for {longest:.1f} s (at most {MOST_SECONDS_A_CALL})",
            longest <= MOST_SECONDS_A_CALL,
        )


def _ask(url: str) -> list[float]:
    """The seconds that each part took."""
    client, took, cursor = Client(url, deadline=600), [], None
    try:
        while not took or cursor:
            began = time.perf_counter()
            report: LedgerReport = client.ask(VerifyLedger(cursor=cursor), context=Context(actor="bench"))
            took.append(time.perf_counter() - began)
            cursor = report.next
    finally:
        client.close()
    return took


def fill(admin: psycopg.Connection[Any], journals: int) -> int:
    """Journals of three entries each into an empty ledger, as their posting would have sealed them; how many entries.

    A stay in three: what the guest owes, its VAT, what is earned of it.
    """
    admin.execute("SET session_replication_role = replica")
    admin.execute(_JOURNALS, {"journals": journals})
    entries = admin.execute(_ENTRIES).rowcount
    admin.execute("ANALYZE journals, entries")
    admin.execute(_DIGESTS)
    admin.execute(_CHAINS)
    admin.execute(import_module("services.billing.migrations.versions.0002_balances")._FOLD_WHAT_IS_THERE)
    admin.execute("RESET session_replication_role")
    admin.execute("VACUUM ANALYZE journals, entries, balances, chains")
    return entries


_JOURNALS = """
    INSERT INTO journals (id, kind, property_id, posted_by, posted_at, business_date, chain, number, entry_count)
    SELECT gen_random_uuid(), 'adjustment', CAST(lpad(to_hex(n %% 2 + 1), 32, '0') AS uuid), 'bench',
           TIMESTAMPTZ '2026-01-01 00:00Z' + n * interval '1 s', DATE '2026-01-01' + n / 86400, chain,
           row_number() OVER (PARTITION BY chain ORDER BY n), 3
    FROM generate_series(1, %(journals)s) n,
         LATERAL (SELECT CASE n %% 2 WHEN 0 THEN 1 ELSE 1 + n / 2 %% 64 END AS chain) AS c
"""
_ENTRIES = """
    INSERT INTO entries (journal_id, account, profile_id, property_id, amount_minor, currency, seal)
    SELECT j.id, e.account, e.profile_id, j.property_id, e.minor, 'EUR',
           entry_seal(j.id, e.account, e.profile_id, j.property_id, e.minor, 'EUR')
    FROM (
        SELECT *, 10000 + row_number() OVER () % 50000 AS net, CAST(md5(CAST(id AS text)) AS uuid) AS guest
        FROM journals
    ) AS j, LATERAL (
        VALUES ('guests', guest, net + 600), ('revenue:room', NULL, -net), ('tax:vat', NULL, -600)
    ) AS e (account, profile_id, minor)
"""
_DIGESTS = """
    DO $$
    DECLARE
        j record;
        last bytea;
    BEGIN
        FOR j IN
            SELECT o.*, (SELECT string_agg(seal, '' ORDER BY seal) FROM entries WHERE journal_id = o.id) AS seals
            FROM journals o ORDER BY chain, number
        LOOP
            last := journal_digest(
                CASE j.number WHEN 1 THEN '' ELSE last END, j.id, j.kind, j.folio_id, j.booking_id, j.property_id,
                j.payment_id, j.reverses, j.reason, j.posted_by, j.posted_at, j.business_date, j.entry_count, j.seals
            );
            UPDATE journals SET digest = last WHERE id = j.id;
        END LOOP;
    END $$
"""
_CHAINS = """
    UPDATE chains c SET number = j.number, digest = j.digest FROM (
        SELECT DISTINCT ON (chain) chain, number, digest FROM journals ORDER BY chain, number DESC
    ) AS j WHERE j.chain = c.chain
"""
