"""How old what is owed is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import Debt, aged
from services.billing.domain.companies import BUCKETS, bucket, transfer_entries
from services.billing.doors import companies
from services.contracts.billing import Ageing, PostCharge, ReadAgeing, SetPolicies
from services.kit.context import Context
from services.kit.db import Database
from tests.billing.companies import ACME, ANA, SOL, TODAY, ageing, agrees, routes
from tests.billing.hotel import Hotel
from tests.billing.makers import LISBON, PORTO, Billing, eur, stay


@pytest.fixture
def billing(billing_db: Database) -> Billing:
    return Billing(billing_db)


def test_debts_age_from_the_arrival_and_the_days_agreed(billing: Billing) -> None:
    agrees(billing, ACME, eur(10**9), 30)
    for days, amount in ((0, 1), (30, 10), (31, 100), (60, 1000), (61, 10000), (121, 100000)):
        billing.hears(stay(ANA, eur(amount), payer=ACME, arrival=TODAY - timedelta(days=days)))
    debt = ageing(billing, ACME)
    assert (debt.current, debt.days_1_30, debt.days_31_60, debt.days_61_90, debt.days_over_90) == tuple(
        eur(amount) for amount in (11, 1100, 10000, 0, 100000)
    )
    assert debt.total == eur(111111)


def test_what_is_covered_does_not_age(billing: Billing) -> None:
    billing.hears(stay(ANA, eur(30000), payer=ACME, arrival=TODAY - timedelta(days=10)))
    billing.pays(ACME, eur(20000))
    assert (ageing(billing, ACME).days_1_30, ageing(billing, ACME).total) == (eur(10000), eur(10000))
    billing.pays(ACME, eur(10000))
    assert billing.service.read_ageing(ReadAgeing(profile_id=ACME)).debts == ()


def test_a_charge_ages_from_its_own_day(billing: Billing) -> None:
    billing.service.post_charge(
        PostCharge(profile_id=ACME, kind="meeting", amount=eur(70000), business_date=TODAY - timedelta(days=40))
    )
    billing.service.post_charge(PostCharge(profile_id=ACME, kind="meeting", amount=eur(500)))
    assert (ageing(billing, ACME).days_31_60, ageing(billing, ACME).current) == (eur(70000), eur(500))


# ── by the hotel's own day ───────────────────────────────────────────────────────────────────────────────────────────


def aged_at(billing: Billing, moment: str) -> Ageing:
    """What was asked at a moment in UTC."""
    with billing.db.reading(Context(actor="test")) as tx:
        tx.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        door: Any = companies.Companies.read_ageing
        found: Ageing = door.__wrapped__.__wrapped__(billing.service, tx, ReadAgeing(profile_id=ACME))
        return found


def stands_in(billing: Billing, house: UUID, zone: str) -> None:
    billing.service.set_policies(SetPolicies(property_id=house, time_zone=zone, currency="EUR"))


@pytest.mark.parametrize(
    ("zone", "moment", "day", "bucket"),
    [
        ("Pacific/Kiritimati", "2024-06-10T13:59", date(2024, 6, 10), "current"),
        ("Pacific/Kiritimati", "2024-06-10T14:00", date(2024, 6, 11), "days_1_30"),  # it is 04:00 of the next day there
        ("Pacific/Honolulu", "2024-06-11T13:59", date(2024, 6, 10), "current"),
        ("Pacific/Honolulu", "2024-06-11T14:00", date(2024, 6, 11), "days_1_30"),
    ],
)
def test_a_day_more_has_passed_when_the_hotels_day_ends(
    billing: Billing, zone: str, moment: str, day: date, bucket: str
) -> None:
    stands_in(billing, LISBON, zone)
    billing.hears(stay(ANA, eur(100), payer=ACME, arrival=date(2024, 6, 10)))
    found = aged_at(billing, moment)
    assert (found.day, getattr(found.debts[0], bucket)) == (day, eur(100))


def test_each_debt_ages_by_the_day_of_its_own_hotel(billing: Billing) -> None:
    stands_in(billing, LISBON, "Pacific/Honolulu")
    stands_in(billing, PORTO, "Pacific/Kiritimati")
    for house, amount in ((LISBON, 1), (PORTO, 10)):
        billing.hears(stay(ANA, eur(amount), payer=ACME, arrival=date(2024, 6, 10), property_id=house))
    found = aged_at(billing, "2024-06-11T08:00")
    assert (found.day, found.debts[0].current, found.debts[0].days_1_30) == (date(2024, 6, 11), eur(1), eur(10))


def test_a_charge_without_booking_ages_by_the_day_of_where_it_was_sold(billing_db: Database) -> None:
    hotel = Hotel(billing_db)
    stands_in(hotel, LISBON, "Pacific/Honolulu")
    sold = {"profile_id": ACME, "business_date": date(2024, 6, 10)}
    hotel.charges(None, "spa", eur(1), property="LIS-CITY", **sold)
    hotel.charges(None, "spa", eur(10), **sold)
    debt = aged_at(hotel, "2024-06-11T08:00").debts[0]
    assert (debt.current, debt.days_1_30) == (eur(1), eur(10))


def test_what_is_routed_to_a_company_ages_by_the_day_of_the_stay(billing: Billing) -> None:
    facts = billing.hears(stay(ANA, eur(0), arrival=date(2024, 6, 10), time_zone="Pacific/Honolulu"))
    routes(billing, facts.booking_id, spa=ACME)
    billing.charges(facts.booking_id, "spa", eur(100), business_date=date(2024, 6, 10))
    assert aged_at(billing, "2024-06-11T08:00").debts[0].current == eur(100)


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────

DAY = date(2026, 11, 22)


def test_the_edges_of_the_buckets() -> None:
    found = [bucket(DAY - timedelta(days=n), 0, DAY) for n in (-1, 0, 1, 30, 31, 60, 61, 90, 91)]
    assert found == ["current", "current", "1-30", "1-30", "31-60", "31-60", "61-90", "61-90", "over-90"]


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(-(10**6), 10**6)), max_size=8),
    st.integers(0, 10**6),
    st.integers(0, 60),
)
def test_ages_add_up_to_what_is_open(said: list[tuple[int, int]], covered: int, days: int) -> None:
    debts = [Debt(DAY - timedelta(days=ago), minor, DAY) for ago, minor in said]
    found = aged(debts, covered, days)
    assert sum(found.values()) == max(0, sum(d.amount_minor for d in debts) - covered)
    assert set(found) == set(BUCKETS)
    assert min(found.values()) >= 0


@given(st.lists(st.integers(-(10**9), 10**9), max_size=4), st.booleans())
def test_a_transfer_sums_to_zero(amounts: list[int], same: bool) -> None:
    entries = transfer_entries([eur(a) for a in amounts], ANA, ANA if same else SOL)
    assert sum(e.amount_minor for e in entries) == 0
    owed = sum(e.amount_minor for e in entries if e.profile_id == SOL)
    assert owed == (0 if same else sum(amounts))
