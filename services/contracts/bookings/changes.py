"""Changes of a stay that the desk makes: its dates, its rooms, where they stand.

All of them are refused with NoSuchBooking, NotInTeam and NotABooking, with StateForbids once the booking has ended, and
with Closed, MinimumStay or NoRoomLeft where the house would not sell what is wanted. A `price` is the whole stay's from
now on; without one, the price stays what it is, or the sum of its rooms' where it was that.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.contracts.bookings.stays import BookedRoom, Booking
from services.contracts.values import Money
from services.kit.wire import Request, request


@request
class ChangeStay(Request[Booking]):
    """Other dates, or another price. Rooms with dates of their own keep them as far as they are within the new ones.

    `version` is the one that was read; refused with BookingHasChanged if it is not the present one.
    """

    booking_id: UUID
    version: int
    arrival: date | None = None
    departure: date | None = None
    price: Money | None = None


@request
class ChangeRoomType(Request[Booking]):
    """Another room type for a room, from a day on: from its arrival, or today for guests in house, if none is said.
    Refuses with NoSuchRoom.
    """

    booking_id: UUID
    position: int
    room_type: str
    first: date | None = None
    price: Money | None = None


@request
class AddRoom(Request[Booking]):
    """One more room: for the rest of the stay where the guests are in house and it has no dates of its own."""

    booking_id: UUID
    room: BookedRoom
    price: Money | None = None


@request
class RemoveRoom(Request[Booking]):
    """Give a room back; one in house is given back from today on. The last one cannot be. Refuses with NoSuchRoom."""

    booking_id: UUID
    position: int
    price: Money | None = None
