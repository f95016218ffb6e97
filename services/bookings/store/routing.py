"""Routing rules, teams, and where each booking has been sent.

Whoever changes a route holds its lock and reads after that: the rules, the levels and the booking as they are
then. A change of rules or of a level is written down as due, and followed by a later transaction, which sees it
committed: so no booking that was routed meanwhile by what was before is missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.bookings.domain.booking import Booking
from services.bookings.domain.routing import Levels, Route, Rulebook, order
from services.bookings.store.rows import booking_of
from services.contracts.bookings import BookingRouting, ReadTeamQueue
from services.contracts.bookings.routing import RouteEntry, RoutingRule, RuleTried, Team
from services.kit import wire
from services.kit.db import Tx

# ── rules and teams ──────────────────────────────────────────────────────────────────────────────────────────────────


def keep_rule(tx: Tx, rule: RoutingRule, expected: int | None) -> int | None:
    """Its new version; None, and nothing kept, where the version is not the expected one (0 for none, None for any)."""
    return tx.execute(_KEEP_RULE, {"code": rule.code, "body": _body(rule), "expected": expected}).scalar()


def remove_rule(tx: Tx, code: str) -> RoutingRule | None:
    row = tx.execute(_REMOVE_RULE, {"code": code}).first()
    return replace(wire.load(RoutingRule, row.body), version=row.version) if row else None


def rulebook(tx: Tx) -> Rulebook:
    row = tx.execute(_RULEBOOK).one()
    return Rulebook(_rules(row.rules or "[]"), row.teams or {})


def keep_team(tx: Tx, team: Team, expected: int | None) -> int | None:
    """As `keep_rule`."""
    said = {"code": team.code, "body": _body(team), "members": list(team.members), "expected": expected}
    return tx.execute(_KEEP_TEAM, said).scalar()


def teams(tx: Tx, code: str | None = None) -> list[Team]:
    """By code."""
    rows = tx.execute(_TEAMS, {"code": code})
    return [replace(wire.load(Team, row.body), version=row.version, members=tuple(row.members)) for row in rows]


def _body(said: RoutingRule | Team) -> str:
    return json.dumps({k: v for k, v in wire.dump(said).items() if k not in ("version", "members")})


@lru_cache(maxsize=4)
def _rules(text: str) -> tuple[RoutingRule, ...]:
    """Parsed once for as long as they stay the same."""
    return tuple(sorted((wire.load(RoutingRule, each) for each in json.loads(text)), key=order))


_KEEP = """
    INSERT INTO {table} AS k (code, version, body{more})
    SELECT :code, 1, CAST(:body AS jsonb){values}
    WHERE coalesce(CAST(:expected AS int), 0) = 0 OR EXISTS (SELECT FROM {table} WHERE code = :code)
    ON CONFLICT (code) DO UPDATE SET version = k.version + 1, body = excluded.body{update}
    WHERE CAST(:expected AS int) IS NULL OR k.version = :expected
    RETURNING version
"""
_KEEP_RULE = sa.text(_KEEP.format(table="routing_rules", more="", values="", update=""))
_KEEP_TEAM = sa.text(
    _KEEP.format(
        table="teams",
        more=", members",
        values=", CAST(:members AS text[])",
        update=", members = excluded.members",
    )
)
_REMOVE_RULE = sa.text("DELETE FROM routing_rules WHERE code = :code RETURNING version, body")
_RULEBOOK = sa.text(
    """
    SELECT (SELECT CAST(jsonb_agg(body || jsonb_build_object('version', version)) AS text) FROM routing_rules) AS rules,
           (SELECT jsonb_object_agg(code, body -> 'property') FROM teams) AS teams
    """
)
_TEAMS = sa.text("SELECT * FROM teams WHERE CAST(:code AS text) IS NULL OR code = :code ORDER BY code")


# ── what is due ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Due:
    """What is to be followed; `seqs` are its own numbers, for `settle`."""

    rules: bool
    profiles: tuple[UUID, ...]
    bookings: tuple[UUID, ...]
    seqs: tuple[int, ...]


def remember_level(tx: Tx, profile_id: UUID, version: int, level: str | None) -> None:
    """The house's label of a guest; an older version than the known one changes nothing. A new one is due."""
    tx.execute(_LEVEL, {"profile_id": profile_id, "version": version, "level": level})


def add_due(tx: Tx, kind: str, what: UUID | None = None) -> None:
    """`rules`, or a `booking`."""
    tx.execute(_ADD_DUE, {"kind": kind, "id": what})


