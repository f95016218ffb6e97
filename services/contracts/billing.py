"""billing: the guest ledger. Amounts are integer minor units with their currency."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict, Invalid, NotFound
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


@value
class Payment:
    """`beneficiary_profile_id` is credited; `payer_profile_id` paid."""

    id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money
    method: str
    reference: str | None = None
    booking_id: UUID | None = None
    received_at: datetime


@request
class TakePayment(Request[Payment]):
    """Amount above zero. Credited to `on_behalf_of`, else to the payer; then allocated, earliest arrival first."""

    payer_profile_id: UUID
    on_behalf_of: UUID | None = None
    amount: Money
    method: str
    reference: str | None = None


@value
class Charge:
    id: UUID
    folio_id: UUID
    profile_id: UUID
    booking_id: UUID | None = None
    kind: str
    description: str
    amount: Money
    posted_at: datetime


@request
class PostCharge(Request[Charge]):
    """To a booking's folio, or to the guest's house folio. Amount above zero;
    kinds: room, restaurant, spa, meeting, parking, fee, other.
    """

    booking_id: UUID | None = None
    profile_id: UUID | None = None
    kind: str
    amount: Money
    description: str = ""


@value
class LedgerProof:
    """Sums over the whole ledger, for proofs: recognised room revenue per currency of departed stays, unbalanced
    journals (0).
    """

    room_revenue: tuple[Money, ...]
    unbalanced_journals: int
    journals: int
    entries: int


@request
class ProveLedger(Request[LedgerProof]):
    """Sums of one property's journals, or of all."""

    property_id: UUID | None = None


@event
class BalanceChanged(Event):
    """The account of a profile changed. Ask for the present state."""

    aggregate = "profile_id"
    profile_id: UUID
    booking_id: UUID | None = None


@event
class RevenuePosted(Event):
    """Revenue of one kind on one booking, as the total recognised so far (0 after a full reversal);
    `version` grows per folio.
    """

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    profile_id: UUID
    property_id: UUID
    kind: Literal["room", "restaurant", "spa", "meeting", "parking", "fee", "other"]
    nights: int
    total: Money


@event
class PaymentReceived(Event):
    aggregate = "payment_id"
    payment_id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money


class NoSuchFolio(NotFound):
    """There is no folio to charge."""


class NotAnAmount(Invalid):
    """The amount is not valid here."""


class WrongCurrency(Conflict):
    """The property takes another currency."""
