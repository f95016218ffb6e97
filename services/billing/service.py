"""The doors of billing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from services.billing import domain, store
from services.billing.domain import GUESTS, Folio
from services.billing.store import FolioRow, Journal, Moved
from services.contracts.billing import (
    Account,
    AccountLine,
    BalanceChanged,
    BookingDue,
    Charge,
    CurrencyBalance,
    LedgerProof,
    NoSuchFolio,
    NotAnAmount,
    Payment,
    PaymentReceived,
    PostCharge,
    ProveLedger,
    ReadAccount,
    RevenuePosted,
    TakePayment,
    WrongCurrency,
)
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingConfirmed,
    BookingFacts,
    BookingMarkedNoShow,
)
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import Service, command, query, subscribe
from services.kit.refusal import Invalid, Problem

_TRIES = 5  # a folio is written by one event after another; more than a few at once is a fault
_MOST_BOOKINGS = 200  # shown of one account; its balances are over all
_END = 2**63 - 1


class BillingService(Service):
    name = "billing"

    @subscribe(BookingConfirmed, together=True)
    def open_folio(self, tx: Tx, event: BookingConfirmed) -> None:
        """The stay is owed from its confirmation on."""
        _converge(tx, event.booking)

    @subscribe(BookingChanged, together=True)
    def adjust_folio(self, tx: Tx, event: BookingChanged) -> None:
        _converge(tx, event.booking)

    @subscribe(BookingCheckedIn, together=True)
    def keep_folio(self, tx: Tx, event: BookingCheckedIn) -> None:
        _converge(tx, event.booking)

    @subscribe(BookingCheckedOut, together=True)
    def recognise_revenue(self, tx: Tx, event: BookingCheckedOut) -> None:
        """What was owed for the stay is earned now."""
        _converge(tx, event.booking)

    @subscribe(BookingCancelled, together=True)
    def reverse_folio(self, tx: Tx, event: BookingCancelled) -> None:
        _converge(tx, event.booking)

    @subscribe(BookingMarkedNoShow, together=True)
    def release_folio(self, tx: Tx, event: BookingMarkedNoShow) -> None:
        """Reversed like a cancellation: a fee for not coming is a charge of its own, by the house's policy."""
        _converge(tx, event.booking)

    @command
    def take_payment(self, tx: Tx, request: TakePayment) -> Payment:
        domain.check_amount(request.amount, NotAnAmount)
        domain.check_words(request.method, "/method", 60)
        domain.check_words(request.reference, "/reference", 200)
        payment = Payment(
            id=uuid4(),
            payer_profile_id=request.payer_profile_id,
            beneficiary_profile_id=request.on_behalf_of or request.payer_profile_id,
            amount=request.amount,
            method=request.method,
            reference=request.reference,
            received_at=tx.now,
        )
        beneficiary = payment.beneficiary_profile_id
        entries = domain.payment_entries(beneficiary, payment.amount, payment.method)
        journal = Journal("payment", entries, payment_id=payment.id, words=payment.reference)
        store.lock_guest(tx, beneficiary)
        store.post_payment(
            tx, payment.id, payment.payer_profile_id, beneficiary, payment.amount, payment.method, journal
        )
        _allocate(tx, [beneficiary])
        tx.announce(
            PaymentReceived(
                payment_id=payment.id,
                payer_profile_id=payment.payer_profile_id,
                beneficiary_profile_id=beneficiary,
                amount=payment.amount,
            )
        )
        tx.announce(BalanceChanged(profile_id=beneficiary))
        return payment

    @command
    def post_charge(self, tx: Tx, request: PostCharge) -> Charge:
        """Earned at once; owed by whoever pays the booking, or by the guest of the house folio."""
        kind = domain.check_kind(request.kind)
        domain.check_amount(request.amount, NotAnAmount)
        domain.check_words(request.description, "/description", 500)
        if (request.booking_id is None) == (request.profile_id is None):
            raise Invalid(errors=[Problem("/booking_id", "Name the booking or the guest, one of the two.")])
        for _ in range(_TRIES):
            seen = _folio_to_charge(tx, request)
            store.lock_guest(tx, seen.folio.payer_id)
            after = domain.charged(seen.folio, kind, request.amount)
            entries = domain.journal_to(seen.folio, after)
            journal = Journal(kind, entries, words=request.description or None)
            try:
                has_credit = store.post_charge(tx, seen, after, journal)
            except Moved:
                continue
            _tell(tx, seen, after, seen.version + 1, journal, [after.payer_id] if has_credit else [])
            return Charge(
                id=journal.id,
                folio_id=seen.id,
                profile_id=after.payer_id,
                booking_id=seen.booking_id,
                kind=request.kind,
                description=request.description,
                amount=request.amount,
                posted_at=tx.now,
            )
        raise Moved

    @query
    def read_account(self, tx: Tx, request: ReadAccount) -> Account:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        before = _before(request.cursor)
        balances, owed = store.standing(tx, request.profile_id)
        rows = store.lines(tx, request.profile_id, before, request.limit + 1)
        shown = rows[: request.limit]
        return Account(
            profile_id=request.profile_id,
            balances=_balances(balances, owed),
            bookings=tuple(_booking_due(o) for o in owed if o.booking_id)[:_MOST_BOOKINGS],
            lines=tuple(_line(row) for row in shown),
            next=str(shown[-1].id) if len(rows) > request.limit else None,
        )

    @query
    def prove_ledger(self, tx: Tx, request: ProveLedger) -> LedgerProof:
        counted = store.counts(tx, request.property_id)
        return LedgerProof(
            room_revenue=tuple(store.room_revenue(tx, request.property_id)),
            unbalanced_journals=counted.unbalanced,
            journals=counted.journals,
            entries=counted.entries,
        )


