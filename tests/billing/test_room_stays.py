"""Rooms of one booking with dates of their own: each room's price and people belong to its own nights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import taxes
from services.contracts.billing import CityTax, PropertyTaxes, SetTaxes
from services.contracts.bookings import BookingFacts, RoomStay
from services.kit.db import Database
from tests.billing.makers import Billing, eur
from tests.billing.nights import ANA, CITY_TAX, FIRST, LISBONS, VAT, in_house, later

DAY = timedelta(days=1)


def room(position: int, first: int = 0, nights: int = 3, price: int | None = None, **more: Any) -> RoomStay:
    """Two adults, unless said otherwise; `first` is counted from the booking's arrival."""
    arrival = FIRST + first * DAY
    said = {"adults": 2, "price": None if price is None else eur(price), **more}
    return RoomStay(position=position, arrival=arrival, departure=arrival + nights * DAY, **said)


def rooms(*of: RoomStay, total: int = 40000, **more: Any) -> BookingFacts:
    """Three nights in Lisbon, with these rooms."""
    return replace(in_house(ANA, total, **more), rooms=len(of), room_stays=of)


def lisbon(*city: CityTax, vat: bool = False, included: bool = True) -> PropertyTaxes:
    return replace(LISBONS, vat=(VAT,) if vat else (), city_tax=city, prices_include_vat=included)


def city_taxes(facts: BookingFacts, *of: CityTax, vat: bool = False) -> list[int]:
    return [night.city_tax_minor for night in taxes.nights_of(facts, lisbon(*of, vat=vat))]


def nets(facts: BookingFacts) -> list[int]:
    return [night.net_minor for night in taxes.nights_of(facts, None)]


# ── prices ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rooms_price_is_that_of_its_own_nights() -> None:
    assert nets(rooms(room(0, price=30000), room(1, first=2, nights=1, price=10000))) == [10000, 10000, 20000]


def test_rooms_without_a_price_share_what_the_others_leave_by_their_nights() -> None:
    facts = rooms(room(0, price=30000), room(1, first=1, nights=2), room(2, first=2, nights=1), total=36000)
    assert nets(facts) == [10000, 12000, 14000]


