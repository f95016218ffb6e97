"""A guest's account: what is owed, what is in credit, every line of it, and which payment covers which booking."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict
from services.kit.wire import Event, Request, event, request, value


@value
class LineSource:
    """What a line came from: the journal's kind, and whichever of the others it is about; `posted_by` as
    ``service:bookings`` or ``key:…``; `reason` the code of a correction.
    """

    kind: str
    posted_by: str
    booking_id: UUID | None = None
    property_id: UUID | None = None
    folio_id: UUID | None = None
    payment_id: UUID | None = None
    payer_profile_id: UUID | None = None
    charge_id: UUID | None = None
    adjustment_id: UUID | None = None
    reverses: UUID | None = None
    reason: str | None = None


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
    source: LineSource | None = None


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
    """Over all bookings, properties and payers; lines newest first. A guest nobody charged has an empty account.

    `property_id` and `currency` choose among the bookings and the lines, `currency` among the balances too; a balance
    stays the guest's over all properties, and so does the one after each line.
    """

    profile_id: UUID
    limit: int = 50
    cursor: str | None = None
    property_id: UUID | None = None
    currency: str | None = None


@value
class Allocation:
    """What of a payment covers a booking or a house folio, and why in a sentence."""

    payment_id: UUID
    folio_id: UUID
    booking_id: UUID | None = None
    amount: Money
    received_at: datetime
    why: str


@value
class PayerShare:
    """What one payer owes of a booking, and what of it their credit covers."""

    payer_profile_id: UUID
    total: Money
    allocated: Money
    due: Money


@value
class BookingBalance:
    """What a booking costs, what credit covers of it, payment by payment, and `due`: the difference to be paid.

    `payers` are those among whom it is divided, who pays for the stay first.
    """

    booking_id: UUID
    total: Money
    allocated: Money
    due: Money
    payers: tuple[PayerShare, ...]
    by: tuple[Allocation, ...]


@request
class ReadBookingBalance(Request[BookingBalance]):
    """In the booking's currency; for all its payers, or for one. Refused: NoSuchFolio."""

    booking_id: UUID
    payer_profile_id: UUID | None = None


@value
class AllocationsOfPayment:
    """All that a payment covers now, earliest arrival first; `credit` of it covers nothing yet."""

    payment_id: UUID
    profile_id: UUID
    amount: Money
    allocated: Money
    credit: Money
    allocations: tuple[Allocation, ...]


@request
class ReleaseAllocation(Request[AllocationsOfPayment]):
    """The payment no longer covers this booking or house folio; what it covered goes where the rules say.

    Refused: NoSuchPayment, NoSuchFolio, NotTheirCredit.
    """

    payment_id: UUID
    booking_id: UUID | None = None
    folio_id: UUID | None = None
    reason: str


@request
class PinAllocation(Request[AllocationsOfPayment]):
    """The payment covers this booking or house folio before any other, up to `amount`, as far as that is owed.

    Without an amount, pins and releases of the two end, and the rules decide again. Refused: NoSuchPayment,
    NoSuchFolio, NotTheirCredit; an amount of another currency or above the payment.
    """

    payment_id: UUID
    booking_id: UUID | None = None
    folio_id: UUID | None = None
    amount: Money | None = None
    reason: str


@event
class BalanceChanged(Event):
    """The account of a profile changed. Ask for the present state."""

    aggregate = "profile_id"
    profile_id: UUID
    booking_id: UUID | None = None


@event
class CreditAllocated(Event):
    """Of this guest's credit, `amount` now covers this booking: the total, 0 where all was taken back."""

    aggregate = "booking_id"
    booking_id: UUID
    profile_id: UUID
    amount: Money


class NotTheirCredit(Conflict):
    """Somebody else owes this: a payment covers only what the guest it is for owes."""
