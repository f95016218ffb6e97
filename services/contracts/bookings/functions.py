"""Functions: conferences, weddings and dinners, and the rooms that they are held in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.groups import Contact
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

FunctionKind = Literal["conference", "meeting", "wedding", "banquet", "party", "exhibition", "other"]
FunctionState = Literal["booked", "cancelled"]
Setup = Literal["theatre", "classroom", "boardroom", "u-shape", "banquet", "cabaret", "reception"]


@value
class FunctionRoom:
    """`capacity` counts people."""

    code: str
    name: str
    capacity: int


@value
class FunctionRooms:
    property_id: UUID
    items: tuple[FunctionRoom, ...]


@request
class SetFunctionRooms(Request[FunctionRooms]):
    """All that a property has. One that is left out keeps its functions and gets no new ones.

    Refuses with NoSuchProperty and NotAFunctionRoom.
    """

    property: str
    rooms: tuple[FunctionRoom, ...]

    bounded = at_most(200, "rooms")


@request
class ReadFunctionRooms(Request[FunctionRooms]):
    property: str


@value
class FunctionUse:
    """A room, from when to when: as long as the function, where it is not said. Setting up and clearing count."""

    room: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    setup: Setup | None = None
    notes: str | None = None


@value
class Function:
    """`guests` are expected; `group` is the code of the group it belongs to."""

    id: UUID
    version: int
    state: FunctionState
    property_id: UUID
    property: str
    name: str
    kind: FunctionKind
    starts_at: datetime
    ends_at: datetime
    rooms: tuple[FunctionUse, ...]
    guests: int | None = None
    contact: Contact | None = None
    group: str | None = None
    notes: str | None = None
    changed_at: datetime


@request
class BookFunction(Request[Function]):
    """Refuses with NoSuchProperty, NotAFunction, NoSuchGroup, FunctionRoomTaken; with StateForbids for a group that is
    cancelled.
    """

    property: str
    name: str
    kind: FunctionKind
    starts_at: datetime
    ends_at: datetime
    rooms: tuple[FunctionUse, ...]
    contact: Contact
    guests: int | None = None
    group: str | None = None
    notes: str | None = None

    bounded = at_most(50, "rooms")


@request
class ReadFunction(Request[Function]):
    """Refuses with NoSuchFunction."""

    function_id: UUID


@value
class FunctionsFound:
    items: tuple[Function, ...]
    next: str | None = None


@request
class FindFunctions(Request[FunctionsFound]):
    """By property, by a day of the property's, by group; in the order in which they begin."""

    property: str
    day: date | None = None
    group: str | None = None
    state: FunctionState = "booked"
    limit: int = 50
    cursor: str | None = None


@request
class ChangeFunction(Request[Function]):
    """What is not said stays; rooms without times of their own follow the function's.

    Refuses like BookFunction, with NoSuchFunction and FunctionHasChanged, and with StateForbids once it is cancelled.
    """

    function_id: UUID
    version: int
    name: str | None = None
    kind: FunctionKind | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    rooms: tuple[FunctionUse, ...] | None = None
    contact: Contact | None = None
    guests: int | None = None
    group: str | None = None
    notes: str | None = None

    bounded = at_most(50, "rooms")


@request
class CancelFunction(Request[Function]):
    """Its rooms are free at once; once more changes nothing. Refuses with NoSuchFunction."""

    function_id: UUID


class NoSuchFunction(NotFound):
    """There is no such function."""


class NotAFunction(Invalid):
    """The function is not complete or not valid."""


class NotAFunctionRoom(Invalid):
    """The function rooms are not complete or not valid."""


class FunctionHasChanged(Conflict):
    """The function has been changed since it was read."""


class FunctionRoomTaken(Conflict):
    """Another function has one of the rooms at that time."""