@pytest.mark.parametrize("total", [20000, 80000])
def test_prices_that_do_not_make_up_the_bookings_are_not_taken(total: int) -> None:
    facts = rooms(room(0, price=30000), room(1, first=2, nights=1, price=10000), total=total)
    assert nets(facts) == [total // 4, total // 4, total // 2]


def test_a_day_on_which_no_room_is_taken_costs_nothing() -> None:
    assert nets(rooms(room(0, nights=1, price=30000), room(1, first=2, nights=1, price=10000))) == [30000, 0, 10000]


# ── city tax ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_people_pay_city_tax_for_the_nights_of_their_own_room() -> None:
    facts = rooms(room(0), room(1, first=2, nights=1, adults=1, children=2, child_ages=(12, 13)))
    assert city_taxes(facts, CITY_TAX) == [800, 800, 1600]


def test_most_nights_are_counted_from_the_arrival_of_the_room() -> None:
    facts = rooms(room(0), room(1, first=1, nights=2))
    assert city_taxes(facts, replace(CITY_TAX, most_nights=2)) == [800, 1600, 800]


def test_city_tax_in_percent_is_of_the_rooms_whose_people_still_pay_it() -> None:
    facts = rooms(room(0, price=31800), room(1, first=1, nights=2, price=21200), total=53000)
    percent = CityTax(valid_from=FIRST, basis_points=1000, most_nights=2)
    assert city_taxes(facts, percent, vat=True) == [1000, 2000, 1000]


def test_city_tax_in_the_price_is_no_more_than_the_price_of_who_pays_it() -> None:
    facts = rooms(room(0, price=30000), room(1, first=1, nights=2, price=0), total=30000)
    within = replace(CITY_TAX, included=True, amount_minor=9000, most_nights=1)
    assert city_taxes(facts, within) == [10000, 0, 0]


_ROOMS = st.lists(
    st.builds(
        lambda first, nights, price, adults, children: room(0, first, nights, price, adults=adults, children=children),
        st.integers(0, 5),
        st.integers(1, 5),
        st.none() | st.integers(0, 10**6),
        st.integers(0, 4),
        st.integers(0, 3),
    ),
    max_size=6,
)
_CITY = st.builds(
    lambda points, most, within: CityTax(
        valid_from=date(2020, 1, 1),
        amount_minor=0 if points else 200,
        basis_points=points,
        most_nights=most,
        included=within,
    ),
    st.sampled_from([0, 500, 10_000]),
    st.none() | st.integers(1, 4),
    st.booleans(),
)


@given(_ROOMS, st.none() | st.integers(0, 10**6), _CITY, st.booleans())
def test_whatever_the_rooms_the_nights_are_the_price_and_its_taxes(
    of: list[RoomStay], total: int | None, city: CityTax, included: bool
) -> None:
    known = sum(each.price.amount_minor for each in of if each.price)
    facts = rooms(*of, total=known if total is None else total, nights=10)
    found = taxes.nights_of(facts, lisbon(city, vat=True, included=included))
    within = sum(n.city_tax_minor for n in found if n.city_tax_included)
    vat = sum(n.vat_minor for n in found) if included else 0
    assert sum(n.net_minor for n in found) + within + vat == facts.total.amount_minor
    assert all(min(n.net_minor, n.vat_minor, n.city_tax_minor) >= 0 for n in found)


@given(_ROOMS.filter(bool), st.integers(1, 3))
def test_a_fixed_city_tax_is_that_of_each_room_by_itself(of: list[RoomStay], most: int) -> None:
    rule = CityTax(valid_from=date(2020, 1, 1), amount_minor=100, most_nights=most)
    alone = (100 * (r.adults + r.children) * min((r.departure - r.arrival).days, most) for r in of)
    assert sum(city_taxes(rooms(*of, nights=10), rule)) == sum(alone)


# ── in the ledger ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.servers
def test_what_is_deferred_and_earned_follows_each_rooms_dates_and_price(billing_db: Database) -> None:
    billing = Billing(billing_db)
    guest = uuid4()
    billing.service.set_taxes(SetTaxes(**{**vars(LISBONS), "city_tax": (replace(CITY_TAX, most_nights=2),)}))
    whole = in_house(guest, 31800, arrival=date(2026, 11, 1), state="confirmed")
    booked = billing.hears(replace(whole, rooms=1))
    with_another = replace(
        later(booked, state="in_house", total=eur(42400), adults=4),
        room_stays=tuple(
            replace(each, arrival=each.arrival - 30 * DAY, departure=each.departure - 30 * DAY)
            for each in (room(0, price=31800), room(1, first=2, nights=1, price=10600))
        ),
    )
    billing.hears(with_another)
    billing.service.recognise_nights()
    with billing.db.engine.connect() as connection:
        found = connection.execute(
            sa.text(
                "SELECT j.business_date AS day, e.account, -e.amount_minor AS minor FROM entries e"
                " JOIN journals j ON j.id = e.journal_id WHERE j.kind = 'night' AND e.account <> 'guests'"
            )
        )
        posted = {(row.day.day, row.account): int(row.minor) for row in found}
    assert posted == {
        **{(day, "deferred-revenue"): -10600 for day in (1, 2)},
        **{(day, "revenue:room"): 10000 for day in (1, 2)},
        **{(day, "tax:vat"): 600 for day in (1, 2)},
        **{(day, "tax:city"): 800 for day in (1, 2)},
        (3, "deferred-revenue"): -21200,
        (3, "revenue:room"): 20000,
        (3, "tax:vat"): 1200,
        (3, "tax:city"): 800,
    }
