"""What is posted is sealed: whatever is changed behind the service's back is found, and where it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from foyer import ledger as command_line
from services.billing.doors import ledger as doors
from services.contracts.billing import LedgerDifference, LedgerReport, ProveLedger, VerifyLedger
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.makers import Billing
from tests.billing.sealed import a_ledger, adjustment, post, verify
from tests.databases import Databases

pytestmark = pytest.mark.servers


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return a_ledger(billing_db)


@pytest.fixture
def superuser(billing: Billing, databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    """Somebody for whom neither grants nor triggers nor foreign keys hold."""
    connection = databases.admin("billing")
    connection.execute("SET session_replication_role = replica")
    yield connection
    connection.execute("RESET session_replication_role")


def one(superuser: psycopg.Connection[Any], statement: str, *values: Any) -> Any:
    row = superuser.execute(statement, values).fetchone()
    assert row is not None
    return row


def kinds(found: list[LedgerDifference]) -> set[str]:
    return {difference.what for difference in found}


def looked_at(billing: Billing) -> int:
    """How many journals all parts of the report looked at."""
    journals, report = 0, billing.service.verify_ledger(VerifyLedger())
    while True:
        journals += report.journals
        if report.next is None:
            return journals
        report = billing.service.verify_ledger(VerifyLedger(cursor=report.next))


def test_what_nobody_touched_is_as_it_was_posted(billing: Billing) -> None:
    assert verify(billing) == []


def test_a_changed_amount_is_found_at_its_entry(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    entry, journal, guest = one(
        superuser,
        "UPDATE entries SET amount_minor = amount_minor - 1 WHERE id = (SELECT min(id) FROM entries"
        " WHERE account = 'guests') RETURNING id, journal_id, profile_id",
    )
    found = verify(billing)
    assert [(d.entry_id, d.journal_id, d.account) for d in found if d.what == "entry-changed"] == [
        (entry, journal, "guests")
    ]
    assert [(d.journal_id, d.amount_minor) for d in found if d.what == "journal-unbalanced"] == [(journal, -1)]
    assert [(d.profile_id, d.amount_minor) for d in found if d.what == "balance-differs"] == [(guest, -1)]


def test_a_changed_account_is_found_at_its_entry(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    entry, journal = one(
        superuser,
        "UPDATE entries SET account = 'rounding' WHERE id = (SELECT min(id) FROM entries"
        " WHERE account = 'deferred-revenue') RETURNING id, journal_id",
    )
    found = verify(billing)
    assert [(d.entry_id, d.journal_id) for d in found if d.what == "entry-changed"] == [(entry, journal)]
    assert {d.account for d in found if d.what == "balance-differs"} == {"rounding", "deferred-revenue"}


def test_a_change_that_is_sealed_anew_is_found_at_its_journal(
    billing: Billing, superuser: psycopg.Connection[Any]
) -> None:
    (journal,) = one(superuser, "SELECT journal_id FROM entries ORDER BY id LIMIT 1")
    superuser.execute("UPDATE entries SET amount_minor = 2 * amount_minor WHERE journal_id = %s", [journal])
    superuser.execute(
        "UPDATE entries SET seal = entry_seal(journal_id, account, profile_id, property_id, amount_minor, currency)"
        " WHERE journal_id = %s",
        [journal],
    )
    assert [d.journal_id for d in verify(billing) if d.what == "journal-changed"] == [journal]


@pytest.mark.parametrize("column", ["posted_by", "kind", "reason"])
def test_a_changed_journal_is_found(billing: Billing, superuser: psycopg.Connection[Any], column: str) -> None:
    (journal,) = one(
        superuser,
        f"UPDATE journals SET {column} = 'somebody-else' WHERE id = (SELECT id FROM journals LIMIT 1) RETURNING id",
    )
    assert [(d.what, d.journal_id) for d in verify(billing)] == [("journal-changed", journal)]


def test_a_deleted_entry_is_found_at_its_journal(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    journal, guest = one(
        superuser,
        "DELETE FROM entries WHERE id = (SELECT min(id) FROM entries WHERE account = 'guests')"
        " RETURNING journal_id, profile_id",
    )
    found = verify(billing)
    assert kinds(found) == {"entry-missing", "journal-unbalanced", "balance-differs"}
    assert {d.journal_id for d in found if d.what != "balance-differs"} == {journal}
    assert [d.profile_id for d in found if d.what == "balance-differs"] == [guest]


@pytest.mark.parametrize("which", ["ASC", "DESC"])
def test_a_deleted_journal_is_found_by_the_gap_it_leaves(
    billing: Billing, superuser: psycopg.Connection[Any], which: str
) -> None:
    """Also the last one of all, of which nothing else is left."""
    for _ in range(3):
        post(billing, adjustment(uuid4()))
    journal, chain, number = one(
        superuser, f"SELECT id, chain, number FROM journals ORDER BY posted_at {which} LIMIT 1"
    )
    superuser.execute("DELETE FROM entries WHERE journal_id = %s", [journal])
    superuser.execute("DELETE FROM journals WHERE id = %s", [journal])
    found = verify(billing)
    (missing,) = [d for d in found if d.what == "journal-missing"]
    assert f"{number}" in missing.detail
    assert f"chain {chain}" in missing.detail
    assert "balance-differs" in kinds(found)


def test_entries_left_without_their_journal_are_found(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    (journal,) = one(superuser, "DELETE FROM journals WHERE id = (SELECT id FROM journals LIMIT 1) RETURNING id")
    found = verify(billing)
    assert {d.journal_id for d in found if d.what == "entry-without-journal"} == {journal}
    assert "journal-missing" in kinds(found)


def test_an_inserted_entry_is_found(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    (entry, journal) = one(
        superuser,
        "INSERT INTO entries (journal_id, account, amount_minor, currency)"
        " SELECT id, 'rounding', 7, 'EUR' FROM journals LIMIT 1 RETURNING id, journal_id",
    )
    found = verify(billing)
    assert (entry, journal) in {(d.entry_id, d.journal_id) for d in found if d.what == "entry-added"}
    assert {d.journal_id for d in found if d.what == "journal-unbalanced"} == {journal}


def test_a_journal_put_beside_the_chains_is_found(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    superuser.execute(
        "INSERT INTO journals (id, kind, posted_by, posted_at, business_date)"
        " VALUES (gen_random_uuid(), 'x', 'x', now(), now())"
    )
    assert kinds(verify(billing)) == {"journal-added"}


def test_a_changed_balance_is_found(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    superuser.execute(
        "UPDATE balances SET minor = minor + 3"
        " WHERE ctid = (SELECT min(ctid) FROM balances WHERE account = 'clearing:card')"
    )
    assert {(d.what, d.account, d.amount_minor) for d in verify(billing)} == {("balance-differs", "clearing:card", -3)}


def test_a_chain_wound_back_is_found(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    superuser.execute("UPDATE chains SET number = number - 1 WHERE number > 0")
    assert kinds(verify(billing)) == {"chain-changed"}


def test_a_chain_of_any_length_is_looked_at(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    """Beyond 2**15, where a number would not fit into a smallint any more."""
    superuser.execute("UPDATE chains SET number = 30000")
    journal = post(billing, adjustment(uuid4()))
    missing = [d for d in verify(billing) if f"and {journal.id}" in d.detail]
    assert [(d.what, "to 30000 of chain" in d.detail) for d in missing] == [("journal-missing", True)]
    (chain,) = one(superuser, "SELECT chain FROM journals WHERE id = %s", journal.id)
    report = billing.service.verify_ledger(VerifyLedger(cursor=f"{chain}-30000"))
    assert report.journals == 1
    superuser.execute("INSERT INTO verified (chain, number) SELECT chain, 30000 FROM chains")
    billing.service.watch_ledger()
    assert one(superuser, "SELECT number FROM verified WHERE chain = %s", chain) == (30001,)


def test_what_stands_at_the_edge_of_a_page_is_whole(billing: Billing, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(25):
        post(billing, adjustment(uuid4()))
    whole = billing.service.prove_ledger(ProveLedger()).journals
    monkeypatch.setattr(doors, "_PAGE", 2)
    assert verify(billing) == []
    assert looked_at(billing) == whole


def test_the_clock_goes_on_where_one_look_was_not_enough(
    billing: Billing,
    superuser: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    superuser.execute("UPDATE journals SET posted_by = 'somebody'")
    monkeypatch.setattr(doors, "_MOST", 4)
    seen = []
    with caplog.at_level(logging.ERROR):
        for _ in range(4):
            billing.service.watch_ledger()
            seen.append(len(caplog.records))
    assert seen == [4, 6, 6, 6]


@pytest.mark.parametrize("table", ["chains", "journals"])
def test_a_number_made_huge_is_found_and_costs_no_more_pages(
    billing: Billing, superuser: psycopg.Connection[Any], table: str
) -> None:
    (chain,) = one(superuser, "SELECT chain FROM journals LIMIT 1")
    superuser.execute(
        f"UPDATE {table} SET number = 9223372036854775807 WHERE chain = %s"
        f" AND number = (SELECT max(number) FROM {table} WHERE chain = %s)",
        [chain, chain],
    )
    assert "journal-missing" in kinds(verify(billing))
    billing.service.watch_ledger()
    assert "journal-missing" in kinds(verify(billing))


def test_amounts_beyond_all_sums_are_found(billing: Billing, superuser: psycopg.Connection[Any]) -> None:
    (journal,) = one(superuser, "SELECT journal_id FROM entries LIMIT 1")
    superuser.execute("UPDATE entries SET amount_minor = 9223372036854775807 WHERE journal_id = %s", [journal])
    found = verify(billing)
    assert kinds(found) == {"entry-changed", "journal-unbalanced", "balance-differs"}
    assert [d.amount_minor for d in found if d.what == "journal-unbalanced"] == [2 * 9223372036854775807]


@pytest.mark.parametrize("column", ["posted_at", "business_date"])
def test_a_journal_of_the_end_of_time_is_found(
    billing: Billing, superuser: psycopg.Connection[Any], column: str
) -> None:
    (journal,) = one(
        superuser,
        f"UPDATE journals SET {column} = 'infinity' WHERE id = (SELECT id FROM journals LIMIT 1) RETURNING id",
    )
    assert [(d.what, d.journal_id) for d in verify(billing)] == [("journal-changed", journal)]


def test_a_journal_that_says_no_number_of_entries_is_found(
    billing: Billing, superuser: psycopg.Connection[Any]
) -> None:
    (journal,) = one(
        superuser,
        "UPDATE journals SET entry_count = NULL, posted_by = 'somebody' WHERE id = (SELECT id FROM journals LIMIT 1)"
        " RETURNING id",
    )
    assert [(d.what, d.journal_id) for d in verify(billing)] == [("journal-changed", journal)]


def test_what_was_posted_before_there_were_seals_is_sealed_by_the_migration(
    billing: Billing, superuser: psycopg.Connection[Any]
) -> None:
    migration = import_module("services.billing.migrations.versions.0002_balances")
    superuser.execute("UPDATE journals SET chain = NULL, number = NULL, entry_count = NULL, digest = NULL")
    superuser.execute("UPDATE entries SET seal = NULL; UPDATE chains SET number = 0, digest = ''; DELETE FROM balances")
    assert len(verify(billing)) > 0
    superuser.execute(migration._SEAL_WHAT_IS_THERE)
    superuser.execute(migration._FOLD_WHAT_IS_THERE)
    assert verify(billing) == []
    post(billing, adjustment(uuid4()))
    assert verify(billing) == []


def test_the_clock_says_what_it_found_once_and_no_names(
    billing: Billing, superuser: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    billing.service.watch_ledger()
    assert caplog.records == []
    post(billing, adjustment(uuid4()))
    superuser.execute("UPDATE journals SET posted_by = 'somebody' WHERE kind = 'adjustment'")
    with caplog.at_level(logging.ERROR):
        billing.service.watch_ledger()
        billing.service.watch_ledger()
    assert [r.message for r in caplog.records] == ["the ledger is not what was posted: journal-changed"]


def test_what_every_look_finds_is_said_once_until_it_changes_or_was_gone(
    billing: Billing, superuser: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    def hours(count: int) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            for _ in range(count):
                billing.service.watch_ledger()
        return [record.message.rpartition(": ")[2] for record in caplog.records]

    spoil = "UPDATE balances SET minor = minor + %s WHERE account = 'clearing:card'"
    superuser.execute(spoil, [3])
    assert hours(3) == ["balance-differs"]
    superuser.execute(spoil, [1])
    assert hours(3) == ["balance-differs"]  # another amount
    superuser.execute(spoil, [-4])
    assert hours(2) == []
    superuser.execute(spoil, [4])
    assert hours(3) == ["balance-differs"]
    assert kinds(verify(billing)) == {"balance-differs"}


@pytest.mark.parametrize("looked_before", [False, True])
def test_a_deleted_end_of_a_chain_is_said_in_one_hour_and_verified_in_all(
    billing: Billing, superuser: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture, looked_before: bool
) -> None:
    if looked_before:
        billing.service.watch_ledger()
    (journal,) = one(superuser, "SELECT id FROM journals ORDER BY posted_at DESC LIMIT 1")
    superuser.execute("DELETE FROM entries WHERE journal_id = %s", [journal])
    superuser.execute("DELETE FROM journals WHERE id = %s", [journal])
    said = []
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            billing.service.watch_ledger()
            said.append({record.message.rpartition(": ")[2] for record in caplog.records})
            caplog.clear()
    assert said == [{"journal-missing", "balance-differs"}, set(), set()]
    for _ in range(2):
        assert kinds(verify(billing)) == {"journal-missing", "balance-differs"}


@pytest.mark.parametrize("cursor", ["0-1", "1-9223372036854775808", "65-0", "1", "rest-", "1--1", "1-" + "9" * 19])
def test_a_strange_cursor_is_refused(billing: Billing, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        billing.service.verify_ledger(VerifyLedger(cursor=cursor))
    assert refused.value.errors[0].pointer == "/cursor"


def test_the_command_line_names_each_difference_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = uuid4()
    said = [
        LedgerReport(journals=4, differences=(), next="rest"),
        LedgerReport(
            journals=0,
            differences=(
                LedgerDifference(
                    what="entry-changed",
                    detail="Not as posted.",
                    journal_id=journal,
                    entry_id=17,
                    account="revenue:spa",
                ),
            ),
        ),
    ]

    class Asked:
        def __init__(self, *_: object, **__: object) -> None: ...
        def close(self) -> None: ...
        def ask(self, *_: object, **__: object) -> LedgerReport:
            return said.pop(0)

    monkeypatch.setattr(command_line, "Client", Asked)
    monkeypatch.setattr(command_line, "_SAY_EVERY", 0)
    done = CliRunner(env={"FOYER_AMQP_URL": "amqp://x"}).invoke(command_line.ledger, ["verify"])
    assert done.exit_code == 1
    assert f"journal {journal}  entry 17  account revenue:spa" in done.output
    assert "4 journals looked at, 1 differences." in done.output
    assert done.stderr == "4 journals looked at so far\n"
