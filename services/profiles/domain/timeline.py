"""What of an event of another service stands in the time line, and in whose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import singledispatch
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from services.contracts.billing import (
    AdjustmentPosted,
    ChargePosted,
    DepositOverdue,
    InvoiceIssued,
    PaymentReceived,
    RefundPaid,
)
from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingCheckedOut,
    BookingConfirmed,
    BookingFacts,
    BookingHeld,
    BookingMarkedNoShow,
)
from services.contracts.consent import ConsentChanged
from services.contracts.loyalty import LoyaltyAccountOpened, LoyaltyPointsChanged, LoyaltyTierChanged
from services.contracts.notifier import MessageChanged
from services.contracts.values import Money
from services.kit.wire import Event

# What of a booking is meant by each word for a change.
_CHANGES: Final = {
    "dates": ("arrival", "departure"),
    "rooms": ("rooms", "room_stays"),
    "price": ("total", "rates"),
    "people": ("guests", "adults", "children"),
}
INNER: Final = ("version", "guests", "room_stays", "rates")  # facts that are compared and not shown


@dataclass(frozen=True)
class Entry:
    """One line. `what` is the event's topic, `ref` the thing it happened to; `facts` hold no names or addresses."""

    profile_id: UUID
    at: datetime
    kind: str
    what: str
    property_id: UUID | None = None
    booking_id: UUID | None = None
    ref: UUID | None = None
    actor: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def entries(event: Event, at: datetime, actor: str) -> tuple[Entry, ...]:
    """The lines of an event. `at` is when it was announced: it stands where the event does not know better."""
    return tuple(Entry(**{"at": at, "actor": actor, "what": event.topic(), **line}) for line in _lines(event))


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[str, ...]:
    """What a booking's facts say that they did not say before; nothing where that is not known."""
    if before is None:
        return ()
    found = tuple(
        word for word, names in _CHANGES.items() if any(before.get(name) != after.get(name) for name in names)
    )
    return found or ("details",)


@singledispatch
def _lines(event: Event) -> Iterator[dict[str, Any]]:
    raise TypeError(f"{type(event).__name__} has no lines.")


@_lines.register
def _stay(
    event: (
        BookingHeld
        | BookingConfirmed
        | BookingChanged
        | BookingCheckedIn
        | BookingCheckedOut
        | BookingCancelled
        | BookingMarkedNoShow
    ),
) -> Iterator[dict[str, Any]]:
    """For everybody on the booking, and once more for those who just left it."""
    booking = event.booking
    line = {"kind": "stay", "property_id": booking.property_id, "booking_id": booking.booking_id}
    if booking.changed_at is not None:
        line["at"] = booking.changed_at
    facts = _facts(booking)
    for profile_id in booking.profile_ids:
        yield {**line, "profile_id": profile_id, "facts": {**facts, "roles": _roles(booking, profile_id)}}
    for profile_id in booking.left_profile_ids:
        yield {**line, "profile_id": profile_id, "what": "booking.left", "facts": {**facts, "roles": []}}


@_lines.register
def _payment(event: PaymentReceived | RefundPaid) -> Iterator[dict[str, Any]]:
    """For whoever paid and for whoever it was paid for."""
    refund = event.refund_id if isinstance(event, RefundPaid) else None
    line = {"kind": "payment", "booking_id": event.booking_id, "ref": refund or event.payment_id}
    facts = {"amount": _money(event.amount), "payment_id": event.payment_id}
    for profile_id in dict.fromkeys((event.payer_profile_id, event.beneficiary_profile_id)):
        roles = {"payer": event.payer_profile_id, "beneficiary": event.beneficiary_profile_id}
        mine = [role for role, who in roles.items() if who == profile_id]
        yield {**line, "profile_id": profile_id, "facts": {**facts, "roles": mine}}


@_lines.register
def _charge(event: ChargePosted) -> Iterator[dict[str, Any]]:
    yield {
        **_of_folio(event),
        "what": "charge.voided" if event.voided else event.topic(),
        "ref": event.charge_id,
        "facts": {"amount": _money(event.amount), "charge_kind": event.kind, "folio_id": event.folio_id},
    }


