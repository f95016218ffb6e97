"""A ledger that is looked at after every step: what was done to it, as a model, and what holds whatever that was."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine, invariant

from services.billing import domain, store
from services.contracts.billing import (
    CityTax,
    Party,
    Policy,
    SetInvoicing,
    SetPolicies,
    SetTaxes,
    Share,
    VatRate,
    VerifyLedger,
)
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit.context import Context
from services.kit.refusal import Refusal
from services.kit.wire import Request
from tests.billing.makers import FARO, LISBON, PORTO, Billing
from tests.databases import Databases

R = TypeVar("R")

LENGTH = 40  # steps of one story
_LOOKS = Context(actor="test")
COMPANY = 3  # the fourth payer, whom the model leaves out
HOUSES = (LISBON, PORTO, FARO, LISBON)  # of the four bookings; the last is in yen
SINCE = date(2020, 1, 1)
CHANGE = date(2026, 11, 5)  # of VAT on rooms, in the middle of the arrivals
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
_ALLOCATIONS = sa.text("SELECT profile_id, payment_id, folio_id, amount_minor FROM allocations")
_CITY_TAXES = sa.text("SELECT booking_id, city_tax_minor FROM folios WHERE part = 'main' AND booking_id IS NOT NULL")
_FOLD = sa.text(
    "SELECT profile_id, currency, sum(amount_minor) AS minor FROM entries WHERE account = 'guests' GROUP BY 1, 2"
)
_CREDIT = sa.text("""
SELECT p.beneficiary_profile_id AS profile_id, p.currency,
       sum(p.amount_minor) - coalesce(sum((SELECT sum(r.amount_minor) FROM refunds r WHERE r.payment_id = p.id)), 0)
           AS minor,
       sum(coalesce((SELECT sum(a.amount_minor) FROM allocations a WHERE a.payment_id = p.id), 0)) AS used
FROM payments p GROUP BY 1, 2
""")
_OVERDRAWN = """
SELECT p.id FROM payments p JOIN allocations a ON a.payment_id = p.id GROUP BY p.id
HAVING sum(a.amount_minor) > p.amount_minor
    - coalesce((SELECT sum(r.amount_minor) FROM refunds r WHERE r.payment_id = p.id), 0)
"""
_STRAYED = """
SELECT a.payment_id FROM allocations a JOIN folios f ON f.id = a.folio_id JOIN payments p ON p.id = a.payment_id
WHERE a.profile_id <> f.payer_profile_id OR a.profile_id <> p.beneficiary_profile_id
"""
_CREDITED_BEYOND = """
SELECT i.id FROM invoices i JOIN invoices n ON n.credits = i.id
GROUP BY i.id HAVING sum(n.total_minor) + i.total_minor < 0
"""
_CREDITED_BEYOND_KIND = """
SELECT invoice_id, booking_id, kind FROM (
    SELECT coalesce(i.credits, i.id) AS invoice_id, line ->> 'booking_id' AS booking_id, line ->> 'kind' AS kind,
           i.kind AS paper, CAST(line -> 'total' ->> 'amount_minor' AS bigint) AS minor
    FROM invoices i, json_array_elements(CAST(i.content AS json) -> 'lines') AS line
) AS lines GROUP BY 1, 2, 3 HAVING sum(minor) < 0 AND sum(minor) FILTER (WHERE paper = 'credit-note') < 0
"""
# Of the stay's own kinds the stay itself is a part, invoiced or not.
_CREDITS_BEYOND_CHARGES = """
SELECT folio_id, kind FROM charges WHERE state = 'posted' AND (booking_id IS NULL OR kind NOT IN ('room', 'city-tax'))
GROUP BY folio_id, kind, currency
HAVING sum(gross_minor) < 0 OR sum(gross_minor) FILTER (WHERE invoice_id IS NULL) < 0
"""
_CREDITS_BEYOND_STAYS = """
SELECT id FROM folios
WHERE deferred_minor + recognised_minor - city_tax_minor
        + coalesce(CAST(charges ->> ('room ' || currency) AS bigint), 0) < 0
    OR city_tax_minor + coalesce(CAST(charges ->> ('city-tax ' || currency) AS bigint), 0) < 0
