"""Bookings that turn out to be somebody else's: they move from one profile to another, whatever their state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.bookings.events import BookingFacts
from services.contracts.bookings.stays import Booking
from services.kit.refusal import Conflict
from services.kit.wire import Event, Request, event, request, value


@value
class Move:
    """`why` is a code such as ``same-verified-email``, or somebody's own words where it was moved `by` hand."""

    booking_id: UUID
    from_profile_id: UUID
    to_profile_id: UUID
    why: str
    by: str
    at: datetime


@value
class Moves:
    items: tuple[Move, ...]


@value
class BookingsMoved:
    """`next` is given where there may be more, for the next request's `after`."""

    booking_ids: tuple[UUID, ...]
    next: UUID | None = None


@request
class MoveBooking(Request[Booking]):
    """Whoever stands on the booking as one profile is the other one. What was moved so already is answered as it is.

    Refuses with NoSuchBooking, NotInTeam and NotOnBooking.
    """

    booking_id: UUID
    from_profile_id: UUID
    to_profile_id: UUID
    why: str


@request
class MoveBookings(Request[BookingsMoved]):
    """The same for all bookings of a profile, some at a time in the order of their ids; `why` is a code."""

    from_profile_id: UUID
    to_profile_id: UUID
    why: str
    after: UUID | None = None


@request
class ReadMoves(Request[Moves]):
    """Of one booking, the latest first."""

    booking_id: UUID


@event
class BookingMoved(Event):
    """The people of a booking who were `from_profile_id` are `to_profile_id`, and what hangs on the booking follows.

    `by_hand` is false where it follows from what became known of the two, and `why` is the code of that; somebody's own
    words are told by ReadMoves alone. `booking` is missing while somebody on it has no profile yet.
    """

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    from_profile_id: UUID
    to_profile_id: UUID
    by_hand: bool
    at: datetime
    booking: BookingFacts | None = None
    why: str | None = None


class NotOnBooking(Conflict):
    """The profile that the booking should move from is not on it."""