@_lines.register
def _adjustment(event: AdjustmentPosted) -> Iterator[dict[str, Any]]:
    facts = {"charge_kind": event.kind, "direction": event.direction, "folio_id": event.folio_id}
    yield {
        **_of_folio(event),
        "what": "adjustment.reversed" if event.reversed else event.topic(),
        "ref": event.adjustment_id,
        "facts": {"amount": _money(event.amount), **facts},
    }


@_lines.register
def _invoice(event: InvoiceIssued) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "charge",
        "what": event.topic() if event.kind == "invoice" else "invoice.credited",
        "profile_id": event.profile_id,
        "property_id": event.property_id,
        "ref": event.invoice_id,
        "facts": {"number": event.number, "total": _money(event.total), "credits": event.credits},
    }


@_lines.register
def _deposit(event: DepositOverdue) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "payment",
        "profile_id": event.profile_id,
        "booking_id": event.booking_id,
        "facts": {"amount": _money(event.amount), "due_on": event.due_on},
    }


@_lines.register
def _consent(event: ConsentChanged) -> Iterator[dict[str, Any]]:
    yield {
        "kind": "consent",
        "what": "consent.granted" if event.granted else "consent.withdrawn",
        "profile_id": event.profile_id,
        "facts": {"purpose": event.purpose, "channel": event.channel},
    }


@_lines.register
def _member(event: LoyaltyAccountOpened) -> Iterator[dict[str, Any]]:
    yield {"kind": "points", "profile_id": event.profile_id}


@_lines.register
def _points(event: LoyaltyPointsChanged) -> Iterator[dict[str, Any]]:
    facts = {"points": event.points, "delta": event.delta}
    yield {"kind": "points", "profile_id": event.profile_id, "booking_id": event.booking_id, "facts": facts}


@_lines.register
def _tier(event: LoyaltyTierChanged) -> Iterator[dict[str, Any]]:
    yield {"kind": "points", "profile_id": event.profile_id, "facts": {"tier": event.tier}}


@_lines.register
def _message(event: MessageChanged) -> Iterator[dict[str, Any]]:
    """What waits for its sender is told of once it was sent, or was not."""
    if event.state != "waiting" and event.left_profile_id is None:  # else its line moves with its booking
        yield {
            "kind": "message",
            "what": f"message.{_TOLD.get(event.state, event.state)}",
            "profile_id": event.profile_id,
            "property_id": event.property_id,
            "booking_id": event.booking_id,
            "ref": event.message_id,
            "facts": {"state": event.state},
        }


_TOLD: Final = {"outbox": "written"}


def _of_folio(event: ChargePosted | AdjustmentPosted) -> dict[str, Any]:
    return {
        "kind": "charge",
        "profile_id": event.profile_id,
        "property_id": event.property_id,
        "booking_id": event.booking_id,
    }


def _facts(booking: BookingFacts) -> dict[str, Any]:
    """Its present state, by which the next line of it tells what has changed; who is on it only as a fingerprint."""
    return {
        "version": booking.version,
        "state": booking.state,
        "arrival": booking.arrival.isoformat(),
        "departure": booking.departure.isoformat(),
        "nights": booking.nights,
        "rooms": booking.rooms,
        "total": _money(booking.total),
        "adults": booking.adults,
        "children": booking.children,
        "channel": booking.channel,
        "reason": booking.reason,
        "guests": _fingerprint(sorted(map(str, booking.profile_ids)), booking.payer_profile_id),
        "room_stays": _fingerprint(booking.room_stays) if booking.room_stays else None,
        "rates": list(booking.rates),
    }


def _roles(booking: BookingFacts, profile_id: UUID) -> list[str]:
    named = {
        "primary": booking.profile_id,
        "payer": booking.payer_profile_id,
        "contact": booking.contact_profile_id,
    }
    return [role for role, who in named.items() if who == profile_id]


def _fingerprint(*of: Any) -> str:
    return blake2b(repr(of).encode(), digest_size=6).hexdigest()


def _money(amount: Money) -> dict[str, Any]:
    return asdict(amount)
