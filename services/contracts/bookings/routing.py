"""Which team works on which booking: the rules that say so, the teams, their queues, and who has claimed what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.stays import Booking, BookingsFound
from services.contracts.bookings.words import Method
from services.contracts.values import Money
from services.kit.refusal import Conflict, Forbidden, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

RouteChange = Literal["routed", "unrouted", "claimed", "handed_back"]


@value
class RoutingRule:
    """A booking that meets all these conditions goes to `team`; a condition that is not said is met by every booking.

    Tried first: the lowest `priority`; of equal ones the one with more conditions; of those the first by code.
    `property`, `branch` and `room_type` are codes. `value_at_least` is of the whole stay's price, and met in its own
    currency only. `level` is the house's label of anybody on the booking. `weekdays` of arrival are those of ISO 8601,
    1 for Monday; the days of arrival are both included. `branch` is the property that works on it: where it is not
    said, the team's own, else the booking's.
    """

    code: str
    version: int = 0
    priority: int = 100
    property: str | None = None
    channel: str | None = None
    method: Method | None = None
    value_at_least: Money | None = None
    level: str | None = None
    room_type: str | None = None
    weekdays: tuple[int, ...] = ()
    arrival_from: date | None = None
    arrival_until: date | None = None
    nights_at_least: int | None = None
    team: str
    branch: str | None = None

    bounded = at_most(7, "weekdays")


@request
class SetRoutingRule(Request[RoutingRule]):
    """Create or replace the rule of this code. `version` is the one that was read: 0 for none, None for whatever there
    is. Refuses with NotARoutingRule and RoutingHasChanged.
    """

    rule: RoutingRule
    version: int | None = None


@request
class RemoveRoutingRule(Request[RoutingRule]):
    """Answers the rule that was. Refuses with NoSuchRoutingRule."""

    code: str


@value
class RoutingRules:
    """In the order in which they are tried."""

    items: tuple[RoutingRule, ...]


@request
class ReadRoutingRules(Request[RoutingRules]):
    """All, or the one of this code."""

    code: str | None = None


@value
class Team:
    """`members` are callers as other services are told of them (``key:…``, ``staff:…``); `property` is a code."""

    code: str
    version: int = 0
    name: str
    property: str | None = None
    members: tuple[str, ...] = ()

    bounded = at_most(500, "members")


@request
class SetTeam(Request[Team]):
    """Create or replace the team of this code; `version` as for rules. Refuses with NotATeam and RoutingHasChanged."""

    team: Team
    version: int | None = None


@value
class Teams:
    items: tuple[Team, ...]


@request
class ReadTeams(Request[Teams]):
    """All by code, or the one of this code."""

    code: str | None = None


@request
class ReadTeamQueue(Request[BookingsFound]):
    """A team's bookings that are in this state, by day of arrival, then in the order in which they came to the team.

    `claimed` true or false: only those that somebody has claimed, or nobody has. Refuses with NoSuchTeam.
    """

    team: str
    state: Literal["confirmed", "in_house"] = "confirmed"
    property: str | None = None
    arrival_from: date | None = None
    arrival_until: date | None = None
    claimed: bool | None = None
    claimed_by: str | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ClaimBooking(Request[Booking]):
    """The caller works on it from now on; once more by the same caller changes nothing.

    Refuses with NotRouted, NotInTeam, AlreadyClaimed and StateForbids.
    """

    booking_id: UUID


@request
class HandBackBooking(Request[Booking]):
    """Back to the team's queue, at the place it had; any of the team may.

    Refuses with NotRouted, NotInTeam and NotClaimed.
    """

    booking_id: UUID
    reason: str


@value
class RuleTried:
    """A rule that a booking does not meet, and the first of its conditions that fails."""

    rule: str
    failed: str


@value
class RouteEntry:
    """What happened to a booking's route. `released` had claimed it for the team that it was taken from."""

    version: int
    change: RouteChange
    team: str | None = None
    branch: str | None = None
    rule: str | None = None
    actor: str
    reason: str | None = None
    released: str | None = None
    at: datetime


@value
class BookingRoute:
    """Where a booking was sent and why: the `rule` it met, and the rules `tried` before that.

    `booking_version` is that of the booking that was looked at, None where it has not been yet. `history` oldest first.
    """

    booking_id: UUID
    version: int = 0
    booking_version: int | None = None
    team: str | None = None
    branch: str | None = None
    rule: str | None = None
    tried: tuple[RuleTried, ...] = ()
    since: datetime | None = None
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    history: tuple[RouteEntry, ...] = ()


@request
class ReadBookingRoute(Request[BookingRoute]):
    booking_id: UUID


@value
class RouteFacts:
    """The whole present state of a booking's route. Without a team no rule is met, and everybody may work on it.

    `routing_version` counts the changes of the route alone, apart from the booking's own version.
    """

    booking_id: UUID
    routing_version: int
    property_id: UUID
    profile_ids: tuple[UUID, ...]
    team: str | None = None
    branch: str | None = None
    rule: str | None = None
    claimed_by: str | None = None
    since: datetime


@event
class BookingRouted(Event):
    """A booking came to a team, or went from one; a claim of before has ended with that."""

    aggregate = "booking_id"
    booking_id: UUID
    route: RouteFacts


@event
class BookingClaimed(Event):
    aggregate = "booking_id"
    booking_id: UUID
    route: RouteFacts


@event
class BookingHandedBack(Event):
    aggregate = "booking_id"
    booking_id: UUID
    route: RouteFacts


class NoSuchRoutingRule(NotFound):
    """There is no such routing rule."""


class NoSuchTeam(NotFound):
    """There is no such team."""


class NotARoutingRule(Invalid):
    """The routing rule is not valid."""


class NotATeam(Invalid):
    """The team is not valid."""


class RoutingHasChanged(Conflict):
    """Somebody else has changed this since it was read."""


class NotRouted(Conflict):
    """The booking has not been sent to a team."""


class NotInTeam(Forbidden):
    """The booking is for another team to work on."""


class AlreadyClaimed(Conflict):
    """Somebody else has claimed the booking."""


class NotClaimed(Conflict):
    """Nobody has claimed the booking."""
