"""bookings: who stays where, when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money, Price
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

State = Literal["tentative", "confirmed", "in_house", "departed", "cancelled", "no_show"]
Role = Literal["booker", "primary", "additional", "contact", "payer"]
NoticeState = Literal["received", "applied", "ignored", "parked"]
NoticeStatus = Literal["new", "modified", "cancelled", "in_house", "departed", "no_show"]

# ── the native booking notice ────────────────────────────────────────────────────────────────────────────────────────


@value
class NoticeRoom:
    """`price` is for the whole stay of this room."""

    room_type: str
    adults: int = 1
    children: int = 0
    price: Price | None = None


@value
class NoticePerson:
    given_name: str | None = None
    family_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    country: str | None = None
    birth_date: date | None = None


@value
class NoticePayment:
    """What the sender has already taken from the guest for us."""

    amount: str
    currency: str
    method: str = "channel"
    reference: str | None = None


@value
class BookingNotice:
    """What another hotel system says about one of its bookings (exchange `inbound`, key `booking.notice`).

    Applied once per (source, external_id, revision); a lower revision than the last applied is ignored. Besides the
    three states of a reservation a front office may say how the stay went on: in_house, departed, no_show.
    """

    source: str
    external_id: str
    revision: int
    status: NoticeStatus
    property: str
    channel: str | None = None
    booked_at: datetime | None = None
    arrival: date | None = None
    departure: date | None = None
    rooms: tuple[NoticeRoom, ...] = ()
    booker: NoticePerson | None = None
    guests: tuple[NoticePerson, ...] = ()
    requests: str | None = None
    payments: tuple[NoticePayment, ...] = ()


@value
class NoticeReport:
    """What became of a notice; `why` says the reason where it was ignored or parked."""

    notice_id: UUID
    source: str
    external_id: str
    revision: int
    state: NoticeState
    why: str | None = None
    booking_id: UUID | None = None
    received_at: datetime


@request
class ReceiveNotice(Request[NoticeReport]):
    notice: BookingNotice


@request
class ReadNotice(Request[NoticeReport]):
    notice_id: UUID


@value
class NoticesFound:
    items: tuple[NoticeReport, ...]
    next: str | None = None


@request
class FindNotices(Request[NoticesFound]):
    state: NoticeState | None = None
    source: str | None = None
    external_id: str | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ReplayNotice(Request[NoticeReport]):
    """Apply a parked notice again, now that what it lacked is there."""

    notice_id: UUID


# ── properties and availability ──────────────────────────────────────────────────────────────────────────────────────


@value
class RoomType:
    """`capacity` rooms of this type; `overbooking` more may be sold; a room takes `occupancy` people."""

    id: UUID
    code: str
    name: str
    capacity: int
    overbooking: int = 0
    occupancy: int = 2


@value
class Property:
    id: UUID
    code: str
    name: str
    currency: str
    time_zone: str
    country: str
    room_types: tuple[RoomType, ...] = ()


@value
class NewRoomType:
    code: str
    name: str
    capacity: int
    overbooking: int = 0
    occupancy: int = 2


@request
class SetUpProperty(Request[Property]):
    """Create a property by its code, or bring it and its room types to what is said here."""

    code: str
    name: str
    currency: str
    time_zone: str
    country: str
    room_types: tuple[NewRoomType, ...] = ()


@value
class Properties:
    items: tuple[Property, ...]


@request
class ReadProperties(Request[Properties]):
    """All, or the one whose id or code is `property`."""

    property: str | None = None


@value
class NightLeft:
    room_type_id: UUID
    room_type: str
    night: date
    capacity: int
    sold: int
    left: int


@value
class Availability:
    property_id: UUID
    nights: tuple[NightLeft, ...]


@request
class ReadAvailability(Request[Availability]):
    """Nights from `first` up to but not including `until`; at most 400."""

    property: str
    first: date
    until: date


# ── bookings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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


@value
class BookingFacts:
    """What others need to know of a booking whenever it changes: the whole present state, without names.

    `profile_id` is the primary guest's, `payer_profile_id` whoever owes the stay (the primary guest if nobody
    else is named).
    """

    booking_id: UUID
    version: int
    state: State
    property_id: UUID
    profile_id: UUID
    payer_profile_id: UUID
    profile_ids: tuple[UUID, ...]
    arrival: date
    departure: date
    nights: int
    rooms: int
    total: Money
    channel: str | None = None
    flags: tuple[str, ...] = ()


@event
class BookingReceived(Event):
    """A booking whose people have no profiles yet. Nothing else is announced of it until they are identified."""

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    property_id: UUID


@event
class BookingPeopleChanged(Event):
    """The people of a booking were changed by its source and want identifying again."""

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    property_id: UUID


@event
class BookingHeld(Event):
    """A tentative booking holds its rooms; nothing is owed yet."""

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


@event
class BookingConfirmed(Event):
    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


@event
class BookingChanged(Event):
    """Dates, rooms, price or people of a confirmed or in-house booking."""

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


@event
class BookingCancelled(Event):
    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


@event
class BookingCheckedIn(Event):
    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


@event
class BookingCheckedOut(Event):
    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


@event
class BookingMarkedNoShow(Event):
    aggregate = "booking_id"
    booking_id: UUID
    version: int
    booking: BookingFacts


class NoSuchBooking(NotFound):
    """There is no such booking."""


class NoSuchProperty(NotFound):
    """There is no such property."""


class NoSuchNotice(NotFound):
    """There is no such notice."""


class NoRoomLeft(Conflict):
    """No room of this type is left on at least one night of the stay."""


class DoNotBook(Conflict):
    """The house does not take bookings from this guest."""


class StateForbids(Conflict):
    """The booking's state does not allow this."""


class NotANotice(Invalid):
    """The notice is not complete or not valid."""


class NotABooking(Invalid):
    """The booking is not complete or not valid."""
