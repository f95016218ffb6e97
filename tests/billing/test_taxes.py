"""Taxes: what of a price is VAT and city tax, exactly, and which rules a property may have."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import taxes
from services.billing.domain.taxes import Night
from services.contracts.billing.taxes import CityTax, NoTaxes, PropertyTaxes, ReadTaxes, SetTaxes, VatRate
from services.contracts.bookings import BookingFacts
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.makers import LISBON, Billing, eur, stay

START = date(2020, 1, 1)
ANA = UUID(int=1)


def rules(*vat: VatRate, city_tax: tuple[CityTax, ...] = (), included: bool = True, **more: Any) -> PropertyTaxes:
    return PropertyTaxes(
        property_id=LISBON,
        country="PT",
        time_zone="Europe/Lisbon",
        currency="EUR",
        vat=vat,
        city_tax=city_tax,
        prices_include_vat=included,
        **more,
    )


def vat(basis_points: int, since: date = START, **more: Any) -> VatRate:
    return VatRate(tax_class="accommodation", basis_points=basis_points, valid_from=since, **more)


def city_tax(since: date = START, **more: Any) -> CityTax:
    return CityTax(valid_from=since, **more)


def family(total: int = 30000, nights: int = 3, adults: int = 2, children: int = 1) -> BookingFacts:
    return replace(stay(ANA, eur(total), nights=nights), adults=adults, children=children)


def nights(facts: BookingFacts, *of: VatRate, **more: Any) -> tuple[Night, ...]:
    return taxes.nights_of(facts, rules(*of, **more))


# ── splitting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_units_left_over_go_to_the_earlier_of_equal_parts() -> None:
    assert taxes.split(100, [1, 1, 1]) == [34, 33, 33]


def test_the_units_left_over_go_to_the_largest_remainders() -> None:
    assert taxes.split(10, [1, 7, 3]) == [1, 6, 3]


def test_parts_without_weight_are_equal() -> None:
    assert taxes.split(5, [0, 0]) == [3, 2]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_a_split_is_exact_and_no_part_is_off_by_a_whole_unit(total: int, weights: list[int]) -> None:
    shares = taxes.split(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    if whole:
        assert all(abs(share * whole - total * weight) < whole for share, weight in zip(shares, weights, strict=True))


@pytest.mark.parametrize(
    ("gross", "basis_points", "net", "tax"),
    [(10600, 600, 10000, 600), (10000, 2300, 8130, 1870), (1, 2300, 1, 0), (0, 2300, 0, 0), (777, 0, 777, 0)],
)
def test_vat_is_taken_out_of_a_gross_price(gross: int, basis_points: int, net: int, tax: int) -> None:
    assert taxes.split_gross(gross, basis_points) == (net, tax)


@given(st.integers(-(10**12), 10**12), st.integers(0, 10_000))
def test_net_and_vat_are_the_gross_and_what_is_given_back_is_what_was_taken(gross: int, basis_points: int) -> None:
    net, tax = taxes.split_gross(gross, basis_points)
    assert net + tax == gross
    assert taxes.split_gross(-gross, basis_points) == (-net, -tax)
    assert abs(2 * (tax * (10_000 + basis_points) - gross * basis_points)) <= 10_000 + basis_points


# ── VAT ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_property_without_rules_has_no_tax() -> None:
    assert [(n.net_minor, n.vat_minor, n.city_tax_minor) for n in taxes.nights_of(family(100), None)] == [
        (34, 0, 0),
        (33, 0, 0),
        (33, 0, 0),
    ]


def test_a_rate_holds_from_its_day_until_the_next_begins() -> None:
    given_ = rules(vat(600), vat(1300, date(2026, 12, 2)), vat(0, date(2026, 12, 24), valid_until=date(2026, 12, 25)))
    days = [date(2019, 12, 31), START, date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 24), date(2026, 12, 25)]
    assert [taxes.rate(given_, "accommodation", day) for day in days] == [0, 600, 600, 1300, 0, 1300]
    assert taxes.rate(given_, "food", START) == 0


def test_vat_in_the_price_is_that_of_the_whole_stay() -> None:
    found = nights(family(10000), vat(2300))
    assert sum(n.vat_minor for n in found) == taxes.split_gross(10000, 2300)[1]
    assert [n.whole_minor for n in found] == [3334, 3333, 3333]


def test_vat_on_top_of_the_price_is_owed_too() -> None:
    found = nights(family(10000), vat(2300), included=False)
    assert sum(n.net_minor for n in found) == 10000
    assert sum(n.ahead_minor for n in found) == 12300


def test_a_night_is_taxed_by_the_rate_of_its_day() -> None:
    found = nights(family(30000), vat(0), vat(2500, date(2026, 12, 3)))
    assert [n.vat_minor for n in found] == [0, 0, 2000]


# ── city tax ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_city_tax_is_per_person_and_night_on_top_of_the_price() -> None:
    found = nights(family(), city_tax=(city_tax(amount_minor=400),))
    assert [(n.net_minor, n.city_tax_minor, n.ahead_minor) for n in found] == [(10000, 1200, 10000)] * 3


def test_children_under_the_age_pay_none() -> None:
    found = nights(family(), city_tax=(city_tax(amount_minor=400, exempt_under=13),))
    assert [n.city_tax_minor for n in found] == [800, 800, 800]


@pytest.mark.parametrize(("ages", "paying"), [((12,), 2), ((13,), 3), ((17,), 3), ((2, 13), 3), ((), 2)])
def test_a_child_whose_age_is_known_pays_from_the_age_on(ages: tuple[int, ...], paying: int) -> None:
    found = nights(
        replace(family(), children=2, child_ages=ages), city_tax=(city_tax(amount_minor=400, exempt_under=13),)
    )
    assert [n.city_tax_minor for n in found] == [paying * 400] * 3


def test_without_an_age_in_the_rule_every_child_pays() -> None:
    found = nights(replace(family(), child_ages=(1,)), city_tax=(city_tax(amount_minor=400),))
    assert [n.city_tax_minor for n in found] == [1200] * 3


def test_only_so_many_nights_of_a_stay_are_taxed() -> None:
    found = nights(family(nights=5), city_tax=(city_tax(amount_minor=200, most_nights=3),))
    assert [n.city_tax_minor for n in found] == [600, 600, 600, 0, 0]


def test_city_tax_holds_from_its_day() -> None:
    found = nights(family(), city_tax=(city_tax(date(2026, 12, 2), amount_minor=100),))
    assert [n.city_tax_minor for n in found] == [0, 300, 300]


def test_city_tax_in_the_price_carries_no_vat() -> None:
    found = nights(family(31800 + 3600), vat(600), city_tax=(city_tax(amount_minor=400, included=True),))
    assert [(n.net_minor, n.vat_minor, n.city_tax_minor) for n in found] == [(10000, 600, 1200)] * 3
    assert [n.ahead_minor for n in found] == [n.whole_minor for n in found] == [11800] * 3


def test_city_tax_in_percent_is_of_the_price_without_vat() -> None:
    rule = city_tax(basis_points=1250)
    on_top = nights(family(36300), vat(2100), city_tax=(rule,))
    assert [(n.net_minor, n.city_tax_minor) for n in on_top] == [(10000, 1250)] * 3
    within = nights(family(3 * 13350), vat(2100), city_tax=(replace(rule, included=True),))
    assert [(n.net_minor, n.vat_minor, n.city_tax_minor) for n in within] == [(10000, 2100, 1250)] * 3


def test_a_price_of_nothing_includes_no_city_tax() -> None:
    found = nights(family(0), city_tax=(city_tax(amount_minor=400, included=True),))
    assert all(n == Night(n.day, 0, city_tax_included=True) for n in found)


def test_a_day_without_a_night_has_no_city_tax() -> None:
    (only,) = nights(family(5000, nights=0), city_tax=(city_tax(amount_minor=400),))
    assert (only.net_minor, only.city_tax_minor) == (5000, 0)


_DAYS = st.dates(date(2026, 11, 1), date(2026, 12, 10))
_VAT = st.builds(vat, st.integers(0, 10_000), _DAYS)
_CITY = st.builds(
    lambda since, fixed, minor, points, age, most, within: city_tax(
        since,
        amount_minor=minor if fixed else 0,
        basis_points=0 if fixed else points,
        exempt_under=age,
        most_nights=most,
        included=within,
    ),
    _DAYS,
    st.booleans(),
    st.integers(1, 5000),
    st.integers(1, 10_000),
    st.none() | st.integers(1, 18),
    st.none() | st.integers(1, 10),
    st.booleans(),
)


@given(
    st.integers(0, 10**9),
    st.integers(0, 30),
    st.integers(0, 6),
    st.lists(_VAT, max_size=3),
    st.lists(_CITY, max_size=2),
    st.booleans(),
)
def test_whatever_the_rules_the_nights_are_the_price_and_its_taxes(
    total: int, count: int, people: int, of: list[VatRate], city: list[CityTax], included: bool
) -> None:
    facts = family(total, count, people, people)
    given_ = rules(*of, city_tax=tuple(city), included=included)
    found = taxes.nights_of(facts, given_)
    within = sum(n.city_tax_minor for n in found if n.city_tax_included)
    vat_minor = sum(n.vat_minor for n in found)
    assert [n.day for n in found] == [facts.arrival + timedelta(days=n) for n in range(max(count, 1))]
    assert sum(n.net_minor for n in found) + within + (vat_minor if included else 0) == total
    assert sum(n.ahead_minor for n in found) == total + (0 if included else vat_minor)
    assert all(min(n.net_minor, n.vat_minor, n.city_tax_minor) >= 0 for n in found)
    of_rate: dict[int, list[Night]] = defaultdict(list)
    for night in found:
        of_rate[taxes.rate(given_, "accommodation", night.day)].append(night)
    for basis_points, mine in of_rate.items():
        net = sum(n.net_minor for n in mine)
        tax = sum(n.vat_minor for n in mine)
        assert tax == (taxes.split_gross(net + tax, basis_points)[1] if included else taxes.vat_on(net, basis_points))


@given(st.permutations([vat(600), vat(1300, date(2026, 12, 2)), vat(0, date(2026, 12, 3))]), st.data())
def test_rules_count_the_same_in_whatever_order_they_are_said(of: list[VatRate], data: st.DataObject) -> None:
    beds = [city_tax(amount_minor=100), city_tax(date(2026, 12, 2), basis_points=500, valid_until=date(2026, 12, 3))]
    mixed = rules(*of, city_tax=tuple(data.draw(st.permutations(beds))))
    listed = rules(vat(600), vat(1300, date(2026, 12, 2)), vat(0, date(2026, 12, 3)), city_tax=tuple(beds))
    assert taxes.nights_of(family(), mixed) == taxes.nights_of(family(), listed)


# ── the hotel's day ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-12-02T03:59:59", "Europe/Lisbon", date(2026, 12, 1)),
        ("2026-12-02T04:00:00", "Europe/Lisbon", date(2026, 12, 2)),
        ("2026-12-01T18:59:59", "Asia/Tokyo", date(2026, 12, 1)),
        ("2026-12-01T19:00:00", "Asia/Tokyo", date(2026, 12, 2)),
        ("2026-12-02T11:59:59", "America/Los_Angeles", date(2026, 12, 1)),
        ("2026-12-02T12:00:00", "America/Los_Angeles", date(2026, 12, 2)),
        ("2026-12-01T14:00:00", "Pacific/Kiritimati", date(2026, 12, 2)),
        ("2026-12-01T22:14:59", "Asia/Kathmandu", date(2026, 12, 1)),
        ("2026-12-01T22:15:00", "Asia/Kathmandu", date(2026, 12, 2)),
        # clocks go forward at 01:00 UTC: 04:00 in Berlin is two hours after midnight in UTC
        ("2027-03-28T01:59:59", "Europe/Berlin", date(2027, 3, 27)),
        ("2027-03-28T02:00:00", "Europe/Berlin", date(2027, 3, 28)),
        # and back: three hours after
        ("2027-10-31T02:59:59", "Europe/Berlin", date(2027, 10, 30)),
        ("2027-10-31T03:00:00", "Europe/Berlin", date(2027, 10, 31)),
    ],
)
def test_a_hotels_day_ends_at_four_by_its_own_clock(moment: str, zone: str, day: date) -> None:
    assert taxes.business_date(datetime.fromisoformat(moment).replace(tzinfo=UTC), zone) == day


# ── rules as they are kept ───────────────────────────────────────────────────────────────────────────────────────────


def said(**more: Any) -> SetTaxes:
    base: dict[str, Any] = {
        "property_id": uuid4(),
        "country": "PT",
        "time_zone": "Europe/Lisbon",
        "currency": "EUR",
        "vat": (vat(600),),
        "city_tax": (city_tax(amount_minor=400, exempt_under=13, most_nights=7),),
    }
    return SetTaxes(**{**base, **more})


@pytest.mark.servers
def test_rules_are_read_as_they_were_set(billing_db: Database) -> None:
    billing = Billing(billing_db)
    request = said(owed_from="arrival")
    kept = billing.service.set_taxes(request)
    assert billing.service.read_taxes(ReadTaxes(property_id=request.property_id)) == kept
    assert (kept.vat, kept.city_tax, kept.owed_from) == (request.vat, request.city_tax, "arrival")


@pytest.mark.servers
def test_a_property_nobody_set_up_has_no_rules(billing_db: Database) -> None:
    with pytest.raises(NoTaxes):
        Billing(billing_db).service.read_taxes(ReadTaxes(property_id=uuid4()))


@pytest.mark.servers
@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"country": "Portugal"}, "/country"),
        ({"time_zone": "Europe/Lisboa"}, "/time_zone"),
        ({"currency": "XXY"}, "/currency"),
        ({"vat": (vat(-1),)}, "/vat/0/basis_points"),
        ({"vat": (vat(10_001),)}, "/vat/0/basis_points"),
        ({"vat": (replace(vat(600), tax_class="Rooms!"),)}, "/vat/0/tax_class"),
        ({"vat": (vat(600), vat(700))}, "/vat"),
        ({"vat": (vat(600, valid_until=START),)}, "/vat/0/valid_until"),
        ({"city_tax": (city_tax(),)}, "/city_tax/0"),
        ({"city_tax": (city_tax(amount_minor=1, basis_points=1),)}, "/city_tax/0"),
        ({"city_tax": (city_tax(amount_minor=-5),)}, "/city_tax/0"),
        ({"city_tax": (city_tax(amount_minor=5, exempt_under=0),)}, "/city_tax/0/exempt_under"),
        ({"city_tax": (city_tax(amount_minor=5, most_nights=0),)}, "/city_tax/0/most_nights"),
        ({"city_tax": (city_tax(amount_minor=5), city_tax(amount_minor=6))}, "/city_tax"),
    ],
)
def test_rules_no_hotel_can_mean_are_refused(billing_db: Database, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        Billing(billing_db).service.set_taxes(said(**wrong))
    assert [e.pointer for e in refused.value.errors] == [pointer]


def test_money_of_the_nights_is_in_whole_units_of_any_currency() -> None:
    yen = replace(family(), total=Money(amount_minor=10001, currency="JPY"))
    found = taxes.nights_of(yen, rules(vat(1000)))
    assert sum(n.whole_minor for n in found) == 10001
