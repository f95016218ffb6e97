"""The members' tables: the only SQL of loyalty.

A lot is written only if it is the one that was read (by its `seen_version`); an account's points move by a difference,
under its row lock, which every later look at the member's stays waits for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.billing import RevenuePosted
from services.kit.db import Tx
from services.kit.ids import new_id
from services.loyalty.domain import LOWEST_TIER, EarningRule, Lot, Tier, left_after


class Moved(Exception):
    """Somebody else wrote the lot since it was read: read it again."""


@dataclass(frozen=True)
class Seen:
    """What is known of one booking's revenue of one kind, and the rules that may apply to it."""

    lot: Lot | None
    version: int
    rules: list[EarningRule]


@dataclass(frozen=True)
class AccountRow:
    """A member's account after a change; `opened`: it was not there before."""

    profile_id: UUID
    points: int
    tier: str
    version: int
    opened: bool


_OPEN = sa.text(
    "INSERT INTO accounts (profile_id, points, tier, version, opened_at) VALUES (:profile_id, 0, :tier, 1, :at)"
    " ON CONFLICT (profile_id) DO NOTHING RETURNING profile_id"
)
_SEEN = sa.text(
    """
    SELECT l.profile_id, l.points, l.left, l.seen_version, r.rules
    FROM (
        SELECT json_agg(json_build_array(points_per_unit::text, property_id, currency)) AS rules
        FROM earning_rules WHERE kind = :kind AND (property_id IS NULL OR property_id = :property_id)
    ) AS r LEFT JOIN lots l ON l.booking_id = :booking_id AND l.kind = :kind
    """
)
# Whose balance moves is in `changes`, in the order of their ids so that two of these never wait for each other.
_KEEP = sa.text(
    """
    WITH lot AS (
        INSERT INTO lots AS l (
            id, booking_id, kind, profile_id, points, "left", nights, amount_minor, currency, earned_at, seen_version
        ) VALUES (
            :id, :booking_id, :kind, :profile_id, :points, :left, :nights, :amount, :currency, :at, :seen_version
        )
        ON CONFLICT (booking_id, kind) DO UPDATE SET
            profile_id = excluded.profile_id, points = excluded.points,
            "left" = excluded.left, nights = excluded.nights,
            amount_minor = excluded.amount_minor, currency = excluded.currency,
            earned_at = CASE WHEN l.points = 0 THEN excluded.earned_at ELSE l.earned_at END,
            seen_version = excluded.seen_version
        WHERE l.seen_version = :version
        RETURNING 1
    ), account AS (
        INSERT INTO accounts AS a (profile_id, points, tier, version, opened_at)
        SELECT c.profile_id, c.delta, :tier, 1, :at
        FROM unnest(CAST(:profiles AS uuid[]), CAST(:deltas AS bigint[])) AS c (profile_id, delta)
        WHERE EXISTS (SELECT FROM lot)
        ORDER BY c.profile_id
        ON CONFLICT (profile_id) DO UPDATE SET points = a.points + excluded.points, version = a.version + 1
        RETURNING profile_id, points, tier, version, xmax = 0 AS opened
    )
    SELECT a.* FROM lot LEFT JOIN account a ON true
    """
)
_TIERS = sa.text(
    """
    SELECT t.name, t.rank, t.nights AS nights_asked, t.amount_minor AS minor_asked,
           coalesce(s.nights, 0) AS nights, coalesce(s.minor, 0) AS minor
    FROM tiers t, LATERAL (
        SELECT sum(l.nights) AS nights, sum(l.amount_minor) FILTER (WHERE l.currency = t.currency) AS minor
        FROM lots l
        WHERE l.profile_id = :profile_id AND (t.months IS NULL OR l.earned_at > :at - make_interval(months => t.months))
    ) AS s
    """
)
_TO_REVIEW = sa.text(
    """
    SELECT a.profile_id, a.tier FROM accounts a
    WHERE a.profile_id > :after AND a.tier <> :lowest AND EXISTS (
        SELECT FROM lots l, tiers t
        WHERE l.profile_id = a.profile_id AND l.earned_at <= :at - make_interval(months => t.months)
    )
    ORDER BY a.profile_id LIMIT :limit FOR UPDATE OF a
    """
)
_SET_TIER = sa.text(
    "UPDATE accounts SET tier = :tier, version = version + 1 WHERE profile_id = :profile_id AND tier <> :tier"
    " RETURNING version"
)
_ACCOUNT = sa.text("SELECT profile_id, points, tier, version, opened_at FROM accounts WHERE profile_id = :profile_id")
_LOTS = sa.text(
    'SELECT id, booking_id, kind, points, "left", nights, earned_at, expires_on FROM lots'
    ' WHERE profile_id = :profile_id AND (points <> 0 OR "left" <> 0 OR amount_minor = 0)'
    " ORDER BY earned_at DESC, id LIMIT :limit"
)
_NIGHTS = sa.text("SELECT coalesce(sum(nights), 0) FROM lots WHERE profile_id = :profile_id")


