"""Loyalty with its doors open, spoken to as bookings and billing would."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from nameko.testing.services import worker_factory

from services.contracts.billing import RevenuePosted
from services.contracts.bookings import BookingConfirmed
from services.contracts.loyalty import LoyaltyAccount, ReadLoyalty
from services.contracts.values import Money
from services.kit.db import Database
from services.loyalty.service import LoyaltyService
from tests.billing.makers import LISBON, eur, stay


class Loyalty:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.service: LoyaltyService = worker_factory(LoyaltyService, db=db)

    def confirmed(self, guest: UUID, **more: Any) -> UUID:
        facts = stay(guest, eur(30000), **more)
        self.service.open_account(BookingConfirmed(booking_id=facts.booking_id, version=facts.version, booking=facts))
        return facts.booking_id

    def earned(
        self,
        guest: UUID,
        total: Money,
        *,
        booking_id: UUID | None = None,
        version: int = 1,
        kind: Any = "room",
        nights: int = 3,
    ) -> UUID:
        """Billing says: this much revenue of this kind so far."""
        booking_id = booking_id or uuid4()
        self.service.bring_points(
            RevenuePosted(
                booking_id=booking_id,
                version=version,
                profile_id=guest,
                property_id=LISBON,
                kind=kind,
                nights=nights,
                total=total,
            )
        )
        return booking_id

    def account(self, guest: UUID) -> LoyaltyAccount:
        return self.service.read_loyalty(ReadLoyalty(profile_id=guest))
