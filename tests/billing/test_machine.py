"""Whatever is done to the ledger, in whatever order and however often: after every step it is whole.

A state machine does all that billing can do, on the real service and a real database. To add an operation, add a rule:
say it through `does`, and keep in the model what the three guests owe for it. The company, to which charges are
routed and which pays for stays in Faro, the house with fees, is not in the model; for it everything else holds.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from services.contracts.billing import (
    Adjustment,
    CloseFolio,
    CreditedLine,
    CreditInvoice,
    Direction,
    IssueInvoice,
    Party,
    PinAllocation,
    PostAdjustment,
    PostCharge,
    ReadInvoice,
    RefundPayment,
    ReleaseAllocation,
    ReopenFolio,
    ReverseJournal,
    RoutingRule,
    SetRouting,
    TakePayment,
    VoidCharge,
)
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from tests.billing.ledger_machine import COMPANY, HOUSES, LENGTH, OWED, PAIRS, Booked, Charged, WatchedLedger
from tests.billing.makers import FARO, LISBON, stay
from tests.databases import Databases

STEPS = int(os.environ.get("FOYER_LEDGER_STEPS", "100000"))
PARTS = max(1, STEPS // 5000)

_which = st.integers(0, 3)
_guest = st.integers(0, 2)
_kinds = st.sampled_from(["spa", "restaurant", "parking", "room"])
_minor = st.integers(1, 60_000)
_currency = st.sampled_from(["EUR", "EUR", "EUR", "JPY"])
_direction = st.sampled_from(["credit", "credit", "debit"])
_some = st.integers(0, 50)  # picks one of those there are


class GuestLedger(WatchedLedger):
    """All that billing can do, in any order."""

    @initialize(which=_which, total=st.integers(1, 60_000))
    def somebody_has_departed(self, which: int, total: int) -> None:
        self.a_booking_says(which, 1, "departed", total, 0, 0, 3, False)

    @rule(
        which=_which,
        newer=st.sampled_from([1, 1, 1, 2, 0, -1]),
        state=st.sampled_from(["confirmed", "confirmed", "in_house", "departed", "cancelled", "no_show"]),
        total=st.integers(0, 60_000),
        payer=_guest,
        day=st.integers(0, 40),
        nights=st.integers(1, 5),
        changed=st.booleans(),
    )
    def a_booking_says(
        self, which: int, newer: int, state: str, total: int, payer: int, day: int, nights: int, changed: bool
    ) -> None:
        booked = self.bookings[which]
        seen = booked.newest.version if booked.newest else 0
        facts = stay(
            self.guests[0],
            Money(amount_minor=total, currency="JPY" if which == 3 else "EUR"),
            booking_id=booked.id,
            version=max(1, seen + newer),
            state=state,
            payer=self.guests[COMPANY if HOUSES[which] == FARO else payer],
            arrival=date(2026, 10, 20) + timedelta(days=day),
            nights=nights,
            property_id=HOUSES[which],
            adults=2,
        )
        self.billing.hears(facts, changed=changed and state in OWED)
        if facts.version > seen:
            booked.newest = facts

    @rule(which=_which, kind=_kinds, minor=_minor, again=st.booleans())
    def a_booking_is_charged(self, which: int, kind: str, minor: int, again: bool) -> None:
        booked = self.bookings[which]
        amount = Money(amount_minor=minor, currency="JPY" if which == 3 else "EUR")
        charge = self.does(PostCharge(booking_id=booked.id, kind=kind, amount=amount), again)
        assert booked.newest or not charge
        if charge:
            self.charges[charge.id] = Charged(kind, amount, booked, None, charge.folio_id)

    @rule(who=_guest, kind=_kinds, minor=_minor, again=st.booleans())
    def a_guest_is_charged(self, who: int, kind: str, minor: int, again: bool) -> None:
        amount = Money(amount_minor=minor, currency="EUR")
        charge = self.does(PostCharge(profile_id=self.guests[who], kind=kind, amount=amount), again)
        if charge:
            self.charges[charge.id] = Charged(kind, amount, None, self.guests[who], charge.folio_id)

    @precondition(lambda self: self.charges)
    @rule(some=_some, again=st.booleans())
    def a_charge_is_voided(self, some: int, again: bool) -> None:
        charge_id = list(self.charges)[some % len(self.charges)]
        if self.does(VoidCharge(charge_id=charge_id, reason="a mistake"), again):
            assert self.charges[charge_id].live
            self.charges[charge_id].live = False

    @rule(which=_which, kind=_kinds, minor=_minor, direction=_direction, again=st.booleans())
    def a_booking_is_adjusted(self, which: int, kind: str, minor: int, direction: Direction, again: bool) -> None:
        booked = self.bookings[which]
        amount = Money(amount_minor=minor, currency="JPY" if which == 3 else "EUR")
        said = PostAdjustment(booking_id=booked.id, kind=kind, amount=amount, direction=direction, reason="It was cold")
        self._keep_adjustment(self.does(said, again), booked, None)

    @rule(who=_guest, kind=_kinds, minor=_minor, direction=_direction, again=st.booleans())
    def a_guest_is_adjusted(self, who: int, kind: str, minor: int, direction: Direction, again: bool) -> None:
        guest, amount = self.guests[who], Money(amount_minor=minor, currency="EUR")
        said = PostAdjustment(profile_id=guest, kind=kind, amount=amount, direction=direction, reason="It was cold")
        self._keep_adjustment(self.does(said, again), None, guest)

    @precondition(lambda self: self._over())
    @rule(some=_some, percent=st.integers(1, 100), again=st.booleans())
    def a_stay_that_is_over_is_credited(self, some: int, percent: int, again: bool) -> None:
        booked, facts = self._over()[some % len(self._over())]
        amount = replace(facts.total, amount_minor=facts.total.amount_minor * percent // 100)
        said = PostAdjustment(
            booking_id=booked.id, kind="room", amount=amount, direction="credit", reason="It was cold"
        )
        self._keep_adjustment(self.does(said, again), booked, None)

    @precondition(lambda self: self._over())
    @rule(some=_some, percent=st.integers(0, 150))
    def a_stay_that_is_over_comes_to_another_price(self, some: int, percent: int) -> None:
        booked, facts = self._over()[some % len(self._over())]
        total = replace(facts.total, amount_minor=facts.total.amount_minor * percent // 100)
        booked.newest = replace(facts, version=facts.version + 1, total=total)
        self.billing.hears(booked.newest, changed=True)

    def _over(self) -> list[tuple[Booked, BookingFacts]]:
        """The stays whose guests have departed."""
        return [(b, b.newest) for b in self.bookings if b.newest and b.newest.state == "departed"]

    def _keep_adjustment(self, posted: Adjustment | None, booked: Booked | None, guest: UUID | None) -> None:
        if posted:
            sign = -1 if posted.direction == "credit" else 1
            amount = replace(posted.amount, amount_minor=sign * posted.amount.amount_minor)
            self.adjustments[posted.journal_id] = Charged(posted.kind, amount, booked, guest, posted.folio_id)

    @rule(who=_which, for_=st.none() | _which, minor=_minor, currency=_currency, again=st.booleans())
    def somebody_pays(self, who: int, for_: int | None, minor: int, currency: str, again: bool) -> None:
        on_behalf_of = None if for_ is None else self.guests[for_]
        amount = Money(amount_minor=minor, currency=currency)
        said = TakePayment(payer_profile_id=self.guests[who], on_behalf_of=on_behalf_of, amount=amount, method="card")
        payment = self.does(said, again)
        assert payment
        self._keep_payment(payment.id, payment.beneficiary_profile_id, amount)

    @rule(who=_which, which=_which, minor=_minor, again=st.booleans())
    def a_booking_is_paid(self, who: int, which: int, minor: int, again: bool) -> None:
        amount = Money(amount_minor=minor, currency="JPY" if which == 3 else "EUR")
        booking_id = self.bookings[which].id
        said = TakePayment(payer_profile_id=self.guests[who], booking_id=booking_id, amount=amount, method="cash")
        if payment := self.does(said, again):
            self._keep_payment(payment.id, payment.beneficiary_profile_id, amount)

    @precondition(lambda self: self.payments)
    @rule(some=_some, minor=_minor, whole=st.booleans(), again=st.booleans())
    def a_payment_is_refunded(self, some: int, minor: int, whole: bool, again: bool) -> None:
        payment_id, paid = self._payment(some)
        amount = paid if whole else Money(amount_minor=minor, currency=paid.currency)
        refund = self.does(RefundPayment(payment_id=payment_id, amount=amount, reason="asked for"), again)
        if refund:
            self.paid[refund.beneficiary_profile_id, amount.currency] -= amount.amount_minor

    @precondition(lambda self: self.payments)
    @rule(some=_some, again=st.booleans())
    def an_allocation_is_released(self, some: int, again: bool) -> None:
        if made := self._asked(sa.text("SELECT payment_id, folio_id FROM allocations ORDER BY amount_minor")):
            payment_id, folio_id = made[some % len(made)]
            said = ReleaseAllocation(payment_id=payment_id, folio_id=folio_id, reason="another stay")
            assert self.does(said, again)

    @precondition(lambda self: self.payments)
    @rule(some=_some, minor=st.none() | _minor, again=st.booleans())
    def an_allocation_is_pinned(self, some: int, minor: int | None, again: bool) -> None:
        if pairs := self._asked(sa.text(PAIRS)):
            pair = pairs[some % len(pairs)]
            amount = None if minor is None else Money(amount_minor=min(minor, pair.minor), currency=pair.currency)
            said = PinAllocation(payment_id=pair.payment_id, folio_id=pair.folio_id, amount=amount, reason="this stay")
            assert self.does(said, again)

    @rule(which=_which, kinds=st.frozensets(st.sampled_from(["spa", "restaurant", "parking"])))
    def charges_go_to_the_company(self, which: int, kinds: frozenset[str]) -> None:
        rules = (RoutingRule(kinds=tuple(sorted(kinds)), payer_profile_id=self.guests[COMPANY]),) if kinds else ()
        if self.does(SetRouting(booking_id=self.bookings[which].id, rules=rules)):
            self.bookings[which].routed = kinds

    @rule()
    def nights_pass(self) -> None:
        self.billing.service.recognise_nights()

    @precondition(lambda self: self.charges)
    @rule(some=_some, closes=st.booleans(), again=st.booleans())
    def a_folio_is_closed_or_opened(self, some: int, closes: bool, again: bool) -> None:
        folio_id = self._folio(some)
        self.does(CloseFolio(folio_id=folio_id) if closes else ReopenFolio(folio_id=folio_id), again)

    @precondition(lambda self: self.charges)
    @rule(some=_some, again=st.booleans())
    def an_invoice_is_issued(self, some: int, again: bool) -> None:
        charge = list(self.charges.values())[some % len(self.charges)]
        house = None if charge.booking else LISBON
        said = IssueInvoice(folio_id=charge.folio_id, property_id=house, addressee=Party(name="Ana Silva"))
        if invoice := self.does(said, again):
            self.invoices.append(invoice.id)

    @precondition(lambda self: self.invoices)
    @rule(some=_some, again=st.booleans())
    def an_invoice_is_taken_back(self, some: int, again: bool) -> None:
        invoice_id = self.invoices[some % len(self.invoices)]
        self.does(CreditInvoice(invoice_id=invoice_id, reason="another name"), again)

    @precondition(lambda self: self.invoices)
    @rule(some=_some, nth=_some, minor=st.none() | _minor, again=st.booleans())
    def a_line_of_an_invoice_is_lowered(self, some: int, nth: int, minor: int | None, again: bool) -> None:
        invoice = self.billing.service.read_invoice(ReadInvoice(invoice_id=self.invoices[some % len(self.invoices)]))
        line = invoice.lines[nth % len(invoice.lines)]
        amount = None if minor is None else replace(line.total, amount_minor=minor)
        lines = (CreditedLine(number=line.number, amount=amount),)
        if note := self.does(CreditInvoice(invoice_id=invoice.id, reason="It was cold", lines=lines), again):
            booked = next((b for b in self.bookings if b.id == line.booking_id), None)
            for lowered in note.lines:
                guest = None if booked else invoice.profile_id
                credit = Charged(lowered.kind, lowered.total, booked, guest, invoice.folio_ids[0])
                self.adjustments[uuid4()] = credit

    @precondition(lambda self: self.adjustments)
    @rule(some=_some, again=st.booleans())
    def an_adjustment_is_reversed(self, some: int, again: bool) -> None:
        journal_id = list(self.adjustments)[some % len(self.adjustments)]
        if self.does(ReverseJournal(journal_id=journal_id, reason_code="by-mistake"), again):
            assert self.adjustments[journal_id].live
            self.adjustments[journal_id].live = False

    @rule(some=_some)
    def what_hangs_on_a_folio_or_a_payment_is_not_reversed_by_hand(self, some: int) -> None:
        journals = self._asked(sa.text("SELECT id FROM journals WHERE kind <> 'adjustment' ORDER BY number, chain"))
        if journals:
            journal_id = journals[some % len(journals)].id
            assert self.does(ReverseJournal(journal_id=journal_id, reason_code="by-mistake")) is None


def _steps(count: int) -> settings:
    """So many steps in all, in stories of `LENGTH`."""
    return settings(
        max_examples=max(1, count // LENGTH),
        stateful_step_count=LENGTH,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.servers
def test_whatever_happens_the_ledger_is_whole(databases: Databases) -> None:
    run_state_machine_as_test(lambda: GuestLedger(databases), settings=_steps(240))


@pytest.mark.chaos
@pytest.mark.servers
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_whatever_happens_for_long_the_ledger_is_whole(databases: Databases, part: int) -> None:
    """As many steps as FOYER_LEDGER_STEPS says, else 100,000, in parts that processes share:
    `make chaos T="tests/billing/test_machine.py -n 2 -v"`.
    """
    each = settings(_steps(STEPS // PARTS), derandomize=False)  # else all parts would be the same
    run_state_machine_as_test(lambda: GuestLedger(databases), settings=each)
