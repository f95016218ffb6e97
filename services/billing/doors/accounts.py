"""What a guest owes and has in credit, line by line, and which payment covers which booking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.billing import domain, store
from services.billing.store import FolioRow
from services.contracts.billing import (
    Account,
    AccountLine,
    Allocation,
    BookingBalance,
    BookingDue,
    CurrencyBalance,
    LineSource,
    NoSuchFolio,
    PayerShare,
    ReadAccount,
    ReadBookingBalance,
)
from services.contracts.values import Money
from services.kit.cursors import before
from services.kit.db import Tx
from services.kit.doors import query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs

_MOST_BOOKINGS = 200  # shown of one account; its balances are over all


class Accounts:
    @query
    def read_account(self, tx: Tx, request: ReadAccount) -> Account:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        until = before(request.cursor)
        balances, owed = store.standing(tx, request.profile_id)
        if tx.context.properties is not None:
            return _of_their_bookings(tx, request, owed)
        rows = store.lines(tx, request.profile_id, until, request.limit + 1, request.property_id, request.currency)
        shown = rows[: request.limit]
        if request.currency:
            balances = {currency: balance for currency, balance in balances.items() if currency == request.currency}
        return Account(
            profile_id=request.profile_id,
            balances=_balances(balances, owed),
            bookings=_bookings(o for o in owed if _is_wanted(o, request))[:_MOST_BOOKINGS],
            lines=tuple(_line(row) for row in shown),
            next=str(shown[-1].id) if len(rows) > request.limit else None,
        )

    @query
    def read_booking_balance(self, tx: Tx, request: ReadBookingBalance) -> BookingBalance:
        """What is still to pay for a booking, in one number, and what covers the rest of it."""
        folios, covering = store.balance_of_booking(tx, request.booking_id)
        theirs = [row for row in folios if is_theirs(tx.context, row.property_id)]
        mine = [row for row in theirs if request.payer_profile_id in (None, row.folio.payer_id)]
        if not mine:
            raise NoSuchFolio
        return _balance_of(request.booking_id, mine, covering)


def _of_their_bookings(tx: Tx, request: ReadAccount, owed: list[store.Owed]) -> Account:
    """To who is limited: what is due of bookings of their properties.

    Balances, credit and the lines that lead to them run through all properties, and are not told in parts.
    """
    theirs = (o for o in owed if _is_wanted(o, request) and is_theirs(tx.context, o.property_id))
    bookings = _bookings(theirs)[:_MOST_BOOKINGS]
    return Account(profile_id=request.profile_id, balances=(), bookings=bookings, lines=())


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


def _is_wanted(owed: store.Owed, request: ReadAccount) -> bool:
    """Of a booking, and of the property and currency that were asked for."""
    return (
        owed.due.booking_id is not None
        and request.property_id in (None, owed.property_id)
        and request.currency in (None, owed.due.amount.currency)
    )


def _bookings(owed: Iterable[store.Owed]) -> tuple[BookingDue, ...]:
    """A booking's folios that one guest pays count as one."""
    sums: dict[tuple[UUID, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for o in owed:
        assert o.due.booking_id is not None
        key = (o.due.booking_id, o.due.amount.currency)
        total, covered = sums[key]
        sums[key] = (total + o.due.amount.amount_minor, covered + o.allocated_minor)
    return tuple(
        BookingDue(booking_id=booking_id, **_due(total, covered, currency))
        for (booking_id, currency), (total, covered) in sums.items()
    )


def _balance_of(booking_id: UUID, folios: list[FolioRow], covering: list[Any]) -> BookingBalance:
    currency = folios[0].folio.currency
    payer_of = {row.id: row.folio.payer_id for row in folios}
    owed: dict[UUID, int] = defaultdict(int)
    paid: dict[UUID, int] = defaultdict(int)
    for row in folios:
        owed[row.folio.payer_id] += row.folio.owed().get(currency, 0)
    mine = [row for row in covering if row.covers in payer_of and row.paid_currency == currency]
    for row in mine:
        paid[payer_of[row.covers]] += row.amount_minor
    return BookingBalance(
        booking_id=booking_id,
        **_due(sum(owed.values()), sum(paid.values()), currency),
        payers=tuple(
            PayerShare(payer_profile_id=payer, **_due(total, paid[payer], currency)) for payer, total in owed.items()
        ),
        by=tuple(allocation(row, booking_id, currency) for row in mine),
    )


def _due(total: int, covered: int, currency: str) -> dict[str, Money]:
    return {
        "total": Money(amount_minor=total, currency=currency),
        "allocated": Money(amount_minor=covered, currency=currency),
        "due": Money(amount_minor=total - covered, currency=currency),
    }


def allocation(row: Any, booking_id: UUID | None, currency: str) -> Allocation:
    """A stored allocation with the sentence that explains it."""
    return Allocation(
        payment_id=row.payment_id,
        folio_id=row.covers,
        booking_id=booking_id,
        amount=Money(amount_minor=row.amount_minor, currency=currency),
        received_at=row.received_at,
        why=domain.why(row.meant_for, booking_id, row.pinned),
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
        source=LineSource(
            kind=row.kind,
            posted_by=row.posted_by,
            booking_id=row.booking_id,
            property_id=row.property_id,
            folio_id=row.folio_id,
            payment_id=row.payment_id,
            payer_profile_id=row.payer_profile_id,
            charge_id=None if row.adjusts else row.charge_id,
            adjustment_id=row.charge_id if row.adjusts else None,
            reverses=row.reverses,
            reason=row.reason,
        ),
    )
