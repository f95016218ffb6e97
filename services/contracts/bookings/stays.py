"""Bookings, the people on them, and their life."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.values import Money
from services.kit.wire import Request, request, value

State = Literal["tentative", "confirmed", "in_house", "departed", "cancelled", "no_show"]
Role = Literal["booker", "primary", "additional", "contact", "payer"]


@value
class Person:
    """Somebody on a booking. `position` is stable within the booking; one person may have several roles."""

    position: int = 0
    roles: tuple[Role, ...] = ()
    profile_id: UUID | None = None
    given_name: str | None = None
    family_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    country: str | None = None
    birth_date: date | None = None


@value
class BookedRoom:
    room_type: str
    adults: int = 1
    children: int = 0
    price: Money | None = None


@value
class Booking:
    """`flags`: overbooked, do-not-book, change-before-new. `price` is the whole stay's."""

    id: UUID
    version: int
    state: State
    property_id: UUID
    property: str
    source: str
    external_ref: str | None = None
    channel: str | None = None
    method: str | None = None
    arrival: date
    departure: date
    rooms: tuple[BookedRoom, ...]
    price: Money
    flags: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    requests: str | None = None
    booked_at: datetime
    changed_at: datetime


@request
class OpenBooking(Request[Booking]):
    """A direct booking. `booker.profile_id`, or enough of a name to be identified. Refuses with NoRoomLeft, DoNotBook.

    `do_not_book` is what the profiles service said of the booker to the caller a moment ago;
    bookings also knows by itself.
    """

    property: str
    arrival: date
    departure: date
    rooms: tuple[BookedRoom, ...]
    booker: Person
    guests: tuple[Person, ...] = ()
    channel: str = "direct"
    method: str = "web"
    price: Money | None = None
    tentative: bool = False
    requests: str | None = None
    do_not_book: bool = False

    bounded = at_most(100, "rooms", "guests")


@request
class ReadBooking(Request[Booking]):
    booking_id: UUID


@value
class BookingsFound:
    items: tuple[Booking, ...]
    next: str | None = None


@request
class FindBookings(Request[BookingsFound]):
    """By profile in any role, by the outside reference, by property and day of arrival. Latest arrival first."""

    profile_id: UUID | None = None
    external_ref: str | None = None
    property: str | None = None
    arrival: date | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ConfirmBooking(Request[Booking]):
    booking_id: UUID


@request
class CancelBooking(Request[Booking]):
    booking_id: UUID


@request
class CheckInBooking(Request[Booking]):
    booking_id: UUID


@request
class CheckOutBooking(Request[Booking]):
    booking_id: UUID


@request
class MarkNoShow(Request[Booking]):
    booking_id: UUID


@value
class BookingPeople:
    """`identified`: everybody has a profile already; `country` is the property's, for phone numbers."""

    booking_id: UUID
    version: int
    identified: bool
    country: str
    people: tuple[Person, ...]


@request
class ReadBookingPeople(Request[BookingPeople]):
    booking_id: UUID
