"""Which rule sends a booking where: pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.bookings.domain.booking import Booking
from services.bookings.domain.rooms import Part, Room
from services.bookings.domain.routing import Rulebook, checked_rule, checked_team, first_failed, followed, order
from services.contracts.bookings import (
    NotARoutingRule,
    NotATeam,
    Property,
    RoomType,
    RoutingRule,
    RuleTried,
    Team,
)
from services.contracts.values import Money

LISBON = UUID("11111111-1111-4111-8111-111111111111")
DOUBLE, FAMILY = UUID("aaaaaaaa-0000-4000-8000-000000000001"), UUID("bbbbbbbb-0000-4000-8000-000000000002")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TUESDAY, FRIDAY = date(2026, 12, 1), date(2026, 12, 4)
HOUSES = (
    Property(
        id=LISBON,
        code="LIS",
        name="Lisbon",
        currency="EUR",
        time_zone="Europe/Lisbon",
        country="PT",
        room_types=(RoomType(id=DOUBLE, code="A", name="Double", capacity=2),),
    ),
    Property(
        id=DOUBLE,
        code="LDN",
        name="London",
        currency="GBP",
        time_zone="Europe/London",
        country="GB",
        room_types=(RoomType(id=FAMILY, code="S", name="Suite", capacity=1),),
    ),
)


def eur(minor: int) -> Money:
    return Money(amount_minor=minor, currency="EUR")


def rule(code: str = "r", **more: Any) -> RoutingRule:
    return RoutingRule(**{"code": code, "team": "desk", **more})


def stay(**more: Any) -> Booking:
    """A double in Lisbon from Tuesday to Friday, by an agency, for 300.00 EUR."""
    said = {
        "id": UUID("cccccccc-0000-4000-8000-000000000003"),
        "version": 4,
        "property_id": LISBON,
        "property_code": "LIS",
        "country": "PT",
        "time_zone": "Europe/Lisbon",
        "source": "direct",
        "channel": "booking.com",
        "method": "ota",
        "arrival": TUESDAY,
        "departure": FRIDAY,
        "held_until": FRIDAY,
        "rooms": (Room(room_type_id=DOUBLE, room_type="A", adults=2, children=0),),
        "rooms_given": 1,
        "price": eur(30000),
        "people": (),
        "booked_at": NOON,
        "changed_at": NOON,
    }
    return Booking(**{**said, **more})


def book(*rules: RoutingRule, **properties: str | None) -> Rulebook:
    return Rulebook(tuple(sorted(rules, key=order)), properties)


# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("met", "failed"),
    [
        ({"property": "LIS"}, {"property": "LDN"}),
        ({"channel": "Booking.com"}, {"channel": "expedia"}),
        ({"method": "ota"}, {"method": "web"}),
        ({"value_at_least": eur(30000)}, {"value_at_least": eur(30001)}),
        ({"value_at_least": eur(0)}, {"value_at_least": Money(amount_minor=0, currency="USD")}),
        ({"level": "vip"}, {"level": "Gold"}),
        ({"room_type": "A"}, {"room_type": "B"}),
        ({"weekdays": (2,)}, {"weekdays": (5, 6)}),
        ({"arrival_from": TUESDAY}, {"arrival_from": FRIDAY}),
        ({"arrival_until": TUESDAY}, {"arrival_until": date(2026, 11, 30)}),
        ({"nights_at_least": 3}, {"nights_at_least": 4}),
    ],
)
def test_a_condition_is_met_or_fails_by_its_name(met: dict[str, Any], failed: dict[str, Any]) -> None:
    assert first_failed(rule(**met), stay(), {"vip"}) is None
    assert first_failed(rule(**failed), stay(), {"vip"}) == next(iter(failed))


def test_what_a_booking_does_not_say_fails_where_a_rule_asks_for_it() -> None:
    assert first_failed(rule(channel="web"), stay(channel=None), ()) == "channel"
    assert first_failed(rule(level="VIP"), stay(), ()) == "level"


def test_a_rule_without_conditions_is_met_by_every_booking() -> None:
    assert first_failed(rule(), stay(channel=None, method=None), ()) is None


def test_a_room_type_is_met_on_any_part_of_the_stay() -> None:
    day = date(2026, 12, 2)
    parts = (
        Part(room_type_id=DOUBLE, room_type="A", arrival=TUESDAY, departure=day),
        Part(room_type_id=FAMILY, room_type="S", arrival=day, departure=FRIDAY),
    )
    moving = stay(rooms=(Room(room_type_id=DOUBLE, room_type="A", adults=2, children=0, parts=parts),))
    assert first_failed(rule(room_type="S"), moving, ()) is None


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rules_are_tried_by_priority_then_conditions_then_code_however_they_came() -> None:
    first = rule("z", priority=1)
    two = rule("y", channel="x", method="web")
    one = rule("a", channel="x")
    none, last = rule("b"), rule("c")
    for given in permutations((last, none, one, two, first)):
        assert [each.code for each in book(*given).rules] == ["z", "y", "a", "b", "c"]


def test_the_first_rule_that_is_met_wins_and_those_before_say_what_failed() -> None:
    rules = book(
        rule("vip", priority=1, level="VIP", team="concierge"),
        rule("suites", channel="booking.com", room_type="S"),
        rule("agencies", channel="booking.com", team="ota"),
        rule("rest"),
    )
    found, tried = rules.find(stay(), ())
    assert found
    assert (found.code, found.team) == ("agencies", "ota")
    assert tried == (RuleTried(rule="vip", failed="level"), RuleTried(rule="suites", failed="room_type"))


def test_the_branch_is_the_rules_else_the_teams_else_the_bookings() -> None:
    houses = book(desk="LDN")
    assert houses.branch(rule(branch="POR"), stay()) == "POR"
    assert houses.branch(rule(), stay()) == "LDN"
    assert book(desk=None).branch(rule(), stay()) == "LIS"


# ── following a booking ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_followed_again_is_the_same_route_and_nothing_has_happened() -> None:
    route, entry = followed(None, stay(), (), book(rule()), NOON, "key:a")
    assert entry
    assert (entry.change, entry.version, route.open, route.booking_version) == ("routed", 1, True, 4)
    assert followed(route, stay(), (), book(rule()), datetime.now(UTC), "key:b") == (route, None)


def test_another_rule_to_the_same_team_keeps_the_claim_and_its_place() -> None:
    route, _ = followed(None, stay(), (), book(rule("old")), NOON, "key:a")
    claimed = replace(route, claimed_by="key:a", claimed_at=NOON)
    after, entry = followed(claimed, stay(version=5), (), book(rule("new")), datetime.now(UTC), "key:b")
    assert entry is None
    assert (after.rule, after.claimed_by, after.since, after.version) == ("new", "key:a", NOON, 1)


def test_a_booking_that_goes_to_another_team_is_claimed_by_nobody_and_says_who_had_it() -> None:
    route, _ = followed(None, stay(), (), book(rule("one")), NOON, "key:a")
    claimed = replace(route, claimed_by="key:a", claimed_at=NOON)
    after, entry = followed(claimed, stay(version=5), (), book(rule("two", team="other")), NOON, "key:b")
    assert entry
    assert (after.team, after.claimed_by, after.claimed_at) == ("other", None, None)
    assert (entry.change, entry.released, entry.actor, entry.version) == ("routed", "key:a", "key:b", 2)


def test_a_booking_that_meets_no_rule_any_more_is_unrouted() -> None:
    route, _ = followed(None, stay(), (), book(rule()), NOON, "key:a")
    after, entry = followed(route, stay(version=5), (), book(), NOON, "key:a")
    assert entry
    assert (after.team, after.branch, after.open, entry.change) == (None, None, False, "unrouted")


@pytest.mark.parametrize("state", ["cancelled", "no_show", "departed"])
def test_what_has_ended_leaves_the_queue_and_keeps_its_team(state: Any) -> None:
    route, _ = followed(None, stay(), (), book(rule()), NOON, "key:a")
    after, entry = followed(route, stay(version=5, state=state), (), book(), NOON, "key:a")
    assert (after.team, after.open, entry) == ("desk", False, None)


# ── what may be said ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"code": "-x"}, "/code"),
        ({"code": "a\x00"}, "/code"),
        ({"priority": -1}, "/priority"),
        ({"property": "POR"}, "/property"),
        ({"branch": "POR"}, "/branch"),
        ({"team": "nobody"}, "/team"),
        ({"channel": "\x00"}, "/channel"),
        ({"channel": " "}, "/channel"),
        ({"level": "x" * 61}, "/level"),
        ({"room_type": "Z"}, "/room_type"),
        ({"room_type": "S", "property": "LIS"}, "/room_type"),
        ({"weekdays": (0,)}, "/weekdays/0"),
        ({"weekdays": (1, 8)}, "/weekdays/1"),
        ({"arrival_from": FRIDAY, "arrival_until": TUESDAY}, "/arrival_until"),
        ({"nights_at_least": 0}, "/nights_at_least"),
        ({"value_at_least": eur(-1)}, "/value_at_least/amount"),
        ({"value_at_least": Money(amount_minor=1, currency="XXQ")}, "/value_at_least/currency"),
        ({"value_at_least": eur(1), "property": "LDN"}, "/value_at_least/currency"),
    ],
)
def test_a_rule_that_makes_no_sense_is_pointed_at(more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotARoutingRule) as refused:
        checked_rule(rule(**more), HOUSES, {"desk"})
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_a_rule_keeps_codes_where_ids_are_given_and_weekdays_once() -> None:
    kept = checked_rule(rule(property=str(LISBON), branch="LDN", weekdays=(6, 5, 6)), HOUSES, {"desk"})
    assert (kept.property, kept.branch, kept.weekdays) == ("LIS", "LDN", (5, 6))


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"code": "a b"}, "/code"),
        ({"name": " "}, "/name"),
        ({"property": "POR"}, "/property"),
        ({"members": ("key:a", "ana@example.org")}, "/members/1"),
        ({"members": ("key:a\x00",)}, "/members/0"),
        ({"members": ("key:a",) * 501}, "/members"),
    ],
)
def test_a_team_that_makes_no_sense_is_pointed_at(more: dict[str, Any], pointer: str) -> None:
    with pytest.raises(NotATeam) as refused:
        checked_team(Team(**{"code": "desk", "name": "Front desk", **more}), HOUSES)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_a_member_is_in_a_team_once() -> None:
    said = Team(code="desk", name="Front desk", property=str(LISBON), members=("key:a", "staff:b", "key:a"))
    kept = checked_team(said, HOUSES)
    assert (kept.members, kept.property) == (("key:a", "staff:b"), "LIS")
