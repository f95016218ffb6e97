"""What every journal keeps, and what it adds to the balances."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.billing import store
from services.billing.domain import Entry
from services.billing.store import CHAINS, Journal
from services.contracts.billing import ReadJournal
from services.kit.db import Database
from tests.billing.makers import LISBON, Billing
from tests.billing.sealed import POSTER, a_ledger, adjustment, post, verify
from tests.databases import Databases

pytestmark = pytest.mark.servers


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return a_ledger(billing_db)


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
