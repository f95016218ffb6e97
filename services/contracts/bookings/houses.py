"""Properties, their room types, and what is left of them."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.kit.wire import Request, request, value

HouseHour = Literal["check_in_from", "check_out_until", "no_show_at", "hold_hours"]
AsksVerification = Literal["never", "unverified"]


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
    """Hours are by the property's own clock, ``15:00``. `no_show_at` is one of the day after arrival: who has not come
    by then is a no-show; `hold_hours` is how long a tentative booking is held. Where one is not set, nothing happens by
    itself. `verification`: guests who are `unverified` are asked for it when they book, or nobody ever is.
    """

    id: UUID
    code: str
    name: str
    currency: str
    time_zone: str
    country: str
    room_types: tuple[RoomType, ...] = ()
    check_in_from: str | None = None
    check_out_until: str | None = None
    no_show_at: str | None = None
    hold_hours: int | None = None
    verification: AsksVerification = "never"


@value
class NewRoomType:
    code: str
    name: str
    capacity: int
    overbooking: int = 0
    occupancy: int = 2


@request
class SetUpProperty(Request[Property]):
    """Create a property by its code, or bring it and its room types to what is said here.

    Hours that are not said stay as they were; those that `clear` names are set no more. A `no_show_at` that is set anew
    is for arrivals from that day on. A `verification` that is not said stays; another is for bookings from now on.
    """

    code: str
    name: str
    currency: str
    time_zone: str
    country: str
    room_types: tuple[NewRoomType, ...] = ()
    check_in_from: str | None = None
    check_out_until: str | None = None
    no_show_at: str | None = None
    hold_hours: int | None = None
    verification: AsksVerification | None = None
    clear: tuple[HouseHour, ...] = ()


@value
class Properties:
    items: tuple[Property, ...]


@request
class ReadProperties(Request[Properties]):
    """All, or the one whose id or code is `property`."""

    property: str | None = None


@value
class NightLeft:
    """`left` may still be sold: of `capacity` and `overbooking` rooms together. What the house refuses for this day:
    `closed` its night, `closed_to_arrival` and `closed_to_departure` those who come or go on it, `min_stay` shorter
    stays of those who come on it.
    """

    room_type_id: UUID
    room_type: str
    night: date
    capacity: int
    sold: int
    left: int
    overbooking: int = 0
    closed: bool = False
    closed_to_arrival: bool = False
    closed_to_departure: bool = False
    min_stay: int | None = None


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


@request
class SetAvailability(Request[Availability]):
    """What the house refuses to sell, and how far it overbooks, on the days from `first` up to, not including, `until`.

    For one room type or for all. What is not said stays as it was; what `clear` names is as if it had never been said.
    Direct bookings are held to it from now on, those of other systems are flagged.
    """

    property: str
    room_type: str | None = None
    first: date
    until: date
    overbooking: int | None = None
    closed: bool | None = None
    closed_to_arrival: bool | None = None
    closed_to_departure: bool | None = None
    min_stay: int | None = None
    clear: tuple[Literal["overbooking", "min_stay"], ...] = ()


@value
class CountersProof:
    """Nights looked at, room nights the stays hold, and nights whose counter says something else (0)."""

    nights_checked: int
    room_nights: int
    differing: int


@request
class ProveCounters(Request[CountersProof]):
    """Are the counters of sold nights the sum of the stays? For one property, or for all."""

    property: str | None = None
