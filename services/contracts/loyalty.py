"""loyalty: points and members."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.kit.wire import Event, Request, event, request, value

LotState = Literal["earned", "reversed", "redeemed", "expired"]


@value
class Lot:
    """Points earned together: from one booking and kind of revenue."""

    id: UUID
    booking_id: UUID | None = None
    kind: str
    points: int
    left: int
    state: LotState
    earned_at: datetime
    expires_on: date | None = None


@value
class LoyaltyAccount:
    """`open` is false for a guest who has no account yet: then everything is zero."""

    profile_id: UUID
    open: bool
    points: int
    tier: str
    nights: int
    lots: tuple[Lot, ...] = ()
    expiring: tuple[Lot, ...] = ()
    opened_at: datetime | None = None


@request
class ReadLoyalty(Request[LoyaltyAccount]):
    profile_id: UUID


@event
class LoyaltyAccountOpened(Event):
    aggregate = "profile_id"
    profile_id: UUID
    version: int


@event
class LoyaltyPointsChanged(Event):
    """`points` is the whole balance after the change, `delta` the change."""

    aggregate = "profile_id"
    profile_id: UUID
    version: int
    points: int
    delta: int
    booking_id: UUID | None = None


@event
class LoyaltyTierChanged(Event):
    aggregate = "profile_id"
    profile_id: UUID
    version: int
    tier: str
