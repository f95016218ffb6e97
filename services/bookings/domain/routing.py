"""Which team a booking goes to, why, and what becomes of a claim. Nothing here reads or writes.

A route is a function of the booking, the levels of its guests, the rules and the teams: whoever evaluates it, and
however often, comes to the same team.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.bookings.domain.booking import Booking
from services.bookings.domain.texts import faults
from services.contracts.bookings import Property, StateForbids
from services.contracts.bookings.routing import (
    AlreadyClaimed,
    NotARoutingRule,
    NotATeam,
    NotClaimed,
    RouteChange,
    RouteEntry,
    RoutingRule,
    RuleTried,
    Team,
)
from services.contracts.values import decimals
from services.kit.refusal import Invalid, Problem

MOST_RULES = 500
MOST_MEMBERS = 500
WORKED_ON = ("confirmed", "in_house")  # states in which somebody works on a booking

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_MEMBER = re.compile(r"(key|staff):[A-Za-z0-9._-]{1,100}")
_MOST_PRIORITY = 1_000_000
_MOST_MINOR = 10**12
_MOST_NIGHTS = 400


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────

Levels = Collection[str]  # of everybody on a booking, case folded

# In the order in which they are looked at: the first that fails is told of.
_MEETS: Mapping[str, Callable[[Any, Booking, Levels], bool]] = {
    "property": lambda said, booking, _: said == booking.property_code,
    "channel": lambda said, booking, _: said.casefold() == (booking.channel or "").casefold(),
    "method": lambda said, booking, _: said == booking.method,
    "value_at_least": lambda said, booking, _: (
        said.currency == booking.price.currency and said.amount_minor <= booking.price.amount_minor
    ),
    "level": lambda said, _, levels: said.casefold() in levels,
    "room_type": lambda said, booking, _: any(
        said == part.room_type for room in booking.rooms for part in room.stays(booking.arrival, booking.departure)
    ),
    "weekdays": lambda said, booking, _: booking.arrival.isoweekday() in said,
    "arrival_from": lambda said, booking, _: said <= booking.arrival,
    "arrival_until": lambda said, booking, _: booking.arrival <= said,
    "nights_at_least": lambda said, booking, _: said <= (booking.departure - booking.arrival).days,
}


def order(rule: RoutingRule) -> tuple[int, int, str]:
    """The lowest priority first, of equal ones the one with more conditions, of those the first by code."""
    return rule.priority, -sum(1 for _ in _conditions(rule)), rule.code


def first_failed(rule: RoutingRule, booking: Booking, levels: Levels) -> str | None:
    """The name of the first condition that the booking does not meet; None where it meets all."""
    return next((name for name, said in _conditions(rule) if not _MEETS[name](said, booking, levels)), None)


def _conditions(rule: RoutingRule) -> Iterator[tuple[str, Any]]:
    """Those that the rule says, by name."""
    return ((name, said) for name in _MEETS if (said := getattr(rule, name)) not in (None, ()))


@dataclass(frozen=True)
class Rulebook:
    """The rules in the order in which they are tried, and the properties that teams stand for."""

    rules: tuple[RoutingRule, ...]
    team_properties: Mapping[str, str | None]

    def find(self, booking: Booking, levels: Levels) -> tuple[RoutingRule | None, tuple[RuleTried, ...]]:
        """The first rule that the booking meets, and what failed in those before it."""
        tried: list[RuleTried] = []
        for rule in self.rules:
            failed = first_failed(rule, booking, levels)
            if failed is None:
                return rule, tuple(tried)
            tried.append(RuleTried(rule=rule.code, failed=failed))
        return None, tuple(tried)

    def branch(self, rule: RoutingRule, booking: Booking) -> str:
        return rule.branch or self.team_properties.get(rule.team) or booking.property_code


# ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Route:
    """`version` counts changes of team, branch and claim. `open` says that the booking stands in the team's queue."""

    booking_id: UUID
    version: int = 0
    booking_version: int = 0
    team: str | None = None
    branch: str | None = None
    rule: str | None = None
    tried: tuple[RuleTried, ...] = ()
    arrival: date
    open: bool = False
    since: datetime
    claimed_by: str | None = None
    claimed_at: datetime | None = None


Step = tuple[Route, RouteEntry | None]  # the route as it is now, and what happened to it, if anything did


def followed(before: Route | None, booking: Booking, levels: Levels, book: Rulebook, now: datetime, actor: str) -> Step:
    """The route of the booking as it is now. One that comes to another team or branch is claimed by nobody there.

    What has ended leaves the queue and keeps the rest as it was.
    """
    before = before or Route(booking_id=booking.id, arrival=booking.arrival, since=now)
    seen = replace(before, booking_version=booking.version, arrival=booking.arrival)
    if booking.state not in WORKED_ON:
        return replace(seen, open=False), None
    rule, tried = book.find(booking, levels)
    team, branch = (rule.team, book.branch(rule, booking)) if rule else (None, None)
    after = replace(seen, rule=rule.code if rule else None, tried=tried, open=team is not None)
    if (team, branch) == (before.team, before.branch):
        return after, None
    after = replace(after, team=team, branch=branch, since=now, claimed_by=None, claimed_at=None)
    return _noted(after, "routed" if team else "unrouted", now, actor, released=before.claimed_by)


def claimed(before: Route, booking: Booking, now: datetime, actor: str) -> Step:
    """Refuses with StateForbids and AlreadyClaimed; nothing happens where the same caller has claimed it before."""
    if booking.state not in WORKED_ON:
        raise StateForbids(f"A booking that is {booking.state} cannot be claimed.", facts={"state": booking.state})
    if before.claimed_by == actor:
        return before, None
    if before.claimed_by:
        raise AlreadyClaimed(facts={"claimed_by": before.claimed_by})
    return _noted(replace(before, claimed_by=actor, claimed_at=now), "claimed", now, actor)


