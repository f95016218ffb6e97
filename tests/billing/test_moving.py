"""A booking moved to another profile: what is owed, paid and covered follows by journals, and nothing is rewritten."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.billing.domain.credit import REASONS
from services.contracts.billing import (
    FindPayments,
    NotReversible,
    PinAllocation,
    ProveLedger,
    ReadPayment,
    ReadRouting,
    RefundPayment,
    ReverseJournal,
    RoutingRule,
    SetRouting,
    VerifyLedger,
)
from services.contracts.bookings import BookingFacts, BookingMoved
from services.contracts.profiles import ProfileRetired
from services.kit.db import Database
from tests.billing.makers import Billing, eur, stay

ANA, BRUNO, ACME = uuid4(), uuid4(), uuid4()


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def moved(billing: Billing, facts: BookingFacts, *, first: str = "changed", **more: Any) -> BookingFacts:
    """Ana's booking is Bruno's; the two events come in either order."""
    payer = BRUNO if facts.payer_profile_id == ANA else facts.payer_profile_id
    after = stay(
        BRUNO,
        facts.total,
        booking_id=facts.booking_id,
        version=facts.version + 1,
        state=facts.state,
        payer=payer,
        **more,
    )
    event = BookingMoved(
        booking_id=after.booking_id,
        version=after.version,
        from_profile_id=ANA,
        to_profile_id=BRUNO,
        by_hand=True,
        at=datetime.now(UTC),
        booking=after,
    )
    steps = [lambda: billing.hears(after, changed=True), lambda: billing.service.follow_moved_booking(event)]
    for step in steps if first == "changed" else reversed(steps):
        step()
    return after


def whole(billing: Billing) -> bool:
    cursor, found = None, []
    while True:
        report = billing.service.verify_ledger(VerifyLedger(cursor=cursor))
        found += report.differences
        if (cursor := report.next) is None:
            break
    return not found and billing.service.prove_ledger(ProveLedger()).unbalanced_journals == 0


@pytest.mark.parametrize("first", ["changed", "moved"])
@pytest.mark.parametrize("state", ["confirmed", "in_house", "departed"])
def test_what_is_owed_and_paid_follows_in_either_order(billing: Billing, first: str, state: str):
    facts = billing.hears(stay(ANA, eur(30000), state=state))
    paid = billing.pays(ANA, eur(10000), booking_id=facts.booking_id)
    moved(billing, facts, first=first)
    assert (billing.balance(ANA), billing.balance(BRUNO)) == (0, 20000)
    assert billing.due(facts.booking_id).due == eur(20000)
    standing = billing.service.read_payment(ReadPayment(payment_id=paid.id))
    assert (standing.payer_profile_id, standing.beneficiary_profile_id) == (BRUNO, BRUNO)
    assert [p.id for p in billing.service.find_payments(FindPayments(profile_id=BRUNO)).items] == [paid.id]
    assert billing.service.find_payments(FindPayments(profile_id=ANA)).items == ()
    assert whole(billing)


def test_a_moved_payment_is_moved_back_with_its_booking_and_not_reversed(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000)))
    paid = billing.pays(ANA, eur(10000), booking_id=facts.booking_id)
    moved(billing, facts)
    with billing.db.engine.connect() as connection:
        journal_id = connection.execute(sa.text("SELECT id FROM journals WHERE kind = 'move'")).scalar_one()
    with pytest.raises(NotReversible) as refused:
        billing.service.reverse_journal(ReverseJournal(journal_id=journal_id, reason_code="wrong-account"))
    assert refused.value.detail.endswith("goes back with it: move the booking back.")
    assert refused.value.facts == {"payment_id": str(paid.id)}


def test_a_repeated_move_posts_nothing_more(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000)))
    billing.pays(ANA, eur(10000), booking_id=facts.booking_id)
    moved(billing, facts)
    before = billing.service.prove_ledger(ProveLedger()).journals
    moved(billing, facts)
    assert billing.service.prove_ledger(ProveLedger()).journals == before


def test_credit_that_is_not_of_the_booking_stays_where_it_is(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000)))
    billing.pays(ANA, eur(5000))
    moved(billing, facts)
    assert (billing.balance(ANA), billing.balance(BRUNO)) == (-5000, 30000)
    assert whole(billing)


def test_what_was_refunded_stays_refunded_and_the_rest_can_be(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000)))
    paid = billing.pays(ANA, eur(10000), booking_id=facts.booking_id)
    billing.service.refund_payment(RefundPayment(payment_id=paid.id, amount=eur(4000), reason="too much"))
    moved(billing, facts)
    assert billing.balance(BRUNO) == 24000
    refund = billing.service.refund_payment(RefundPayment(payment_id=paid.id, amount=eur(6000), reason="all of it"))
    assert refund.beneficiary_profile_id == BRUNO
    assert (billing.balance(ANA), billing.balance(BRUNO)) == (0, 30000)
    assert whole(billing)


def test_what_a_company_pays_stays_the_companys(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000), payer=ACME))
    billing.pays(ACME, eur(10000), booking_id=facts.booking_id)
    moved(billing, facts)
    assert (billing.balance(ACME), billing.balance(BRUNO), billing.balance(ANA)) == (20000, 0, 0)


def test_charges_that_were_routed_to_the_one_are_the_other_ones(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000), payer=ACME, state="in_house"))
    rule = RoutingRule(kinds=("restaurant",), payer_profile_id=ANA)
    billing.service.set_routing(SetRouting(booking_id=facts.booking_id, rules=(rule,)))
    billing.charges(facts.booking_id, "restaurant", eur(2500))
    moved(billing, facts)
    routing = billing.service.read_routing(ReadRouting(booking_id=facts.booking_id))
    assert [(r.kinds, r.payer_profile_id) for r in routing.rules] == [(("restaurant",), BRUNO)]
    assert (billing.balance(ANA), billing.balance(BRUNO)) == (0, 2500)
    assert whole(billing)


def test_revenue_is_told_anew_for_the_other_guest_also_of_folios_beside(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000), state="departed"))
    rule = RoutingRule(kinds=("restaurant",), payer_profile_id=ACME)
    billing.service.set_routing(SetRouting(booking_id=facts.booking_id, rules=(rule,)))
    billing.charges(facts.booking_id, "restaurant", eur(2500))
    moved(billing, facts)
    last: dict[str, tuple[int, str]] = {}
    with billing.db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT CAST(body AS json) AS b FROM outbox WHERE routing_key = 'revenue.posted.v1'")
        )
        for (said,) in rows:
            last[said["kind"]] = max(last.get(said["kind"], (0, "")), (said["version"], said["profile_id"]))
    assert {kind: UUID(who) for kind, (_, who) in last.items()} == {"room": BRUNO, "restaurant": BRUNO}


def test_what_staff_decided_a_payment_covers_holds(billing: Billing):
    facts = billing.hears(stay(ANA, eur(30000)))
    paid = billing.pays(ANA, eur(10000), booking_id=facts.booking_id)
    billing.service.pin_allocation(
        PinAllocation(payment_id=paid.id, booking_id=facts.booking_id, amount=eur(4000), reason="agreed")
    )
    moved(billing, facts)
    (covered,) = billing.due(facts.booking_id).by
    assert covered.why == REASONS["pinned"]
    assert whole(billing)


def test_what_a_profile_paid_for_no_booking_is_whose_it_turns_out_to_be(billing: Billing):
    paid = billing.pays(ANA, eur(5000))
    for _ in range(2):
        billing.service.follow_retired_profile(ProfileRetired(profile_id=ANA, version=2, into=BRUNO))
    assert (billing.balance(ANA), billing.balance(BRUNO)) == (0, -5000)
    standing = billing.service.read_payment(ReadPayment(payment_id=paid.id))
    assert (standing.payer_profile_id, standing.beneficiary_profile_id) == (BRUNO, BRUNO)
    booked = billing.hears(stay(BRUNO, eur(3000)))
    assert billing.due(booked.booking_id).due == eur(0)
    assert whole(billing)
