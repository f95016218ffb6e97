"""What revenue is worth in points, and what stays are worth in tiers. Rules are data; this applies them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.contracts.values import Money, decimals

LOWEST_TIER = "bronze"


@dataclass(frozen=True)
class EarningRule:
    """Points per whole unit (euro, not cent) of one kind of revenue; at one property or any, in one currency or any."""

    kind: str
    points_per_unit: Decimal
    property_id: UUID | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Tier:
    """A tier and a member's standing towards it: reached by enough nights, or by spending enough in its currency.

    Both are counted within the span that the rule names, the last twelve months or ever.
    """

    name: str
    rank: int
    nights_asked: int
    minor_asked: int
    nights: int
    minor: int


@dataclass(frozen=True)
class Lot:
    """The points of one booking and kind of revenue, and what is left of them.

    `left` is below zero where points that were spent have been taken back.
    """

    profile_id: UUID
    points: int
    left: int


def points_for(total: Money, kind: str, property_id: UUID, rules: Iterable[EarningRule]) -> int:
    """Points of revenue by the most special rule (property before currency before any), rounded down."""
    fitting = [
        rule
        for rule in rules
        if rule.kind == kind and rule.property_id in (None, property_id) and rule.currency in (None, total.currency)
    ]
    if not fitting or total.amount_minor <= 0:
        return 0
    rule = max(fitting, key=lambda r: (r.property_id is not None, r.currency is not None))
    return int(Decimal(total.amount_minor).scaleb(-decimals(total.currency)) * rule.points_per_unit)


def left_after(before: Lot | None, points: int) -> int:
    """What is left of a lot when it becomes worth `points`: what was spent of it stays spent."""
    return points - (before.points - before.left) if before else points


def moves(before: Lot | None, profile_id: UUID, points: int) -> dict[UUID, int]:
    """How the balances change when a lot becomes `points` of `profile_id`: a balance is the sum of what is left.

    It may end below zero: points of a refunded stay are taken back although they were spent.
    """
    change = {profile_id: left_after(before, points)}
    if before is not None:
        change[before.profile_id] = change.get(before.profile_id, 0) - before.left
    return change


def tier_of(tiers: Iterable[Tier]) -> str:
    """The highest tier reached."""
    reached = [t for t in tiers if t.nights >= t.nights_asked or 0 < t.minor_asked <= t.minor]
    return max(reached, key=lambda t: t.rank).name if reached else LOWEST_TIER
