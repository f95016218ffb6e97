"""Rooms that have a number: what they are like, when they are closed, how clean they are, and who has them when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.stays import Booking, State
from services.contracts.values import Money
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


@value
class RoomOption:
    """A room that is free on all the nights. `unmet` are needs of the guests that it does not fulfil; `gap` is how many
    nights between the stays before and after it would leave empty, none where there are none of both sides.
    """

    room_id: UUID
    number: str
    housekeeping: Housekeeping
    unmet: tuple[str, ...] = ()
    gap: int | None = None
    why: tuple[str, ...] = ()


@value
class RoomOptions:
    """Best first, at most 50."""

    booking_id: UUID
    position: int
    room_type: str
    arrival: date
    departure: date
    items: tuple[RoomOption, ...]


@request
class ReadRoomOptions(Request[RoomOptions]):
    """Free rooms of its type for a room of a booking, for the nights that are left. Refuses with NoSuchRoom."""

    booking_id: UUID
    position: int


@request
class AssignRoom(Request[Booking]):
    """Put a room of a booking into this room (its number or id), or into the best one, for all its nights in that type.

    Refuses with RoomTaken, NoRoomFree, UnknownRoom, NoSuchRoom, StateForbids, NotInTeam. With guests in house they are
    in it from now on: then also with RoomNotReady, unless `accept_dirty`; and those who have a room are moved by
    MoveRoom.
    """

    booking_id: UUID
    position: int
    room: str | None = None
    accept_dirty: bool = False


@request
class UnassignRoom(Request[Booking]):
    """Take the room from a stay that has not begun."""

    booking_id: UUID
    position: int


@request
class MoveRoom(Request[Booking]):
    """Guests in house go into another room today; the one they leave is dirty. Into one of another type, the room
    of the booking changes its type from today on: then refused like that change, and a `price` may be said.
    """

    booking_id: UUID
    position: int
    room: str
    accept_dirty: bool = False
    price: Money | None = None


@value
class PlaceOnBooking:
    """A room of a booking, by its position."""

    booking_id: UUID
    position: int


@value
class RoomsSwapped:
    items: tuple[Booking, ...]


@request
class SwapRooms(Request[RoomsSwapped]):
    """Two rooms of bookings change places for the nights that are left. Refuses with RoomTaken."""

    one: PlaceOnBooking
    other: PlaceOnBooking
    accept_dirty: bool = False


@value
class ArrivalAssigned:
    """`room` is the number; `why` says what spoke for it, or why there is none."""

    booking_id: UUID
    position: int
    room: str | None = None
    why: tuple[str, ...] = ()


@value
class ArrivalsAssigned:
    """`next` is there where there are more: say it as `after`."""

    items: tuple[ArrivalAssigned, ...]
    next: UUID | None = None


@request
class AssignArrivals(Request[ArrivalsAssigned]):
    """Give rooms to the confirmed stays that arrive on this day and have none; up to 100 at once."""

    property: str
    day: date
    after: UUID | None = None


@value
class RoomOccupant:
    """`state` is the booking's present one."""

    booking_id: UUID
    position: int
    state: State


@request
class ReadRoomOccupant(Request[RoomOccupant]):
    """Whose guests were in the room at this moment. `property` is an id or a code, `room` a number.

    Refuses with NoSuchProperty, UnknownRoom and RoomVacant.
    """

    property: str
    room: str
    at: datetime


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


@value
class RoomPlace:
    """A room of a booking in a room of the house, on nights from `arrival` up to but not including `departure`.

    `occupied`: its guests are in it. Where they have left, or left on the day they came, it is not listed.
    """

    position: int
    room_id: UUID
    arrival: date
    departure: date
    occupied: bool = False


@event
class RoomsAssigned(Event):
    """All rooms in which a booking's guests are or will be, and those they lost or left with this change."""

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    property_id: UUID
    state: State
    rooms: tuple[RoomPlace, ...]
    left_room_ids: tuple[UUID, ...] = ()


class UnknownRoom(NotFound):
    """The property has no such room."""


class NoSuchClosure(NotFound):
    """The room has no such closure that is not over."""


class RoomTaken(Conflict):
    """The room is taken, or closed, on at least one of the nights."""


class RoomNotReady(Conflict):
    """The room is not clean."""


class RoomOccupied(Conflict):
    """Other guests are in the room at this moment."""


class RoomVacant(Conflict):
    """Nobody was in the room at that moment."""


class NoRoomFree(Conflict):
    """No room of this type is free on all the nights."""


class RoomHasChanged(Conflict):
    """The room has been changed since it was read."""


class NotARoom(Invalid):
    """The room is not complete or not valid."""
