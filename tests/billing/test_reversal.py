"""An adjustment, and a journal that belongs to nothing else, is undone by its mirror, once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    Adjustment,
    AdjustmentInvoiced,
    AlreadyReversed,
    ChargeAdjusted,
    CloseFolio,
    Direction,
    FolioClosed,
    NoSuchJournal,
    NotReversible,
    PostAdjustment,
    PostedJournal,
    ReadAdjustment,
    ReadJournal,
    RefundPayment,
    ReopenFolio,
    ReverseJournal,
    RoutingRule,
    SetRouting,
    VoidCharge,
)
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.desk import Desk
from tests.billing.makers import LISBON, Billing, eur, stay
from tests.billing.sealed import a_ledger, adjustment, post, verify

pytestmark = pytest.mark.servers


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return a_ledger(billing_db)


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


# ── of an adjustment ─────────────────────────────────────────────────────────────────────────────────────────────────


def adjusts(billing: Billing, booking_id: UUID, minor: int, direction: Direction = "credit", **more: Any) -> Adjustment:
    said = {"kind": "spa", "amount": eur(minor), "direction": direction, "reason": "The sauna was cold", **more}
    posted: Adjustment = billing.service.post_adjustment(PostAdjustment(booking_id=booking_id, **said))
    return posted


def test_an_adjustment_is_reversed_by_its_mirror_on_its_folio(billing: Billing) -> None:
    ana = uuid4()
    booking = billing.hears(stay(ana, eur(0))).booking_id
    billing.charges(booking, "spa", eur(1000))
    credit = adjusts(billing, booking, 400)
    mirror = reverse(billing, credit.journal_id, "wrong-booking")
    assert (mirror.kind, mirror.reverses, mirror.reason) == ("reversal", credit.journal_id, "wrong-booking")
    assert mirror.folio_id == credit.folio_id
    assert [(e.account, e.amount) for e in mirror.entries] == [("guests", eur(400)), ("revenue:spa", eur(-400))]
    assert billing.balance(ana) == 1000
    found = billing.service.read_adjustment(ReadAdjustment(adjustment_id=credit.id))
    assert (found.state, found.reversed_by) == ("reversed", mirror.id)
    assert billing.service.read_journal(ReadJournal(journal_id=credit.journal_id)).reversed_by == mirror.id
    assert verify(billing) == []


def test_an_adjustment_is_reversed_once_and_its_reversal_not_at_all(billing: Billing) -> None:
    booking = billing.hears(stay(uuid4(), eur(0))).booking_id
    debit = adjusts(billing, booking, 400, "debit")
    mirror = reverse(billing, debit.journal_id)
    with pytest.raises(AlreadyReversed) as refused:
        reverse(billing, debit.journal_id)
    assert refused.value.facts == {"reversed_by": str(mirror.id)}
    with pytest.raises(NotReversible):
        reverse(billing, mirror.id)


def test_a_reversal_of_an_adjustment_is_told(billing: Billing) -> None:
    booking = billing.hears(stay(uuid4(), eur(0))).booking_id
    credit = adjusts(billing, booking, 400, "debit")
    reverse(billing, credit.journal_id)
    with billing.db.engine.connect() as connection:
        statement = sa.text("SELECT body FROM outbox WHERE routing_key = 'adjustment.posted.v1' ORDER BY seq")
        told = [json.loads(body) for body in connection.execute(statement).scalars()]
    assert [(t["adjustment_id"], t["reversed"]) for t in told] == [(str(credit.id), False), (str(credit.id), True)]


def test_a_debit_that_was_credited_again_is_not_reversed(billing: Billing) -> None:
    booking = billing.hears(stay(uuid4(), eur(0))).booking_id
    debit = adjusts(billing, booking, 400, "debit")
    credit = adjusts(billing, booking, 1)
    with pytest.raises(ChargeAdjusted):
        reverse(billing, debit.journal_id)
    reverse(billing, credit.journal_id)
    reverse(billing, debit.journal_id)


def test_an_adjustment_of_a_closed_folio_or_on_an_invoice_is_not_reversed(billing_db: Database) -> None:
    desk = Desk(billing_db)
    booking = desk.hears(stay(uuid4(), eur(0))).booking_id
    desk.charges(booking, "spa", eur(1000))
    credit = adjusts(desk, booking, 400)
    desk.service.close_folio(CloseFolio(folio_id=credit.folio_id))
    with pytest.raises(FolioClosed):
        reverse(desk, credit.journal_id)
    desk.service.reopen_folio(ReopenFolio(folio_id=credit.folio_id))
    invoice = desk.invoices(credit.folio_id)
    with pytest.raises(AdjustmentInvoiced) as refused:
        reverse(desk, credit.journal_id)
    assert refused.value.facts == {"invoice_id": str(invoice.id)}
    assert invoice.total == eur(600)


def test_of_many_who_reverse_an_adjustment_at_once_one_does(billing: Billing) -> None:
    ana = uuid4()
    credit = adjusts(billing, billing.hears(stay(ana, eur(0))).booking_id, 400, "debit")

    def attempt(_: int) -> bool:
        try:
            reverse(billing, credit.journal_id)
        except AlreadyReversed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert billing.balance(ana) == 0


def test_a_refusal_says_in_which_way_it_is_undone(billing: Billing) -> None:
    ana = uuid4()
    booking = billing.hears(stay(ana, eur(100))).booking_id
    charge, wrong = billing.charges(booking, "spa", eur(1000)), billing.charges(booking, "spa", eur(10))
    billing.service.void_charge(VoidCharge(charge_id=wrong.id, reason="Mistyped"))
    payment = billing.pays(ana, eur(500))
    billing.service.refund_payment(RefundPayment(payment_id=payment.id, amount=eur(100), reason="Asked for"))
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=uuid4()),)
    billing.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    with billing.db.engine.connect() as connection:
        journals = {row.kind: row.id for row in connection.execute(sa.text("SELECT kind, id FROM journals"))}
    facts = {}
    for kind, journal_id in {**journals, "spa": charge.journal_id}.items():
        with pytest.raises(NotReversible) as refused:
            reverse(billing, journal_id)
        facts[kind] = (refused.value.detail, list(refused.value.facts))
    assert facts == {
        "stay": ("What a stay posts follows its booking.", ["booking_id"]),
        "spa": ("A charge is undone by voiding it.", ["charge_id"]),
        "void": ("A void is not undone: charge it again.", []),
        "payment": ("A payment is undone by refunding it.", ["payment_id"]),
        "refund": ("A refund is undone by a payment.", ["payment_id"]),
        "routing": ("What was moved to another payer is moved back by the booking's routing.", []),
    }
