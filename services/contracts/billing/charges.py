"""What is charged beside the stay, and the revenue of both."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value


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


class NoSuchFolio(NotFound):
    """There is no folio to charge."""


class NotAnAmount(Invalid):
    """The amount is not valid here."""


class WrongCurrency(Conflict):
    """The property takes another currency."""
