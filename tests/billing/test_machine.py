"""Whatever is done to the ledger, in whatever order and however often: after every step it is whole.

A state machine does all that billing can do, on the real service and a real database. To add an operation, add a rule:
say it through `does`, and keep in the model what the three guests owe for it. The company, to which charges are
routed and which pays for stays in Faro, the house with fees, is not in the model; for it everything else holds.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from services.billing import domain, store
from services.contracts.billing import (
    CityTax,
    CloseFolio,
    CreditInvoice,
    IssueInvoice,
    Party,
    PinAllocation,
    Policy,
    PostCharge,
    RefundPayment,
    ReleaseAllocation,
    ReopenFolio,
    ReverseJournal,
    RoutingRule,
    SetInvoicing,
    SetPolicies,
    SetRouting,
    SetTaxes,
    Share,
    TakePayment,
    VatRate,
    VerifyLedger,
    VoidCharge,
)
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit.context import Context
from services.kit.refusal import Refusal
from services.kit.wire import Request
from tests.billing.makers import FARO, LISBON, PORTO, Billing, stay
from tests.databases import Databases

R = TypeVar("R")

LENGTH = 40  # steps of one story
COMPANY = 3  # the fourth payer, whom the model leaves out
HOUSES = (LISBON, PORTO, FARO, LISBON)  # of the four bookings; the last is in yen
SINCE = date(2020, 1, 1)
OWED = ("confirmed", "in_house", "departed")

_APPEND_ONLY = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND obj_description(oid, 'pg_class') LIKE 'append-only%' ORDER BY 1
"""
_UNBALANCED = "SELECT journal_id FROM entries GROUP BY journal_id, currency HAVING sum(amount_minor) <> 0"
_BALANCES_THAT_DIFFER = """
SELECT profile_id, account, property_id, currency FROM (
    SELECT profile_id, account, property_id, currency, minor, entry_count AS n FROM balances
    UNION ALL
    SELECT coalesce(profile_id, n.id), account, coalesce(property_id, n.id), currency, -amount_minor, -1
    FROM entries, (SELECT CAST('00000000-0000-0000-0000-000000000000' AS uuid) AS id) AS n
) AS b GROUP BY 1, 2, 3, 4 HAVING sum(minor) <> 0 OR sum(n) <> 0
"""
_FOLD = "SELECT profile_id, currency, sum(amount_minor) AS minor FROM entries WHERE account = 'guests' GROUP BY 1, 2"
_CREDIT = """
SELECT p.beneficiary_profile_id AS profile_id, p.currency,
       sum(p.amount_minor) - coalesce(sum((SELECT sum(r.amount_minor) FROM refunds r WHERE r.payment_id = p.id)), 0)
           AS minor,
       sum(coalesce((SELECT sum(a.amount_minor) FROM allocations a WHERE a.payment_id = p.id), 0)) AS used
FROM payments p GROUP BY 1, 2
"""
_OVERDRAWN = """
SELECT p.id FROM payments p JOIN allocations a ON a.payment_id = p.id GROUP BY p.id
HAVING sum(a.amount_minor) > p.amount_minor
    - coalesce((SELECT sum(r.amount_minor) FROM refunds r WHERE r.payment_id = p.id), 0)
"""
_STRAYED = """
SELECT a.payment_id FROM allocations a JOIN folios f ON f.id = a.folio_id JOIN payments p ON p.id = a.payment_id
WHERE a.profile_id <> f.payer_profile_id OR a.profile_id <> p.beneficiary_profile_id
"""

# Which payments may cover which folios.
_PAIRS = """
SELECT c.id AS payment_id, c.currency, c.amount_minor AS minor, f.id AS folio_id
FROM credits c JOIN folios f ON f.payer_profile_id = c.beneficiary_profile_id
WHERE c.amount_minor > 0 ORDER BY c.amount_minor, c.received_at, f.opened_at
"""

_which = st.integers(0, 3)
_guest = st.integers(0, 2)
_kinds = st.sampled_from(["spa", "restaurant", "parking", "room"])
_minor = st.integers(1, 60_000)
_currency = st.sampled_from(["EUR", "EUR", "EUR", "JPY"])
_some = st.integers(0, 50)  # picks one of those there are


@dataclass
class Booked:
    """What the model knows of one booking: its newest facts, its charges, and which kinds the company owes."""

    id: UUID = field(default_factory=uuid4)
    newest: BookingFacts | None = None
    routed: frozenset[str] = frozenset()


