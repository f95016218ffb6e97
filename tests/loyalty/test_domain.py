"""What revenue is worth, and what stays are worth."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.values import Money
from services.loyalty.domain import EarningRule, Lot, Tier, left_after, moves, points_for, tier_of
from tests.billing.makers import LISBON, PORTO, eur

ANA, BRUNO = UUID(int=1), UUID(int=2)
TEN = EarningRule("room", Decimal(10))


@pytest.mark.parametrize(
    ("total", "points"), [(eur(10_000), 1000), (eur(9), 0), (eur(19), 1), (eur(0), 0), (eur(-500), 0)]
)
def test_points_are_rounded_down_and_never_below_zero(total: Money, points: int) -> None:
    assert points_for(total, "room", LISBON, [TEN]) == points


def test_a_unit_is_the_currencys_own() -> None:
    assert points_for(Money(amount_minor=1000, currency="JPY"), "room", LISBON, [TEN]) == 10_000
    assert points_for(Money(amount_minor=1000, currency="BHD"), "room", LISBON, [TEN]) == 10


def test_the_most_special_rule_counts() -> None:
    rules = [
        TEN,
        EarningRule("room", Decimal("0.1"), currency="JPY"),
        EarningRule("room", Decimal(20), property_id=LISBON),
        EarningRule("spa", Decimal(99)),
    ]
    assert points_for(eur(100), "room", LISBON, rules) == 20
    assert points_for(eur(100), "room", PORTO, rules) == 10
    assert points_for(Money(amount_minor=100, currency="JPY"), "room", PORTO, rules) == 10
    assert points_for(eur(100), "meeting", PORTO, rules) == 0


def test_spent_points_stay_spent_when_a_lot_moves_to_another_guest() -> None:
    spent = Lot(ANA, points=100, left=60)
    assert moves(spent, BRUNO, 100) == {BRUNO: 60, ANA: -60}
    assert moves(spent, ANA, 0) == {ANA: -100}


@given(st.lists(st.tuples(st.sampled_from([ANA, BRUNO]), st.integers(0, 1000)), min_size=1))
def test_balances_are_the_sum_of_what_is_left_whatever_totals_come(steps: list[tuple[UUID, int]]) -> None:
    balances = {ANA: 0, BRUNO: 0}
    lot: Lot | None = None
    for who, points in steps:
        for whose, delta in moves(lot, who, points).items():
            balances[whose] += delta
        lot = Lot(who, points, left_after(lot, points))
        assert {ANA: 0, BRUNO: 0, lot.profile_id: lot.left} == balances
    assert lot == Lot(*steps[-1], steps[-1][1])


def test_the_highest_tier_reached_counts_and_everybody_has_the_lowest() -> None:
    def tiers(nights: int, minor: int) -> list[Tier]:
        return [
            Tier(*t, nights, minor) for t in (("gold", 2, 25, 600_000), ("silver", 1, 10, 200_000), ("bronze", 0, 0, 0))
        ]

    assert tier_of(tiers(0, 0)) == "bronze"
    assert tier_of(tiers(24, 599_999)) == "silver"
    assert tier_of(tiers(0, 600_000)) == "gold"
    assert tier_of([]) == "bronze"
    assert tier_of([Tier("by nights only", 1, 5, 0, 0, 0)]) == "bronze"
