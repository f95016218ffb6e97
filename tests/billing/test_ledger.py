"""The ledger defends itself: nothing is changed, nothing is unbalanced, whatever happens in whatever order."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from services.contracts.billing import ProveLedger
from services.kit.db import Database
from tests.billing.makers import Billing, eur, stay
from tests.databases import Databases

LEDGER = ("journals", "entries", "payments")


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    made = Billing(billing_db)
    made.hears(stay(uuid4(), eur(30000)))
    made.pays(uuid4(), eur(100))
    return made


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize("act", ["UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_service_can_neither_change_nor_delete(billing: Billing, table: str, act: str) -> None:
    with pytest.raises(DBAPIError) as refused, billing.db.engine.begin() as connection:
        connection.execute(sa.text(act.format(table)))
    assert refused.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


@pytest.mark.parametrize("table", LEDGER)
@pytest.mark.parametrize("act", ["UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_not_even_the_superuser_does_it_by_mistake(
    billing: Billing, databases: Databases, table: str, act: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        databases.admin("billing").execute(act.format(table))


@pytest.mark.parametrize(
    "entries",
    [
        [("guests", 100, "EUR"), ("deferred-revenue", -99, "EUR")],
        [("guests", 100, "EUR"), ("deferred-revenue", -100, "USD")],
        [("guests", 100, "EUR")],
    ],
)
def test_a_journal_that_does_not_sum_to_zero_is_refused(billing: Billing, entries: list[tuple[str, int, str]]) -> None:
    values = ", ".join(
        f"(:account_{at}, {'gen_random_uuid()' if account == 'guests' else 'NULL'}, :amount_{at}, :currency_{at})"
        for at, (account, _, _) in enumerate(entries)
    )
    bound = {
        f"{name}_{at}": value
        for at, entry in enumerate(entries)
        for name, value in zip(("account", "amount", "currency"), entry, strict=True)
    }
    statement = sa.text(
        "INSERT INTO entries (journal_id, account, profile_id, amount_minor, currency, seal)"
        " SELECT j.id, e.*, decode('00', 'hex') FROM (SELECT id FROM journals LIMIT 1) AS j,"
        f" (VALUES {values}) AS e (account, profile_id, amount_minor, currency)"
    )
    with pytest.raises(DBAPIError) as refused, billing.db.engine.begin() as connection:
        connection.execute(statement, bound)
    assert refused.value.orig.sqlstate == "23514"  # type: ignore[union-attr]


def test_an_account_outside_the_chart_is_refused(billing: Billing) -> None:
    with pytest.raises(DBAPIError), billing.db.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO entries (journal_id, account, amount_minor, currency)"
                " SELECT id, 'pocket', 1, 'EUR' FROM journals LIMIT 1"
            )
        )


def test_posting_a_stay_takes_three_statements(billing: Billing) -> None:
    """Besides the inbox and the outbox: what is known, what is posted, and what the house's policies say."""
    said: list[str] = []

    def listen(*call: Any) -> None:
        said.append(call[2])

    sa.event.listen(billing.db.engine, "before_cursor_execute", listen)
    billing.hears(stay(uuid4(), eur(30000)))
    sa.event.remove(billing.db.engine, "before_cursor_execute", listen)
    own = [s for s in said if "inbox" not in s and "outbox" not in s]
    assert len(own) == 3, own


# ── whatever happens ─────────────────────────────────────────────────────────────────────────────────────────────────

_STATES = ("confirmed", "confirmed", "in_house", "departed", "cancelled", "no_show")
_STEP = st.one_of(
    st.tuples(
        st.just("booking"),
        st.integers(0, 2),
        st.integers(1, 6),
        st.sampled_from(_STATES),
        st.integers(0, 50_000),
        st.integers(0, 2),
    ),
    st.tuples(st.just("payment"), st.integers(0, 2), st.integers(1, 60_000)),
    st.tuples(st.just("charge"), st.integers(0, 2), st.sampled_from(["spa", "room", "fee"]), st.integers(1, 5_000)),
    st.tuples(st.just("house"), st.integers(0, 2), st.integers(1, 5_000)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=15))
def test_after_any_steps_in_any_order_the_account_is_the_fold_of_its_entries(
    billing: Billing, steps: list[tuple[Any, ...]]
) -> None:
    guests, bookings = [uuid4() for _ in range(3)], [uuid4() for _ in range(3)]
    newest: dict[UUID, Any] = {}
    charged: Counter[UUID] = Counter()
    expected: Counter[UUID] = Counter()
    for step in steps:
        match step:
            case ("booking", which, version, state, total, payer):
                facts = stay(
                    guests[0],
                    eur(total),
                    booking_id=bookings[which],
                    version=version,
                    state=state,
                    payer=guests[payer],
                )
                billing.hears(facts)
                seen = newest.get(facts.booking_id)
                if seen is None or seen.version < version:
                    newest[facts.booking_id] = facts
            case ("payment", who, amount):
                billing.pays(guests[who], eur(amount))
                expected[guests[who]] -= amount
            case ("charge", which, kind, amount) if bookings[which] in newest:
                billing.charges(bookings[which], kind, eur(amount))
                charged[bookings[which]] += amount
            case ("house", who, amount):
                billing.charges(None, "other", eur(amount), profile_id=guests[who])
                expected[guests[who]] += amount
    for booking_id, facts in newest.items():
        owed = facts.total.amount_minor if facts.state in ("confirmed", "in_house", "departed") else 0
        expected[facts.payer_profile_id] += owed + charged[booking_id]

    assert billing.service.prove_ledger(ProveLedger()).unbalanced_journals == 0
    for guest in guests:
        account = billing.account(guest, limit=200)
        assert billing.balance(guest) == expected[guest] == sum(line.amount.amount_minor for line in account.lines)
        for booking in account.bookings:
            assert 0 <= booking.allocated.amount_minor <= booking.total.amount_minor
            assert booking.due.amount_minor == booking.total.amount_minor - booking.allocated.amount_minor
        for balance in account.balances:
            assert balance.balance.amount_minor == balance.owed.amount_minor - balance.credit.amount_minor
            # either something is owed or something is in credit, never both: all that can be covered is
            assert 0 in (balance.owed.amount_minor, balance.credit.amount_minor)
