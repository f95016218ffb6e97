"""What a guest owes and has in credit, line by line."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from services.billing import domain, store
from services.contracts.billing import (
    Account,
    AccountLine,
    BookingDue,
    CurrencyBalance,
    ReadAccount,
)
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import query
from services.kit.refusal import Invalid, Problem

_MOST_BOOKINGS = 200  # shown of one account; its balances are over all
_END = 2**63 - 1


class Accounts:
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
