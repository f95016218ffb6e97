"""Bookings, the people on them, and their life."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.departed import DepartedGuest
from services.contracts.bookings.notices import NoticeConsent
from services.contracts.bookings.words import Method, Need, PostalAddress, Sex
from services.contracts.values import Money
from services.kit.wire import Request, request, value

State = Literal["tentative", "confirmed", "in_house", "departed", "cancelled", "no_show"]
Role = Literal["booker", "primary", "additional", "contact", "payer"]
When = Literal["past", "present", "future"]
ConfirmedHow = Literal["phone", "e-mail", "message", "desk", "letter"]
CancelReason = Literal["guest", "house", "no-payment", "duplicate", "mistake", "force-majeure", "other"]
# Besides those that staff say: its source cancelled it, the house took the guests elsewhere, nobody confirmed it in
# time, nobody came until the property's hour, its group was cancelled.
EndReason = Literal[CancelReason, "source", "relocated", "hold-expired", "not-arrived", "group-cancelled"]


@value
class Person:
    """Somebody on a booking, as they were said to be for this stay. `position` is stable within the booking; one person
    may have several roles. `consents` are what they told its source; what holds is with the consent service.
    `added_here`: by staff, so that its source does not take them off. `fields`: values of the house's own fields by
    their codes, on their way to the profile: nobody but profiles is told them, and the booking forgets them then.
    `left_out`: codes of what is said here and could not be put on their card, such as ``email-not-valid``.
    """

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
    title: str | None = None
    sex: Sex | None = None
    nationality: str | None = None
    address: PostalAddress | None = None
    age: int | None = None
    consents: tuple[NoticeConsent, ...] = ()
    needs: tuple[Need, ...] = ()
    needs_note: str | None = None
    added_here: bool = False
    fields: dict[str, Any] | None = None
    left_out: tuple[str, ...] = ()


@value
class RoomPart:
    """Nights of a room in one room type, from `arrival` up to but not including `departure`."""

    room_type: str
    arrival: date
    departure: date


@value
class AssignedRoom:
    """The room of the house it stands for, on nights from `arrival` up to but not including `departure`.

    `occupied`: the guests are in it now.
    """

    room_id: UUID
    number: str
    arrival: date
    departure: date
    occupied: bool = False


@value
class BookedRoom:
    """One room. `price` is for its whole stay, `rate` is the rate plan's code, `child_ages` are known for every child
    or for none.

    `position` names the room within its booking for ever; Foyer gives it. `parts`, without a gap between them, are
    there where the room has dates of its own or changes its type during the stay; without any, it is taken for the
    booking's whole stay. `room_type` is the first part's. `assigned` is there once it has been put into a room.
    """

    room_type: str
    adults: int = 1
    children: int = 0
    price: Money | None = None
    rate: str | None = None
    child_ages: tuple[int, ...] = ()
    position: int = 0
    parts: tuple[RoomPart, ...] = ()
    assigned: tuple[AssignedRoom, ...] = ()

    bounded = at_most(100, "child_ages", "parts", "assigned")


@value
class Commission:
    """What the one who sold the booking keeps of its price; `basis_points` are hundredths of a percent."""

    amount: Money | None = None
    basis_points: int | None = None


@value
class BookingRouting:
    """The team that works on it for the property `branch`, `since` when, and who of them has claimed it."""

    team: str
    branch: str
    claimed_by: str | None = None
    since: datetime


@value
class Confirmation:
    """That somebody of the house has confirmed the booking with the guest: who, when, how, with whom."""

    how: ConfirmedHow
    by: str
    at: datetime
    spoke_with: str | None = None


@value
class Ending:
    """How a booking ended that was cancelled or is a no-show. `before` is the state in which it was, `by` who ended it
    where it was somebody here, `note` what they said of it.
    """

    before: State
    at: datetime
    reason: EndReason | None = None
    note: str | None = None
    by: str | None = None


@value
class Booking:
    """`price` is the whole stay's. `group` is the code of the group it belongs to. `held_until_at` is when a tentative
    booking ends by itself.

    `flags`: overbooked, closed, minimum-stay (sold by others where the house would not have), beyond-block
    (likewise, where the group's block was empty), do-not-book,
    change-before-new, relocated, overdue (in house, and past the property's hour of check-out), contact-left-out
    (somebody's `left_out` says what). A relocated booking is
    cancelled and another one, perhaps of another property, stands for it. `needs_note` says in words what no code of
    `needs` says. `departed_guests` are there once the stay is over.
    `asks_verification`: when it was made, its house asked guests who were not verified to be.
    """

    id: UUID
    version: int
    state: State
    property_id: UUID
    property: str
    source: str
    external_ref: str | None = None
    group: str | None = None
    channel: str | None = None
    method: str | None = None
    arrival: date
    departure: date
    rooms: tuple[BookedRoom, ...]
    price: Money
    flags: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    requests: str | None = None
    needs: tuple[Need, ...] = ()
    needs_note: str | None = None
    commission: Commission | None = None
    relocated_from: UUID | None = None
    relocated_to: UUID | None = None
    held_until_at: datetime | None = None
    confirmation: Confirmation | None = None
    checked_in_at: datetime | None = None
    ending: Ending | None = None
    booked_at: datetime
    changed_at: datetime
    routing: BookingRouting | None = None
    departed_guests: tuple[DepartedGuest, ...] = ()
    asks_verification: bool = False


@request
class OpenBooking(Request[Booking]):
    """A direct booking. `booker.profile_id`, or enough of a name to be identified. Refuses with Closed, MinimumStay,
    NoRoomLeft, DoNotBook. A `walk_in` stands at the desk: it arrives today, and is in house at once. A `tentative` one
    is held until `held_until_at`, else as long as the property holds rooms.

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
    method: Method | None = None
    price: Money | None = None
    tentative: bool = False
    requests: str | None = None
    do_not_book: bool = False
    contact: Person | None = None
    payer: Person | None = None
    needs: tuple[Need, ...] = ()
    needs_note: str | None = None
    walk_in: bool = False
    held_until_at: datetime | None = None

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)
    bounded = at_most(100, "rooms", "guests", "needs")


@request
class ReadBooking(Request[Booking]):
    booking_id: UUID


@value
class BookingsFound:
    items: tuple[Booking, ...]
    next: str | None = None


@request
class FindBookings(Request[BookingsFound]):
    """By profile in any role, by the outside reference, by property and day of arrival. Latest arrival first.

    `role` is the profile's and needs one. `when` is by the property's day: past stays have ended, present ones are in
    house or would be, future ones arrive on a later day.
    """

    profile_id: UUID | None = None
    role: Role | None = None
    when: When | None = None
    external_ref: str | None = None
    property: str | None = None
    arrival: date | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ConfirmBooking(Request[Booking]):
    """A tentative booking is to stand. With `how`, it was confirmed with the guest, which is noted once; one that
    stands already may be confirmed so too. `at` is now, if not said. Refuses with StateForbids and NotABooking.
    """

    booking_id: UUID
    how: ConfirmedHow | None = None
    spoke_with: str | None = None
    at: datetime | None = None


@request
class CancelBooking(Request[Booking]):
    """`note` is shown on the booking, and nobody else is told it. Refuses with StateForbids and NotABooking."""

    booking_id: UUID
    reason: CancelReason | None = None
    note: str | None = None


@value
class RoomChoice:
    """The room of the house (its number or id) for the booking's room at `position`."""

    position: int
    room: str


@request
class CheckInBooking(Request[Booking]):
    """Where the property has rooms, the guests come into those that are said, or were assigned, or are the best left.

    Refuses with RoomTaken, RoomOccupied, NoRoomFree, UnknownRoom, and with RoomNotReady unless `accept_dirty`.
    """

    booking_id: UUID
    rooms: tuple[RoomChoice, ...] = ()
    accept_dirty: bool = False

    bounded = at_most(100, "rooms")


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
    property_id: UUID | None = None


@request
class ReadBookingPeople(Request[BookingPeople]):
    booking_id: UUID
