"""Fees of what was only held, and of no-shows who came after all."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from uuid import uuid4

import pytest

from services.contracts.bookings import BookingFacts
from services.kit.db import Database
from tests.billing.houses import EVERYTHING, PAST, House, cancelling, not_coming
from tests.billing.makers import eur, stay


@pytest.fixture
def house(billing_db: Database) -> House:
    house = House(billing_db)
    house.asks(cancelling(EVERYTHING), not_coming(EVERYTHING))
    return house


def booked(**more: object) -> BookingFacts:
    return replace(stay(uuid4(), eur(30000), arrival=PAST), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("heard", [True, False], ids=["heard of", "never heard of"])
def test_a_hold_that_expires_owes_nothing(house: House, heard: bool) -> None:
    facts = booked()
    if heard:
        house.holds(facts)
    house.ends(replace(facts, reason="hold-expired", ended_from="tentative"))
    assert house.balance(facts.profile_id) == 0
    assert house.terms(facts).fee is None


def test_a_no_show_by_the_clock_pays_like_any_other(house: House) -> None:
    facts = house.hears(booked())
    house.ends(replace(facts, reason="not-arrived", ended_from="confirmed"), "no_show")
    assert house.balance(facts.profile_id) == 30000


def test_a_no_show_who_comes_after_all_owes_the_stay_and_no_fee(house: House) -> None:
    facts = house.hears(booked())
    house.ends(facts, "no_show")
    house.hears(replace(facts, version=3))
    house.hears(replace(facts, version=4, state="in_house"))
    fee = house.terms(facts).fee
    assert (fee and fee.state, house.balance(facts.profile_id)) == ("withdrawn", 30000)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_it_is_the_same_in_whatever_order_it_is_heard(house: House, order: tuple[int, ...]) -> None:
    facts = booked()
    told = [
        facts,
        replace(facts, version=2, state="no_show"),
        replace(facts, version=3),
        replace(facts, version=4, state="in_house"),
    ]
    for n in order:
        house.hears(told[n])
    fee = house.terms(facts).fee
    assert (fee is None or fee.state == "withdrawn", house.balance(facts.profile_id)) == (True, 30000)


def test_who_came_after_all_and_is_then_cancelled_pays_for_that(house: House) -> None:
    facts = house.hears(booked())
    house.ends(facts, "no_show")
    house.hears(replace(facts, version=3))
    house.ends(facts, version=4)
    fee = house.terms(facts).fee
    assert fee
    assert (fee.kind, fee.state, house.balance(facts.profile_id)) == ("cancellation", "posted", 30000)


def test_a_check_in_that_is_taken_back_leaves_the_stay_owed(house: House) -> None:
    facts = house.hears(booked())
    house.hears(replace(facts, version=2, state="in_house"))
    house.hears(replace(facts, version=3))
    assert house.balance(facts.profile_id) == 30000