def handed_back(before: Route, now: datetime, actor: str, reason: str) -> Step:
    """Refuses with NotClaimed. `since` stays: it has the same place in the queue as before."""
    if not before.claimed_by:
        raise NotClaimed
    after = replace(before, claimed_by=None, claimed_at=None)
    return _noted(after, "handed_back", now, actor, released=before.claimed_by, reason=reason)


def may_work(actor: str, roles: Collection[str], members: Collection[str]) -> bool:
    """Of the team, or an admin."""
    return actor in members or "admin" in roles


def _noted(
    route: Route,
    change: RouteChange,
    now: datetime,
    actor: str,
    *,
    released: str | None = None,
    reason: str | None = None,
) -> Step:
    after = replace(route, version=route.version + 1)
    entry = RouteEntry(
        version=after.version,
        change=change,
        team=after.team,
        branch=after.branch,
        rule=after.rule,
        actor=actor,
        reason=reason,
        released=released,
        at=now,
    )
    return after, entry


# ── what may be said ─────────────────────────────────────────────────────────────────────────────────────────────────


def checked_rule(said: RoutingRule, houses: Sequence[Property], teams: Collection[str]) -> RoutingRule:
    """With the codes of the properties it names by id; refuses with NotARoutingRule."""
    codes = {key: house.code for house in houses for key in (house.code, str(house.id))}
    rule = replace(
        said,
        property=codes.get(said.property, said.property) if said.property else None,
        branch=codes.get(said.branch, said.branch) if said.branch else None,
        weekdays=tuple(sorted(set(said.weekdays))),
    )
    problems = list(_faults_of_rule(rule, {house.code: house for house in houses}, teams))
    if problems:
        raise NotARoutingRule(errors=problems)
    return rule


def checked_team(said: Team, houses: Sequence[Property]) -> Team:
    """With its property's code, and each member once; refuses with NotATeam."""
    codes = {key: house.code for house in houses for key in (house.code, str(house.id))}
    problems = []
    if not is_code(said.code):
        problems.append(_NO_CODE)
    problems += faults("/name", said.name, 200, needed=True)
    if said.property is not None and said.property not in codes:
        problems.append(Problem("/property", "There is no such property."))
    if len(said.members) > MOST_MEMBERS:
        problems.append(Problem("/members", f"More than {MOST_MEMBERS}."))
    for n, member in enumerate(said.members[:MOST_MEMBERS]):
        if not _MEMBER.fullmatch(member):
            problems.append(Problem(f"/members/{n}", "Not the id of a key or of staff: key:… or staff:…"))
    if problems:
        raise NotATeam(errors=problems[:50])
    return replace(
        said,
        property=codes[said.property] if said.property else None,
        members=tuple(dict.fromkeys(said.members)),
    )


def is_code(said: str) -> bool:
    """Whether a rule or a team can be called so."""
    return _CODE.fullmatch(said) is not None


def checked_reason(said: str) -> str:
    problems = list(faults("/reason", said, 500, needed=True))
    if problems:
        raise Invalid(errors=problems)
    return said.strip()


def _faults_of_rule(rule: RoutingRule, houses: Mapping[str, Property], teams: Collection[str]) -> Iterator[Problem]:
    if not is_code(rule.code):
        yield _NO_CODE
    if not 0 <= rule.priority <= _MOST_PRIORITY:
        yield Problem("/priority", f"Must be from 0 to {_MOST_PRIORITY}.")
    for name in ("property", "branch"):
        if getattr(rule, name) is not None and getattr(rule, name) not in houses:
            yield Problem(f"/{name}", "There is no such property.")
    if rule.team not in teams:
        yield Problem("/team", "There is no such team.")
    house = houses.get(rule.property or "")
    yield from faults("/channel", rule.channel, 60, needed=rule.channel is not None)
    yield from faults("/level", rule.level, 60, needed=rule.level is not None)
    if rule.value_at_least:
        yield from _faults_of_value(rule.value_at_least.amount_minor, rule.value_at_least.currency, house)
    if rule.room_type is not None:
        known = {kind.code for each in ([house] if house else houses.values()) for kind in each.room_types}
        if rule.room_type not in known:
            yield Problem("/room_type", "There is no such room type.")
    for n, day in enumerate(rule.weekdays):
        if not 1 <= day <= 7:
            yield Problem(f"/weekdays/{n}", "From 1, Monday, to 7, Sunday.")
    if rule.arrival_from and rule.arrival_until and rule.arrival_until < rule.arrival_from:
        yield Problem("/arrival_until", "Must not be before the first day.")
    if rule.nights_at_least is not None and not 1 <= rule.nights_at_least <= _MOST_NIGHTS:
        yield Problem("/nights_at_least", f"Must be from 1 to {_MOST_NIGHTS}.")


def _faults_of_value(minor: int, currency: str, house: Property | None) -> Iterator[Problem]:
    try:
        decimals(currency)
    except Invalid:
        yield Problem("/value_at_least/currency", "Not an ISO 4217 currency code.")
    else:
        if house and house.currency != currency:
            yield Problem("/value_at_least/currency", f"The property takes {house.currency}.")
    if not 0 <= minor <= _MOST_MINOR:
        yield Problem("/value_at_least/amount", "Must not be negative, nor beyond what stays cost.")


_NO_CODE = Problem("/code", "Up to 40 letters, digits, dots, dashes and underscores.")
