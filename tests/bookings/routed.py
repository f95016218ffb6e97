"""A house whose bookings come to teams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from services.contracts.bookings import (
    Booking,
    BookingChanged,
    BookingConfirmed,
    BookingRoute,
    BookingsFound,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    ClaimBooking,
    HandBackBooking,
    MarkNoShow,
    ReadBookingRoute,
    ReadTeamQueue,
    RemoveRoutingRule,
    RoutingRule,
    SetRoutingRule,
    SetTeam,
    Team,
)
from services.kit.context import Context, current
from services.kit.wire import Event
from tests.bookings.makers import Desk

INES, RUI, ZOE, BOSS = "key:ines", "staff:rui", "key:zoe", "key:boss"
HEARD: dict[type[Event], str] = {
    BookingConfirmed: "route_confirmed",
    BookingChanged: "route_changed",
}


@contextmanager
def asking(actor: str, *roles: str) -> Iterator[None]:
    """Who calls, for as long as this lasts."""
    before = current.set(Context(actor=actor, roles=roles or ("write",)))
    try:
        yield
    finally:
        current.reset(before)


class House:
    """A desk with two teams: the front desk (Ines and Rui) and the concierges (Zoe); it hears its own events."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.service, self._heard = desk, desk.service, 0
        self.sets_team("desk", INES, RUI)
        self.sets_team("concierge", ZOE)

    def sets_team(self, code: str, *members: str, version: int | None = None, **more: Any) -> Team:
        team = Team(code=code, name=code.title(), members=members, **more)
        return self.service.set_team(SetTeam(team=team, version=version))

    def sets_rule(self, code: str, version: int | None = None, **more: Any) -> RoutingRule:
        rule = RoutingRule(**{"code": code, "team": "desk", **more})
        return self.service.set_routing_rule(SetRoutingRule(rule=rule, version=version))

    def removes_rule(self, code: str) -> RoutingRule:
        return self.service.remove_routing_rule(RemoveRoutingRule(code=code))

    def hears(self, event: Event) -> None:
        getattr(self.service, HEARD[type(event)])(event)

    def carries(self) -> None:
        """What has been announced comes back to this service, in order, once."""
        told = self.desk.announced()
        for event in told[self._heard :]:
            if type(event) in HEARD:
                self.hears(event)
        self._heard = len(told)

    def catches_up(self) -> None:
        """What rules and levels have changed is followed."""
        while self.desk.rows("SELECT 1 FROM routing_due"):
            self.service.route_what_is_due()

    def opens(self, **more: Any) -> Booking:
        booking = self.desk.opens(**more)
        self.carries()
        return booking

    def route(self, booking_id: UUID | None) -> BookingRoute:
        assert booking_id
        return self.service.read_booking_route(ReadBookingRoute(booking_id=booking_id))

    def queue(self, team: str = "desk", **more: Any) -> BookingsFound:
        return self.service.read_team_queue(ReadTeamQueue(team=team, **more))

    def claims(self, booking_id: UUID, actor: str, *roles: str) -> Booking:
        with asking(actor, *roles):
            return self.service.claim_booking(ClaimBooking(booking_id=booking_id))

    def hands_back(self, booking_id: UUID, actor: str, reason: str = "End of my shift") -> Booking:
        with asking(actor):
            return self.service.hand_back_booking(HandBackBooking(booking_id=booking_id, reason=reason))

    def moves(self, step: str, booking_id: UUID, actor: str, *roles: str) -> Booking:
        request = STEPS[step](booking_id=booking_id)
        with asking(actor, *roles):
            return getattr(self.service, request.rpc_method())(request)

    def routings(self) -> list[Any]:
        """What was told of routes, in order."""
        names = ("BookingRouted", "BookingClaimed", "BookingHandedBack")
        return [event for event in self.desk.announced() if type(event).__name__ in names]


STEPS: dict[str, Any] = {
    "check-in": CheckInBooking,
    "check-out": CheckOutBooking,
    "cancel": CancelBooking,
    "no-show": MarkNoShow,
}
