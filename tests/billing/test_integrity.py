"""What is posted is sealed: whatever is changed behind the service's back is found, and where it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foyer import ledger as command_line
from services.billing import store
from services.billing.domain import Entry
from services.billing.store import CHAINS, Journal
from services.contracts.billing import (
    AlreadyReversed,
    LedgerDifference,
    LedgerReport,
    NoSuchJournal,
    NotReversible,
    PostedJournal,
    ReadJournal,
    ReverseJournal,
    VerifyLedger,
)
from services.kit.context import Context
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.makers import LISBON, Billing, eur, stay
from tests.databases import Databases

pytestmark = pytest.mark.servers

POSTER = Context(actor="test")


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    """A ledger with a few guests' stays and payments."""
    made = Billing(billing_db)
    for _ in range(3):
        ana = uuid4()
        made.hears(stay(ana, eur(30000)))
        made.pays(ana, eur(10000))
    return made


@pytest.fixture
def superuser(billing: Billing, databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    """Somebody for whom neither grants nor triggers nor foreign keys hold."""
    connection = databases.admin("billing")
    connection.execute("SET session_replication_role = replica")
    yield connection
    connection.execute("RESET session_replication_role")


def verify(billing: Billing) -> list[LedgerDifference]:
    """All parts of the report, as `foyer ledger verify` asks for them."""
    found: list[LedgerDifference] = []
    cursor: str | None = None
    while True:
        report = billing.service.verify_ledger(VerifyLedger(cursor=cursor))
        found += report.differences
        cursor = report.next
        if cursor is None:
            return found


def post(billing: Billing, entries: tuple[Entry, ...], kind: str = "adjustment", **more: Any) -> Journal:
    journal = Journal(kind, entries, **more)
    billing.db.writing(POSTER, lambda tx: store.post(tx, journal))
    return journal


def adjustment(guest: UUID, minor: int = 500) -> tuple[Entry, ...]:
    return Entry("guests", minor, "EUR", guest), Entry("rounding", -minor, "EUR")


def one(superuser: psycopg.Connection[Any], statement: str, *values: Any) -> Any:
    row = superuser.execute(statement, values).fetchone()
    assert row is not None
    return row


def kinds(found: list[LedgerDifference]) -> set[str]:
    return {difference.what for difference in found}


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


@pytest.mark.parametrize("cursor", ["0-1", "65-0", "1", "rest-", "1--1", "1-" + "9" * 19])
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
    done = CliRunner(env={"FOYER_AMQP_URL": "amqp://x"}).invoke(command_line.ledger, ["verify"])
    assert done.exit_code == 1
    assert f"journal {journal}  entry 17  account revenue:spa" in done.output
    assert "4 journals looked at, 1 differences." in done.output


# ── posting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_account_of_a_known_family_is_taken(billing: Billing) -> None:
    ana = uuid4()
    for account in ("tax:vat", "tax:city", "revenue:late-check-out", "clearing:bank-2", "bad-debt", "rounding"):
        post(billing, (Entry("guests", 1, "EUR", ana), Entry(account, -1, "EUR")))
    assert billing.balance(ana) == 6


@pytest.mark.parametrize("account", ["pocket", "revenue:", "revenue:Ana Silva", "tax:vat-", "guests:x", "xrounding"])
def test_an_account_of_no_family_is_refused(billing: Billing, account: str) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        post(billing, (Entry("guests", 1, "EUR", uuid4()), Entry(account, -1, "EUR")))


def test_a_journal_keeps_its_property_its_day_and_its_reason(billing: Billing) -> None:
    posted = post(
        billing,
        adjustment(uuid4()),
        property_id=LISBON,
        business_date=date(2026, 3, 1),
        reason="wrong-account",
    )
    journal = billing.service.read_journal(ReadJournal(journal_id=posted.id))
    assert (journal.property_id, journal.business_date, journal.reason) == (LISBON, date(2026, 3, 1), "wrong-account")
    with billing.db.engine.connect() as connection:
        properties = connection.execute(
            sa.text("SELECT DISTINCT property_id FROM entries WHERE journal_id = :id"), {"id": posted.id}
        ).scalars()
        assert list(properties) == [LISBON]


def test_many_at_once_on_the_same_house_accounts_lose_nothing_and_wait_for_nobody(billing: Billing) -> None:
    """Each transaction posts twice, the accounts in either order; none is repeated after a deadlock."""
    guests = [uuid4() for _ in range(32)]
    started: list[UUID] = []

    def move(guest: UUID) -> None:
        turned = adjustment(guest)[:: -1 if guest.int % 2 else 1]

        def twice(tx: Any) -> None:
            started.append(guest)
            store.lock_guest(tx, guest)
            store.post(tx, Journal("adjustment", turned))
            store.post(tx, Journal("adjustment", turned[::-1]))

        for _ in range(4):
            billing.db.writing(POSTER, twice)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, guests))
    assert len(started) == 4 * len(guests)
    assert {billing.balance(guest) for guest in guests} == {4 * 2 * 500}
    assert verify(billing) == []


