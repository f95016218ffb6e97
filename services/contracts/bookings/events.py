"""What bookings announces."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from services.contracts.bookings.stays import EndReason, State
from services.contracts.values import Money
from services.kit.wire import Event, event, value


@value
class RoomStay:
    """The nights of one room of a booking, and who is in it; `price` is for all of them, where the room has its own."""

    position: int
    arrival: date
    departure: date
    adults: int = 0
    children: int = 0
    child_ages: tuple[int, ...] = ()
    price: Money | None = None


@value
class BookingFacts:
    """What others need to know of a booking whenever it changes: the whole present state, without names.

    `profile_id` is the primary guest's, `payer_profile_id` whoever owes the stay (the primary guest if nobody else is
    named), `contact_profile_id` whoever gets the messages about it (likewise; `contact_named` says whether somebody
    is), `booker_profile_id` whoever booked it, None where a sender of old does not say, `left_profile_ids` those who
    were on it when it was last told of and are not any more. `adults` and `children` are the people in all rooms, 0
    where a sender of old said nothing of them; `child_ages` the ages that are known; `rates` the distinct codes of the
    rooms' rate plans. `time_zone` is the property's. `booked_at` is when it was sold, `changed_at` when it became what
    it is: for one that was cancelled, when that was said. `reason` is why one was cancelled or is a no-show, where
    that is known, `ended_from` the state in which it was until then: what was tentative to its end had only been held.
    `room_stays` are all its rooms, where not each takes the whole stay; else none. `asks_verification`: a guest who is
    not verified is asked to be.
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
    adults: int = 0
    children: int = 0
    time_zone: str = ""
    booked_at: datetime | None = None
    changed_at: datetime | None = None
    method: str | None = None
    rates: tuple[str, ...] = ()
    child_ages: tuple[int, ...] = ()
    left_profile_ids: tuple[UUID, ...] = ()
    contact_profile_id: UUID | None = None
    contact_named: bool = False
    booker_profile_id: UUID | None = None
    reason: EndReason | None = None
    ended_from: State | None = None
    room_stays: tuple[RoomStay, ...] = ()
    asks_verification: bool = False


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
