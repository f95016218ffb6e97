"""Who has which room of the house when: by choice, in a swap or a move, and as it was at any moment."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from services.contracts.bookings.rooms import Housekeeping
from services.contracts.bookings.stays import Booking, State
from services.contracts.values import Money
from services.kit.refusal import Conflict
from services.kit.wire import Event, Request, event, request, value


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


class RoomNotReady(Conflict):
    """The room is not clean."""


class RoomOccupied(Conflict):
    """Other guests are in the room at this moment."""


class RoomVacant(Conflict):
    """Nobody was in the room at that moment."""


class NoRoomFree(Conflict):
    """No room of this type is free on all the nights."""