def due(tx: Tx, most: int) -> Due:
    """The oldest of what is due."""
    rows = tx.execute(_DUE, {"most": most}).all()
    return Due(
        rules=any(row.kind == "rules" for row in rows),
        profiles=tuple(sorted({row.id for row in rows if row.kind == "profile"})),
        bookings=tuple(sorted({row.id for row in rows if row.kind == "booking"})),
        seqs=tuple(row.seq for row in rows),
    )


def settle(tx: Tx, seen: Due, first: date) -> None:
    """Put the bookings that rules and guests concern in the place of these; those arriving before `first` are over."""
    if seen.rules or seen.profiles:
        tx.execute(_EXPAND, {"all": seen.rules, "profiles": list(seen.profiles), "first": first})
    tx.execute(_DONE, {"seqs": list(seen.seqs)})


_LEVEL = sa.text(
    """
    WITH kept AS (
        INSERT INTO guest_levels AS g (profile_id, version, level) VALUES (:profile_id, :version, :level)
        ON CONFLICT (profile_id) DO UPDATE SET version = excluded.version, level = excluded.level
        WHERE g.version < excluded.version
        RETURNING profile_id
    )
    INSERT INTO routing_due (kind, id) SELECT 'profile', profile_id FROM kept
    """
)
_ADD_DUE = sa.text("INSERT INTO routing_due (kind, id) VALUES (:kind, CAST(:id AS uuid))")
_DUE = sa.text("SELECT seq, kind, id FROM routing_due ORDER BY seq LIMIT :most")
_EXPAND = sa.text(
    """
    INSERT INTO routing_due (kind, id)
    SELECT 'booking', b.id FROM bookings b
    WHERE b.state IN ('confirmed', 'in_house') AND b.identified AND b.arrival >= :first
      AND (:all OR b.id IN (SELECT booking_id FROM booked_profiles WHERE profile_id = ANY(CAST(:profiles AS uuid[]))))
    ORDER BY b.arrival, b.id
    """
)
_DONE = sa.text("DELETE FROM routing_due WHERE seq = ANY(CAST(:seqs AS bigint[]))")


# ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Known:
    """What a booking's route is decided by, besides the rules."""

    booking: Booking
    levels: Levels
    route: Route | None


def concerned(tx: Tx, booking_id: UUID) -> bool:
    """Whether there is any rule, or the booking has been routed by one that is gone."""
    return bool(tx.execute(_CONCERNED, {"id": booking_id}).scalar())


def known(tx: Tx, booking_ids: Iterable[UUID]) -> list[Known]:
    rows = tx.execute(_KNOWN, {"ids": list(booking_ids)})
    return [Known(booking_of(row), {level.casefold() for level in row.levels}, _route(row)) for row in rows]


def keep(tx: Tx, routes: Sequence[Route], entries: Sequence[tuple[UUID, RouteEntry]]) -> None:
    """Routes whose locks are held, and what happened to them. One statement."""
    said = {
        "routes": json.dumps([_row(route) for route in routes]),
        "entries": json.dumps([{"booking_id": str(of), **wire.dump(entry)} for of, entry in entries]),
    }
    tx.execute(_KEEP_ROUTES, said)


def close_ended(tx: Tx) -> None:
    tx.execute(_CLOSE_ENDED)


def history(tx: Tx, booking_id: UUID) -> tuple[RouteEntry, ...]:
    """Oldest first."""
    rows = tx.execute(_HISTORY, {"id": booking_id})
    return tuple(RouteEntry(**{n: v for n, v in row._mapping.items() if n != "booking_id"}) for row in rows)


def shown(tx: Tx, booking_ids: Iterable[UUID]) -> dict[UUID, BookingRouting]:
    """Where bookings stand, of those that have been sent to a team."""
    return {row.booking_id: _routing(row) for row in tx.execute(_SHOWN, {"ids": list(booking_ids)})}


def with_members(tx: Tx, booking_id: UUID) -> tuple[BookingRouting, list[str]] | None:
    """Where a booking stands and who belongs to that team; None where it has not been sent to any."""
    row = tx.execute(_MEMBERS, {"id": booking_id}).first()
    return (_routing(row), row.members) if row else None


