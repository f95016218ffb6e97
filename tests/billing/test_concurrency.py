"""Thirty-two at once on one folio: nothing is lost, and nobody hears of a deadlock or of another's turn."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.billing import domain, store
from services.contracts.billing import (
    AdjustmentTooLarge,
    ChargeAdjusted,
    PostAdjustment,
    ProveLedger,
    RefundPayment,
    RefundTooLarge,
    ReleaseAllocation,
    ReverseJournal,
    RoutingRule,
    SetRouting,
    VoidCharge,
)
from services.kit.context import Context
from services.kit.db import Database
from services.kit.refusal import CommandReused, StillRunning
from tests.billing.makers import Billing, eur, stay
from tests.databases import Databases

CLIENTS = 32
EACH = 4  # turns of a client


@pytest.fixture
def billing(billing_db: Database, databases: Databases) -> Iterator[Billing]:
    """With a connection for each client, so that they meet in the database and not before it."""
    db = Database(databases.url("billing"), pool_size=CLIENTS)
    yield Billing(db)
    db.close()


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What each client's work gives; raises what any of them raises. All begin together."""
    gate = threading.Barrier(CLIENTS)

    def begin(client: int) -> Any:
        gate.wait()
        return work(client)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(begin, range(CLIENTS)))


def assert_whole(billing: Billing, guests: list[UUID]) -> None:
    """Journals sum to zero, credit covers exactly what the rules say, and nothing is allocated that is not there."""
    assert billing.service.prove_ledger(ProveLedger()).unbalanced_journals == 0
    with billing.db.reading(Context(actor="test")) as tx:
        for guest in guests:
            credits, dues, rules = store.credits_and_dues(tx, guest)
            stored = {
                (r.payment_id, r.folio_id): r.amount_minor
                for r in tx.execute(sa.text("SELECT * FROM allocations WHERE profile_id = :id"), {"id": guest})
            }
            assert stored == domain.allocate(credits, dues, rules)
            owed = sum(o.due.amount.amount_minor for o in store.standing(tx, guest)[1])
            given = sum(credit.amount.amount_minor for credit in credits)
            assert billing.balance(guest) == owed - given


def test_no_charge_of_thirty_two_tills_is_lost(billing: Billing) -> None:
    ana = uuid4()
    facts = billing.hears(stay(ana, eur(30000)))
    at_once(lambda client: [billing.charges(facts.booking_id, "spa", eur(1 + client)) for _ in range(EACH)])
    assert billing.balance(ana) == 30000 + EACH * sum(range(1, CLIENTS + 1))
    assert_whole(billing, [ana])


def test_charges_payments_refunds_and_changes_of_one_stay_all_count(billing: Billing) -> None:
    """The payer changes all the time between three guests, and charges go to a company and back."""
    ana, ben, sol, firm = guests = [uuid4() for _ in range(4)]
    facts = billing.hears(stay(ana, eur(30000)))
    versions = count(2)
    total: Counter[str] = Counter()
    counted = threading.Lock()

    def counts(what: str, minor: int) -> None:
        with counted:
            total[what] += minor

    def works(client: int) -> None:
        for turn in range(EACH):
            match client % 8:
                case 0 | 1:
                    billing.charges(facts.booking_id, ("spa", "parking")[turn % 2], eur(10 + client))
                    counts("charged", 10 + client)
                case 2:
                    charge = billing.charges(facts.booking_id, "restaurant", eur(77))
                    billing.service.void_charge(VoidCharge(charge_id=charge.id, reason="a mistake"))
                case 3:
                    billing.pays(guests[turn % 3], eur(5000 + client), for_=guests[(turn + client) % 3])
                    counts("paid", 5000 + client)
                case 4:
                    payment = billing.pays(guests[turn % 3], eur(900))
                    billing.service.refund_payment(
                        RefundPayment(payment_id=payment.id, amount=eur(400), reason="asked for")
                    )
                    counts("paid", 500)
                case 5:
                    payer = guests[(turn + client) % 3]
                    said = {"booking_id": facts.booking_id, "version": next(versions), "payer": payer}
                    billing.hears(stay(ana, eur(30000), **said), changed=True)
                case 6:
                    rule = RoutingRule(kinds=("spa",), payer_profile_id=firm)
                    billing.service.set_routing(
                        SetRouting(booking_id=facts.booking_id, rules=(rule,) if turn % 2 else ())
                    )
                case 7:
                    billing.charges(None, "other", eur(3), profile_id=guests[client % 3])
                    counts("charged", 3)

    at_once(works)
    assert sum(billing.balance(guest) for guest in guests) == 30000 + total["charged"] - total["paid"]
    assert_whole(billing, guests)


