"""The rules of policies: which holds for a booking, until when it is free, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import policies as rules
from services.billing.domain.policies import Ended, Terms
from services.contracts.billing import (
    Cutoff,
    Policy,
    PolicyChoice,
    Share,
)
from services.contracts.values import Money
from services.kit.refusal import Invalid
from tests.billing.houses import EVERYTHING, before_stay, cancelling, not_coming
from tests.billing.makers import eur, stay

ANA = uuid4()
ABSENT = not_coming(EVERYTHING)
PRICE = st.integers(0, 10**10)


def ended(at: datetime, *, total: int = 30000, kind: Any = "cancellation", nights: int = 3) -> Ended:
    return Ended(kind=kind, arrival=date(2026, 12, 1), nights=nights, total=eur(total), at=at)


def lisbon(**policies: Policy) -> Terms:
    return Terms(booked_on=date(2026, 11, 1), time_zone="Europe/Lisbon", **policies)


# ── which policy ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_each_kind_the_most_specific_policy_that_matches_is_the_bookings() -> None:
    agency = cancelling(EVERYTHING, channel="agency")
    late = cancelling(Share(nights=2), max_lead_days=7)
    other = cancelling(Share(nights=1))
    absent = not_coming(EVERYTHING)
    chosen = rules.choose([agency, late, other, absent], stay(ANA, eur(30000)), date(2026, 11, 1), "UTC")
    assert (chosen.cancellation, chosen.no_show, chosen.deposit) == (other, absent, None)


ALL_THAT_MATCH = (
    cancelling(EVERYTHING, rates=("NRF",), channel="direct"),
    cancelling(EVERYTHING, min_lead_days=1, max_lead_days=90),
    cancelling(EVERYTHING, rates=("NRF", "PROMO")),
    cancelling(EVERYTHING, channel="direct"),
    cancelling(EVERYTHING, arrival_until=date(2026, 12, 31)),
    cancelling(EVERYTHING, min_lead_days=1),
    cancelling(EVERYTHING),
)


@pytest.mark.parametrize("first", range(len(ALL_THAT_MATCH)))
@given(data=st.data())
def test_whatever_the_order_of_the_list_the_most_specific_is_chosen(first: int, data: st.DataObject) -> None:
    """The most conditions, then by which they are."""
    facts = replace(stay(ANA, eur(30000)), channel="direct", rates=("NRF",))
    listed = data.draw(st.permutations(ALL_THAT_MATCH[first:]))
    assert rules.choose(listed, facts, date(2026, 11, 1), "UTC").cancellation == ALL_THAT_MATCH[first]


def test_of_policies_with_the_very_same_conditions_the_first_of_the_list_is_chosen() -> None:
    winter, december = (cancelling(EVERYTHING, arrival_from=date(2026, month, 1)) for month in (11, 12))
    for listed in ([winter, december], [december, winter]):
        assert rules.choose(listed, stay(ANA, eur(30000)), date(2026, 11, 1), "UTC").cancellation == listed[0]


def test_why_a_policy_was_chosen_is_told_with_those_that_matched_too() -> None:
    general, strict, absent = (replace(p, id=uuid4()) for p in (*ALL_THAT_MATCH[-1:], *ALL_THAT_MATCH[:1], ABSENT))
    facts = replace(stay(ANA, eur(30000)), channel="direct", rates=("NRF",))
    terms = rules.choose([general, strict, absent], facts, date(2026, 11, 1), "UTC")
    assert rules.choices(terms) == (
        PolicyChoice(
            kind="cancellation", policy_id=strict.id, named=("rates", "channel"), passed_over=(general.id or uuid4(),)
        ),
        PolicyChoice(kind="no_show", policy_id=absent.id),
    )


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"min_lead_days": 30, "max_lead_days": 30}, True),
        ({"min_lead_days": 31}, False),
        ({"max_lead_days": 29}, False),
        ({"arrival_from": date(2026, 12, 1), "arrival_until": date(2026, 12, 1)}, True),
        ({"arrival_from": date(2026, 12, 2)}, False),
        ({"arrival_until": date(2026, 11, 30)}, False),
        ({"channel": "agency"}, False),
        ({"channel": "direct"}, True),
    ],
)
def test_bounds_of_a_policy_are_included(bounds: dict[str, Any], holds: bool) -> None:
    facts = replace(stay(ANA, eur(30000)), channel="direct")
    assert rules.matches(cancelling(EVERYTHING, **bounds), facts, date(2026, 11, 1)) is holds


@pytest.mark.parametrize(
    ("sold", "holds"),
    [(("NRF",), True), (("NRF", "PROMO"), True), (("FLEX",), False), (("FLEX", "NRF"), False), ((), False)],
)
def test_a_policy_of_rates_is_for_bookings_sold_at_nothing_else(sold: tuple[str, ...], holds: bool) -> None:
    facts = replace(stay(ANA, eur(30000)), rates=sold)
    policy = cancelling(EVERYTHING, rates=("NRF", "PROMO"))
    assert rules.matches(policy, facts, date(2026, 11, 1)) is holds


def test_a_fixed_amount_is_for_bookings_in_its_currency() -> None:
    facts = stay(ANA, Money(amount_minor=30000, currency="USD"))
    assert not rules.matches(cancelling(Share(amount=eur(100))), facts, date(2026, 11, 1))


# ── how much ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(total=PRICE, points=st.integers(1, 10_000), nights=st.integers(1, 400), first=st.integers(1, 400))
def test_no_share_is_below_nothing_or_above_the_price(total: int, points: int, nights: int, first: int) -> None:
    for share in (Share(basis_points=points), Share(nights=first), Share(amount=eur(first * 1000))):
        found = rules.share_of(share, eur(total), nights)
        assert found is None or 0 < found.amount_minor <= total


@given(total=PRICE, nights=st.integers(1, 60))
def test_the_price_of_all_nights_is_the_price(total: int, nights: int) -> None:
    assert rules.share_of(Share(nights=nights), eur(total), nights) == (eur(total) if total else None)


@given(total=st.integers(1, 10**10), nights=st.integers(1, 60), first=st.integers(1, 59))
def test_the_first_nights_cost_at_most_a_cent_each_more_than_the_later_ones(
    total: int, nights: int, first: int
) -> None:
    found = rules.share_of(Share(nights=first), eur(total), nights)
    paid = found.amount_minor if found else 0
    count = min(first, nights)
    assert 0 <= paid * nights - total * count <= count * nights


@pytest.mark.parametrize(("total", "points", "fee"), [(5, 5000, 3), (3, 5000, 2), (333, 1000, 33), (335, 1000, 34)])
def test_a_percentage_is_rounded_half_up_to_the_cent(total: int, points: int, fee: int) -> None:
    assert rules.share_of(Share(basis_points=points), eur(total), 1) == eur(fee)


def test_a_stay_without_a_price_costs_nothing_to_cancel() -> None:
    assert rules.share_of(Share(amount=eur(5000)), eur(0), 1) is None


# ── until when ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cancelling_is_free_until_the_evening_of_arrival_where_the_house_stands() -> None:
    terms = lisbon(cancellation=cancelling(Share(nights=1)))
    evening = datetime(2026, 12, 1, 18, tzinfo=ZoneInfo("Europe/Lisbon"))
    assert rules.cancellation_fee(terms, ended(evening)) is None
    assert rules.cancellation_fee(terms, ended(evening + timedelta(seconds=1))) == eur(10000)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kathmandu", "America/St_Johns"])
def test_the_hour_is_the_one_of_the_propertys_zone(zone: str) -> None:
    policy = cancelling(EVERYTHING, free_until=Cutoff(days=2, hour=12))
    until = rules.free_until(policy, date(2026, 12, 1), zone)
    assert f"{until.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == "2026-11-29 12:00"


def test_the_night_on_which_clocks_change_moves_no_cutoff() -> None:
    policy = cancelling(EVERYTHING, free_until=Cutoff(days=1, hour=18))
    summer = rules.free_until(policy, date(2026, 10, 25), "Europe/Lisbon")
    winter = rules.free_until(policy, date(2026, 10, 26), "Europe/Lisbon")
    assert winter.astimezone(UTC) - summer.astimezone(UTC) == timedelta(hours=25)


def test_a_booking_without_a_policy_of_the_kind_owes_no_fee() -> None:
    after = datetime(2027, 1, 1, tzinfo=UTC)
    assert rules.fee(lisbon(no_show=not_coming(EVERYTHING)), ended(after)) is None
    assert rules.fee(lisbon(no_show=not_coming(EVERYTHING)), ended(after, kind="no_show")) == eur(30000)


def test_a_deposit_is_never_due_before_the_booking_was_made() -> None:
    terms = lisbon(deposit=before_stay(Share(basis_points=3000), days_before_arrival=40))
    assert rules.deposit(terms, stay(ANA, eur(30000))) == (eur(9000), date(2026, 11, 1))
    terms = lisbon(deposit=before_stay(Share(basis_points=3000), days_before_arrival=14))
    assert rules.deposit(terms, stay(ANA, eur(30000))) == (eur(9000), date(2026, 11, 17))
    terms = lisbon(deposit=before_stay(Share(amount=eur(5000)), days_after_booking=3))
    assert rules.deposit(terms, stay(ANA, eur(30000))) == (eur(5000), date(2026, 11, 4))


def test_terms_are_said_in_words() -> None:
    terms = lisbon(cancellation=cancelling(Share(basis_points=8000)), no_show=not_coming(Share(nights=1)))
    assert rules.in_words(terms, date(2026, 12, 1), (eur(9000), date(2026, 11, 17))) == (
        "Cancelling is free until 18:00 on 2026-12-01 (Europe/Lisbon).",
        "Afterwards it costs 80.00 % of the price of the stay.",
        "Not coming costs the price of the first night.",
        "A deposit of 90.00 EUR is due by 2026-11-17.",
    )


def test_a_rate_without_free_cancellation_says_so() -> None:
    terms = lisbon(cancellation=cancelling(EVERYTHING, free_until=Cutoff(days=3650, hour=0)))
    assert rules.in_words(terms, date(2026, 12, 1), None)[0] == "Cancelling costs 100.00 % of the price of the stay."


@pytest.mark.parametrize(
    ("policy", "pointers"),
    [
        (cancelling(Share()), ["/policies/0/share"]),
        (cancelling(Share(basis_points=1, nights=1)), ["/policies/0/share"]),
        (cancelling(Share(basis_points=10_001)), ["/policies/0/share/percent"]),
        (cancelling(Share(nights=0)), ["/policies/0/share/nights"]),
        (cancelling(Share(amount=eur(0))), ["/policies/0/share/amount/amount"]),
        (cancelling(Share(amount=Money(amount_minor=1, currency="USD"))), ["/policies/0/share/amount/currency"]),
        (cancelling(EVERYTHING, min_lead_days=3, max_lead_days=2), ["/policies/0/max_lead_days"]),
        (cancelling(EVERYTHING, free_until=Cutoff(days=0, hour=24)), ["/policies/0/free_until"]),
        (cancelling(EVERYTHING, days_after_booking=1), ["/policies/0/days_before_arrival"]),
        (not_coming(EVERYTHING, free_until=Cutoff()), ["/policies/0/free_until"]),
        (Policy(kind="deposit", share=EVERYTHING), ["/policies/0/days_before_arrival"]),
        (before_stay(EVERYTHING, days_after_booking=-1), ["/policies/0/days_after_booking"]),
    ],
)
def test_what_is_wrong_with_a_policy_has_a_pointer(policy: Policy, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check([policy], "EUR")
    assert [e.pointer for e in refused.value.errors] == pointers
