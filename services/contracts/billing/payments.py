"""Money that comes in and goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict, NotFound
from services.kit.wire import Event, Request, event, request, value


@value
class Payment:
    """`beneficiary_profile_id` is credited; `payer_profile_id` paid. `booking_id` is the one it is meant for."""

    id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money
    method: str
    reference: str | None = None
    booking_id: UUID | None = None
    received_at: datetime


@value
class PaymentStanding:
    """A payment and what became of it: `amount` = `refunded` + `allocated` (to what is due) + `left`.

    `role` is that of the profile which was asked about: `self` paid for itself, a `payer` for somebody else, and a
    `beneficiary` was paid for. Missing where nobody was asked about.
    """

    id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    role: Literal["self", "payer", "beneficiary"] | None = None
    amount: Money
    refunded: Money
    allocated: Money
    left: Money
    method: str
    reference: str | None = None
    booking_id: UUID | None = None
    received_at: datetime


@value
class PaymentsPage:
    items: tuple[PaymentStanding, ...]
    next: str | None = None


@value
class Refund:
    """`left` is what may still be refunded of the payment."""

    id: UUID
    payment_id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money
    left: Money
    refunded_at: datetime


@request
class TakePayment(Request[Payment]):
    """Amount above zero. Credited to `on_behalf_of`, else to the payer; then allocated, earliest arrival first.

    With `booking_id` that booking is covered first, and the default is whoever owes it: in its currency, and only for
    somebody who owes or stays; refuses with NoSuchFolio, WrongCurrency, Invalid. Before the arrival it is a deposit.
    """

    payer_profile_id: UUID
    on_behalf_of: UUID | None = None
    booking_id: UUID | None = None
    amount: Money
    method: str
    reference: str | None = None


@request
class ReadPayment(Request[PaymentStanding]):
    payment_id: UUID


@request
class FindPayments(Request[PaymentsPage]):
    """Payments by a profile or for it, newest first."""

    profile_id: UUID
    limit: int = 50
    cursor: str | None = None


@request
class RefundPayment(Request[Refund]):
    """Give back, to whoever paid and the way it came, at most what is left of the payment: refuses with
    RefundTooLarge. What it had covered is due again.
    """

    payment_id: UUID
    amount: Money
    reason: str


@event
class PaymentReceived(Event):
    aggregate = "payment_id"
    payment_id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money
    booking_id: UUID | None = None


@event
class RefundPaid(Event):
    """Money went back to the payer; the beneficiary has so much less credit."""

    aggregate = "payment_id"
    refund_id: UUID
    payment_id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money
    booking_id: UUID | None = None


class NoSuchPayment(NotFound):
    """There is no such payment."""


class RefundTooLarge(Conflict):
    """More than what is left of the payment."""
