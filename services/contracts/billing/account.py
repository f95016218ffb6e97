"""A guest's account: what is owed, what is in credit, and every line of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.values import Money
from services.kit.wire import Event, Request, event, request, value


@value
class AccountLine:
    """One entry on the guest's account: positive is owed, negative is in the guest's favour.
    `source` says what it came from.
    """

    entry_id: int
    journal_id: UUID
    posted_at: datetime
    kind: str
    description: str
    amount: Money
    booking_id: UUID | None = None
    payment_id: UUID | None = None
    balance_after: Money


@value
class BookingDue:
    """What a booking costs, what of it is covered by allocated credit, what is still to pay."""

    booking_id: UUID
    total: Money
    allocated: Money
    due: Money


@value
class CurrencyBalance:
    """`balance` owed (positive) or in credit (negative); `credit` is what is not allocated to any booking."""

    currency: str
    balance: Money
    owed: Money
    credit: Money


@value
class Account:
    profile_id: UUID
    balances: tuple[CurrencyBalance, ...]
    bookings: tuple[BookingDue, ...]
    lines: tuple[AccountLine, ...]
    next: str | None = None


@request
class ReadAccount(Request[Account]):
    """Over all bookings, properties and payers; lines newest first. A guest nobody charged has an empty account."""

    profile_id: UUID
    limit: int = 50
    cursor: str | None = None


@event
class BalanceChanged(Event):
    """The account of a profile changed. Ask for the present state."""

    aggregate = "profile_id"
    profile_id: UUID
    booking_id: UUID | None = None
