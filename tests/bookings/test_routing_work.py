"""What waits for a team, who of it has claimed it, and who is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from services.contracts.bookings import (
    AlreadyClaimed,
    BookedRoom,
    FindBookings,
    NoSuchBooking,
    NoSuchTeam,
    NotClaimed,
    NotInTeam,
    NotRouted,
    StateForbids,
)
from services.kit.refusal import Invalid
from tests.bookings.makers import ANA, ARRIVAL, DEPARTURE, Desk, notice
from tests.bookings.routed import BOSS, INES, RUI, ZOE, House


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


# ── queues ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_queue_is_by_arrival_and_then_as_bookings_came(house: House) -> None:
    house.sets_rule("rest")
    house.desk.sets_up(capacity=20)
    days = [3, 1, 2, 1, 3]
    opened = [
        house.opens(arrival=ARRIVAL + timedelta(days=n), departure=DEPARTURE + timedelta(days=n)).id for n in days
    ]
    wanted = [opened[n] for n in (1, 3, 2, 0, 4)]
    assert [booking.id for booking in house.queue().items] == wanted
    found, cursor = [], None
    for _ in range(3):
        page = house.queue(limit=2, cursor=cursor)
        found += [booking.id for booking in page.items]
        cursor = page.next
    assert (found, cursor) == (wanted, None)


def test_a_queue_shows_bookings_whole(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    (shown,) = house.queue().items
    assert shown == house.desk.booking(booking.id)
    assert shown.routing
    assert (shown.routing.team, shown.routing.branch, shown.routing.claimed_by) == ("desk", "LIS-CITY", None)


def test_a_queue_is_filtered(house: House) -> None:
    house.sets_rule("rest")
    first, second = house.opens(), house.opens(arrival=DEPARTURE, departure=DEPARTURE + timedelta(days=1))
    house.claims(second.id, RUI)
    for more, expected in (
        ({"claimed": True}, second),
        ({"claimed": False}, first),
        ({"claimed_by": RUI}, second),
        ({"arrival_from": DEPARTURE}, second),
        ({"arrival_until": ARRIVAL}, first),
    ):
        assert [booking.id for booking in house.queue(**more).items] == [expected.id], more
    assert len(house.queue(property="LIS-CITY").items) == 2


def test_what_is_in_house_or_has_ended_waits_no_more(house: House) -> None:
    house.sets_rule("rest")
    stays, gone = house.opens(), house.opens()
    house.moves("check-in", stays.id, INES)
    house.moves("cancel", gone.id, INES)
    house.carries()
    assert house.queue().items == ()
    assert [booking.id for booking in house.queue(state="in_house").items] == [stays.id]
    house.moves("check-out", stays.id, INES)
    house.carries()
    assert house.queue(state="in_house").items == ()
    house.service.close_routes()
    assert house.desk.rows("SELECT 1 FROM routes WHERE open") == []


@pytest.mark.parametrize("code", ["nobody", "a\x00b", ""])
def test_a_team_that_nobody_knows_has_no_queue(house: House, code: str) -> None:
    with pytest.raises(NoSuchTeam):
        house.queue(code)


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyIyMDI2LTEyLTAxIl0=", "bnVsbA==", "é"])
def test_a_cursor_of_another_list_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        house.queue(cursor=cursor)
    assert refused.value.errors[0].pointer == "/cursor"


# ── claims ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_is_shown_told_and_kept(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    claimed = house.claims(booking.id, INES)
    assert claimed.routing
    assert claimed.routing.claimed_by == INES
    assert house.desk.booking(booking.id).routing == claimed.routing
    assert house.routings()[-1].route.claimed_by == INES
    assert [entry.actor for entry in house.route(booking.id).history][-1] == INES


def test_the_same_caller_claims_it_once(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    assert house.claims(booking.id, INES) == house.claims(booking.id, INES)
    assert len(house.routings()) == 2


def test_what_a_colleague_has_claimed_is_theirs(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.claims(booking.id, INES)
    with pytest.raises(AlreadyClaimed) as refused:
        house.claims(booking.id, RUI)
    assert refused.value.facts == {"claimed_by": INES}


def test_of_many_who_claim_at_once_one_has_it(house: House) -> None:
    house.sets_rule("rest")
    members = [f"key:m{n}" for n in range(16)]
    house.sets_team("desk", *members)
    booking = house.opens()

    def claim(actor: str) -> str | None:
        try:
            routing = house.claims(booking.id, actor).routing
        except AlreadyClaimed:
            return None
        return routing.claimed_by if routing else None

    with ThreadPoolExecutor(16) as pool:
        won = [actor for actor in pool.map(claim, members) if actor]
    assert won == [house.route(booking.id).claimed_by]
    assert [entry.change for entry in house.route(booking.id).history] == ["routed", "claimed"]


def test_a_caller_of_another_team_claims_nothing(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    with pytest.raises(NotInTeam) as refused:
        house.claims(booking.id, ZOE)
    assert (refused.value.kind, refused.value.facts) == ("forbidden", {"team": "desk"})
    house.claims(booking.id, INES)
    with pytest.raises(NotInTeam):
        house.hands_back(booking.id, ZOE)


def test_an_admin_may_claim_for_any_team(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    claimed = house.claims(booking.id, BOSS, "write", "admin")
    assert claimed.routing
    assert claimed.routing.claimed_by == BOSS


def test_what_no_team_has_cannot_be_claimed(house: House) -> None:
    booking = house.opens()
    with pytest.raises(NotRouted):
        house.claims(booking.id, INES)
    with pytest.raises(NoSuchBooking):
        house.claims(uuid4(), INES)


def test_what_has_ended_cannot_be_claimed(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.moves("cancel", booking.id, INES)
    with pytest.raises(StateForbids):
        house.claims(booking.id, INES)


def test_a_colleague_hands_back_with_a_reason_and_it_has_its_place_again(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    before = house.claims(booking.id, INES).routing
    after = house.hands_back(booking.id, RUI, "Ines is ill, card 4111 1111 1111 1111").routing
    assert before
    assert after
    assert (after.claimed_by, after.since) == (None, before.since)
    last = house.route(booking.id).history[-1]
    assert (last.change, last.actor, last.released) == ("handed_back", RUI, INES)
    assert last.reason == "Ines is ill, card [card number removed]"
    assert not hasattr(house.routings()[-1].route, "reason")


def test_what_nobody_has_claimed_cannot_be_handed_back(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    with pytest.raises(NotClaimed):
        house.hands_back(booking.id, INES)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x00b"])
def test_handing_back_needs_a_reason(house: House, reason: str) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.claims(booking.id, INES)
    with pytest.raises(Invalid) as refused:
        house.hands_back(booking.id, INES, reason)
    assert refused.value.errors[0].pointer == "/reason"


# ── who may work on it ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", ["check-in", "cancel", "no-show"])
def test_a_routed_booking_is_worked_on_by_its_team_alone(house: House, step: str) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    with pytest.raises(NotInTeam):
        house.moves(step, booking.id, ZOE)
    assert house.desk.booking(booking.id).state == "confirmed"
    moved = house.moves(step, booking.id, RUI)
    assert moved.routing
    assert moved.routing.team == "desk"


def test_check_out_belongs_to_the_team_too_and_admins_may_all(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.moves("check-in", booking.id, BOSS, "write", "admin")
    with pytest.raises(NotInTeam):
        house.moves("check-out", booking.id, ZOE)
    assert house.moves("check-out", booking.id, INES).state == "departed"


def test_any_of_the_team_works_on_what_a_colleague_has_claimed(house: House) -> None:
    house.sets_rule("rest")
    booking = house.opens()
    house.claims(booking.id, INES)
    assert house.moves("check-in", booking.id, RUI).state == "in_house"


def test_what_no_rule_has_routed_is_everybodys(house: House) -> None:
    booking = house.opens()
    assert house.moves("check-in", booking.id, ZOE).state == "in_house"


def test_what_another_system_says_of_a_routed_booking_is_taken(house: House) -> None:
    house.sets_rule("rest")
    booking_id = house.desk.receives(notice()).booking_id
    house.desk.identifies(booking_id)
    house.carries()
    assert house.desk.receives(notice(revision=2, status="cancelled")).state == "applied"


def test_found_bookings_show_their_teams(house: House) -> None:
    house.sets_rule("groups", nights_at_least=3)
    house.opens()
    house.opens(rooms=(BookedRoom(room_type="B"),), departure=ARRIVAL + timedelta(days=1))
    found = house.service.find_bookings(FindBookings(profile_id=ANA)).items
    assert sorted(booking.routing.team if booking.routing else "" for booking in found) == ["", "desk"]
