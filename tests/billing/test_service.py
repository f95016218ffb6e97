"""The guest's account over bookings, payments and charges, on the real database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import NoSuchFolio, NotAnAmount, ProveLedger, ReadAccount, TakePayment, WrongCurrency
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import CommandReused, Invalid
from tests.billing.makers import LISBON, PORTO, Billing, eur, stay


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def announced(db: Database, topic: str) -> list[dict[str, Any]]:
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT body FROM outbox WHERE routing_key = :key ORDER BY seq"), {"key": f"{topic}.v1"}
        )
        return [json.loads(row.body) for row in rows]


def test_a_guest_owes_the_stay_from_its_confirmation(billing: Billing) -> None:
    ana = uuid4()
    facts = billing.hears(stay(ana, eur(30000)))
    account = billing.account(ana)
    assert [(b.booking_id, b.total, b.due) for b in account.bookings] == [(facts.booking_id, eur(30000), eur(30000))]
    assert billing.balance(ana) == 30000
    assert [e["profile_id"] for e in announced(billing.db, "balance.changed")] == [str(ana)]


def test_a_guest_nobody_charged_has_an_empty_account(billing: Billing) -> None:
    account = billing.account(uuid4())
    assert (account.balances, account.bookings, account.lines, account.next) == ((), (), (), None)


def test_a_repeated_confirmation_is_posted_once(billing: Billing) -> None:
    ana = uuid4()
    facts = stay(ana, eur(30000))
    for _ in range(3):
        billing.hears(facts)
    assert billing.balance(ana) == 30000


def test_events_in_any_order_end_in_the_same_ledger(billing: Billing) -> None:
    ana = uuid4()
    first = stay(ana, eur(30000))
    story = [
        first,
        stay(ana, eur(28000), booking_id=first.booking_id, version=2, state="in_house"),
        stay(ana, eur(28000), booking_id=first.booking_id, version=3, state="departed"),
    ]
    for facts in (story[2], story[0], story[1]):
        billing.hears(facts)
    assert billing.balance(ana) == 28000
    assert billing.service.prove_ledger(ProveLedger()).room_revenue == (eur(28000),)


def test_the_same_event_on_many_workers_is_posted_once(billing: Billing) -> None:
    ana = uuid4()
    facts = stay(ana, eur(30000))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: billing.hears(facts), range(16)))
    assert [line.amount for line in billing.account(ana).lines] == [eur(30000)]


def test_a_cancellation_reverses_and_says_what_it_reverses(billing: Billing) -> None:
    ana = uuid4()
    facts = billing.hears(stay(ana, eur(30000)))
    billing.hears(stay(ana, eur(30000), booking_id=facts.booking_id, version=2, state="cancelled"))
    lines = billing.account(ana).lines
    assert [(line.kind, line.amount.amount_minor) for line in lines] == [("cancellation", -30000), ("stay", 30000)]
    assert billing.account(ana).bookings == ()
    with billing.db.engine.connect() as connection:
        reversed_ = connection.execute(sa.text("SELECT reverses FROM journals WHERE kind = 'cancellation'")).scalar()
    assert reversed_ == lines[1].journal_id


def test_check_out_announces_the_revenue_of_the_one_who_stayed(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(30000), payer=sol))
    billing.hears(stay(ana, eur(30000), payer=sol, booking_id=facts.booking_id, version=2, state="departed"))
    (posted,) = announced(billing.db, "revenue.posted")
    assert (posted["profile_id"], posted["kind"], posted["nights"]) == (str(ana), "room", 3)
    assert posted["total"] == {"amount_minor": 30000, "currency": "EUR"}
    assert (billing.balance(ana), billing.balance(sol)) == (0, 30000)


def test_revenue_versions_grow_and_end_at_the_last_total(billing: Billing) -> None:
    ana = uuid4()
    facts = billing.hears(stay(ana, eur(30000), state="departed"))
    billing.charges(facts.booking_id, "room", eur(1000))
    billing.hears(stay(ana, eur(30000), booking_id=facts.booking_id, version=2, state="cancelled"))
    posted = announced(billing.db, "revenue.posted")
    assert [p["total"]["amount_minor"] for p in posted] == [30000, 31000, 1000]
    assert [p["version"] for p in posted] == sorted({p["version"] for p in posted})


def test_another_payer_takes_the_debt_over(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(30000)))
    billing.hears(stay(ana, eur(30000), booking_id=facts.booking_id, version=2, payer=sol), changed=True)
    assert (billing.balance(ana), billing.balance(sol)) == (0, 30000)
    assert billing.account(ana).bookings == ()


def test_payers_changing_places_at_the_same_moment_come_out_right(billing: Billing) -> None:
    """Each of the two locks one guest first and the other then: PostgreSQL ends one, and it is done again."""
    for _ in range(3):
        ana, sol = uuid4(), uuid4()
        hers, theirs = billing.hears(stay(ana, eur(100))), billing.hears(stay(ana, eur(7), payer=sol))
        swapped = [
            stay(ana, eur(100), booking_id=hers.booking_id, version=2, payer=sol),
            stay(ana, eur(7), booking_id=theirs.booking_id, version=2, payer=ana),
        ]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda facts: billing.hears(facts, changed=True), swapped))
        assert (billing.balance(ana), billing.balance(sol)) == (7, 100)


# ── payments and credit ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_guest_pays_only_the_difference(billing: Billing) -> None:
    ana = uuid4()
    billing.pays(ana, eur(10000))
    assert billing.balance(ana) == -10000
    billing.hears(stay(ana, eur(30000)))
    (booking,) = billing.account(ana).bookings
    assert (booking.allocated, booking.due) == (eur(10000), eur(20000))
    (balance,) = billing.account(ana).balances
    assert (balance.balance, balance.owed, balance.credit) == (eur(20000), eur(20000), eur(0))


def test_somebody_else_may_pay(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    billing.hears(stay(ana, eur(30000)))
    payment = billing.pays(sol, eur(30000), for_=ana)
    assert payment.beneficiary_profile_id == ana
    assert (billing.balance(ana), billing.balance(sol)) == (0, 0)
    (said,) = announced(billing.db, "payment.received")
    assert (said["payer_profile_id"], said["beneficiary_profile_id"]) == (str(sol), str(ana))


def test_a_cancelled_booking_gives_its_credit_to_the_next_one(billing: Billing) -> None:
    ana = uuid4()
    july = billing.hears(stay(ana, eur(30000), arrival=date(2027, 7, 1)))
    august = billing.hears(stay(ana, eur(20000), arrival=date(2027, 8, 1)))
    billing.pays(ana, eur(30000))
    assert {b.booking_id: b.due.amount_minor for b in billing.account(ana).bookings} == {
        july.booking_id: 0,
        august.booking_id: 20000,
    }
    billing.hears(stay(ana, eur(30000), booking_id=july.booking_id, version=2, state="cancelled"))
    assert [(b.booking_id, b.due) for b in billing.account(ana).bookings] == [(august.booking_id, eur(0))]
    (balance,) = billing.account(ana).balances
    assert (balance.balance, balance.credit) == (eur(-10000), eur(10000))


def test_credit_follows_the_earlier_arrival_when_dates_change(billing: Billing) -> None:
    ana = uuid4()
    july = billing.hears(stay(ana, eur(30000), arrival=date(2027, 7, 1)))
    august = billing.hears(stay(ana, eur(30000), arrival=date(2027, 8, 1)))
    billing.pays(ana, eur(30000))
    billing.hears(stay(ana, eur(30000), booking_id=july.booking_id, version=2, arrival=date(2027, 9, 1)), changed=True)
    dues = {b.booking_id: b.due.amount_minor for b in billing.account(ana).bookings}
    assert dues == {july.booking_id: 30000, august.booking_id: 0}


def test_credit_stays_with_its_owner_when_the_payer_changes(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(30000)))
    billing.pays(ana, eur(10000))
    billing.hears(stay(ana, eur(30000), booking_id=facts.booking_id, version=2, payer=sol), changed=True)
    assert [b.due for b in billing.account(sol).bookings] == [eur(30000)]
    assert [b.credit for b in billing.account(ana).balances] == [eur(10000)]


def test_a_payment_and_a_booking_at_the_same_moment_find_each_other(billing: Billing) -> None:
    for _ in range(10):
        ana = uuid4()
        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(billing.pays, ana, eur(10000)), pool.submit(billing.hears, stay(ana, eur(30000)))]
        [d.result() for d in done]
        (booking,) = billing.account(ana).bookings
        assert booking.allocated == eur(10000)


def test_a_payment_repeated_under_its_command_id_is_taken_once(billing: Billing) -> None:
    ana, command = uuid4(), uuid4()
    request = TakePayment(payer_profile_id=ana, amount=eur(10000), method="card")
    first = billing.service.take_payment(request, command)
    assert billing.service.take_payment(request, command) == first
    assert billing.balance(ana) == -10000
    with pytest.raises(CommandReused):
        billing.service.take_payment(TakePayment(payer_profile_id=ana, amount=eur(1), method="card"), command)


def test_a_refused_payment_does_not_burn_its_command_id(billing: Billing) -> None:
    ana, command = uuid4(), uuid4()
    with pytest.raises(NotAnAmount):
        billing.service.take_payment(TakePayment(payer_profile_id=ana, amount=eur(0), method="card"), command)
    billing.service.take_payment(TakePayment(payer_profile_id=ana, amount=eur(1), method="card"), command)
    assert billing.balance(ana) == -1


# ── charges ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_charge_is_owed_by_whoever_pays_the_booking(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(30000), payer=sol))
    charge = billing.charges(facts.booking_id, "restaurant", eur(4500), description="Dinner for two")
    assert charge.profile_id == sol
    line = billing.account(sol).lines[0]
    assert (line.kind, line.description, line.amount) == ("restaurant", "Dinner for two", eur(4500))
    assert [b.total for b in billing.account(sol).bookings] == [eur(34500)]
    (posted,) = announced(billing.db, "revenue.posted")
    assert (posted["kind"], posted["profile_id"]) == ("restaurant", str(ana))


def test_a_guest_without_a_booking_has_a_house_folio(billing: Billing) -> None:
    ana = uuid4()
    first = billing.charges(None, "restaurant", eur(4500), profile_id=ana)
    second = billing.charges(None, "spa", eur(5000), profile_id=ana)
    assert first.folio_id == second.folio_id
    assert billing.balance(ana) == 9500
    billing.pays(ana, eur(9500))
    assert [b.owed for b in billing.account(ana).balances] == [eur(0)]


def test_charges_at_the_same_moment_all_count(billing: Billing) -> None:
    ana = uuid4()
    facts = billing.hears(stay(ana, eur(0)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: billing.charges(facts.booking_id, "spa", eur(100)), range(12)))
    assert billing.balance(ana) == 1200
    assert announced(billing.db, "revenue.posted")[-1]["total"]["amount_minor"] == 1200


def test_a_charge_is_in_the_currency_of_the_booking(billing: Billing) -> None:
    facts = billing.hears(stay(uuid4(), eur(30000)))
    with pytest.raises(WrongCurrency) as refused:
        billing.charges(facts.booking_id, "spa", Money(amount_minor=1, currency="USD"))
    assert refused.value.facts == {"currency": "EUR"}


def test_a_charge_names_a_folio_there_is_and_a_kind_there_is(billing: Billing) -> None:
    with pytest.raises(NoSuchFolio):
        billing.charges(uuid4(), "spa", eur(1))
    for booking_id, more in ((None, {}), (uuid4(), {"profile_id": uuid4()})):
        with pytest.raises(Invalid):
            billing.charges(booking_id, "spa", eur(1), **more)
    with pytest.raises(Invalid) as refused:
        billing.charges(uuid4(), "helicopter", eur(1))
    assert [e.pointer for e in refused.value.errors] == ["/kind"]
    with pytest.raises(NotAnAmount):
        billing.charges(uuid4(), "spa", eur(-1))


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lines_are_read_newest_first_with_the_balance_after_each(billing: Billing) -> None:
    ana = uuid4()
    billing.hears(stay(ana, eur(30000)))
    billing.pays(ana, eur(10000))
    billing.pays(ana, Money(amount_minor=5000, currency="USD"))
    lines = billing.account(ana).lines
    assert [(line.amount.currency, line.balance_after.amount_minor) for line in lines] == [
        ("USD", -5000),
        ("EUR", 20000),
        ("EUR", 30000),
    ]


def test_lines_are_read_page_by_page(billing: Billing) -> None:
    ana = uuid4()
    for n in range(1, 6):
        billing.pays(ana, eur(n))
    seen, cursor = [], None
    while True:
        page = billing.account(ana, limit=2, cursor=cursor)
        seen += [line.amount.amount_minor for line in page.lines]
        if (cursor := page.next) is None:
            break
    assert seen == [-5, -4, -3, -2, -1]
    with pytest.raises(Invalid):
        billing.service.read_account(ReadAccount(profile_id=ana, cursor="’"))


def test_the_proof_counts_departed_stays_by_property(billing: Billing) -> None:
    ana = uuid4()
    billing.hears(stay(ana, eur(30000), state="departed"))
    billing.hears(stay(ana, eur(20000), state="departed", property_id=PORTO))
    billing.hears(stay(ana, eur(99999)))
    proof = billing.service.prove_ledger(ProveLedger())
    assert (proof.room_revenue, proof.unbalanced_journals, proof.journals, proof.entries) == ((eur(50000),), 0, 3, 6)
    assert billing.service.prove_ledger(ProveLedger(property_id=LISBON)).room_revenue == (eur(30000),)


def test_words_of_people_stand_apart_from_the_ledger_and_its_events(billing: Billing) -> None:
    facts = billing.hears(stay(uuid4(), eur(30000)))
    billing.charges(facts.booking_id, "spa", eur(1), description="Massage for Ana Silva")
    with billing.db.engine.connect() as connection:
        for table in ("journals", "entries", "folios", "outbox"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert "Ana Silva" not in str(rows)
