"""Steps in the life of a booking that are taken back, and how long one is held. Refused with NoSuchBooking, NotInTeam
and StateForbids."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.bookings.stays import Booking
from services.kit.wire import Request, request


@request
class HoldBooking(Request[Booking]):
    """Hold a tentative booking until then, or without an end. Refuses with NotABooking."""

    booking_id: UUID
    until: datetime | None


@request
class ReinstateBooking(Request[Booking]):
    """A guest who was a no-show has come after all, on the same day: confirmed again, if rooms are left for the nights
    to come. Refuses with NoRoomLeft.
    """

    booking_id: UUID


@request
class UndoCheckIn(Request[Booking]):
    """Who was checked in today is not in house: confirmed again."""

    booking_id: UUID
