"""Deposits: due, met, overdue where the house stands, told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    DepositDue,
    FindDeposits,
    SetTaxes,
    Share,
    TakePayment,
)
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.houses import FAR, House, before_stay
from tests.billing.makers import LISBON, PORTO, eur, stay

TOMORROW = datetime.now(UTC).date() + timedelta(days=1)


@pytest.fixture
def house(billing_db: Database) -> House:
    return House(billing_db)


def test_a_deposit_is_due_from_confirmation_and_met_by_credit(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000)))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=FAR))
    (due,) = house.deposits()
    assert (due.booking_id, due.profile_id, due.amount, due.covered) == (facts.booking_id, ana, eur(9000), eur(0))
    assert (due.state, due.due_on) == ("open", TOMORROW + timedelta(days=2))
    house.pays(ana, eur(8999))
    assert [(d.state, d.covered) for d in house.deposits()] == [("open", eur(8999))]
    house.pays(ana, eur(1))
    assert [(d.state, d.covered) for d in house.deposits()] == [("met", eur(9000))]


def test_an_overdue_deposit_is_told_once(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000)))
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=FAR))
    house.days_pass(3)
    house.service.tell_overdue_deposits()
    assert house.announced("deposit.overdue") == []
    house.days_pass(2)  # by UTC the day is over, whatever the hour of the test
    for _ in range(2):
        house.service.tell_overdue_deposits()
    (told,) = house.announced("deposit.overdue")
    assert (told["booking_id"], told["profile_id"]) == (str(facts.booking_id), str(ana))
    assert told["amount"] == {"amount_minor": 9000, "currency": "EUR"}
    assert [d.state for d in house.deposits(state="overdue")] == ["overdue"]
    house.pays(ana, eur(9000))
    assert [d.state for d in house.deposits()] == ["met"]


def test_many_workers_tell_an_overdue_deposit_once(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000)))
    for _ in range(3):
        house.hears(stay(uuid4(), eur(30000), arrival=FAR))
    house.days_pass(10)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: house.service.tell_overdue_deposits(), range(4)))
    assert len({told["booking_id"] for told in house.announced("deposit.overdue")}) == 3
    assert len(house.announced("deposit.overdue")) == 3


def test_the_day_of_a_deposit_is_over_where_the_house_stands(house: House) -> None:
    """Kiritimati is 14 hours ahead of UTC and Niue 11 behind: their days never agree at all hours."""
    for property_id, zone in ((LISBON, "Pacific/Kiritimati"), (PORTO, "Pacific/Niue")):
        house.asks(before_stay(Share(basis_points=3000)), property_id=property_id, time_zone=zone)
        house.hears(stay(uuid4(), eur(30000), arrival=FAR, property_id=property_id))
    there = datetime.now(ZoneInfo("Pacific/Niue")).date()
    with house.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE deposits_due SET due_on = :day"), {"day": there})
    house.service.tell_overdue_deposits()
    assert [d.state for d in house.deposits(property_id=LISBON)] == ["overdue"]
    assert [d.state for d in house.deposits(property_id=PORTO)] == ["open"]


def test_a_deposit_that_was_paid_in_time_is_never_told_overdue(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000)))
    ana = uuid4()
    house.hears(stay(ana, eur(30000), arrival=FAR))
    house.pays(ana, eur(9000))
    house.days_pass(10)
    house.service.tell_overdue_deposits()
    assert house.announced("deposit.overdue") == []
    assert [d.state for d in house.deposits(state="met")] == ["met"]


def test_where_a_stay_is_owed_from_arrival_what_was_paid_for_it_meets_its_deposit(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000)))
    house.service.set_taxes(
        SetTaxes(property_id=LISBON, country="PT", time_zone="UTC", currency="EUR", owed_from="arrival")
    )
    ana = uuid4()
    facts = house.hears(stay(ana, eur(30000), arrival=FAR))
    assert house.balance(ana) == 0
    house.service.take_payment(
        TakePayment(payer_profile_id=ana, amount=eur(9000), method="card", booking_id=facts.booking_id)
    )
    assert [d.state for d in house.deposits()] == ["met"]


def test_a_cancelled_booking_drops_its_deposit(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000)))
    facts = house.hears(stay(uuid4(), eur(30000), arrival=FAR))
    house.ends(facts)
    house.days_pass(10)
    house.service.tell_overdue_deposits()
    assert [d.state for d in house.deposits()] == ["dropped"]
    assert house.announced("deposit.overdue") == []


def test_a_deposit_is_never_more_than_the_price_there_is_now(house: House) -> None:
    house.asks(before_stay(Share(amount=eur(9000))))
    facts = house.hears(stay(uuid4(), eur(30000), arrival=FAR))
    house.hears(replace(facts, version=2, total=eur(5000)), changed=True)
    assert [d.amount for d in house.deposits()] == [eur(5000)]


def test_deposits_are_read_page_by_page_earliest_due_first(house: House) -> None:
    house.asks(before_stay(Share(basis_points=3000), days_before_arrival=10))
    for days in (3, 1, 2, 1):
        house.hears(stay(uuid4(), eur(30000), arrival=FAR + timedelta(days=days)))
    seen: list[DepositDue] = []
    cursor = None
    while True:
        found = house.service.find_deposits(FindDeposits(property_id=LISBON, limit=3, cursor=cursor))
        seen += found.items
        if (cursor := found.next) is None:
            break
    assert [(d.due_on - FAR).days for d in seen] == [-9, -9, -8, -7]
    assert list(house.deposits(property_id=PORTO)) == []
    with pytest.raises(Invalid):
        house.service.find_deposits(FindDeposits(cursor="yesterday"))
