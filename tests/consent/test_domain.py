"""What somebody has agreed to, as pure rules, against an oracle that knows nothing of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.domain import CHANNELS, PURPOSES, SINGLE_CHANNELS, Act, checked, may_contact, states
from services.contracts.consent import NotAConsent
from tests.consent.guests import grant

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def act(channel: str, granted: bool, minutes: int = 0, purpose: str = "marketing", number: int = 0) -> Act:
    return Act(UUID(int=number), purpose, channel, granted, "2026-11", NOON + timedelta(minutes=minutes))


def state(acts: list[Act], channel: str, at: datetime = NOON + timedelta(days=1), purpose: str = "marketing"):
    return next(s for s in states(acts, at) if (s.purpose, s.channel) == (purpose, channel))


def test_nothing_said_is_nothing_granted():
    assert not any(s.granted for s in states([], NOON) if s.purpose != "stay")
    assert may_contact([], "survey", "sms").why == "no-consent"


def test_the_latest_act_wins():
    acts = [act("email", True, 1), act("email", False, 2)]
    assert not state(acts, "email").granted
    assert state(acts, "email").since == NOON + timedelta(minutes=2)
    assert may_contact(acts, "marketing", "email").why == "withdrawn"


def test_of_two_acts_at_one_instant_the_one_recorded_later_wins():
    assert not state([act("email", True), act("email", False)], "email").granted
    assert state([act("email", False), act("email", True)], "email").granted


def test_a_withdrawal_for_any_channel_reaches_every_channel():
    acts = [act("email", True, 1), act("sms", True, 2), act("any", False, 3)]
    assert not any(state(acts, channel).granted for channel in CHANNELS)


def test_a_later_grant_for_one_channel_opens_that_channel_only():
    acts = [act("any", False, 1), act("sms", True, 2)]
    assert [c for c in CHANNELS if state(acts, c).granted] == ["sms"]


def test_any_channel_is_allowed_only_while_every_channel_is():
    acts = [act("any", True, 1)]
    assert may_contact(acts, "marketing", "any").allowed
    assert may_contact([*acts, act("post", False, 2)], "marketing", "any").why == "withdrawn"


def test_consent_for_one_purpose_is_none_for_another():
    acts = [act("any", True, purpose="survey")]
    assert not may_contact(acts, "marketing", "email").allowed


def test_a_message_about_the_stay_needs_no_consent():
    acts = [act("any", False)]
    assert may_contact(acts, "stay", "email").why == "contract"
    assert state(acts, "email", purpose="stay").ground == "contract"


def test_the_permission_names_the_act_that_gave_it():
    acts = [act("email", True, 1, number=1), act("any", True, 2, number=2)]
    assert may_contact(acts, "marketing", "email").record_id == UUID(int=2)


def test_an_act_that_proves_nothing_is_refused_with_pointers():
    with pytest.raises(NotAConsent) as refused:
        checked(grant(wording_version=" ", source="x" * 201, address="Rua Augusta 1", purpose="stay"))
    pointers = {problem.pointer for problem in refused.value.errors}
    assert pointers == {"/wording_version", "/source", "/address", "/purpose"}


# ── the oracle: a table of booleans, one cell per (purpose, channel), painted act by act ─────────────────────────────

minutes = st.integers(0, 12)
acts_in_time = st.lists(
    st.tuples(minutes, st.sampled_from(PURPOSES), st.sampled_from(CHANNELS), st.booleans()), max_size=25
).map(lambda said: sorted(said, key=lambda a: a[0]))


def oracle(said: list[tuple[int, str, str, bool]], until: int) -> dict[tuple[str, str], bool]:
    cells = {(p, c): p == "stay" for p in PURPOSES for c in SINGLE_CHANNELS}
    for minute, purpose, channel, granted in said:
        if minute <= until and purpose != "stay":
            for single in SINGLE_CHANNELS if channel == "any" else [channel]:
                cells[purpose, single] = granted
    every = {(p, "any"): all(cells[p, c] for c in SINGLE_CHANNELS) for p in PURPOSES}
    return cells | every


@given(acts_in_time, minutes)
def test_the_state_at_any_instant_is_what_the_acts_up_to_then_paint(said, until):
    acts = [act(channel, granted, minute, purpose) for minute, purpose, channel, granted in said]
    found = {(s.purpose, s.channel): s.granted for s in states(acts, NOON + timedelta(minutes=until))}
    assert found == oracle(said, until)


@given(acts_in_time)
def test_permission_now_equals_the_state_now(said):
    acts = [act(channel, granted, minute, purpose) for minute, purpose, channel, granted in said]
    for s in states(acts, NOON + timedelta(days=1)):
        assert may_contact(acts, s.purpose, s.channel).allowed == s.granted


@given(acts_in_time, minutes)
def test_a_later_act_does_not_change_the_past(said, until):
    acts = [act(channel, granted, minute, purpose) for minute, purpose, channel, granted in said]
    later = act("any", False, until + 1)
    at = NOON + timedelta(minutes=until)
    assert states([*acts, later], at) == states(acts, at)