def test_payers_that_change_places_wait_for_each_other_and_never_fail(billing: Billing) -> None:
    """Each client's own booking goes around among six guests, and is charged by others meanwhile."""
    guests = [uuid4() for _ in range(6)]
    stays = [billing.hears(stay(guests[0], eur(100 + n), payer=guests[n % 6])) for n in range(8)]
    versions = [count(2) for _ in stays]
    for guest in guests:
        billing.pays(guest, eur(1000))

    def works(client: int) -> None:
        for turn in range(EACH):
            which = (client + turn) % len(stays)
            if client % 2:
                billing.charges(stays[which].booking_id, "spa", eur(1))
            else:
                said = {"booking_id": stays[which].booking_id, "version": next(versions[which])}
                billing.hears(
                    stay(guests[0], stays[which].total, payer=guests[(client * 7 + turn) % 6], **said), changed=True
                )

    at_once(works)
    owed = sum(facts.total.amount_minor for facts in stays) + CLIENTS // 2 * EACH
    assert sum(billing.balance(guest) for guest in guests) == owed - 6000
    assert_whole(billing, guests)


def test_the_same_payment_said_thirty_two_times_is_taken_once(billing: Billing) -> None:
    ana, command_id = uuid4(), uuid4()

    def says(_: int) -> Any:
        try:
            return billing.pays(ana, eur(100), command_id=command_id).id
        except StillRunning:
            return None

    assert len({found for found in at_once(says) if found}) == 1
    assert billing.balance(ana) == -100
    with pytest.raises(CommandReused):
        billing.pays(ana, eur(101), command_id=command_id)


def test_no_more_is_refunded_than_was_paid_however_many_ask(billing: Billing) -> None:
    ana = uuid4()
    billing.hears(stay(ana, eur(30000)))
    payment = billing.pays(ana, eur(10000))
    refund = RefundPayment(payment_id=payment.id, amount=eur(999), reason="asked for")

    def asks(_: int) -> bool:
        try:
            billing.service.refund_payment(refund)
        except RefundTooLarge:
            return False
        return True

    assert sum(at_once(asks)) == 10
    assert billing.balance(ana) == 30000 - 10000 + 9990
    assert_whole(billing, [ana])


def test_credit_goes_to_one_of_the_bookings_that_come_at_the_same_moment(billing: Billing) -> None:
    ana = uuid4()
    payment = billing.pays(ana, eur(10000))
    stays = at_once(lambda _: billing.hears(stay(ana, eur(1000))))
    booked = billing.account(ana).bookings
    assert sum(b.allocated.amount_minor for b in booked) == 10000
    assert billing.balance(ana) == 22000
    at_once(
        lambda client: billing.service.release_allocation(
            ReleaseAllocation(payment_id=payment.id, booking_id=stays[client].booking_id, reason="by turns")
        )
    )
    assert sum(b.allocated.amount_minor for b in billing.account(ana).bookings) == 0
    assert_whole(billing, [ana])


def test_no_more_is_credited_than_was_charged_however_many_ask_and_void(billing: Billing) -> None:
    """Each charges, credits what it can, and voids what it may; and all goes to a company and back."""
    ana, firm = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(0)))
    counted: Counter[str] = Counter()
    lock = threading.Lock()

    def count_in(what: str, minor: int) -> None:
        with lock:
            counted[what] += minor

    def works(client: int) -> None:
        for turn in range(EACH):
            try:
                if client % 8 == 7:
                    rules = (RoutingRule(kinds=("spa",), payer_profile_id=firm),) if turn % 2 else ()
                    billing.service.set_routing(SetRouting(booking_id=facts.booking_id, rules=rules))
                elif client % 2:
                    charge = billing.charges(facts.booking_id, "spa", eur(100 + client))
                    count_in("charged", 100 + client)
                    billing.service.void_charge(VoidCharge(charge_id=charge.id, reason="a mistake"))
                    count_in("charged", -100 - client)
                else:
                    credit = billing.service.post_adjustment(
                        PostAdjustment(
                            booking_id=facts.booking_id, kind="spa", amount=eur(90), direction="credit", reason="Cold"
                        )
                    )
                    count_in("credited", 90)
                    if turn % 2:
                        said = ReverseJournal(journal_id=credit.journal_id, reason_code="wrong-kind")
                        billing.service.reverse_journal(said)
                        count_in("credited", -90)
            except (AdjustmentTooLarge, ChargeAdjusted):
                continue

    at_once(works)
    owed = billing.balance(ana) + billing.balance(firm)
    assert owed == counted["charged"] - counted["credited"] >= 0
    assert_whole(billing, [ana, firm])
