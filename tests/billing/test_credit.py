"""Which payment covers which booking: by the rules, for the booking it was meant for, and as staff set it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import Credit, Due, Rule, allocate, why
from services.contracts.billing import (
    AllocationsOfPayment,
    NoSuchFolio,
    NoSuchPayment,
    NotAnAmount,
    NotTheirCredit,
    PinAllocation,
    RefundPayment,
    ReleaseAllocation,
)
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.makers import LISBON, PORTO, Billing, eur, stay

_START = datetime(2026, 6, 1, tzinfo=UTC)
JULY, AUGUST, SEPTEMBER = date(2027, 7, 1), date(2027, 8, 1), date(2027, 9, 1)

# ── the rules ────────────────────────────────────────────────────────────────────────────────────────────────────────


def credit(minor: int, day: int, currency: str = "EUR", booking: UUID | None = None) -> Credit:
    return Credit(uuid4(), Money(amount_minor=minor, currency=currency), _START + timedelta(days=day), booking)


def due(minor: int, day: int, currency: str = "EUR", booking: UUID | None = None) -> Due:
    return Due(uuid4(), Money(amount_minor=minor, currency=currency), JULY + timedelta(days=day), booking)


def test_a_payment_for_a_booking_covers_it_before_an_earlier_one() -> None:
    august = uuid4()
    first, second = due(100, 0), due(100, 31, booking=august)
    paid, old = credit(80, 5, booking=august), credit(50, 1)
    assert allocate([paid, old], [first, second]) == {
        (paid.payment_id, second.folio_id): 80,
        (old.payment_id, first.folio_id): 50,
    }


def test_what_a_booking_does_not_need_of_its_own_payment_goes_to_the_others() -> None:
    august = uuid4()
    first, second = due(100, 0), due(30, 31, booking=august)
    paid = credit(80, 5, booking=august)
    assert allocate([paid], [first, second]) == {
        (paid.payment_id, second.folio_id): 30,
        (paid.payment_id, first.folio_id): 50,
    }


def test_what_staff_set_goes_before_all_else() -> None:
    july, august = uuid4(), uuid4()
    first, second = due(100, 0, booking=july), due(100, 31, booking=august)
    paid = credit(80, 5, booking=july)
    rule = Rule(paid.payment_id, second.folio_id, 60)
    assert allocate([paid], [first, second], [rule]) == {
        (paid.payment_id, second.folio_id): 60,
        (paid.payment_id, first.folio_id): 20,
    }


def test_what_staff_took_away_stays_away() -> None:
    first, second = due(100, 0), due(100, 31)
    paid, other = credit(250, 1), credit(10, 2)
    rule = Rule(paid.payment_id, first.folio_id, None)
    assert allocate([paid, other], [first, second], [rule]) == {
        (paid.payment_id, second.folio_id): 100,
        (other.payment_id, first.folio_id): 10,
    }


def test_a_pin_never_covers_more_than_is_due_or_there() -> None:
    owed, paid = due(100, 0), credit(30, 1)
    assert allocate([paid], [owed], [Rule(paid.payment_id, owed.folio_id, 1000)]) == {
        (paid.payment_id, owed.folio_id): 30
    }


_CURRENCIES = st.sampled_from(["EUR", "USD"])
_BOOKINGS = [UUID(int=n) for n in range(3)]


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(0, 5), _CURRENCIES, st.none() | st.sampled_from(_BOOKINGS))),
    st.lists(st.tuples(st.integers(-50, 500), st.integers(0, 5), _CURRENCIES, st.none() | st.sampled_from(_BOOKINGS))),
    st.data(),
)
def test_whatever_is_ruled_nothing_is_covered_twice_and_no_credit_spent_twice(
    paid: list[Any], owed: list[Any], data: st.DataObject
) -> None:
    credits, dues = [credit(*each) for each in paid], [due(*each) for each in owed]
    pairs = [(c.payment_id, d.folio_id) for c in credits for d in dues]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True, max_size=5)) if pairs else []
    rules = [Rule(*pair, data.draw(st.none() | st.integers(1, 600))) for pair in chosen]
    found = allocate(credits, dues, rules)
    excluded = {(rule.payment_id, rule.folio_id) for rule in rules if rule.pinned is None}
    spent: Counter[UUID] = Counter()
    covered: Counter[UUID] = Counter()
    for (payment_id, folio_id), minor in found.items():
        assert minor > 0
        assert (payment_id, folio_id) not in excluded
        spent[payment_id] += minor
        covered[folio_id] += minor
    currency = {c.payment_id: c.amount.currency for c in credits} | {d.folio_id: d.amount.currency for d in dues}
    assert all(currency[payment_id] == currency[folio_id] for payment_id, folio_id in found)
    assert all(spent[c.payment_id] <= c.amount.amount_minor for c in credits)
    assert all(covered[d.folio_id] <= max(0, d.amount.amount_minor) for d in dues)
    for c in credits:  # what could be covered is covered
        for d in dues:
            if c.amount.currency == d.amount.currency and (c.payment_id, d.folio_id) not in excluded:
                left, still = c.amount.amount_minor - spent[c.payment_id], d.amount.amount_minor - covered[d.folio_id]
                assert left == 0 or still <= 0


def test_every_reason_is_a_sentence() -> None:
    booking = uuid4()
    assert why(booking, booking, 100) == "Set by staff."
    assert why(booking, booking, None) == "Paid for this booking."
    assert why(booking, uuid4(), None) == why(None, None, None) == "Oldest credit, earliest arrival."


# ── the service ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def release(billing: Billing, payment_id: UUID, booking_id: UUID | None, **more: Any) -> AllocationsOfPayment:
    said: dict[str, Any] = {
        "payment_id": payment_id,
        "booking_id": booking_id,
        "reason": "Asked for at the desk",
        **more,
    }
    return billing.service.release_allocation(ReleaseAllocation(**said))


def pin(billing: Billing, payment_id: UUID, booking_id: UUID | None, minor: int | None, **more: Any) -> Any:
    amount = None if minor is None else eur(minor)
    said: dict[str, Any] = {"payment_id": payment_id, "booking_id": booking_id, "reason": "As agreed", "amount": amount}
    return billing.service.pin_allocation(PinAllocation(**{**said, **more}))


def told(billing: Billing) -> list[tuple[str, str, int]]:
    with billing.db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT body FROM outbox WHERE routing_key = 'credit.allocated.v1' ORDER BY seq")
        )
        said = [json.loads(row.body) for row in rows]
    return [(each["booking_id"], each["profile_id"], each["amount"]["amount_minor"]) for each in said]


def test_the_difference_is_one_number_and_every_cent_of_the_rest_is_explained(billing: Billing) -> None:
    ana = uuid4()
    old = billing.pays(ana, eur(10000))
    facts = billing.hears(stay(ana, eur(30000)))
    own = billing.pays(ana, eur(2000), booking_id=facts.booking_id)
    asked = billing.due(facts.booking_id)
    assert (asked.total, asked.allocated, asked.due) == (eur(30000), eur(12000), eur(18000))
    assert [(a.payment_id, a.amount, a.why) for a in asked.by] == [
        (old.id, eur(10000), "Oldest credit, earliest arrival."),
        (own.id, eur(2000), "Paid for this booking."),
    ]
    assert [(p.payer_profile_id, p.due) for p in asked.payers] == [(ana, eur(18000))]
    with pytest.raises(NoSuchFolio):
        billing.due(uuid4())
    with pytest.raises(NoSuchFolio):
        billing.due(facts.booking_id, payer=uuid4())


def test_a_payment_for_a_booking_stays_with_it_and_goes_on_when_it_is_cancelled(billing: Billing) -> None:
    ana = uuid4()
    july = billing.hears(stay(ana, eur(30000), arrival=JULY))
    august = billing.hears(stay(ana, eur(30000), arrival=AUGUST))
    billing.pays(ana, eur(10000), booking_id=august.booking_id)
    assert (billing.due(july.booking_id).due, billing.due(august.booking_id).due) == (eur(30000), eur(20000))
    billing.hears(stay(ana, eur(30000), booking_id=august.booking_id, version=2, state="cancelled"))
    assert billing.due(july.booking_id).due == eur(20000)
    assert told(billing) == [
        (str(august.booking_id), str(ana), 10000),
        *sorted([(str(august.booking_id), str(ana), 0), (str(july.booking_id), str(ana), 10000)]),
    ]


def test_staff_take_a_payment_away_from_a_booking_and_give_it_back(billing: Billing) -> None:
    ana = uuid4()
    july = billing.hears(stay(ana, eur(8000), arrival=JULY))
    august = billing.hears(stay(ana, eur(8000), arrival=AUGUST))
    payment = billing.pays(ana, eur(10000))
    after = release(billing, payment.id, july.booking_id)
    assert [(a.booking_id, a.amount) for a in after.allocations] == [(august.booking_id, eur(8000))]
    assert (after.allocated, after.credit, after.profile_id) == (eur(8000), eur(2000), ana)
    billing.charges(july.booking_id, "spa", eur(1))  # allocated anew with everything; the decision holds
    assert billing.due(july.booking_id).due == eur(8001)
    pin(billing, payment.id, july.booking_id, None)
    assert (billing.due(july.booking_id).due, billing.due(august.booking_id).due) == (eur(0), eur(6001))


def test_staff_pin_an_amount_and_say_why(billing: Billing) -> None:
    ana = uuid4()
    july = billing.hears(stay(ana, eur(8000), arrival=JULY))
    august = billing.hears(stay(ana, eur(8000), arrival=AUGUST))
    payment = billing.pays(ana, eur(10000))
    after = pin(billing, payment.id, august.booking_id, 5000)
    assert [(a.booking_id, a.amount.amount_minor, a.why) for a in after.allocations] == [
        (july.booking_id, 5000, "Oldest credit, earliest arrival."),
        (august.booking_id, 5000, "Set by staff."),
    ]
    billing.service.refund_payment(RefundPayment(payment_id=payment.id, amount=eur(7000), reason="half of it"))
    assert [(a.booking_id, a.amount.amount_minor) for a in billing.due(august.booking_id).by] == [
        (august.booking_id, 3000)
    ]
    with billing.db.engine.connect() as connection:
        words = connection.execute(sa.text("SELECT text FROM remarks r JOIN allocation_rules a ON a.id = r.journal_id"))
        assert words.scalars().all() == ["As agreed"]


def test_a_guests_own_folio_takes_and_gives_credit_as_a_booking_does(billing: Billing) -> None:
    ana = uuid4()
    charge = billing.charges(None, "spa", eur(3000), profile_id=ana)
    payment = billing.pays(ana, eur(5000))
    after = release(billing, payment.id, None, folio_id=charge.folio_id)
    assert (after.allocations, after.credit) == ((), eur(5000))
    assert pin(billing, payment.id, None, 1000, folio_id=charge.folio_id).allocated == eur(3000)
    assert told(billing) == []


def test_decisions_that_make_no_sense_are_refused_with_their_reason(billing: Billing) -> None:
    ana, ben = uuid4(), uuid4()
    hers = billing.hears(stay(ana, eur(8000)))
    his = billing.hears(stay(ben, eur(8000)))
    payment = billing.pays(ana, eur(1000))
    with pytest.raises(NoSuchPayment):
        release(billing, uuid4(), hers.booking_id)
    with pytest.raises(NoSuchFolio):
        release(billing, payment.id, uuid4())
    with pytest.raises(NotTheirCredit):
        pin(billing, payment.id, his.booking_id, 1)
    for amount, pointer in (
        (eur(1001), "/amount/amount"),
        (eur(0), "/amount/amount"),
        (Money(amount_minor=1, currency="USD"), "/amount/currency"),
    ):
        with pytest.raises(NotAnAmount) as refused:
            pin(billing, payment.id, hers.booking_id, 1, amount=amount)
        assert [e.pointer for e in refused.value.errors] == [pointer]
    for more, pointer in (({"reason": " "}, "/reason"), ({"folio_id": uuid4()}, "/booking_id")):
        with pytest.raises(Invalid) as blamed:
            release(billing, payment.id, hers.booking_id, **more)
        assert [e.pointer for e in blamed.value.errors] == [pointer]
    assert billing.due(hers.booking_id).allocated == eur(1000)


def test_a_decision_said_twice_is_taken_once(billing: Billing) -> None:
    ana, command_id = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(8000)))
    payment = billing.pays(ana, eur(1000))
    said = ReleaseAllocation(payment_id=payment.id, booking_id=facts.booking_id, reason="Asked for")
    first = billing.service.release_allocation(said, command_id)
    assert billing.service.release_allocation(said, command_id) == first
    with billing.db.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM allocation_rules")).scalar() == 1


# ── the account ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_line_says_what_it_came_from(billing: Billing) -> None:
    ana, ben = uuid4(), uuid4()
    facts = billing.hears(stay(ana, eur(30000)))
    charge = billing.charges(facts.booking_id, "spa", eur(4500), description="Massage")
    payment = billing.pays(ben, eur(1000), for_=ana)
    paid, spa, room = (line.source for line in billing.account(ana).lines)
    assert (room.kind, room.booking_id, room.property_id) == ("stay", facts.booking_id, LISBON)
    assert (spa.kind, spa.charge_id, spa.folio_id) == ("spa", charge.id, charge.folio_id)
    assert (paid.kind, paid.payment_id, paid.payer_profile_id) == ("payment", payment.id, ben)
    assert paid.posted_by == "service:billing"


def test_an_account_is_asked_for_by_property_and_by_currency(billing: Billing) -> None:
    ana = uuid4()
    lisbon = billing.hears(stay(ana, eur(30000)))
    porto = billing.hears(stay(ana, Money(amount_minor=20000, currency="USD"), property_id=PORTO))
    by_house = billing.account(ana, property_id=PORTO)
    assert (
        [b.booking_id for b in by_house.bookings] == [line.booking_id for line in by_house.lines] == [porto.booking_id]
    )
    assert [b.currency for b in by_house.balances] == ["EUR", "USD"]
    by_money = billing.account(ana, currency="EUR")
    assert (
        [b.booking_id for b in by_money.bookings] == [line.booking_id for line in by_money.lines] == [lisbon.booking_id]
    )
    assert [b.currency for b in by_money.balances] == ["EUR"]
