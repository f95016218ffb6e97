"""The stays of guests at a glance, for whoever has them on the telephone."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.contracts.bookings.stays import State
from services.kit.wire import Request, request, value


@value
class StayAtAGlance:
    """`property` is the property's code."""

    booking_id: UUID
    property_id: UUID
    property: str
    arrival: date
    departure: date
    state: State


@value
class StaysOfGuest:
    """The `present` stay, in which they are in house; the `next` one that has not ended by the property's day; the
    `last` they departed from, and how many those are (`past`).
    """

    profile_id: UUID
    next: StayAtAGlance | None = None
    present: StayAtAGlance | None = None
    last: StayAtAGlance | None = None
    past: int = 0


@value
class StaysOfGuests:
    items: tuple[StaysOfGuest, ...]


@request
class ReadStaysOf(Request[StaysOfGuests]):
    """Of at most twenty profiles, in that order, on bookings in any role: of each the thousand bookings made last."""

    profile_ids: tuple[UUID, ...]
