"""Bookings come to the teams that work on them, and go to others as they, the rules and the guests change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from services.contracts.bookings import (
    AlreadyClaimed,
    BookingConfirmed,
    BookingRoute,
    ConfirmBooking,
    NotClaimed,
    NotInTeam,
    Person,
    RuleTried,
)
from services.contracts.profiles import LevelChanged
from tests.bookings.makers import ANA, ARRIVAL, BRUNO, Desk, eur, notice
from tests.bookings.routed import HEARD, INES, RUI, ZOE, House


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


# ── where bookings come to ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_confirmed_booking_comes_to_the_team_of_its_rule(house: House) -> None:
    house.sets_rule("groups", priority=1, nights_at_least=7, team="concierge")
    house.sets_rule("rest")
    booking = house.opens()
    route = house.route(booking.id)
    assert (route.team, route.branch, route.rule) == ("desk", "LIS-CITY", "rest")
    assert route.tried == (RuleTried(rule="groups", failed="nights_at_least"),)
    assert (route.version, route.booking_version) == (1, booking.version)
    assert [(entry.change, entry.team, entry.rule) for entry in route.history] == [("routed", "desk", "rest")]


def test_what_is_told_of_a_route_are_ids_and_codes(house: House) -> None:
    house.sets_rule("rest", branch="LIS-CITY")
    booking = house.opens()
    (event,) = house.routings()
    facts = event.route
    assert (event.booking_id, facts.team, facts.branch, facts.rule) == (booking.id, "desk", "LIS-CITY", "rest")
    assert (facts.profile_ids, facts.routing_version, facts.claimed_by) == ((ANA,), 1, None)


def test_without_rules_nothing_is_kept_and_nothing_is_told(house: House) -> None:
    booking = house.opens()
    assert house.route(booking.id) == BookingRoute(booking_id=booking.id)
    assert house.routings() == []
    assert house.desk.rows("SELECT 1 FROM routes") == []


def test_a_booking_that_meets_no_rule_says_why(house: House) -> None:
    house.sets_rule("suites", room_type="B")
    booking = house.opens()
    route = house.route(booking.id)
    assert (route.team, route.since, route.tried) == (None, None, (RuleTried(rule="suites", failed="room_type"),))
    assert house.routings() == []
    assert house.desk.booking(booking.id).routing is None


def test_a_tentative_booking_is_routed_when_it_is_confirmed(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens(tentative=True)
    assert house.route(booking.id).team is None
    house.service.confirm_booking(ConfirmBooking(booking_id=booking.id))
    house.carries()
    assert house.route(booking.id).team == "desk"


def test_a_notice_is_routed_once_its_people_are_known(house: House) -> None:
    house.sets_rule("ota", channel="booking.com")
    booking_id = house.desk.receives(notice()).booking_id
    house.carries()
    assert house.route(booking_id).team is None
    house.desk.identifies(booking_id)
    house.carries()
    assert house.route(booking_id).rule == "ota"


def test_a_repeated_and_a_late_event_change_nothing(house: House) -> None:
    house.sets_rule("rest")
    house.opens()
    (confirmed,) = [event for event in house.desk.announced() if isinstance(event, BookingConfirmed)]
    house.sets_rule("rest", team="concierge")
    house.hears(confirmed)
    house.hears(confirmed)
    assert len(house.routings()) == 1


def test_events_in_any_order_lead_to_the_present_team(house: House) -> None:
    house.sets_rule("long", nights_at_least=5, team="concierge")
    house.sets_rule("rest")
    booking_id = house.desk.receives(notice()).booking_id
    house.desk.identifies(booking_id)
    house.desk.receives(notice(revision=2, status="modified", departure=ARRIVAL + timedelta(days=6)))
    for event in reversed([event for event in house.desk.announced() if type(event) in HEARD]):
        house.hears(event)
    assert (house.route(booking_id).team, len(house.routings())) == ("concierge", 1)


# ── what changes it ───────────────────────────────────────────────────────────────────────────────────────────────────


def lengthens(house: House, booking_id: UUID | None) -> None:
    """The source makes Ana's three nights six."""
    assert booking_id
    house.desk.receives(notice(revision=2, status="modified", departure=ARRIVAL + timedelta(days=6)))
    house.carries()


def test_a_claimed_booking_that_goes_to_another_team_is_claimed_by_nobody_there(house: House) -> None:
    house.sets_rule("long", nights_at_least=5, team="concierge")
    house.sets_rule("rest")
    booking_id = house.desk.receives(notice()).booking_id
    assert booking_id
    house.desk.identifies(booking_id)
    house.carries()
    house.claims(booking_id, INES)
    lengthens(house, booking_id)
    route = house.route(booking_id)
    assert (route.team, route.claimed_by) == ("concierge", None)
    assert [(entry.change, entry.team, entry.released) for entry in route.history] == [
        ("routed", "desk", None),
        ("claimed", "desk", None),
        ("routed", "concierge", INES),
    ]
    assert house.queue().items == ()
    assert [b.id for b in house.queue("concierge", claimed=False).items] == [booking_id]


