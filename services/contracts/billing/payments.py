"""Money that comes in and goes out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.values import Money
from services.kit.wire import Event, Request, event, request, value


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


@event
class PaymentReceived(Event):
    aggregate = "payment_id"
    payment_id: UUID
    payer_profile_id: UUID
    beneficiary_profile_id: UUID
    amount: Money
