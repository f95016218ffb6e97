"""Stages of guests: by the house's rules, from what bookings and loyalty tell; on the real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCheckedIn,
    BookingConfirmed,
    BookingFacts,
    BookingMoved,
)
from services.contracts.loyalty import LoyaltyAccountOpened, LoyaltyTierChanged
from services.contracts.profiles import (
    InLanguage,
    NoSuchStage,
    NotAStage,
    ReadStages,
    RecomputeStages,
    SetStage,
    StageHasChanged,
    StageRule,
    StagesToRecompute,
)
from services.contracts.values import Money
from services.profiles.domain.stages import Facts, Standing, months_later, standing
from services.profiles.store import stages as store
from tests.profiles.conftest import Register
from tests.profiles.people import ana_as_entered, ana_silva

TODAY = date(2026, 11, 22)
LAPSED = StageRule(code="lapsed", version=1, position=10, months_without_stay=24)
MEMBER = StageRule(code="member", version=1, position=20, tiers=("silver", "gold"))
GUEST = StageRule(code="guest", version=1, position=30, bookings=1)
LEAD = StageRule(code="lead", version=1, position=40)
RULES = (LEAD, GUEST, MEMBER, LAPSED)


# ── the rules ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), Standing("lead", "nothing")),
        (Facts(bookings=1), Standing("guest", "bookings")),
        (Facts(account=True, tier="bronze"), Standing("lead", "nothing")),
        (Facts(bookings=3, tier="gold"), Standing("member", "tier")),
        (Facts(bookings=1, stays=1, last_stay=date(2024, 11, 22)), Standing("lapsed", "months-without-stay")),
        (
            Facts(bookings=1, stays=1, last_stay=date(2024, 11, 23)),
            Standing("guest", "bookings", date(2026, 11, 23)),
        ),
        (
            Facts(bookings=2, stays=1, last_stay=date(2020, 1, 1), coming_until=date(2027, 1, 5)),
            Standing("guest", "bookings", date(2027, 1, 6)),
        ),
    ],
)
def test_the_first_rule_that_is_true_is_the_stage(facts, expected):
    assert standing(RULES, facts, TODAY) == expected


def test_the_order_of_the_house_decides():
    rules = (replace(LAPSED, position=25), MEMBER, GUEST, LEAD)
    facts = Facts(bookings=1, stays=1, last_stay=date(2020, 1, 1), tier="gold")
    assert standing(rules, facts, TODAY).stage == "member"


def test_whom_no_rule_is_true_of_is_a_lead():
    assert standing((GUEST,), Facts(), TODAY) == Standing("lead", "nothing")


def test_any_one_condition_suffices():
    rules = (replace(MEMBER, account=True, tiers=("gold",)), LEAD)
    assert standing(rules, Facts(account=True), TODAY).why == "account"
    assert standing(rules, Facts(tier="gold"), TODAY).why == "tier"


def test_months_are_counted_by_the_calendar():
    assert months_later(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_later(date(2026, 10, 31), 1) == date(2026, 11, 30)
    assert months_later(date(2026, 12, 15), 1) == date(2027, 1, 15)


@given(
    last=st.dates(date(2020, 1, 1), date(2026, 12, 31)),
    coming=st.none() | st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    months=st.integers(1, 60),
)
def test_a_stage_does_not_change_before_the_day_of_its_review(last, coming, months):
    rules = (replace(LAPSED, months_without_stay=months), GUEST, LEAD)
    facts = Facts(bookings=1, stays=1, last_stay=last, coming_until=coming)
    now = standing(rules, facts, TODAY)
    last_day = now.review_on - timedelta(days=1) if now.review_on else date(2099, 1, 1)
    assert standing(rules, facts, last_day).stage == now.stage
    assert now.review_on is None or now.review_on > TODAY


# ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def ana(register: Register) -> UUID:
    return register.service.create_profile(ana_as_entered()).id


def stay(ana: UUID, *others: UUID, version: int = 1, state: Any = "confirmed", ended_days_ago: int = -30, **other: Any):
    departure = datetime.now(UTC).date() - timedelta(days=ended_days_ago)
    said = {
        "booking_id": uuid4(), "version": version, "state": state, "property_id": uuid4(), "profile_id": ana,
        "payer_profile_id": ana, "profile_ids": (ana, *others), "arrival": departure - timedelta(days=2),
        "departure": departure, "nights": 2, "rooms": 1, "total": Money(amount_minor=30000, currency="EUR"),
    }  # fmt: skip
    return BookingFacts(**{**said, **other})


def confirm(register: Register, facts: BookingFacts) -> BookingFacts:
    register.service.note_confirmation(
        BookingConfirmed(booking_id=facts.booking_id, version=facts.version, booking=facts)
    )
    return facts


def past_stay(register: Register, ana: UUID, days_ago: int) -> BookingFacts:
    facts = stay(ana, state="departed", ended_days_ago=days_ago)
    register.service.note_arrival(BookingCheckedIn(booking_id=facts.booking_id, version=1, booking=facts))
    register.service.follow_stages()
    return facts


def life(register: Register, ana: UUID) -> tuple[str, str | None]:
    found = register.reads(ana).life_cycle
    return found.stage, found.why


def told(register: Register) -> list[tuple[str, str, str]]:
    return [(e["before"], e["stage"], e["why"]) for e in register.announced("stage.changed.v1")]


def recompute(register: Register) -> int:
    """Batch after batch, as the bus would deliver them; answers how many there were."""
    done = 0
    while (asked := register.announced("stages.to_recompute.v1"))[done:]:
        for said in asked[done:]:
            after = UUID(said["after"]) if said["after"] else None
            register.service.recompute(StagesToRecompute(run=UUID(said["run"]), after=after))
        done = len(asked)
    return done


def set_rule(register: Register, code: str, **said: Any) -> StageRule:
    rule = next(each for each in register.service.read_stages(ReadStages()).items if each.code == code)
    return register.service.set_stage(SetStage(**{**vars(rule), **said}))


def test_who_was_entered_by_hand_is_a_lead(register: Register, ana):
    found = register.reads(ana)
    assert (found.stage, found.life_cycle.stage, found.life_cycle.why) == ("lead", "lead", None)


def test_a_booking_makes_a_guest_of_a_lead(register: Register, ana):
    confirm(register, stay(ana))
    register.service.follow_stages()
    assert life(register, ana) == ("guest", "bookings")
    after = register.reads(ana)
    assert (after.stage, after.version) == ("guest", 2)
    assert register.announced("profile.changed.v1")[-1]["version"] == 2
    assert register.announced("stage.changed.v1") == [
        {"profile_id": str(ana), "version": 2, "stage": "guest", "before": "lead", "why": "bookings"}
    ]


def test_whom_a_booking_brings_is_a_guest_from_the_beginning_and_nothing_is_told(register: Register):
    ana = UUID(register.recognises(ana_silva())[0]["profile_id"])
    assert register.reads(ana).stage == "guest"
    confirm(register, stay(ana))
    register.service.follow_stages()
    assert told(register) == []
    assert life(register, ana) == ("guest", "bookings")
    assert register.reads(ana).version == 1


def test_a_lead_who_is_recognised_on_a_booking_is_a_guest_at_once_and_that_is_told_once(register: Register, ana):
    assert register.recognises(ana_silva())[0]["profile_id"] == str(ana)
    assert register.reads(ana).stage == "guest"
    confirm(register, stay(ana))
    for _ in range(2):
        register.service.follow_stages()
    assert told(register) == [("lead", "guest", "bookings")]


def test_a_cancelled_booking_alone_makes_no_guest(register: Register, ana):
    facts = confirm(register, stay(ana))
    register.service.follow_stages()
    gone = replace(facts, version=2, state="cancelled")
    register.service.note_cancellation(BookingCancelled(booking_id=facts.booking_id, version=2, booking=gone))
    register.service.follow_stages()
    assert life(register, ana) == ("lead", "nothing")


def test_what_comes_late_changes_nothing(register: Register, ana):
    facts = stay(ana, version=3, state="cancelled")
    register.service.note_cancellation(BookingCancelled(booking_id=facts.booking_id, version=3, booking=facts))
    confirm(register, replace(facts, version=2, state="confirmed"))
    register.service.follow_stages()
    assert life(register, ana)[0] == "lead"


def test_who_left_a_booking_does_not_have_it_in_whatever_order_that_is_heard(register: Register, ana):
    bruno = register.service.create_profile(ana_as_entered(given_name="Bruno", emails=(), phones=())).id
    both = stay(ana, bruno)
    alone = replace(both, version=2, profile_ids=(ana,), left_profile_ids=(bruno,))
    register.service.note_change(BookingChanged(booking_id=both.booking_id, version=2, booking=alone))
    confirm(register, both)
    register.service.follow_stages()
    assert (life(register, ana)[0], life(register, bruno)[0]) == ("guest", "lead")


def test_a_booking_that_was_moved_is_the_other_guests(register: Register, ana):
    bruno = register.service.create_profile(ana_as_entered(given_name="Bruno", emails=(), phones=())).id
    facts = confirm(register, stay(ana))
    register.service.follow_stages()
    moved = replace(facts, version=2, profile_id=bruno, profile_ids=(bruno,))
    register.service.note_move(
        BookingMoved(
            booking_id=facts.booking_id,
            version=2,
            from_profile_id=ana,
            to_profile_id=bruno,
            by_hand=True,
            at=datetime.now(UTC),
            booking=moved,
        )  # fmt: skip
    )
    register.service.follow_stages()
    assert (life(register, ana)[0], life(register, bruno)[0]) == ("lead", "guest")


def test_a_tier_makes_a_member_and_stands_on_the_card(register: Register, ana):
    register.service.note_tier(LoyaltyTierChanged(profile_id=ana, version=3, tier="gold"))
    register.service.note_membership(LoyaltyAccountOpened(profile_id=ana, version=1))
    register.service.note_tier(LoyaltyTierChanged(profile_id=ana, version=2, tier="silver"))
    register.service.follow_stages()
    assert life(register, ana) == ("member", "tier")
    assert register.reads(ana).life_cycle.tier == "gold"


def test_who_has_not_stayed_for_long_has_lapsed(register: Register, ana):
    past_stay(register, ana, 800)
    assert life(register, ana) == ("lapsed", "months-without-stay")


def test_time_alone_makes_a_guest_lapse_also_while_nobody_looked(register: Register, databases, ana):
    facts = past_stay(register, ana, 100)
    assert life(register, ana) == ("guest", "bookings")
    databases.admin("profiles").execute(
        "UPDATE known_stays SET departure = departure - 800 WHERE booking_id = %s", [facts.booking_id]
    )
    databases.admin("profiles").execute("UPDATE stage_facts SET review_on = review_on - 800")
    for _ in range(2):
        register.service.review_stages()
        register.service.follow_stages()
    assert life(register, ana) == ("lapsed", "months-without-stay")
    assert told(register) == [("lead", "guest", "bookings"), ("guest", "lapsed", "months-without-stay")]


def test_another_booking_brings_back_who_had_lapsed(register: Register, ana):
    past_stay(register, ana, 800)
    confirm(register, stay(ana))
    register.service.follow_stages()
    assert life(register, ana)[0] == "guest"


def test_those_who_look_at_once_tell_of_each_once(register: Register, monkeypatch):
    monkeypatch.setattr(store, "AT_ONCE", 4)
    guests = [
        register.service.create_profile(ana_as_entered(given_name=f"Ana {n}", emails=(), phones=())).id
        for n in range(4)
    ]
    for who in (*guests, *reversed(guests), *guests):
        confirm(register, stay(who, *guests))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: register.service.follow_stages(), range(16)))
    assert {life(register, who)[0] for who in guests} == {"guest"}
    assert told(register) == [("lead", "guest", "bookings")] * 4


def test_since_is_when_the_stage_began(register: Register, ana):
    confirm(register, stay(ana))
    register.service.follow_stages()
    since = register.reads(ana).life_cycle.since
    confirm(register, stay(ana))
    register.service.follow_stages()
    assert register.reads(ana).life_cycle.since == since


def test_another_stage_is_on_the_time_line(register: Register, ana):
    confirm(register, stay(ana))
    register.service.follow_stages()
    with register.db.engine.connect() as connection:
        query = "SELECT kind, facts FROM timeline WHERE what = 'stage.changed'"
        assert [tuple(row) for row in connection.exec_driver_sql(query)] == [
            ("change", {"stage": "guest", "before": "lead", "why": "bookings"})
        ]


# ── rules as the house's data ────────────────────────────────────────────────────────────────────────────────────────


def test_another_rule_holds_for_everybody_batch_after_batch(register: Register, monkeypatch):
    monkeypatch.setattr(store, "AT_ONCE", 3)
    guests = [
        register.service.create_profile(ana_as_entered(given_name=f"Ana {n}", emails=(), phones=())).id
        for n in range(7)
    ]
    for who in guests:
        confirm(register, stay(who))
    for _ in range(3):
        register.service.follow_stages()
    assert {life(register, who)[0] for who in guests} == {"guest"}
    set_rule(register, "guest", bookings=None, stays=1)
    assert recompute(register) == 3
    assert {life(register, who) for who in guests} == {("lead", "nothing")}


def test_all_can_be_looked_at_again_from_what_is_known(register: Register, databases, ana):
    confirm(register, stay(ana))
    register.service.follow_stages()
    databases.admin("profiles").execute("UPDATE profiles SET stage = 'lapsed'")
    databases.admin("profiles").execute("DELETE FROM stage_facts")
    register.service.recompute_stages(RecomputeStages())
    recompute(register)
    assert life(register, ana) == ("guest", "bookings")
    recompute(register)
    assert told(register)[-1] == ("lapsed", "guest", "bookings")


def test_how_a_stage_is_cared_for_stands_on_the_card_and_moves_nobody(register: Register, ana):
    care = (InLanguage(language="en", text="Offer a tour."), InLanguage(language="pt", text="Oferecer uma visita."))
    set_rule(register, "lead", care=care)
    assert register.reads(ana).life_cycle.care == care
    assert register.announced("stages.to_recompute.v1") == []


def test_who_read_an_older_rule_is_refused(register: Register):
    assert set_rule(register, "guest").version == 1
    set_rule(register, "guest", bookings=2)
    with pytest.raises(StageHasChanged):
        set_rule(register, "guest", version=1, bookings=3)
    with pytest.raises(NoSuchStage):
        register.service.set_stage(SetStage(code="friend", version=1, position=1))


def test_what_is_no_rule_is_refused_with_its_places(register: Register):
    for said, pointers in (
        ({"position": -1}, ["/position"]),
        ({"bookings": 0}, ["/bookings"]),
        ({"stays": 1001}, ["/stays"]),
        ({"months_without_stay": 0}, ["/months_without_stay"]),
        ({"tiers": ("gold", " ")}, ["/tiers/1"]),
        ({"tiers": ("x" * 61,)}, ["/tiers/0"]),
        ({"care": (InLanguage(language="??", text="x"),)}, ["/care/0/language"]),
        ({"care": (InLanguage(language="en", text="a\u202eb"),)}, ["/care/0/text"]),
    ):
        with pytest.raises(NotAStage) as refused:
            set_rule(register, "guest", **said)
        assert [fault.pointer for fault in refused.value.errors] == pointers
