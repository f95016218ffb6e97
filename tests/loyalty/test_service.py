"""Members and their points, on the real database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.bookings import BookingCheckedIn
from services.contracts.values import Money
from services.kit.db import Database
from tests.billing.makers import eur, stay
from tests.loyalty.makers import Loyalty


@pytest.fixture
def loyalty(loyalty_db: Database) -> Loyalty:
    return Loyalty(loyalty_db)


def announced(db: Database, topic: str) -> list[dict[str, Any]]:
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT body FROM outbox WHERE routing_key = :key ORDER BY seq"), {"key": f"{topic}.v1"}
        )
        return [json.loads(row.body) for row in rows]


def test_the_first_confirmed_stay_opens_an_account(loyalty: Loyalty) -> None:
    ana = uuid4()
    assert not loyalty.account(ana).open
    loyalty.confirmed(ana)
    account = loyalty.account(ana)
    assert (account.open, account.points, account.tier) == (True, 0, "bronze")


def test_an_account_is_opened_and_announced_once(loyalty: Loyalty) -> None:
    ana = uuid4()
    for _ in range(3):
        loyalty.confirmed(ana)
    assert [e["profile_id"] for e in announced(loyalty.db, "loyalty.account_opened")] == [str(ana)]


def test_a_guest_already_here_gets_an_account_too(loyalty: Loyalty) -> None:
    facts = stay(uuid4(), eur(30000), state="in_house")
    loyalty.service.open_account_at_arrival(
        BookingCheckedIn(booking_id=facts.booking_id, version=facts.version, booking=facts)
    )
    assert loyalty.account(facts.profile_id).open


def test_who_only_pays_gets_no_account(loyalty: Loyalty) -> None:
    ana, company = uuid4(), uuid4()
    loyalty.confirmed(ana, payer=company)
    assert not loyalty.account(company).open


def test_ten_points_a_euro_of_room_revenue_rounded_down(loyalty: Loyalty) -> None:
    ana = uuid4()
    loyalty.earned(ana, eur(12_999))
    assert loyalty.account(ana).points == 1299
    assert loyalty.account(ana).nights == 3


def test_revenue_before_the_confirmation_opens_the_account(loyalty: Loyalty) -> None:
    ana = uuid4()
    loyalty.earned(ana, eur(10_000))
    loyalty.confirmed(ana)
    assert loyalty.account(ana).points == 1000
    assert len(announced(loyalty.db, "loyalty.account_opened")) == 1


def test_a_repeated_total_gives_no_second_points(loyalty: Loyalty) -> None:
    ana = uuid4()
    booking = loyalty.earned(ana, eur(10_000), version=2)
    loyalty.earned(ana, eur(10_000), version=2, booking_id=booking)
    assert loyalty.account(ana).points == 1000
    assert len(announced(loyalty.db, "loyalty.points_changed")) == 1


def test_a_corrected_total_moves_the_points_by_the_difference(loyalty: Loyalty) -> None:
    ana = uuid4()
    booking = loyalty.earned(ana, eur(10_000), version=1)
    loyalty.earned(ana, eur(7_500), version=2, booking_id=booking)
    assert loyalty.account(ana).points == 750
    said = announced(loyalty.db, "loyalty.points_changed")
    assert [(e["points"], e["delta"]) for e in said] == [(1000, 1000), (750, -250)]
    assert said[0]["version"] < said[1]["version"]


def test_a_reversal_takes_back_exactly_what_was_given(loyalty: Loyalty) -> None:
    ana = uuid4()
    booking = loyalty.earned(ana, eur(12_999), version=1)
    loyalty.earned(ana, eur(0), version=2, booking_id=booking)
    account = loyalty.account(ana)
    assert (account.points, account.nights) == (0, 0)
    assert [lot.state for lot in account.lots] == ["reversed"]


def test_a_late_older_total_changes_nothing(loyalty: Loyalty) -> None:
    ana = uuid4()
    booking = loyalty.earned(ana, eur(0), version=5)
    loyalty.earned(ana, eur(10_000), version=4, booking_id=booking)
    assert loyalty.account(ana).points == 0


def test_points_of_a_refunded_stay_are_taken_back_even_when_spent(loyalty: Loyalty) -> None:
    ana = uuid4()
    booking = loyalty.earned(ana, eur(10_000), version=1)
    with loyalty.db.engine.begin() as connection:
        connection.execute(sa.text('UPDATE lots SET "left" = "left" - 400'))
        connection.execute(sa.text("UPDATE accounts SET points = points - 400"))
    loyalty.earned(ana, eur(0), version=2, booking_id=booking)
    assert loyalty.account(ana).points == -400


def test_points_move_with_the_guest_of_the_stay(loyalty: Loyalty) -> None:
    ana, bruno = uuid4(), uuid4()
    booking = loyalty.earned(ana, eur(10_000), version=1)
    loyalty.earned(bruno, eur(10_000), version=2, booking_id=booking)
    assert (loyalty.account(ana).points, loyalty.account(bruno).points) == (0, 1000)
    assert loyalty.account(ana).lots == ()


def test_a_kind_without_a_rule_earns_nothing(loyalty: Loyalty) -> None:
    ana = uuid4()
    loyalty.earned(ana, eur(10_000), kind="spa")
    assert (loyalty.account(ana).points, loyalty.account(ana).nights) == (0, 0)


def test_a_house_may_give_points_for_more_kinds_and_by_property(loyalty: Loyalty, databases: Any) -> None:
    databases.admin("loyalty").execute(
        "INSERT INTO earning_rules (kind, points_per_unit, property_id)"
        " VALUES ('spa', 5, NULL), ('spa', 20, '11111111-1111-4111-8111-111111111111')"
    )
    ana = uuid4()
    loyalty.earned(ana, eur(1_000), kind="spa")
    assert loyalty.account(ana).points == 200


@pytest.mark.parametrize(
    ("nights", "total", "tier"),
    [
        (9, 199_999, "bronze"),
        (10, 100, "silver"),
        (1, 200_000, "silver"),
        (25, 100, "gold"),
        (3, 1_500_000, "platinum"),
    ],
)
def test_a_tier_is_reached_by_nights_or_by_spending(loyalty: Loyalty, nights: int, total: int, tier: str) -> None:
    ana = uuid4()
    loyalty.earned(ana, eur(total), nights=nights)
    assert loyalty.account(ana).tier == tier


def test_a_tier_is_lost_with_the_stay_that_gave_it(loyalty: Loyalty) -> None:
    ana = uuid4()
    booking = loyalty.earned(ana, eur(50_000), nights=12, version=1)
    loyalty.earned(ana, eur(0), nights=12, version=2, booking_id=booking)
    assert loyalty.account(ana).tier == "bronze"
    assert [e["tier"] for e in announced(loyalty.db, "loyalty.tier_changed")] == ["silver", "bronze"]


def test_stays_of_more_than_a_year_ago_give_no_tier(loyalty: Loyalty) -> None:
    ana = uuid4()
    loyalty.earned(ana, eur(50_000), nights=12)
    with loyalty.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE lots SET earned_at = earned_at - interval '13 months'"))
    loyalty.earned(ana, eur(10_000), nights=1)
    assert loyalty.account(ana).tier == "bronze"


def test_a_tier_ends_when_its_stays_are_too_old(loyalty: Loyalty) -> None:
    ana, bruno = uuid4(), uuid4()
    for guest in (ana, bruno):
        loyalty.earned(guest, eur(50_000), nights=12)
    with loyalty.db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE lots SET earned_at = earned_at - interval '13 months' WHERE profile_id = :id"), {"id": ana}
        )
    loyalty.service.review_tiers()
    assert (loyalty.account(ana).tier, loyalty.account(bruno).tier) == ("bronze", "silver")
    assert announced(loyalty.db, "loyalty.tier_changed")[-1]["profile_id"] == str(ana)
    assert loyalty.account(ana).points == 5000


def test_spending_in_another_currency_counts_by_nights_only(loyalty: Loyalty) -> None:
    kenji = uuid4()
    loyalty.earned(kenji, Money(amount_minor=3_000_000, currency="JPY"), nights=2)
    assert loyalty.account(kenji).tier == "bronze"


def test_stays_earned_at_the_same_moment_all_count(loyalty: Loyalty) -> None:
    ana = uuid4()

    def earn(_: int) -> UUID:
        return loyalty.earned(ana, eur(10_000), nights=1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(earn, range(12)))
    account = loyalty.account(ana)
    assert (account.points, account.nights, account.tier) == (12_000, 12, "silver")


def test_totals_of_one_stay_at_the_same_moment_end_at_the_newest(loyalty: Loyalty) -> None:
    ana, booking = uuid4(), uuid4()

    def earn(version: int) -> None:
        loyalty.earned(ana, eur(1_000 * version), version=version, booking_id=booking)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(earn, [3, 1, 6, 2, 8, 4, 7, 5]))
    assert loyalty.account(ana).points == 800
    assert [lot.left for lot in loyalty.account(ana).lots] == [800]