def test_a_chain_that_somebody_holds_is_not_waited_for(billing: Billing, databases: Databases) -> None:
    with databases.admin("billing").transaction():
        databases.admin("billing").execute("SELECT FROM chains WHERE chain <> %s FOR UPDATE", [CHAINS // 2])
        post(billing, adjustment(uuid4()))
    assert verify(billing) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    journals=st.lists(
        st.lists(
            st.tuples(st.sampled_from(["rounding", "bad-debt", "tax:vat"]), st.integers(-(10**12), 10**12)),
            min_size=1,
            max_size=6,
        ),
        max_size=5,
    )
)
def test_balances_are_the_fold_of_the_entries_whatever_is_posted(
    billing: Billing, journals: list[list[tuple[str, int]]]
) -> None:
    """The same account may stand in a journal more than once."""
    ana = uuid4()
    for lines in journals:
        house = [Entry(account, minor, "JPY") for account, minor in lines if minor]
        owed = -sum(entry.amount_minor for entry in house)
        guest = [Entry("guests", owed, "JPY", ana)] if owed else []
        if house:
            post(billing, (*house, *guest))
    assert verify(billing) == []


# ── reversal ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def reverse(billing: Billing, journal_id: UUID, reason: str = "wrong-account") -> PostedJournal:
    posted: PostedJournal = billing.service.reverse_journal(ReverseJournal(journal_id=journal_id, reason_code=reason))
    return posted


def test_a_reversal_is_the_mirror_and_names_what_it_reverses_and_why(billing: Billing) -> None:
    ana = uuid4()
    wrong = post(billing, adjustment(ana), property_id=LISBON)
    mirror = reverse(billing, wrong.id)
    assert (mirror.kind, mirror.reverses, mirror.reason) == ("reversal", wrong.id, "wrong-account")
    assert [(e.account, e.amount) for e in mirror.entries] == [("guests", eur(-500)), ("rounding", eur(500))]
    assert mirror.property_id == LISBON
    assert billing.balance(ana) == 0
    assert billing.service.read_journal(ReadJournal(journal_id=wrong.id)).reversed_by == mirror.id
    assert verify(billing) == []


def test_a_journal_is_reversed_once(billing: Billing) -> None:
    wrong = post(billing, adjustment(uuid4()))
    mirror = reverse(billing, wrong.id)
    with pytest.raises(AlreadyReversed) as refused:
        reverse(billing, wrong.id)
    assert refused.value.facts == {"reversed_by": str(mirror.id)}


def test_of_many_who_reverse_at_once_one_does(billing: Billing) -> None:
    ana = uuid4()
    wrong = post(billing, adjustment(ana))

    def attempt(_: int) -> bool:
        try:
            reverse(billing, wrong.id)
        except AlreadyReversed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert billing.balance(ana) == 0


def test_a_reversal_is_not_reversed(billing: Billing) -> None:
    mirror = reverse(billing, post(billing, adjustment(uuid4())).id)
    with pytest.raises(NotReversible):
        reverse(billing, mirror.id)


def test_stays_charges_and_payments_are_undone_in_their_own_way(billing: Billing) -> None:
    before = billing.db.engine.connect().execute(sa.text("SELECT id, kind FROM journals")).all()
    assert {kind for _, kind in before} == {"stay", "payment"}
    for journal_id, _ in before:
        with pytest.raises(NotReversible):
            reverse(billing, journal_id)


def test_an_unknown_journal_is_refused(billing: Billing) -> None:
    with pytest.raises(NoSuchJournal):
        reverse(billing, uuid4())
    with pytest.raises(NoSuchJournal):
        billing.service.read_journal(ReadJournal(journal_id=uuid4()))


@pytest.mark.parametrize("reason", ["", "Ana was wrong", "x" * 41, "a--b", "ä"])
def test_a_reason_is_a_code(billing: Billing, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        reverse(billing, uuid4(), reason)
    assert refused.value.errors[0].pointer == "/reason_code"