def test_a_claimed_booking_that_stays_with_its_team_stays_claimed(house: House) -> None:
    house.sets_rule("rest")
    booking_id = house.desk.receives(notice()).booking_id
    assert booking_id
    house.desk.identifies(booking_id)
    house.carries()
    house.claims(booking_id, INES)
    lengthens(house, booking_id)
    route = house.route(booking_id)
    assert (route.claimed_by, route.version) == (INES, 2)
    assert route.booking_version == house.desk.booking(booking_id).version


def test_a_new_rule_reaches_bookings_of_before(house: House) -> None:
    booking = house.opens()
    house.sets_rule("rest")
    house.catches_up()
    assert house.route(booking.id).team == "desk"
    house.sets_rule("dear", value_at_least=eur("300.00"), team="concierge")
    house.catches_up()
    assert house.route(booking.id).team == "concierge"


def test_bookings_of_a_rule_that_is_gone_are_everybodys(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.removes_rule("rest")
    house.catches_up()
    assert (house.route(booking.id).team, house.desk.booking(booking.id).routing) == (None, None)
    assert [event.route.team for event in house.routings()] == ["desk", None]
    assert house.moves("check-in", booking.id, ZOE).state == "in_house"


def test_rules_that_change_leave_what_is_claimed_until_it_is_handed_back(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.claims(booking.id, INES)
    house.sets_rule("rest", team="concierge")
    house.catches_up()
    assert house.route(booking.id).claimed_by == INES
    house.hands_back(booking.id, INES)
    house.catches_up()
    assert house.route(booking.id).team == "concierge"


def test_a_guest_who_becomes_a_vip_takes_bookings_along(house: House) -> None:
    house.sets_rule("vip", level="VIP", team="concierge")
    house.sets_rule("rest")
    booking, other = house.opens(), house.opens(booker=Person(profile_id=BRUNO))
    house.service.remember_level(LevelChanged(profile_id=ANA, version=2, level="VIP", do_not_book=False))
    house.catches_up()
    assert (house.route(booking.id).team, house.route(other.id).team) == ("concierge", "desk")
    house.service.remember_level(LevelChanged(profile_id=ANA, version=3, level=None, do_not_book=False))
    house.service.remember_level(LevelChanged(profile_id=ANA, version=2, level="VIP", do_not_book=False))
    house.catches_up()
    assert house.route(booking.id).team == "desk"


def test_the_level_of_anybody_on_it_counts(house: House) -> None:
    house.sets_rule("vip", level="vip", team="concierge")
    house.service.remember_level(LevelChanged(profile_id=BRUNO, version=1, level="VIP", do_not_book=False))
    booking = house.opens(guests=(Person(profile_id=BRUNO),))
    assert house.route(booking.id).team == "concierge"


def test_a_team_that_moves_house_takes_its_bookings_there(house: House) -> None:
    house.desk.sets_up(code="LIS-RIVER", name="Lisbon River")
    house.sets_rule("rest")
    booking = house.opens()
    house.sets_team("desk", INES, property="LIS-RIVER")
    house.catches_up()
    assert house.route(booking.id).branch == "LIS-RIVER"


# ── at once ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rules_claims_and_changes_at_once_end_in_the_present_team(house: House) -> None:
    house.sets_rule("rest")
    house.desk.sets_up(capacity=50)
    ids = [house.opens().id for _ in range(6)]
    for profile in (ANA, BRUNO):
        house.service.remember_level(LevelChanged(profile_id=profile, version=1, level="Gold", do_not_book=False))
    confirmed = [event for event in house.desk.announced() if isinstance(event, BookingConfirmed)]

    def claim(n: int) -> None:
        try:
            house.claims(ids[n % 6], (INES, RUI, ZOE)[n % 3])
            house.hands_back(ids[n % 6], (INES, RUI, ZOE)[n % 3])
        except (AlreadyClaimed, NotClaimed, NotInTeam):
            pass

    def change(n: int) -> None:
        house.sets_rule("rest", team=("desk", "concierge")[n % 2])
        house.service.route_what_is_due()
        house.hears(confirmed[n % 6])

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(claim if n % 2 else change, n) for n in range(40)]:
            done.result()
    house.sets_rule("rest", team="concierge")
    for booking_id in ids:
        if claimer := house.route(booking_id).claimed_by:
            house.hands_back(booking_id, claimer)
    house.catches_up()
    for booking_id in ids:
        route = house.route(booking_id)
        assert (route.team, route.claimed_by) == ("concierge", None)
        assert [entry.version for entry in route.history] == list(range(1, route.version + 1))