def _converge(tx: Tx, facts: BookingFacts) -> None:
    """Bring what is posted of a booking to what it says now; what is older than already seen says nothing."""
    for _ in range(_TRIES):
        seen = store.lock_guest_and_read(tx, facts.payer_profile_id, facts.booking_id)
        if seen and seen.seen_version >= facts.version:
            return
        before = seen.folio if seen else None
        after = domain.target(before, facts)
        if before and before.payer_id != after.payer_id:
            store.lock_guest(tx, before.payer_id)
        entries = domain.journal_to(before, after)
        journal = _stay_journal(seen, after, facts.state, entries) if entries else None
        try:
            has_credit = store.post_stay(tx, seen, facts, after, journal)
        except Moved:
            continue
        payers = {after.payer_id, before.payer_id} if before else {after.payer_id}
        version = seen.version + 1 if seen else 1
        _tell(tx, seen, after, version, journal, sorted(payers) if has_credit else [], facts)
        return
    raise Moved


def _stay_journal(seen: FolioRow | None, after: Folio, state: str, entries: tuple[domain.Entry, ...]) -> Journal:
    kind = domain.story(seen.folio if seen else None, after, state)
    reverses = seen.stay_journal_id if seen and kind in ("cancellation", "no-show") else None
    return Journal(kind, entries, reverses=reverses)


def _tell(
    tx: Tx,
    seen: FolioRow | None,
    after: Folio,
    version: int,
    journal: Journal | None,
    with_credit: list[UUID],
    facts: BookingFacts | None = None,
) -> None:
    """Allocate credit anew where there is any, and announce whose account and which revenue changed."""
    changed = {e.profile_id for e in journal.entries if e.account == GUESTS} if journal else set()
    changed |= _allocate(tx, with_credit)
    booking_id = facts.booking_id if facts else seen.booking_id if seen else None
    property_id = facts.property_id if facts else seen.property_id if seen else None
    for profile_id in changed:
        if profile_id:
            tx.announce(BalanceChanged(profile_id=profile_id, booking_id=booking_id))
    if booking_id is None or property_id is None:
        return
    for kind, total in domain.revenue_changes(seen.folio if seen else None, after).items():
        tx.announce(
            RevenuePosted(
                booking_id=booking_id,
                version=version,
                profile_id=after.guest_id,
                property_id=property_id,
                kind=kind,
                nights=after.nights,
                total=total,
            )
        )


def _allocate(tx: Tx, guests: Iterable[UUID]) -> set[UUID | None]:
    """Let each guest's credit cover what is due; answers those for whom that changed anything."""
    changed: set[UUID | None] = set()
    for profile_id in guests:
        allocations = domain.allocate(*store.credits_and_dues(tx, profile_id))
        if store.keep_allocations(tx, profile_id, allocations):
            changed.add(profile_id)
    return changed


def _folio_to_charge(tx: Tx, request: PostCharge) -> FolioRow:
    if request.profile_id is not None:
        return store.house_folio(tx, request.profile_id, request.amount.currency)
    seen = store.folio_of_booking(tx, request.booking_id) if request.booking_id else None
    if seen is None:
        raise NoSuchFolio
    domain.check_currency(seen.folio, request.amount, WrongCurrency)
    return seen


def _balances(balances: dict[str, int], owed: list[store.Owed]) -> tuple[CurrencyBalance, ...]:
    open_dues: dict[str, int] = defaultdict(int)
    for o in owed:
        open_dues[o.due.amount.currency] += o.due.amount.amount_minor - o.allocated_minor
    return tuple(
        CurrencyBalance(
            currency=currency,
            balance=Money(amount_minor=balance, currency=currency),
            owed=Money(amount_minor=open_dues[currency], currency=currency),
            credit=Money(amount_minor=open_dues[currency] - balance, currency=currency),
        )
        for currency, balance in sorted(balances.items())
    )


def _booking_due(owed: store.Owed) -> BookingDue:
    total, currency = owed.due.amount.amount_minor, owed.due.amount.currency
    assert owed.booking_id is not None
    return BookingDue(
        booking_id=owed.booking_id,
        total=owed.due.amount,
        allocated=Money(amount_minor=owed.allocated_minor, currency=currency),
        due=Money(amount_minor=total - owed.allocated_minor, currency=currency),
    )


def _line(row: Any) -> AccountLine:
    return AccountLine(
        entry_id=row.id,
        journal_id=row.journal_id,
        posted_at=row.posted_at,
        kind=row.kind,
        description=row.words or domain.DESCRIPTIONS.get(row.kind, row.kind.capitalize()),
        amount=Money(amount_minor=row.amount_minor, currency=row.currency),
        booking_id=row.booking_id,
        payment_id=row.payment_id,
        balance_after=Money(amount_minor=int(row.balance_after), currency=row.currency),
    )


def _before(cursor: str | None) -> int:
    if cursor is None:
        return _END
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")])
    return int(cursor)
