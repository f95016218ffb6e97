"""Payments for oneself, for others and for a booking; and money that goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    BookingDue,
    FindPayments,
    NoSuchFolio,
    NoSuchPayment,
    NotAnAmount,
    Payment,
    PaymentStanding,
    ReadPayment,
    Refund,
    RefundPayment,
    RefundTooLarge,
    TakePayment,
    WrongCurrency,
)
from services.contracts.cards import REMOVED
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import CommandReused, Invalid, Refusal
from tests.billing.makers import LISBON, Billing, eur, stay

pytestmark = pytest.mark.servers


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def pays(billing: Billing, payer: UUID, amount: Money, **more: Any) -> Payment:
    return billing.service.take_payment(TakePayment(payer_profile_id=payer, amount=amount, method="card", **more))


def refunds(billing: Billing, payment_id: UUID, amount: Money, command: UUID | None = None) -> Refund:
    said = RefundPayment(payment_id=payment_id, amount=amount, reason="Came too late")
    return billing.service.refund_payment(said, command)


def standing(billing: Billing, payment_id: UUID) -> PaymentStanding:
    return billing.service.read_payment(ReadPayment(payment_id=payment_id))


def due(billing: Billing, guest: UUID, booking_id: UUID) -> BookingDue:
    return next(b for b in billing.account(guest).bookings if b.booking_id == booking_id)


def announced(db: Database, topic: str) -> list[dict[str, Any]]:
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT body FROM outbox WHERE routing_key = :key ORDER BY seq"), {"key": f"{topic}.v1"}
        )
        return [json.loads(row.body) for row in rows]


def clearing(db: Database) -> dict[str, int]:
    """What came in less what went back, by the way it did."""
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT account, sum(amount_minor) FROM entries WHERE account LIKE 'clearing:%' GROUP BY 1")
        )
        return {account: int(minor) for account, minor in rows}


def pointers(refused: pytest.ExceptionInfo[Any]) -> list[str]:
    return [error.pointer for error in refused.value.errors]


# ── payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_meant_for_a_booking_is_a_deposit_until_the_guest_is_there(billing: Billing) -> None:
    ana = uuid4()
    booked = billing.hears(stay(ana, eur(30000)))
    pays(billing, ana, eur(10000), booking_id=booked.booking_id)
    billing.hears(stay(ana, eur(30000), booking_id=booked.booking_id, version=2, state="in_house"))
    pays(billing, ana, eur(5000), booking_id=booked.booking_id)

    lines = [line for line in billing.account(ana).lines if line.payment_id]
    assert [(line.kind, line.booking_id) for line in lines] == [
        ("payment", booked.booking_id),
        ("deposit", booked.booking_id),
    ]
    assert due(billing, ana, booked.booking_id).due == eur(15000)


def test_a_payment_for_a_booking_is_for_whoever_owes_it(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    booked = billing.hears(stay(ana, eur(30000)))
    payment = pays(billing, sol, eur(10000), booking_id=booked.booking_id)
    assert (payment.beneficiary_profile_id, payment.booking_id) == (ana, booked.booking_id)
    assert (billing.balance(ana), billing.balance(sol)) == (20000, 0)
    (said,) = announced(billing.db, "payment.received")
    assert said["booking_id"] == str(booked.booking_id)


def test_the_ledger_of_the_property_has_what_was_paid_for_its_booking(billing: Billing) -> None:
    booked = billing.hears(stay(uuid4(), eur(30000)))
    payment = pays(billing, uuid4(), eur(10000), booking_id=booked.booking_id)
    refunds(billing, payment.id, eur(1000))
    with billing.db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT property_id FROM journals WHERE payment_id = :id"), {"id": payment.id}
        )
        assert {row.property_id for row in rows} == {LISBON}


def test_a_payment_names_a_booking_there_is_in_its_currency_and_somebody_of_it(billing: Billing) -> None:
    ana = uuid4()
    booked = billing.hears(stay(ana, eur(30000)))
    with pytest.raises(NoSuchFolio) as refused:
        pays(billing, ana, eur(1), booking_id=uuid4())
    assert pointers(refused) == ["/booking_id"]
    with pytest.raises(WrongCurrency) as refused:
        pays(billing, ana, Money(amount_minor=1, currency="USD"), booking_id=booked.booking_id)
    assert pointers(refused) == ["/amount/currency"]
    with pytest.raises(Invalid) as refused:
        pays(billing, ana, eur(1), booking_id=booked.booking_id, on_behalf_of=uuid4())
    assert pointers(refused) == ["/on_behalf_of"]
    assert billing.balance(ana) == 30000


def test_a_card_number_is_kept_with_no_payment_and_no_refund(billing: Billing) -> None:
    paid = pays(billing, uuid4(), eur(1000), reference="till 3, 4111 1111 1111 1111")
    assert paid.reference == f"till 3, {REMOVED}"
    said = RefundPayment(payment_id=paid.id, amount=eur(400), reason="to 4111-1111-1111-1111")
    billing.service.refund_payment(said)
    with billing.db.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT text FROM remarks").scalars().all()
    assert set(kept) == {f"till 3, {REMOVED}", f"to {REMOVED}"}


def test_a_payment_says_what_became_of_it(billing: Billing) -> None:
    ana = uuid4()
    billing.hears(stay(ana, eur(6000)))
    payment = pays(billing, ana, eur(10000), reference="Terminal 4, slip 12")
    refunds(billing, payment.id, eur(3000))
    found = standing(billing, payment.id)
    assert (found.amount, found.refunded, found.allocated, found.left) == (eur(10000), eur(3000), eur(6000), eur(1000))
    assert found.reference == "Terminal 4, slip 12"
    with pytest.raises(NoSuchPayment):
        standing(billing, uuid4())


def test_payer_and_beneficiary_both_see_a_payment_and_one_is_credited(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    payment = billing.pays(sol, eur(10000), for_=ana)
    own = billing.pays(ana, eur(1))

    def seen(profile_id: UUID) -> list[tuple[UUID, str | None]]:
        found = billing.service.find_payments(FindPayments(profile_id=profile_id))
        return [(item.id, item.role) for item in found.items]

    assert seen(ana) == [(own.id, "self"), (payment.id, "beneficiary")]
    assert seen(sol) == [(payment.id, "payer")]
    assert (billing.balance(ana), billing.balance(sol)) == (-10001, 0)


def test_payments_are_read_page_by_page(billing: Billing) -> None:
    ana = uuid4()
    paid = [billing.pays(ana, eur(n)).id for n in range(1, 6)]
    seen: list[UUID] = []
    cursor = None
    while True:
        found = billing.service.find_payments(FindPayments(profile_id=ana, limit=2, cursor=cursor))
        seen += [item.id for item in found.items]
        if (cursor := found.next) is None:
            break
    assert seen == paid[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "2026-11-22T00:00:00 nobody", "2026-11-22 ", "’"])
def test_a_cursor_that_is_none_of_this_list_is_refused(billing: Billing, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        billing.service.find_payments(FindPayments(profile_id=uuid4(), cursor=cursor))
    assert pointers(refused) == ["/cursor"]


# ── refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refund_goes_back_the_way_the_payment_came(billing: Billing) -> None:
    ana, sol = uuid4(), uuid4()
    payment = billing.pays(sol, eur(10000), for_=ana, method="transfer")
    refund = refunds(billing, payment.id, eur(4000))
    assert (refund.payer_profile_id, refund.beneficiary_profile_id, refund.left) == (sol, ana, eur(6000))
    assert (billing.balance(ana), billing.balance(sol)) == (-6000, 0)
    assert clearing(billing.db) == {"clearing:transfer": 6000}
    (said,) = announced(billing.db, "refund.paid")
    assert (said["refund_id"], said["amount"]["amount_minor"]) == (str(refund.id), 4000)
    assert (said["payer_profile_id"], said["beneficiary_profile_id"]) == (str(sol), str(ana))


def test_what_a_refunded_payment_had_covered_is_due_again(billing: Billing) -> None:
    ana = uuid4()
    booked = billing.hears(stay(ana, eur(30000)))
    payment = pays(billing, ana, eur(30000))
    assert due(billing, ana, booked.booking_id).due == eur(0)
    refunds(billing, payment.id, eur(10000))
    assert due(billing, ana, booked.booking_id).due == eur(10000)
    refunds(billing, payment.id, eur(20000))
    assert due(billing, ana, booked.booking_id).due == eur(30000)
    assert standing(billing, payment.id).allocated == eur(0)


def test_no_more_is_refunded_than_was_paid(billing: Billing) -> None:
    ana = uuid4()
    payment = billing.pays(ana, eur(10000))
    refunds(billing, payment.id, eur(6000))
    with pytest.raises(RefundTooLarge) as refused:
        refunds(billing, payment.id, eur(4001))
    assert (pointers(refused), refused.value.facts) == (["/amount/amount"], {"left": "40.00", "currency": "EUR"})
    refunds(billing, payment.id, eur(4000))
    assert billing.balance(ana) == 0


def test_a_refund_that_is_not_right_posts_nothing(billing: Billing) -> None:
    ana = uuid4()
    payment = billing.pays(ana, eur(10000))
    for amount, refusal in (
        (eur(0), NotAnAmount),
        (eur(-1), NotAnAmount),
        (Money(amount_minor=1, currency="USD"), WrongCurrency),
    ):
        with pytest.raises(refusal) as refused:
            refunds(billing, payment.id, amount)
        assert pointers(refused)
    with pytest.raises(NoSuchPayment):
        refunds(billing, uuid4(), eur(1))
    with pytest.raises(Invalid) as refused:
        billing.service.refund_payment(RefundPayment(payment_id=payment.id, amount=eur(1), reason=" "))
    assert pointers(refused) == ["/reason"]
    assert billing.balance(ana) == -10000


def test_a_refund_repeated_under_its_command_id_is_paid_once(billing: Billing) -> None:
    ana, command = uuid4(), uuid4()
    payment = billing.pays(ana, eur(10000))
    first = refunds(billing, payment.id, eur(4000), command)
    assert refunds(billing, payment.id, eur(4000), command) == first
    assert billing.balance(ana) == -6000
    with pytest.raises(CommandReused):
        refunds(billing, payment.id, eur(4001), command)


def test_of_many_refunds_at_once_as_many_as_fit_are_paid(billing: Billing) -> None:
    ana = uuid4()
    payment = billing.pays(ana, eur(10000))
    with ThreadPoolExecutor(32) as pool:
        said = list(pool.map(lambda _: _outcome(lambda: refunds(billing, payment.id, eur(900))), range(32)))
    assert sorted(said) == ["paid"] * 11 + ["refund-too-large"] * 21
    assert billing.balance(ana) == -100
    assert clearing(billing.db) == {"clearing:card": 100}


def test_reasons_stand_apart_from_the_ledger_and_its_events(billing: Billing) -> None:
    payment = billing.pays(uuid4(), eur(10000))
    billing.service.refund_payment(RefundPayment(payment_id=payment.id, amount=eur(1), reason="Ana Silva fell ill"))
    with billing.db.engine.connect() as connection:
        for table in ("journals", "entries", "refunds", "outbox"):
            assert "Silva" not in str(connection.execute(sa.text(f"SELECT * FROM {table}")).all())


def test_refunds_are_never_changed(billing: Billing) -> None:
    payment = billing.pays(uuid4(), eur(10000))
    refunds(billing, payment.id, eur(1))
    for statement in ("UPDATE refunds SET amount_minor = 2", "DELETE FROM refunds"):
        with pytest.raises(sa.exc.DBAPIError), billing.db.engine.begin() as connection:
            connection.execute(sa.text(statement))


def _outcome(work: Callable[[], Any]) -> str:
    try:
        work()
    except Refusal as refusal:
        return refusal.code()
    return "paid"
