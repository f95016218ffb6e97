"""Rooms that have a number: what they are like, when they are closed, how clean they are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

Housekeeping = Literal["clean", "dirty", "inspected"]
ClosureKind = Literal["out_of_order", "out_of_service"]
Feature = Literal[
    "accessible",
    "air-conditioning",
    "balcony",
    "bathtub",
    "city-view",
    "double-bed",
    "garden-view",
    "ground-floor",
    "high-floor",
    "kitchen",
    "mountain-view",
    "non-smoking",
    "pets",
    "quiet",
    "sea-view",
    "shower",
    "smoking",
    "terrace",
    "twin-beds",
]


@value
class Closure:
    """Nights from `first` up to but not including `until` on which nobody is put into a room.

    One that is `out_of_order` is not sold on them either; `out_of_service` keeps it back for some other reason.
    """

    id: UUID
    kind: ClosureKind
    first: date
    until: date
    reason: str | None = None


@value
class NewRoom:
    """`number` is what stands on the door, and names the room in its property whatever the case of its letters.
    `connects_with` are numbers of rooms behind a shared door. Rooms are shown by `position`, then by number.
    """

    number: str
    room_type: str
    floor: str | None = None
    building: str | None = None
    features: tuple[Feature, ...] = ()
    connects_with: tuple[str, ...] = ()
    position: int = 0

    bounded = at_most(50, "features", "connects_with")


@value
class HotelRoom:
    """`closures` are those of today and later. `retired_on` is there where it is no room any more."""

    id: UUID
    version: int
    property_id: UUID
    property: str
    number: str
    room_type: str
    floor: str | None = None
    building: str | None = None
    features: tuple[Feature, ...] = ()
    connects_with: tuple[str, ...] = ()
    position: int = 0
    housekeeping: Housekeeping
    status_at: datetime
    closures: tuple[Closure, ...] = ()
    retired_on: date | None = None


@value
class RoomsOfType:
    """How many rooms of a type there are, and how many of it are sold a night. They need not be the same."""

    room_type: str
    rooms: int
    capacity: int


@value
class HotelRooms:
    """`dirty_at` is when rooms with guests become dirty each day, by the property's clock (``04:00``), or none."""

    property_id: UUID
    dirty_at: str | None = None
    types: tuple[RoomsOfType, ...] = ()
    items: tuple[HotelRoom, ...] = ()


@request
class SetUpRooms(Request[HotelRooms]):
    """Bring rooms, by their number, to what is said here, and make those that are new. Others stay as they are.

    What a room is sold as is the room type's capacity, whatever is set up here. `dirty_at` says when rooms with guests
    become dirty each day: ``04:00`` if nothing was ever said, ``never`` if they do not.
    """

    property: str
    rooms: tuple[NewRoom, ...] = ()
    dirty_at: str | None = None

    bounded = at_most(2000, "rooms")


@request
class ReadRooms(Request[HotelRooms]):
    """All that are not retired, in the house's order."""

    property: str


@request
class ReadRoom(Request[HotelRoom]):
    room_id: UUID


@request
class ChangeRoom(Request[HotelRoom]):
    """Refuses with RoomHasChanged, and with RoomTaken where its type is to change while stays or closures count on it.
    A retired one is a room again.
    """

    room_id: UUID
    version: int
    room: NewRoom


@request
class RetireRoom(Request[HotelRoom]):
    """No room any more. Refuses with RoomTaken while stays or closures count on it."""

    room_id: UUID
    version: int


@request
class CloseRoom(Request[HotelRoom]):
    """Stays that were to come into it on these nights lose it and are flagged `room-lost`. Refuses with RoomTaken
    where guests are in it now, and where it is closed on one of these nights already.
    """

    room_id: UUID
    kind: ClosureKind
    first: date
    until: date
    reason: str | None = None


@request
class EndClosure(Request[HotelRoom]):
    """The closure ends with the night before `until`: today, if not said. Refuses with NoSuchClosure."""

    room_id: UUID
    closure_id: UUID
    until: date | None = None


@request
class SetRoomStatus(Request[HotelRoom]):
    room_id: UUID
    housekeeping: Housekeeping


@value
class RoomNotice:
    """What a housekeeping system says of a room. (`source`, `external_id`) is one message however often it comes."""

    property: str
    room: str
    status: Housekeeping
    at: datetime
    source: str
    external_id: str


@event
class RoomStatusChanged(Event):
    """A room as it is now: `closed` says how, where it is closed today."""

    aggregate = "room_id"
    room_id: UUID
    version: int
    property_id: UUID
    number: str
    room_type_id: UUID
    housekeeping: Housekeeping
    closed: ClosureKind | None = None
    retired: bool = False


class UnknownRoom(NotFound):
    """The property has no such room."""


class NoSuchClosure(NotFound):
    """The room has no such closure that is not over."""


class RoomTaken(Conflict):
    """The room is taken, or closed, on at least one of the nights."""


class RoomHasChanged(Conflict):
    """The room has been changed since it was read."""


class NotARoom(Invalid):
    """The room is not complete or not valid."""
