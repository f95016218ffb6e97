"""Groups: rooms that are blocked for people who come together, and picked up one booking at a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.stays import Booking, OpenBooking, State
from services.contracts.values import Money
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

GroupState = Literal["open", "released", "cancelling", "cancelled"]


@value
class Contact:
    """Whom the house speaks to about a group or a function: a profile, or enough to reach somebody by."""

    profile_id: UUID | None = None
    given_name: str | None = None
    family_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None


@value
class BlockNight:
    """Another count or price for one night; 0 rooms where the block leaves it out."""

    night: date
    count: int
    price: Money | None = None


@value
class BlockRooms:
    """`count` rooms of a type on every night of the group, but as `nights` says otherwise.

    `price` is of one room for one night.
    """

    room_type: str
    count: int = 0
    price: Money | None = None
    nights: tuple[BlockNight, ...] = ()

    bounded = at_most(400, "nights")


@value
class BlockedNight:
    """`blocked` rooms were agreed on, the group's bookings hold `picked_up`, and `left` are held for more of them.

    More may be picked up than are blocked. Nothing is left once the block has been released.
    """

    room_type: str
    night: date
    blocked: int
    picked_up: int
    left: int
    price: Money | None = None


@value
class GroupBooking:
    booking_id: UUID
    state: State
    arrival: date
    departure: date
    rooms: int


@value
class Group:
    """What is left of its block is held from sale until the day `cut_off` begins at the property: then it is released.

    `open`; `released`, from when on bookings of the group take free rooms; `cancelling` while the last of its bookings
    are being cancelled; `cancelled`. `may_exceed`: bookings that find the block empty get free rooms. `rate` is the
    code of the rate plan of rooms that name none.
    """

    code: str
    version: int
    state: GroupState
    name: str
    property_id: UUID
    property: str
    arrival: date
    departure: date
    cut_off: date
    may_exceed: bool
    rate: str | None = None
    contact: Contact | None = None
    nights: tuple[BlockedNight, ...] = ()
    bookings: tuple[GroupBooking, ...] = ()
    opened_at: datetime
    changed_at: datetime


@value
class GroupSummary:
    """A group in a list; counts are room nights."""

    code: str
    version: int
    state: GroupState
    name: str
    property: str
    arrival: date
    departure: date
    cut_off: date
    blocked: int
    picked_up: int
    left: int


@request
class OpenGroup(Request[Group]):
    """Block rooms. `cut_off` is the day of arrival, if not said.

    Refuses with NoSuchProperty, NotAGroup, GroupExists, Closed, NoRoomLeft.
    """

    code: str
    name: str
    property: str
    arrival: date
    departure: date
    rooms: tuple[BlockRooms, ...]
    contact: Contact
    cut_off: date | None = None
    rate: str | None = None
    may_exceed: bool = False

    bounded = at_most(100, "rooms")


@request
class ReadGroup(Request[Group]):
    """Refuses with NoSuchGroup."""

    code: str


@value
class GroupsFound:
    items: tuple[GroupSummary, ...]
    next: str | None = None


@request
class FindGroups(Request[GroupsFound]):
    """Of a property or of all, in one state or in any; by day of arrival, the latest first."""

    property: str | None = None
    state: GroupState | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ChangeGroup(Request[Group]):
    """What is not said stays. Other dates need all `rooms` to be said; `rooms` replace those there were.

    A `cut_off` that has come releases what is left at once; a later one blocks it again. Refuses with NoSuchGroup,
    GroupHasChanged, NotAGroup, Closed, NoRoomLeft, and with StateForbids once the group is cancelled.
    """

    code: str
    version: int
    name: str | None = None
    arrival: date | None = None
    departure: date | None = None
    rooms: tuple[BlockRooms, ...] | None = None
    contact: Contact | None = None
    cut_off: date | None = None
    rate: str | None = None
    may_exceed: bool | None = None

    bounded = at_most(100, "rooms")


@request
class CancelGroup(Request[Group]):
    """Give the rest of the block back, and cancel the group's functions and all its bookings that are not in house.

    Many bookings are cancelled a hundred at a time; until the last one is, the group is `cancelling`. Once more changes
    nothing. Refuses with NoSuchGroup, and with NotInTeam where a booking is another team's.
    """

    code: str


@request
class PickUpRooms(Request[Booking]):
    """Book a stay of a group: on its nights from the block, on others from what is free.

    A night on which nothing is left of the block is refused with BlockFull, or taken from what is free where the group
    may exceed. Rooms that say no price or rate have those of the block. Refused like OpenBooking, with NoSuchGroup, and
    with StateForbids once the group is cancelled.
    """

    group: str
    booking: OpenBooking

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)


class NoSuchGroup(NotFound):
    """There is no such group."""


class NotAGroup(Invalid):
    """The group is not complete or not valid."""


class GroupExists(Conflict):
    """There is a group with this code already."""


class GroupHasChanged(Conflict):
    """The group has been changed since it was read."""


class BlockFull(Conflict):
    """Nothing is left of the group's block on at least one night of the stay."""
