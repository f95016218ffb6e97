"""The routes of routing rules, teams, claims and the report of channels."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from services.contracts.bookings import (
    AlreadyClaimed,
    BookingRoute,
    BookingRouting,
    BookingsFound,
    ChannelLine,
    ChannelReport,
    ClaimBooking,
    HandBackBooking,
    NoSuchTeam,
    NotARoutingRule,
    NotInTeam,
    ReadBooking,
    ReadBookingRoute,
    ReadChannelReport,
    ReadRoutingRules,
    ReadTeamQueue,
    ReadTeams,
    RemoveRoutingRule,
    RouteEntry,
    RoutingHasChanged,
    RoutingRule,
    RoutingRules,
    RuleTried,
    SetRoutingRule,
    SetTeam,
    Team,
    Teams,
)
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem
from tests.gateway.guests import LISBON, NOON, STAY, anas_stay, eur

SAID: dict[str, Any] = {
    "priority": 10,
    "property": "LIS",
    "channel": "booking.com",
    "method": "ota",
    "value_at_least": {"amount": "500.00", "currency": "EUR"},
    "level": "VIP",
    "room_type": "A",
    "weekdays": [5, 6],
    "arrival_from": "2026-12-01",
    "arrival_until": "2026-12-31",
    "nights_at_least": 2,
    "team": "concierge",
    "branch": "LIS",
}
RULE = RoutingRule(
    code="vip",
    version=3,
    **{
        **SAID,
        "value_at_least": eur("500.00"),
        "weekdays": (5, 6),
        "arrival_from": date(2026, 12, 1),
        "arrival_until": date(2026, 12, 31),
    },
)
TEAM = Team(code="concierge", version=2, name="Concierges", members=("key:zoe",))
CLAIMED = anas_stay(routing=BookingRouting(team="concierge", branch="LIS", claimed_by="key:zoe", since=NOON))


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_is_set_as_it_is_said_and_shown_as_it_is_set(api, services):
    services.will_answer(SetRoutingRule, RULE)
    answer = api.put("/v1/routing-rules/vip", json=SAID)
    assert answer.status_code == 200
    assert services.last(SetRoutingRule) == SetRoutingRule(rule=dataclasses.replace(RULE, version=0), version=None)
    assert answer.json == {"code": "vip", "version": 3, **SAID}
    assert answer.headers["ETag"] == '"3"'


def test_a_rule_needs_no_more_than_a_team(api, services):
    services.will_answer(SetRoutingRule, RULE)
    api.put("/v1/routing-rules/rest", json={"team": "desk"})
    assert services.last(SetRoutingRule).rule == RoutingRule(code="rest", team="desk")


@pytest.mark.parametrize(
    ("headers", "version"),
    [({}, None), ({"If-Match": '"3"'}, 3), ({"If-Match": "*"}, None), ({"If-None-Match": "*"}, 0)],
)
def test_a_rule_that_was_read_is_replaced_by_its_etag(api, services, headers, version):
    services.will_answer(SetRoutingRule, RULE)
    api.put("/v1/routing-rules/vip", json=SAID, headers=headers)
    assert services.last(SetRoutingRule).version == version


def test_what_somebody_else_has_changed_is_412(api, services):
    services.will_answer(SetRoutingRule, RoutingHasChanged())
    answer = api.put("/v1/routing-rules/vip", json=SAID, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.json["type"]) == (412, "/problems/routing-has-changed")
    assert api.put("/v1/routing-rules/vip", json=SAID, headers={"If-Match": "x"}).status_code == 412


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"team": None}, "/team"),
        ({"priority": "1"}, "/priority"),
        ({"method": "fax"}, "/method"),
        ({"value_at_least": {"amount": "5.001", "currency": "EUR"}}, "/value_at_least/amount"),
        ({"value_at_least": 500}, "/value_at_least/_schema"),
        ({"weekdays": ["friday"]}, "/weekdays/0"),
        ({"weekdays": [1] * 8}, "/weekdays"),
        ({"arrival_from": "tomorrow"}, "/arrival_from"),
        ({"nights": 3}, "/nights"),
        ({"channel": "a\u0000b"}, "/channel"),
    ],
)
def test_what_is_wrong_with_a_rule_is_pointed_at(api, services, wrong, pointer):
    answer = api.put("/v1/routing-rules/vip", json={**SAID, **wrong})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer.removesuffix("/_schema")]
    assert services.asked == []


def test_what_bookings_finds_wrong_keeps_its_pointer(api, services):
    services.will_answer(SetRoutingRule, NotARoutingRule(errors=[Problem("/branch", "There is no such property.")]))
    answer = api.put("/v1/routing-rules/vip", json=SAID)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/branch")


def test_rules_are_listed_in_their_order(api, services):
    services.will_answer(ReadRoutingRules, RoutingRules(items=(RULE, RoutingRule(code="rest", team="desk"))))
    assert [rule["code"] for rule in api.get("/v1/routing-rules").json["items"]] == ["vip", "rest"]


def test_one_rule_is_read_with_its_etag(api, services):
    services.will_answer(ReadRoutingRules, RoutingRules(items=(RULE,)))
    assert api.get("/v1/routing-rules/vip").headers["ETag"] == '"3"'
    services.will_answer(ReadRoutingRules, RoutingRules(items=()))
    answer = api.get("/v1/routing-rules/none")
    assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-such-routing-rule")


def test_a_rule_is_removed(api, services):
    services.will_answer(RemoveRoutingRule, RULE)
    answer = api.delete("/v1/routing-rules/vip")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("address", ["/v1/routing-rules/vip", "/v1/teams/concierge"])
def test_only_an_admin_sets_rules_and_teams(api, as_key, method, address):
    if (method, address) != ("DELETE", "/v1/teams/concierge"):
        assert api.open(address, method=method, json={}, headers=as_key("read.write")).status_code == 403


# ── teams and their work ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_team_is_set_and_read(api, services):
    services.will_answer(SetTeam, TEAM)
    answer = api.put("/v1/teams/concierge", json={"name": "Concierges", "members": ["key:zoe"]})
    assert answer.json == {
        "code": "concierge", "version": 2, "name": "Concierges", "property": None, "members": ["key:zoe"],
    }  # fmt: skip
    assert services.last(SetTeam) == SetTeam(team=dataclasses.replace(TEAM, version=0), version=None)
    services.will_answer(ReadTeams, Teams(items=(TEAM,)))
    assert api.get("/v1/teams/concierge").headers["ETag"] == '"2"'
    assert [team["code"] for team in api.get("/v1/teams").json["items"]] == ["concierge"]


def test_a_team_that_nobody_knows_is_404(api, services):
    services.will_answer(ReadTeams, Teams(items=()))
    services.will_answer(ReadTeamQueue, NoSuchTeam())
    for address in ("/v1/teams/none", "/v1/teams/none/queue"):
        answer = api.get(address)
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/no-such-team")


def test_a_queue_is_a_page_of_bookings_with_their_teams(api, services):
    services.will_answer(ReadTeamQueue, BookingsFound(items=(CLAIMED,), next="more"))
    answer = api.get(
        "/v1/teams/concierge/queue?state=in_house&property=LIS&arrival_from=2026-12-01&arrival_until=2026-12-31"
        "&claimed=false&claimed_by=key:zoe&limit=10&cursor=c"
    )
    assert answer.json["next"] == "more"
    (booking,) = answer.json["items"]
    assert booking["routing"] == {
        "team": "concierge", "branch": "LIS", "claimed_by": "key:zoe", "since": "2026-11-20T12:00:00Z",
    }  # fmt: skip
    assert booking["people"][0]["role"] == "booker"
    assert services.last(ReadTeamQueue) == ReadTeamQueue(
        team="concierge",
        state="in_house",
        property="LIS",
        arrival_from=date(2026, 12, 1),
        arrival_until=date(2026, 12, 31),
        claimed=False,
        claimed_by="key:zoe",
        limit=10,
        cursor="c",
    )


@pytest.mark.parametrize("wrong", ["state=cancelled", "claimed=yes", "limit=0", "arrival_from=x", "team=x"])
def test_a_queue_has_no_other_filters(api, services, wrong):
    assert api.get(f"/v1/teams/concierge/queue?{wrong}").status_code == 422
    assert services.asked == []


def test_a_booking_is_claimed_under_its_key(api, services):
    services.will_answer(ClaimBooking, CLAIMED)
    for _ in range(2):
        answer = api.post(f"/v1/bookings/{STAY}/claim", headers={"Idempotency-Key": "one"})
        assert answer.json["routing"]["claimed_by"] == "key:zoe"
    assert len(set(services.command_ids)) == 1


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [(NotInTeam(facts={"team": "desk"}), 403, "not-in-team"), (AlreadyClaimed(), 409, "already-claimed")],
)
def test_a_claim_is_refused_with_its_reason(api, services, refusal, status, code):
    services.will_answer(ClaimBooking, refusal)
    answer = api.post(f"/v1/bookings/{STAY}/claim")
    assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{code}")


def test_a_booking_is_handed_back_for_a_reason(api, services):
    services.will_answer(HandBackBooking, anas_stay())
    assert api.post(f"/v1/bookings/{STAY}/hand-back", json={"reason": "Ill"}).status_code == 200
    assert services.last(HandBackBooking).reason == "Ill"
    for wrong in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}):
        answer = api.post(f"/v1/bookings/{STAY}/hand-back", json=wrong)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/reason")


def test_a_booking_that_no_team_has_says_so(api, services):
    services.will_answer(ReadBooking, anas_stay())
    assert api.get(f"/v1/bookings/{STAY}").json["routing"] is None


def test_why_a_booking_came_where_it_is(api, services):
    route = BookingRoute(
        booking_id=STAY,
        version=1,
        booking_version=2,
        team="desk",
        branch="LIS",
        rule="rest",
        tried=(RuleTried(rule="vip", failed="level"),),
        since=NOON,
        history=(
            RouteEntry(version=1, change="routed", team="desk", branch="LIS", rule="rest", actor="key:a", at=NOON),
        ),
    )
    services.will_answer(ReadBookingRoute, route)
    said = api.get(f"/v1/bookings/{STAY}/route").json
    assert said["tried"] == [{"rule": "vip", "failed": "level"}]
    assert (said["rule"], said["history"][0]["change"]) == ("rest", "routed")


# ── the report ───────────────────────────────────────────────────────────────────────────────────────────────────────


def line(key: str | None) -> ChannelLine:
    return ChannelLine(
        key=key,
        bookings=3,
        room_nights=9,
        value=(Money(amount_minor=90000, currency="EUR"),),
        lead_days=12.33,
        cancelled=1,
        cancelled_share=0.3333,
        no_shows=0,
        no_show_share=0.0,
    )


def test_the_report_of_channels_is_shown_with_its_days(api, services):
    report = ChannelReport(
        property_id=LISBON,
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        by="channel",
        basis="arrival",
        lines=(line("web"),),
        total=line(None),
    )
    services.will_answer(ReadChannelReport, report)
    said = api.get("/v1/reports/channels?property=LIS&from=2026-01-01&to=2026-12-31").json
    assert (said["from"], said["to"], said["total"]["bookings"]) == ("2026-01-01", "2026-12-31", 3)
    assert said["lines"][0] == {
        "key": "web", "bookings": 3, "room_nights": 9, "value": [{"amount": "900.00", "currency": "EUR"}],
        "lead_days": 12.33, "cancelled": 1, "cancelled_share": 0.3333, "no_shows": 0, "no_show_share": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["from=2026-01-01", "from=x&to=2026-01-01", "from=2026-01-01&to=2026-01-02&by=guest"])
def test_a_report_needs_its_days_and_a_known_dimension(api, services, wrong):
    assert api.get(f"/v1/reports/channels?{wrong}").status_code == 422
    assert services.asked == []


def test_days_that_make_no_sense_are_pointed_at_by_the_names_outside(api, services):
    services.will_answer(ReadChannelReport, Invalid(errors=[Problem("/last", "Must not be before the first day.")]))
    answer = api.get("/v1/reports/channels?from=2026-12-01&to=2026-01-01")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/to")
