"""Memorable people and stays, and billing with its doors open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from nameko.testing.services import worker_factory

from services.billing.service import BillingService
from services.contracts.billing import (
    Account,
    BookingBalance,
    Payment,
    PostCharge,
    ReadAccount,
    ReadBookingBalance,
    TakePayment,
)
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingConfirmed,
    BookingFacts,
    BookingMarkedNoShow,
)
from services.contracts.values import Money
from services.kit.db import Database

LISBON = UUID("11111111-1111-4111-8111-111111111111")
PORTO = UUID("22222222-2222-4222-8222-222222222222")
FARO = UUID("33333333-3333-4333-8333-333333333333")

_EVENTS: dict[str, tuple[type, str]] = {
    "confirmed": (BookingConfirmed, "open_folio"),
    "in_house": (BookingCheckedIn, "keep_folio"),
    "departed": (BookingCheckedOut, "recognise_revenue"),
    "cancelled": (BookingCancelled, "reverse_folio"),
    "no_show": (BookingMarkedNoShow, "release_folio"),
}


def eur(amount_minor: int) -> Money:
    return Money(amount_minor=amount_minor, currency="EUR")


def stay(
    guest: UUID,
    total: Money,
    *,
    booking_id: UUID | None = None,
    version: int = 1,
    state: Any = "confirmed",
    payer: UUID | None = None,
    arrival: date = date(2026, 12, 1),
    nights: int = 3,
    property_id: UUID = LISBON,
    **more: Any,
) -> BookingFacts:
    """A booking's facts: three nights in Lisbon from the first of December, unless said otherwise."""
    payer = payer or guest
    return BookingFacts(
        booking_id=booking_id or uuid4(),
        version=version,
        state=state,
        property_id=property_id,
        profile_id=guest,
        payer_profile_id=payer,
        profile_ids=tuple({guest, payer}),
        arrival=arrival,
        departure=arrival + timedelta(days=nights),
        nights=nights,
        rooms=1,
        total=total,
        **more,
    )


class Billing:
    """The service on a real database, spoken to as guests and bookings would."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.service: BillingService = worker_factory(BillingService, db=db)

    def hears(self, facts: BookingFacts, *, changed: bool = False, message_id: UUID | None = None) -> BookingFacts:
        """The event of the booking's state; with `changed` the one of a change in that state."""
        kind, door = (BookingChanged, "adjust_folio") if changed else _EVENTS[facts.state]
        event = kind(booking_id=facts.booking_id, version=facts.version, booking=facts)
        getattr(self.service, door)(event, message_id)
        return facts

    def pays(
        self,
        payer: UUID,
        amount: Money,
        *,
        for_: UUID | None = None,
        booking_id: UUID | None = None,
        method: str = "card",
        command_id: UUID | None = None,
    ) -> Payment:
        said = TakePayment(
            payer_profile_id=payer, on_behalf_of=for_, booking_id=booking_id, amount=amount, method=method
        )
        return self.service.take_payment(said, command_id)

    def charges(self, booking_id: UUID | None, kind: str, amount: Money, **more: Any) -> Any:
        return self.service.post_charge(PostCharge(booking_id=booking_id, kind=kind, amount=amount, **more))

    def due(self, booking_id: UUID, payer: UUID | None = None) -> BookingBalance:
        return self.service.read_booking_balance(ReadBookingBalance(booking_id=booking_id, payer_profile_id=payer))

    def account(self, guest: UUID, **more: Any) -> Account:
        return self.service.read_account(ReadAccount(profile_id=guest, **more))

    def balance(self, guest: UUID, currency: str = "EUR") -> int:
        """Minor units the guest owes; negative in credit; 0 where there is no account."""
        return {b.currency: b.balance.amount_minor for b in self.account(guest).balances}.get(currency, 0)