@dataclass
class Charged:
    """A charge of a booking, or of a guest's own folio."""

    kind: str
    amount: Money
    booking: Booked | None
    guest: UUID | None
    folio_id: UUID
    live: bool = True


class GuestLedger(RuleBasedStateMachine):
    """Three guests, a company, four bookings. Lisbon has no taxes, Porto's prices include them, in Faro they come on
    top, and who cancels pays a fee.
    """

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.billing = Billing(databases.empty("billing"))
        self.guests = [uuid4() for _ in range(4)]
        self.bookings = [Booked() for _ in range(4)]
        self.charges: dict[UUID, Charged] = {}
        self.payments: dict[UUID, Money] = {}
        self.paid: Counter[tuple[UUID, str]] = Counter()
        self.invoices: list[UUID] = []
        self.rows: Counter[tuple[str, str]] = Counter()
        self._open_houses()
        with self.billing.db.engine.connect() as connection:
            tables = connection.execute(sa.text(_APPEND_ONLY)).scalars().all()
        each = (f"SELECT '{table}' AS name, md5(CAST(t AS text)) AS digest FROM {table} t" for table in tables)  # noqa: S608
        self._kept = sa.text(" UNION ALL ".join(each))

    def _open_houses(self) -> None:
        vat = (VatRate(tax_class="accommodation", basis_points=600, valid_from=SINCE),)
        for house, included in ((PORTO, True), (FARO, False)):
            beds = (CityTax(amount_minor=200, most_nights=3, included=included, valid_from=SINCE),)
            said: dict[str, Any] = {"property_id": house, "time_zone": "Europe/Lisbon", "currency": "EUR"}
            assert self.does(SetTaxes(country="PT", vat=vat, city_tax=beds, **said))
        fees = (
            Policy(kind="cancellation", share=Share(basis_points=5000)),
            Policy(kind="no_show", share=Share(nights=1)),
            Policy(kind="deposit", share=Share(basis_points=3000), days_after_booking=1),
        )
        assert self.does(SetPolicies(property_id=FARO, time_zone="Europe/Lisbon", currency="EUR", policies=fees))
        for house, prefix in ((LISBON, "LIS"), (PORTO, "OPO"), (FARO, "FAO")):
            seller = Party(name="Foyer Hotels")
            assert self.does(SetInvoicing(property_id=house, time_zone="Europe/Lisbon", prefix=prefix, seller=seller))

    def does(self, request: Request[R], again: bool = False) -> R | None:
        """Have it done, twice under one id if `again`; None where it was refused, which it may be at any time."""
        door, command_id = getattr(self.billing.service, request.rpc_method()), uuid4()
        try:
            reply: R = door(request, command_id)
        except Refusal:
            return None
        assert not again or door(request, command_id) == reply
        return reply

    # ── what may happen ──────────────────────────────────────────────────────────────────────────────────────────────

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
        if pairs := self._asked(sa.text(_PAIRS)):
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
        said = IssueInvoice(folio_id=self._folio(some), property_id=LISBON, addressee=Party(name="Ana Silva"))
        if invoice := self.does(said, again):
            self.invoices.append(invoice.id)

    @precondition(lambda self: self.invoices)
    @rule(some=_some, again=st.booleans())
    def an_invoice_is_taken_back(self, some: int, again: bool) -> None:
        invoice_id = self.invoices[some % len(self.invoices)]
        self.does(CreditInvoice(invoice_id=invoice_id, reason="another name"), again)

    @rule(some=_some)
    def what_hangs_on_a_folio_or_a_payment_is_not_reversed_by_hand(self, some: int) -> None:
        journals = self._asked(sa.text("SELECT id FROM journals ORDER BY number, chain"))
        if journals:
            journal_id = journals[some % len(journals)].id
            assert self.does(ReverseJournal(journal_id=journal_id, reason_code="by-mistake")) is None

    def _folio(self, some: int) -> UUID:
        return list(self.charges.values())[some % len(self.charges)].folio_id

    def _keep_payment(self, payment_id: UUID, beneficiary: UUID, amount: Money) -> None:
        self.payments[payment_id] = amount
        self.paid[beneficiary, amount.currency] += amount.amount_minor

    def _payment(self, some: int) -> tuple[UUID, Money]:
        return list(self.payments.items())[some % len(self.payments)]

    # ── what holds ───────────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def nothing_was_changed_or_deleted(self) -> None:
        now = Counter((row.name, row.digest) for row in self._asked(self._kept))
        assert self.rows <= now, self.rows - now
        self.rows = now

    @invariant()
    def every_journal_sums_to_zero_and_the_ledger_finds_itself_whole(self) -> None:
        assert self._asked(sa.text(_UNBALANCED)) == []
        assert self._asked(sa.text(_BALANCES_THAT_DIFFER)) == []

    def teardown(self) -> None:
        cursor = None
        while True:
            report = self.billing.service.verify_ledger(VerifyLedger(cursor=cursor))
            assert report.differences == ()
            if (cursor := report.next) is None:
                return

    @invariant()
    def no_payment_covers_more_than_is_left_of_it_and_only_what_its_guest_owes(self) -> None:
        assert self._asked(sa.text(_OVERDRAWN)) == []
        assert self._asked(sa.text(_STRAYED)) == []

    @invariant()
    def every_account_is_the_fold_of_its_entries(self) -> None:
        fold = {(r.profile_id, r.currency): int(r.minor) for r in self._asked(sa.text(_FOLD))}
        credit = {(r.profile_id, r.currency): (int(r.minor), int(r.used)) for r in self._asked(sa.text(_CREDIT))}
        expected = self._expected()
        for at, guest in enumerate(self.guests):
            account = self.billing.account(guest, limit=1)
            for b in account.balances:
                given, used = credit.get((guest, b.currency), (0, 0))
                assert b.balance.amount_minor == fold.pop((guest, b.currency)) == b.owed.amount_minor - (given - used)
                assert 0 <= b.credit.amount_minor == given - used
                if at != COMPANY:
                    assert b.balance.amount_minor == expected.pop((guest, b.currency), 0)
            for booking in account.bookings:
                assert 0 <= booking.allocated.amount_minor <= booking.total.amount_minor
        assert not fold
        assert {key: minor for key, minor in expected.items() if minor and key[0] != self.guests[COMPANY]} == {}

    @invariant()
    def credit_covers_all_that_the_rules_let_it_cover(self) -> None:
        with self.billing.db.reading(Context(actor="test")) as tx:
            for guest in self.guests:
                credits, dues, rules = store.credits_and_dues(tx, guest)
                stored = {
                    (r.payment_id, r.folio_id): r.amount_minor
                    for r in tx.execute(sa.text("SELECT * FROM allocations WHERE profile_id = :id"), {"id": guest})
                }
                assert stored == domain.allocate(credits, dues, rules)
                owed = {(due.folio_id, due.amount.currency): due.amount.amount_minor for due in dues}
                for (folio_id, currency), minor in self._covered(credits, stored).items():
                    assert minor <= owed[folio_id, currency]

    @staticmethod
    def _covered(credits: list[domain.Credit], stored: dict[tuple[UUID, UUID], int]) -> Counter[tuple[UUID, str]]:
        currencies = {credit.payment_id: credit.amount.currency for credit in credits}
        covered: Counter[tuple[UUID, str]] = Counter()
        for (payment_id, folio_id), minor in stored.items():
            covered[folio_id, currencies[payment_id]] += minor
        return covered

    def _expected(self) -> dict[tuple[UUID, str], int]:
        """What each guest owes by the model, per currency; negative in credit."""
        owed: dict[tuple[UUID, str], int] = defaultdict(int)
        for booked in self.bookings:
            if (facts := booked.newest) and facts.state in OWED:
                owed[facts.payer_profile_id, facts.total.currency] += facts.total.amount_minor
        for charge in self.charges.values():
            payer = charge.guest
            if charge.booking and charge.booking.newest:
                routed = charge.kind in charge.booking.routed
                payer = self.guests[COMPANY] if routed else charge.booking.newest.payer_profile_id
            if charge.live and payer:
                owed[payer, charge.amount.currency] += charge.amount.amount_minor
        for key, minor in self.paid.items():
            owed[key] -= minor
        return owed

    def _asked(self, statement: sa.TextClause) -> list[Any]:
        with self.billing.db.engine.connect() as connection:
            return list(connection.execute(statement))


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
def test_whatever_happens_for_long_the_ledger_is_whole(databases: Databases) -> None:
    """As many steps as FOYER_LEDGER_STEPS says, else 100,000."""
    steps = int(os.environ.get("FOYER_LEDGER_STEPS", "100000"))
    run_state_machine_as_test(lambda: GuestLedger(databases), settings=_steps(steps))
