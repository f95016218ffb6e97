"""Rules and teams as data: set, read, and edited by several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from services.contracts.bookings import (
    NoSuchRoutingRule,
    NotARoutingRule,
    ReadRoutingRules,
    ReadTeams,
    RoutingHasChanged,
    RoutingRule,
)
from tests.bookings.makers import Desk, eur
from tests.bookings.routed import INES, House


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


# ── rules and teams as data ───────────────────────────────────────────────────────────────────────────────────────────


def test_rules_are_listed_in_the_order_in_which_they_are_tried(house: House) -> None:
    for code, more in (("b", {}), ("a", {}), ("first", {"priority": 1}), ("narrow", {"channel": "x"})):
        house.sets_rule(code, **more)
    rules = house.service.read_routing_rules(ReadRoutingRules()).items
    assert [rule.code for rule in rules] == ["first", "narrow", "a", "b"]
    assert house.service.read_routing_rules(ReadRoutingRules(code="a")).items == (rules[2],)


def test_a_rule_comes_back_as_it_was_set(house: House) -> None:
    said = {
        "priority": 5,
        "property": "LIS-CITY",
        "channel": "Booking.com",
        "method": "ota",
        "value_at_least": eur("1.00"),
        "level": "VIP",
        "room_type": "A",
        "weekdays": (5, 6),
        "arrival_from": date(2026, 1, 1),
        "arrival_until": date(2026, 12, 31),
        "nights_at_least": 2,
        "branch": "LIS-CITY",
    }
    kept = house.sets_rule("all", **said)
    assert kept == RoutingRule(code="all", version=1, team="desk", **said)
    assert house.service.read_routing_rules(ReadRoutingRules()).items == (kept,)


def test_a_rule_for_a_team_that_nobody_knows_is_refused(house: House) -> None:
    with pytest.raises(NotARoutingRule):
        house.sets_rule("r", team="nobody")
    assert house.service.read_routing_rules(ReadRoutingRules()).items == ()


@pytest.mark.parametrize("code", ["r", "a\x00b", ""])
def test_a_rule_that_is_not_there_cannot_be_removed(house: House, code: str) -> None:
    with pytest.raises(NoSuchRoutingRule):
        house.removes_rule(code)
    assert house.service.read_teams(ReadTeams(code=code)).items == ()


def test_what_somebody_else_has_changed_is_not_overwritten(house: House) -> None:
    assert house.sets_rule("r", version=0).version == 1
    assert house.sets_rule("r", version=1).version == 2
    for stale in (0, 1, 3):
        with pytest.raises(RoutingHasChanged):
            house.sets_rule("r", version=stale)
    with pytest.raises(RoutingHasChanged):
        house.sets_rule("other", version=1)
    assert house.sets_rule("r").version == 3


def test_of_two_who_edit_a_team_at_once_one_is_told(house: House) -> None:
    team = house.sets_team("desk", INES)

    def edit(n: int) -> bool:
        try:
            house.sets_team("desk", INES, f"key:m{n}", version=team.version)
        except RoutingHasChanged:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(edit, range(8))) == 1
    (kept,) = house.service.read_teams(ReadTeams(code="desk")).items
    assert (kept.version, len(kept.members)) == (team.version + 1, 2)


def test_teams_are_listed_by_code(house: House) -> None:
    assert [team.code for team in house.service.read_teams(ReadTeams()).items] == ["concierge", "desk"]