"""
_BOTH_OR_NEITHER = """
SELECT c.id FROM charges c LEFT JOIN invoiced_items i ON i.journal_id = c.journal_id
WHERE c.invoice_id IS DISTINCT FROM i.invoice_id
"""
_STAYS_BY_RATE = """
SELECT journal_id FROM (
    SELECT journal_id, -net_minor AS net, -vat_minor AS vat FROM stay_rates
    UNION ALL
    SELECT e.journal_id, CASE account WHEN 'revenue:room' THEN -amount_minor ELSE 0 END,
           CASE account WHEN 'tax:vat' THEN -amount_minor ELSE 0 END
    FROM entries e WHERE EXISTS (SELECT FROM stay_rates s WHERE s.journal_id = e.journal_id)
) AS both_ways GROUP BY 1 HAVING sum(net) <> 0 OR sum(vat) <> 0
"""
# What no ledger has; each statement finds where it does. One round trip, as they are asked after every step.
_NEVER = {
    "a journal does not sum to zero": _UNBALANCED,
    "a balance differs from its entries": _BALANCES_THAT_DIFFER,
    "more is credited than was invoiced": _CREDITED_BEYOND,
    "more is credited than was invoiced of the kind": _CREDITED_BEYOND_KIND,
    "more is credited than was charged": _CREDITS_BEYOND_CHARGES,
    "more is credited than the stay comes to": _CREDITS_BEYOND_STAYS,
    "an invoice has it, or it has an invoice, not both": _BOTH_OR_NEITHER,
    "a payment covers more than is left of it": _OVERDRAWN,
    "a payment covers what its guest does not owe": _STRAYED,
    "a stay's rates are not what its journals say": _STAYS_BY_RATE,
}
_WRONG = sa.text(
    " UNION ALL ".join(
        f"SELECT $${what}$$ AS what, CAST(f AS text) AS at FROM ({found}) AS f" for what, found in _NEVER.items()
    )
)

# What was told last of each kind, and what the ledger has earned of it.
_TOLD = """
SELECT booking_id, kind, sum(told) AS told, sum(earned) AS earned FROM (
    SELECT * FROM (
        SELECT DISTINCT ON (body::json ->> 'booking_id', body::json ->> 'kind')
               CAST(body::json ->> 'booking_id' AS uuid) AS booking_id, body::json ->> 'kind' AS kind,
               CAST(body::json -> 'total' ->> 'amount_minor' AS bigint) AS told, 0 AS earned
        FROM outbox WHERE routing_key = 'revenue.posted.v1'
        ORDER BY body::json ->> 'booking_id', body::json ->> 'kind', CAST(body::json ->> 'version' AS int) DESC
    ) AS last
    UNION ALL
    SELECT j.booking_id, substr(e.account, 9), 0, -e.amount_minor FROM entries e JOIN journals j ON j.id = e.journal_id
    WHERE e.account LIKE 'revenue:%' AND j.booking_id IS NOT NULL
) AS both_ways GROUP BY 1, 2 HAVING sum(told) <> sum(earned)
"""

# Which payments may cover which folios.
PAIRS = """
SELECT c.id AS payment_id, c.currency, c.amount_minor AS minor, f.id AS folio_id
FROM credits c JOIN folios f ON f.payer_profile_id = c.beneficiary_profile_id
WHERE c.amount_minor > 0 ORDER BY c.amount_minor, c.received_at, f.opened_at
"""


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


class WatchedLedger(RuleBasedStateMachine):
    """Three guests, a company, four bookings. Lisbon has no taxes, Porto's prices include them, in Faro they come on
    top, and who cancels pays a fee.
    """

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.billing = Billing(databases.empty("billing"))
        self.guests = [uuid4() for _ in range(4)]
        self.bookings = [Booked() for _ in range(4)]
        self.charges: dict[UUID, Charged] = {}
        self.adjustments: dict[UUID, Charged] = {}  # by journal, below zero where it is a credit
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
        rates = (("accommodation", 600, SINCE), ("accommodation", 1300, CHANGE), ("standard", 2300, SINCE))
        vat = tuple(VatRate(tax_class=c, basis_points=r, valid_from=day) for c, r, day in rates)
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
    def nothing_is_as_it_never_is(self) -> None:
        found = [(row.what, row.at) for row in self._asked(_WRONG)]
        assert not found, found

    def teardown(self) -> None:
        assert self._asked(sa.text(_TOLD)) == []
        cursor = None
        while True:
            report = self.billing.service.verify_ledger(VerifyLedger(cursor=cursor))
            assert report.differences == ()
            if (cursor := report.next) is None:
                return

    @invariant()
    def every_account_is_the_fold_of_its_entries(self) -> None:
        fold = {(r.profile_id, r.currency): int(r.minor) for r in self._asked(_FOLD)}
        credit = {(r.profile_id, r.currency): (int(r.minor), int(r.used)) for r in self._asked(_CREDIT)}
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
        made: dict[UUID, dict[tuple[UUID, UUID], int]] = {guest: {} for guest in self.guests}
        for row in self._asked(_ALLOCATIONS):
            made[row.profile_id][row.payment_id, row.folio_id] = row.amount_minor
        with self.billing.db.reading(_LOOKS) as tx:
            for guest, stored in made.items():
                credits, dues, rules = store.credits_and_dues(tx, guest)
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
        city_taxes = {row.booking_id: row.city_tax_minor for row in self._asked(_CITY_TAXES)}
        posted = [charge for charge in (*self.charges.values(), *self.adjustments.values()) if charge.live]
        for booked in self.bookings:
            if facts := booked.newest:
                total = facts.total.amount_minor if facts.state in OWED else 0
                city_tax = city_taxes[booked.id]
                # no credit takes more than there is, of the rooms or of their tax
                for kind, posted_minor in ((domain.STAY, total - city_tax), ("city-tax", city_tax)):
                    more = sum(c.amount.amount_minor for c in posted if c.booking is booked and c.kind == kind)
                    owed[facts.payer_profile_id, facts.total.currency] += max(0, posted_minor + more)
        for charge in posted:
            if charge.booking and charge.kind in domain.WITH_THE_STAY:
                continue
            payer = charge.guest
            if charge.booking and charge.booking.newest:
                routed = charge.kind in charge.booking.routed
                payer = self.guests[COMPANY] if routed else charge.booking.newest.payer_profile_id
            if payer:
                owed[payer, charge.amount.currency] += charge.amount.amount_minor
        for key, minor in self.paid.items():
            owed[key] -= minor
        return owed

    def _asked(self, statement: sa.TextClause) -> list[Any]:
        with self.billing.db.reading(_LOOKS) as tx:
            return list(tx.execute(statement))
