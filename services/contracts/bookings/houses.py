"""Properties, their room types, and what is left of them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.kit.wire import Request, request, value


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
