"""A property with policies, and policies it may have."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.billing import (
    BookingTerms,
    DepositDue,
    FindDeposits,
    Policy,
    ReadBookingTerms,
    SetPolicies,
    Share,
)
from services.contracts.bookings import BookingFacts, BookingHeld
from tests.billing.makers import LISBON, Billing

EVERYTHING = Share(basis_points=10_000)
FAR = datetime.now(UTC).date() + timedelta(days=60)
PAST = date(2026, 1, 10)  # a stay whose free days are over


def cancelling(share: Share, **more: Any) -> Policy:
    return Policy(kind="cancellation", share=share, **more)


def not_coming(share: Share, **more: Any) -> Policy:
    return Policy(kind="no_show", share=share, **more)


def before_stay(share: Share, **more: Any) -> Policy:
    return Policy(kind="deposit", share=share, **(more or {"days_after_booking": 3}))


class House(Billing):
    """A property whose policies are set as they are named."""

    def asks(self, *policies: Policy, property_id: UUID = LISBON, time_zone: str = "UTC") -> tuple[Policy, ...]:
        said = SetPolicies(property_id=property_id, time_zone=time_zone, currency="EUR", policies=policies)
        found: Any = self.service.set_policies(said)
        return found.policies  # type: ignore[no-any-return]

    def terms(self, facts: BookingFacts) -> BookingTerms:
        return self.service.read_booking_terms(ReadBookingTerms(booking_id=facts.booking_id))  # type: ignore[no-any-return]

    def ends(self, facts: BookingFacts, state: str = "cancelled", version: int = 2, **more: Any) -> BookingFacts:
        return self.hears(replace(facts, state=state, version=version), **more)  # type: ignore[arg-type]

    def holds(self, facts: BookingFacts) -> BookingFacts:
        held = replace(facts, state="tentative")
        self.service.note_hold(BookingHeld(booking_id=facts.booking_id, version=facts.version, booking=held))
        return held

    def deposits(self, **more: Any) -> Iterable[DepositDue]:
        return self.service.find_deposits(FindDeposits(**more)).items  # type: ignore[no-any-return]

    def announced(self, topic: str) -> list[dict[str, Any]]:
        with self.db.engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT body FROM outbox WHERE routing_key = :key ORDER BY seq"), {"key": f"{topic}.v1"}
            )
            return [json.loads(row.body) for row in rows]

    def days_pass(self, days: int) -> None:
        """What is due was due so many days earlier."""
        with self.db.engine.begin() as connection:
            connection.execute(sa.text("UPDATE deposits_due SET due_on = due_on - :days"), {"days": days})