def open_account(tx: Tx, profile_id: UUID) -> bool:
    """Answers whether it is a new one."""
    row = {"profile_id": profile_id, "tier": LOWEST_TIER, "at": tx.now}
    return tx.execute(_OPEN, row).first() is not None


def seen(tx: Tx, event: RevenuePosted) -> Seen:
    row = tx.execute(
        _SEEN, {"booking_id": event.booking_id, "kind": event.kind, "property_id": event.property_id}
    ).one()
    lot = Lot(row.profile_id, row.points, row.left) if row.profile_id else None
    return Seen(lot, row.seen_version or 0, [_rule(event.kind, *rule) for rule in row.rules or ()])


def keep_lot(tx: Tx, event: RevenuePosted, before: Seen, points: int, changes: Mapping[UUID, int]) -> list[AccountRow]:
    """Write the lot, move the balances; answers the accounts whose points changed. Raises Moved."""
    counts = event.kind == "room" and event.total.amount_minor > 0
    rows = tx.execute(
        _KEEP,
        {
            "id": new_id(),
            "booking_id": event.booking_id,
            "kind": event.kind,
            "profile_id": event.profile_id,
            "points": points,
            "left": left_after(before.lot, points),
            "nights": event.nights if counts else 0,
            "amount": event.total.amount_minor,
            "currency": event.total.currency,
            "at": tx.now,
            "seen_version": event.version,
            "version": before.version,
            "tier": LOWEST_TIER,
            "profiles": list(changes),
            "deltas": list(changes.values()),
        },
    ).all()
    if not rows:
        raise Moved
    return [AccountRow(**row._mapping) for row in rows if row.profile_id]


def tiers(tx: Tx, profile_id: UUID) -> list[Tier]:
    """Every tier, and how far the member has come towards it."""
    return [
        Tier(r.name, r.rank, r.nights_asked, r.minor_asked, int(r.nights), int(r.minor))
        for r in tx.execute(_TIERS, {"profile_id": profile_id, "at": tx.now})
    ]


def to_review(tx: Tx, after: UUID, limit: int) -> list[tuple[UUID, str]]:
    """Members above the lowest tier with a stay that no longer counts, with their tiers; locked, in order of id."""
    row = {"after": after, "limit": limit, "lowest": LOWEST_TIER, "at": tx.now}
    return [(r.profile_id, r.tier) for r in tx.execute(_TO_REVIEW, row)]


def set_tier(tx: Tx, profile_id: UUID, tier: str) -> int | None:
    """Answers the account's new version, or nothing if it has this tier already."""
    return tx.execute(_SET_TIER, {"profile_id": profile_id, "tier": tier}).scalar()


def account(tx: Tx, profile_id: UUID) -> Any:
    return tx.execute(_ACCOUNT, {"profile_id": profile_id}).first()


def lots(tx: Tx, profile_id: UUID, limit: int) -> list[Any]:
    """Newest first."""
    return list(tx.execute(_LOTS, {"profile_id": profile_id, "limit": limit}))


def nights(tx: Tx, profile_id: UUID) -> int:
    """All nights ever stayed and paid."""
    return int(tx.execute(_NIGHTS, {"profile_id": profile_id}).scalar() or 0)


def _rule(kind: str, points_per_unit: str, property_id: str | None, currency: str | None) -> EarningRule:
    return EarningRule(kind, Decimal(points_per_unit), UUID(property_id) if property_id else None, currency)
