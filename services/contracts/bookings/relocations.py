"""Guests for whom there is no room: who they are, and where they could be taken instead."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.contracts.bookings.stays import Booking, State
from services.contracts.values import Money
from services.kit.wire import Request, request, value


@value
class RelocationOption:
    """A room type with `left` rooms that stand empty on each of the nights."""

    property_id: UUID
    property: str
    room_type: str
    left: int


@value
class OverbookedRoom:
    """A room of a booking, and the nights on which more rooms of its type are sold than there are."""

    position: int
    room_type: str
    nights: tuple[date, ...]
    options: tuple[RelocationOption, ...]


@value
class OverbookedStay:
    booking_id: UUID
    version: int
    state: State
    external_ref: str | None = None
    channel: str | None = None
    arrival: date
    departure: date
    flags: tuple[str, ...] = ()
    rooms: tuple[OverbookedRoom, ...]


@value
class Relocations:
    """Those flagged first, then those who booked last; as many as there are rooms too few, at most 100."""

    property_id: UUID
    items: tuple[OverbookedStay, ...]


@request
class ReadRelocations(Request[Relocations]):
    """Stays that have not begun, on nights from `first` (today, if not said) up to but not including `until`."""

    property: str
    first: date | None = None
    until: date | None = None


@request
class RelocateBooking(Request[Booking]):
    """Take guests to another room type, or to another property.

    In the same property: the room at `position`, or all; the price stays, unless one is said. To another `property`:
    all rooms, into one type, before the guests have arrived. The answer is then a new booking with the reference, the
    people and the price of the old one; that one is cancelled, flagged `relocated`, and costs no fee. A price must be
    said where the other property takes another currency. Refused like the changes of a stay.
    """

    booking_id: UUID
    room_type: str
    position: int | None = None
    property: str | None = None
    price: Money | None = None
