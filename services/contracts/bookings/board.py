"""The board of rooms on a day, and rooms for stays that were kept without any."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.contracts.bookings.rooms import Closure, Feature, Housekeeping
from services.contracts.bookings.stays import State
from services.contracts.bookings.words import Need
from services.kit.wire import Request, request, value

Occupancy = Literal["vacant", "due_in", "occupied", "due_out"]


@value
class BoardStay:
    """A room of a booking and the nights for which it has this room; `state` is the booking's present one.

    `profile_ids` are everybody on the booking.
    """

    booking_id: UUID
    position: int
    state: State
    arrival: date
    departure: date
    needs: tuple[Need, ...] = ()
    profile_ids: tuple[UUID, ...] = ()


@value
class BoardRoom:
    """A room on a day. `stay` is who is in it, or else who is due to come; `next` who comes after them.

    `occupancy`: of today, whether guests are in it now (`due_out`: and leave today) or are due to come; of a day to
    come, what is planned (who stays from the night before is in it); of a past day, whether guests slept there that
    night (`due_in`: they were due, and never came). `housekeeping` is unknown for days to come, and for days before
    anything was said. `closed` is there where nobody is put into it for the night of the day.
    """

    id: UUID
    version: int
    property_id: UUID
    property: str
    day: date
    number: str
    room_type: str
    floor: str | None = None
    building: str | None = None
    features: tuple[Feature, ...] = ()
    occupancy: Occupancy
    housekeeping: Housekeeping | None = None
    closed: Closure | None = None
    stay: BoardStay | None = None
    next: BoardStay | None = None


@value
class BoardCounts:
    """Rooms by each of what they can be; `rooms` are all. One that is closed counts as vacant or occupied, too."""

    rooms: int = 0
    vacant: int = 0
    due_in: int = 0
    occupied: int = 0
    due_out: int = 0
    clean: int = 0
    dirty: int = 0
    inspected: int = 0
    out_of_order: int = 0
    out_of_service: int = 0


@value
class Board:
    """`counts` are of all rooms of the property, or of all properties, whatever part of them is shown."""

    items: tuple[BoardRoom, ...]
    counts: BoardCounts
    next: str | None = None


@request
class ReadBoard(Request[Board]):
    """By property, then in the house's order. `property` is an id or a code; without a `day` it is each one's today.

    Refuses with NoSuchProperty.
    """

    property: str | None = None
    day: date | None = None
    occupancy: Occupancy | None = None
    housekeeping: Housekeeping | None = None
    limit: int = 50
    cursor: str | None = None


@value
class StaysPlaced:
    """How many rooms of bookings were looked at and given a room; `next` is where to go on, none at the end."""

    looked_at: int
    placed: int
    next: str | None = None


@request
class PlaceStays(Request[StaysPlaced]):
    """Give rooms to stays that hold nights and have none, in the order of their arrival: each the first room of its
    type, in the house's order, that is free for all its nights. So as few are used as can be (first fit by arrival).

    For stays taken over from another system, past ones too; those of guests in house are left to the desk. At most
    `limit` bookings that arrive on or after `first`, if that is said. Refuses with NoSuchProperty.
    """

    property: str
    first: date | None = None
    limit: int = 500
    cursor: str | None = None
