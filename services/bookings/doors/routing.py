"""Bookings come to the team that works on them, and somebody there claims them.

A booking is routed after it has been announced, when this service hears its own event: so opening one costs nothing.
What is read then is the booking as it is, whatever order the events come in; a version that has been routed is not
routed again. Rules and levels that change reach bookings within seconds, except what somebody has claimed: that stays
with them until they hand it back, or until the booking itself changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.bookings.domain import routing
from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.routing import Route
from services.bookings.domain.texts import without_cards
from services.bookings.doors import listing
from services.bookings.doors.keeping import shown
from services.bookings.doors.telling import tell_by_itself
from services.bookings.store import properties
from services.bookings.store import routing as store
from services.bookings.store.routing import Known
from services.contracts.bookings import (
    Booking,
    BookingChanged,
    BookingConfirmed,
    BookingRouting,
    BookingsFound,
    NoSuchBooking,
)
from services.contracts.bookings.routing import (
    BookingClaimed,
    BookingHandedBack,
    BookingRoute,
    BookingRouted,
    ClaimBooking,
    HandBackBooking,
    NoSuchRoutingRule,
    NoSuchTeam,
    NotARoutingRule,
    NotInTeam,
    NotRouted,
    ReadBookingRoute,
    ReadRoutingRules,
    ReadTeamQueue,
    ReadTeams,
    RemoveRoutingRule,
    RouteEntry,
    RouteFacts,
    RoutingHasChanged,
    RoutingRule,
    RoutingRules,
    RuleTried,
    SetRoutingRule,
    SetTeam,
    Team,
    Teams,
)
from services.contracts.profiles import LevelChanged
from services.kit.db import Tx, lock_key
from services.kit.doors import command, every, query, subscribe
from services.kit.refusal import Problem
from services.kit.scope import NotYourProperty, sees
from services.kit.wire import Event

_AT_ONCE = 200  # of what is due, in one transaction

_TOLD: dict[str, type[Event]] = {
    "routed": BookingRouted,
    "unrouted": BookingRouted,
    "claimed": BookingClaimed,
    "handed_back": BookingHandedBack,
}


class Routing:
    # ── rules and teams ──────────────────────────────────────────────────────────────────────────────────────────────

    @command
    def set_routing_rule(self, tx: Tx, request: SetRoutingRule) -> RoutingRule:
        """To who is limited: a rule for one of their properties, for a team and a branch that they know."""
        theirs = _theirs(tx)
        theirs.permit(request.rule.property)
        if request.rule.branch is not None:
            theirs.permit(request.rule.branch)
        book = store.rulebook(tx)
        present = next((each for each in book.rules if each.code == request.rule.code), None)
        if present:
            theirs.permit(present.property)
        teams = [team for team, property_code in book.team_properties.items() if theirs.see(property_code)]
        rule = routing.checked_rule(request.rule, properties.read_all(tx), teams)
        if len(book.rules) >= routing.MOST_RULES and rule.code not in {each.code for each in book.rules}:
            raise NotARoutingRule(errors=[Problem("/code", f"There are {routing.MOST_RULES} rules already.")])
        version = store.keep_rule(tx, rule, theirs.expected(request.version, present))
        if version is None:
            raise RoutingHasChanged
        store.add_due(tx, "rules")
        return replace(rule, version=version)

    @command
    def remove_routing_rule(self, tx: Tx, request: RemoveRoutingRule) -> RoutingRule:
        theirs = _theirs(tx)
        removed = store.remove_rule(tx, request.code) if routing.is_code(request.code) else None
        if removed is None or not theirs.see(removed.property):
            raise NoSuchRoutingRule
        theirs.permit(removed.property)
        store.add_due(tx, "rules")
        return removed

    @query
    def read_routing_rules(self, tx: Tx, request: ReadRoutingRules) -> RoutingRules:
        rules, theirs = store.rulebook(tx).rules, _theirs(tx)
        wanted = (rule for rule in rules if request.code in (None, rule.code) and theirs.see(rule.property))
        return RoutingRules(items=tuple(wanted))

    @command
    def set_team(self, tx: Tx, request: SetTeam) -> Team:
        theirs = _theirs(tx)
        theirs.permit(request.team.property)
        team = routing.checked_team(request.team, properties.read_all(tx))
        present = next(iter(store.teams(tx, team.code)), None)
        if present:
            theirs.permit(present.property)
        version = store.keep_team(tx, team, theirs.expected(request.version, present))
        if version is None:
            raise RoutingHasChanged
        store.add_due(tx, "rules")  # its property is the branch of rules that name none
        return replace(team, version=version)

    @query
    def read_teams(self, tx: Tx, request: ReadTeams) -> Teams:
        if request.code is not None and not routing.is_code(request.code):
            return Teams(items=())
        theirs = _theirs(tx)
        return Teams(items=tuple(team for team in store.teams(tx, request.code) if theirs.see(team.property)))

    # ── work ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @query
    def read_team_queue(self, tx: Tx, request: ReadTeamQueue) -> BookingsFound:
        if not routing.is_code(request.team):
            raise NoSuchTeam
        limit = listing.limit(request.limit)
        after = listing.position(request.cursor, date.fromisoformat, datetime.fromisoformat, UUID)
        house = properties.asked_for(tx, request.property)
        found = store.queue(tx, request, house, after, limit + 1)
        if not found and not any(_theirs(tx).see(team.property) for team in store.teams(tx, request.team)):
            raise NoSuchTeam
        last = found[limit - 1][1] if len(found) > limit else None
        more = listing.cursor_of(last.arrival, last.since.isoformat(), last.booking_id) if last else None
        items = with_routing(tx, [shown(booking) for booking, _ in found[:limit]])
        return BookingsFound(items=items, next=more)

    @command
    def claim_booking(self, tx: Tx, request: ClaimBooking) -> Booking:
        actor = tx.context.actor
        return _worked_on(tx, request.booking_id, lambda r, known: routing.claimed(r, known.booking, tx.now, actor))

    @command
    def hand_back_booking(self, tx: Tx, request: HandBackBooking) -> Booking:
        """What has changed meanwhile, rules and levels, reaches it now."""
        reason = routing.checked_reason(without_cards(request.reason) or "")
        actor = tx.context.actor
        found = _worked_on(tx, request.booking_id, lambda r, _: routing.handed_back(r, tx.now, actor, reason))
        store.add_due(tx, "booking", request.booking_id)
        return found

    @query
    def read_booking_route(self, tx: Tx, request: ReadBookingRoute) -> BookingRoute:
        route = _known(tx, request.booking_id).route
        if route is None:
            return BookingRoute(booking_id=request.booking_id)
        return BookingRoute(
            booking_id=route.booking_id,
            version=route.version,
            booking_version=route.booking_version,
            team=route.team,
            branch=route.branch,
            rule=route.rule,
            tried=_tried(tx, route),
            since=route.since if route.version else None,
            claimed_by=route.claimed_by,
            claimed_at=route.claimed_at,
            history=store.history(tx, request.booking_id),
        )

    # ── what changes a route ─────────────────────────────────────────────────────────────────────────────────────────

    @subscribe(BookingConfirmed, together=True)
    def route_confirmed(self, tx: Tx, event: BookingConfirmed) -> None:
        _follow(tx, event.booking_id)
        tell_by_itself(tx, event.booking)

    @subscribe(BookingChanged, together=True)
    def route_changed(self, tx: Tx, event: BookingChanged) -> None:
        _follow(tx, event.booking_id)

    @every(seconds=2)
    def route_what_is_due(self, tx: Tx) -> None:
        """Follow rules and levels that have changed, arrivals of the next days first."""
        due = store.due(tx, _AT_ONCE)
        if not due.seqs:
            return
        _route(tx, due.bookings, again=True)
        store.settle(tx, due, tx.now.date() - timedelta(days=MOST_NIGHTS + 1))

    @every(seconds=3600)
    def close_routes(self, tx: Tx) -> None:
        """Take what has ended out of the queues, which do not show it any more, so that they stay short."""
        store.close_ended(tx)


@dataclass(frozen=True)
class _Theirs:
    """Whose rules and teams are: `keys` are codes and ids of the properties a caller is limited to, None for all.

    One of no property is the whole organisation's: everybody sees it, and who is limited does not change it.
    """

    keys: frozenset[str] | None

    def see(self, property_code: str | None) -> bool:
        return self.keys is None or property_code is None or property_code in self.keys

    def permit(self, key: str | None) -> None:
        """Refuses with NotYourProperty."""
        if self.keys is not None and key not in self.keys:
            raise NotYourProperty

    def expected(self, version: int | None, present: RoutingRule | Team | None) -> int | None:
        """The version to replace: to who is limited none but the one that was looked at."""
        if self.keys is None or version is not None:
            return version
        return present.version if present else 0


def _theirs(tx: Tx) -> _Theirs:
    if tx.context.properties is None:
        return _Theirs(None)
    return _Theirs(frozenset(key for house in properties.read_all(tx) for key in (house.code, str(house.id))))


def _tried(tx: Tx, route: Route) -> tuple[RuleTried, ...]:
    """To who is limited without the rules of other properties."""
    theirs = _theirs(tx)
    if theirs.keys is None:
        return route.tried
    hidden = {rule.code for rule in store.rulebook(tx).rules if not theirs.see(rule.property)}
    return tuple(each for each in route.tried if each.rule not in hidden)


def refuse_others(tx: Tx, booking_id: UUID) -> BookingRouting | None:
    """Only the team that a booking has been sent to, and admins, work on it: refuses with NotInTeam.

    Whatever staff do with a booking begins here; answers where it stands. One that no team has is everybody's.
    """
    found = store.with_members(tx, booking_id)
    if found is None:
        return None
    stands, members = found
    if not routing.may_work(tx.context.actor, tx.context.roles, members):
        raise NotInTeam(facts={"team": stands.team})
    return stands


def with_routing(tx: Tx, found: Sequence[Booking]) -> tuple[Booking, ...]:
    """The bookings with the teams they have been sent to. One statement for all."""
    known = store.shown(tx, [booking.id for booking in found]) if found else {}
    return tuple(replace(booking, routing=known.get(booking.id)) for booking in found)


def follow_level(tx: Tx, event: LevelChanged) -> None:
    """A guest who becomes, or no longer is, a VIP."""
    store.remember_level(tx, event.profile_id, event.version, event.level)


def _follow(tx: Tx, booking_id: UUID) -> None:
    if store.concerned(tx, booking_id):
        _route(tx, (booking_id,))


def _route(tx: Tx, booking_ids: Sequence[UUID], *, again: bool = False) -> None:
    """Bring these to the teams they belong to. `again` is for what has been routed in this version by other rules."""
    if not booking_ids:
        return
    tx.lock(map(_key, booking_ids))
    wanted = [known for known in store.known(tx, booking_ids) if _is_due(known, again)]
    if wanted:
        book, actor = store.rulebook(tx), tx.context.actor
        wanted = [known for known in wanted if known.route or book.rules]
        _keep(tx, [(k, routing.followed(k.route, k.booking, k.levels, book, tx.now, actor)) for k in wanted])


def _is_due(known: Known, again: bool) -> bool:
    before = known.route
    if before is None:
        return True
    return before.claimed_by is None if again else before.booking_version < known.booking.version


def _worked_on(tx: Tx, booking_id: UUID, change: Callable[[Route, Known], routing.Step]) -> Booking:
    """Change the route of a booking by somebody who may work on it."""
    tx.lock([_key(booking_id)])
    known = _known(tx, booking_id)
    if known.route is None or known.route.team is None:
        raise NotRouted
    refuse_others(tx, booking_id)
    _keep(tx, [(known, change(known.route, known))])
    return with_routing(tx, [shown(known.booking)])[0]


def _key(booking_id: UUID) -> int:
    """Of the lock on a booking's route."""
    return lock_key(b"route:" + booking_id.bytes)


def _known(tx: Tx, booking_id: UUID) -> Known:
    found = store.known(tx, [booking_id])
    if not found or not sees(tx.context, found[0].booking.property_id):
        raise NoSuchBooking
    return found[0]


def _keep(tx: Tx, steps: Iterable[tuple[Known, routing.Step]]) -> None:
    """Keep the routes that differ, and tell what happened to them."""
    routes: list[Route] = []
    entries: list[tuple[UUID, RouteEntry]] = []
    for known, (route, entry) in steps:
        if route != known.route:
            routes.append(route)
        if entry:
            entries.append((route.booking_id, entry))
            tx.announce(_TOLD[entry.change](booking_id=route.booking_id, route=_facts(route, known)))  # type: ignore[call-arg]
    if routes:
        store.keep(tx, routes, entries)


def _facts(route: Route, known: Known) -> RouteFacts:
    return RouteFacts(
        booking_id=route.booking_id,
        routing_version=route.version,
        property_id=known.booking.property_id,
        profile_ids=known.booking.profile_ids,
        team=route.team,
        branch=route.branch,
        rule=route.rule,
        claimed_by=route.claimed_by,
        since=route.since,
    )