def queue(
    tx: Tx, asked: ReadTeamQueue, property_id: UUID | None, after: tuple[date, datetime, UUID] | None, limit: int
) -> list[tuple[Booking, Route]]:
    """By arrival, then as they came to the team, beginning behind `after`; each filter applies where it is given."""
    chosen: dict[str, tuple[Any, str]] = {
        "property_id": (property_id, "b.property_id = :property_id"),
        "arrival_from": (asked.arrival_from, "r.arrival >= :arrival_from"),
        "arrival_until": (asked.arrival_until, "r.arrival <= :arrival_until"),
        "claimed": (asked.claimed, "(r.claimed_by IS NOT NULL) = :claimed"),
        "claimed_by": (asked.claimed_by, "r.claimed_by = :claimed_by"),
    }
    given = {name: value for name, (value, _) in chosen.items() if value is not None}
    clauses = [chosen[name][1] for name in given]
    if after:
        clauses.append("(r.arrival, r.since, r.booking_id) > (:day, :moment, :id)")
        given |= dict(zip(("day", "moment", "id"), after, strict=True))
    statement = sa.text(" AND ".join([_QUEUE, *clauses]) + " ORDER BY r.arrival, r.since, r.booking_id LIMIT :limit")
    rows = tx.execute(statement, {"team": asked.team, "state": asked.state, "limit": limit, **given})
    return [(booking_of(row), route) for row in rows if (route := _route(row))]


def _routing(row: Any) -> BookingRouting:
    return BookingRouting(team=row.team, branch=row.branch, claimed_by=row.claimed_by, since=row.since)


def _row(route: Route) -> dict[str, Any]:
    return {
        **vars(route),
        "booking_id": str(route.booking_id),
        "tried": [[each.rule, each.failed] for each in route.tried],
        "arrival": route.arrival.isoformat(),
        "since": route.since.isoformat(),
        "claimed_at": route.claimed_at.isoformat() if route.claimed_at else None,
    }


def _route(row: Any) -> Route | None:
    """From the columns of `routes` beside those of the booking."""
    if row.route_version is None:
        return None
    return Route(
        booking_id=row.id,
        version=row.route_version,
        booking_version=row.booking_version,
        team=row.team,
        branch=row.branch,
        rule=row.rule,
        tried=tuple(RuleTried(rule=rule, failed=failed) for rule, failed in row.tried),
        arrival=row.route_arrival,
        open=row.open,
        since=row.since,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
    )


_ROUTE_COLUMNS = """
    r.version AS route_version, r.arrival AS route_arrival, r.booking_version, r.team, r.branch, r.rule, r.tried,
    r.open, r.since, r.claimed_by, r.claimed_at
"""
_CONCERNED = sa.text("SELECT EXISTS (SELECT FROM routing_rules) OR EXISTS (SELECT FROM routes WHERE booking_id = :id)")
_KNOWN = sa.text(
    f"""
    SELECT b.*, p.code, p.country, p.time_zone, {_ROUTE_COLUMNS},
           ARRAY(
               SELECT g.level FROM jsonb_array_elements(b.people) AS person
               JOIN guest_levels g ON g.profile_id = CAST(person ->> 'profile_id' AS uuid)
               WHERE g.level IS NOT NULL
           ) AS levels
    FROM bookings b JOIN properties p ON p.id = b.property_id LEFT JOIN routes r ON r.booking_id = b.id
    WHERE b.id = ANY(CAST(:ids AS uuid[]))
    ORDER BY b.id
    """  # noqa: S608
)
_KEEP_ROUTES = sa.text(
    """
    WITH noted AS (
        INSERT INTO route_history
        SELECT e.* FROM jsonb_populate_recordset(CAST(NULL AS route_history), CAST(:entries AS jsonb)) AS e
    )
    INSERT INTO routes
    SELECT r.* FROM jsonb_populate_recordset(CAST(NULL AS routes), CAST(:routes AS jsonb)) AS r
    ORDER BY r.booking_id
    ON CONFLICT (booking_id) DO UPDATE
    SET version = excluded.version, booking_version = excluded.booking_version, team = excluded.team,
        branch = excluded.branch, rule = excluded.rule, tried = excluded.tried, arrival = excluded.arrival,
        open = excluded.open, since = excluded.since, claimed_by = excluded.claimed_by,
        claimed_at = excluded.claimed_at
    """
)
_CLOSE_ENDED = sa.text(
    "UPDATE routes r SET open = false FROM bookings b"
    " WHERE b.id = r.booking_id AND r.open AND b.state NOT IN ('confirmed', 'in_house')"
)
_HISTORY = sa.text("SELECT * FROM route_history WHERE booking_id = :id ORDER BY version")
_SHOWN = sa.text("SELECT * FROM routes WHERE booking_id = ANY(CAST(:ids AS uuid[])) AND team IS NOT NULL")
_MEMBERS = sa.text("SELECT r.*, t.members FROM routes r JOIN teams t ON t.code = r.team WHERE r.booking_id = :id")
_QUEUE = f"""
    SELECT b.*, p.code, p.country, p.time_zone, {_ROUTE_COLUMNS}
    FROM routes r JOIN bookings b ON b.id = r.booking_id JOIN properties p ON p.id = b.property_id
    WHERE r.team = :team AND r.open AND b.state = :state
"""  # noqa: S608
