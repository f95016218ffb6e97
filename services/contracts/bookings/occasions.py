"""Groups and functions as those hear of them who write to their contacts, and whom somebody is the contact of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.functions import FunctionState
from services.contracts.bookings.groups import Contact, GroupState
from services.contracts.bookings.stays import State
from services.contracts.values import Money
from services.kit.wire import Event, Request, event, request, value

OccasionState = Literal["booked", "cancelled"]


@event
class GroupChanged(Event):
    """A group was opened (version 1), changed, released or cancelled. `changed` names the fields that differ."""

    aggregate = "group_id"
    group_id: UUID
    version: int
    property_id: UUID
    state: GroupState
    changed: tuple[str, ...] = ()


@event
class FunctionChanged(Event):
    """A function was booked (version 1), changed or cancelled. `changed` names the fields that differ."""

    aggregate = "function_id"
    function_id: UUID
    version: int
    property_id: UUID
    state: FunctionState
    changed: tuple[str, ...] = ()


@value
class OccasionRoom:
    """A function room by its name, and from when to when it is theirs."""

    name: str
    starts_at: datetime
    ends_at: datetime


@value
class Occasion:
    """A group or a function as its contact is told of it.

    `group` is the group's code, of a function that of the group it belongs to. A group has `arrival`, `departure`,
    `cut_off`, the most `rooms` that are blocked on a night, and their `total` where all have a price; a function has
    `starts_at`, `ends_at`, the `guests` who are expected, and `function_rooms`. `contact` of a function that names
    nobody is its group's.
    """

    version: int
    state: OccasionState
    property_id: UUID
    name: str
    group: str | None = None
    contact: Contact | None = None
    arrival: date | None = None
    departure: date | None = None
    cut_off: date | None = None
    rooms: int | None = None
    total: Money | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    guests: int | None = None
    function_rooms: tuple[OccasionRoom, ...] = ()


@request
class ReadOccasion(Request[Occasion]):
    """One of the two. Refuses with NoSuchGroup and NoSuchFunction."""

    group_id: UUID | None = None
    function_id: UUID | None = None


@value
class ContactOfBooking:
    booking_id: UUID
    state: State
    property: str
    arrival: date
    departure: date


@value
class ContactOfGroup:
    code: str
    name: str
    state: GroupState
    property: str
    arrival: date
    departure: date


@value
class ContactOfFunction:
    function_id: UUID
    name: str
    state: FunctionState
    property: str
    starts_at: datetime
    ends_at: datetime


@value
class ContactOf:
    """What somebody is the contact person of, at most a hundred of each, the latest first. `more`: there are others."""

    bookings: tuple[ContactOfBooking, ...] = ()
    groups: tuple[ContactOfGroup, ...] = ()
    functions: tuple[ContactOfFunction, ...] = ()
    more: bool = False


@request
class FindContactOf(Request[ContactOf]):
    """Bookings, groups and functions that name the guest as their contact. `profile_ids` are all ids of the guest:
    their own, and those of the cards that were retired into it.
    """

    profile_ids: tuple[UUID, ...]
