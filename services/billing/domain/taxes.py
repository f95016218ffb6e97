"""What of a price is tax: VAT by tax class and day, city tax by person and night; exact to the minor unit.

The rules are data (`services.contracts.billing.PropertyTaxes`), each valid from a day on. Percentages are whole basis
points (2300 is 23 %). Tax of a sum is rounded once, half away from zero, and split over its parts by largest remainder:
so the parts add up to what an invoice computes from the sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.contracts.billing.taxes import CityTax, PropertyTaxes
from services.contracts.bookings import BookingFacts

ROOM_CLASS = "accommodation"
DAY_CLOSES = timedelta(hours=4)  # a hotel's day ends at 04:00 by its own clock
_WHOLE = 10_000  # basis points


@dataclass(frozen=True)
class Night:
    """One night's price, in minor units. `net_minor` is the room's, without either tax; `basis_points` its VAT rate."""

    day: date
    net_minor: int
    vat_minor: int = 0
    city_tax_minor: int = 0
    city_tax_included: bool = False
    basis_points: int = 0

    @property
    def whole_minor(self) -> int:
        """All that is owed for it once it has been stayed."""
        return self.net_minor + self.vat_minor + self.city_tax_minor

    @property
    def ahead_minor(self) -> int:
        """What of it is owed before: a city tax on top of the price is not."""
        return self.whole_minor - (0 if self.city_tax_included else self.city_tax_minor)


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_until(self) -> date | None: ...


D = TypeVar("D", bound=_Dated)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole units by weight; the largest remainders get the units left over, the earlier of equals first."""
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[:left]:
        shares[i] += 1
    return shares


def split_gross(gross_minor: int, basis_points: int) -> tuple[int, int]:
    """A price that includes VAT as (net, vat)."""
    vat = _rounded(gross_minor * basis_points, _WHOLE + basis_points)
    return gross_minor - vat, vat


def vat_on(net_minor: int, basis_points: int) -> int:
    """The VAT to add to a price without it."""
    return _rounded(net_minor * basis_points, _WHOLE)


def rate(taxes: PropertyTaxes | None, tax_class: str, day: date) -> int:
    """VAT of a tax class on a day, in basis points; 0 where there is no rule."""
    rule = _valid([v for v in taxes.vat if v.tax_class == tax_class], day) if taxes else None
    return rule.basis_points if rule else 0


def nights_of(facts: BookingFacts, taxes: PropertyTaxes | None) -> tuple[Night, ...]:
    """A booking's price night by night. A stay without a night is priced as one.

    VAT is of all nights with the same rate together. City tax that the price includes is taken out of it first and
    carries no VAT.
    """
    days = [facts.arrival + timedelta(days=n) for n in range(max(facts.nights, 1))]
    prices = split(facts.total.amount_minor, [1] * len(days))
    if taxes is None:
        return tuple(Night(day, price) for day, price in zip(days, prices, strict=True))
    rates = [rate(taxes, ROOM_CLASS, day) for day in days]
    city = [_city_tax(taxes, n, day) if facts.nights > 0 else None for n, day in enumerate(days)]
    taken = [_taken(*given, facts, taxes) for given in zip(prices, city, rates, strict=True)]
    room = [price - tax for price, tax in zip(prices, taken, strict=True)]
    vat = _vat(room, rates, taxes.prices_include_vat)
    found = []
    for n, day in enumerate(days):
        net = room[n] - vat[n] if taxes.prices_include_vat else room[n]
        rule = city[n]
        included = bool(rule and rule.included)
        tax = taken[n] if included else _added(net, rule, facts)
        found.append(Night(day, net, vat[n], tax, included, rates[n]))
    return tuple(found)


def people_taxed(rule: CityTax, facts: BookingFacts) -> int:
    """How many pay city tax. Where the rule has an age, a child whose age is known pays from that age on, and one whose
    age is not known does not pay.
    """
    if rule.exempt_under is None:
        return facts.adults + facts.children
    return facts.adults + sum(age >= rule.exempt_under for age in facts.child_ages)


def business_date(now: datetime, time_zone: str | None) -> date:
    """The hotel's day at this moment, by the clock on its wall, whatever that clock was set to in between; the day in
    UTC where its zone is not known.
    """
    if not time_zone:
        return now.date()
    return (now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) - DAY_CLOSES).date()


def _city_tax(taxes: PropertyTaxes, n: int, day: date) -> CityTax | None:
    """The rule for the stay's night `n`, counted from 0."""
    rule = _valid(taxes.city_tax, day)
    return None if rule is None or (rule.most_nights is not None and n >= rule.most_nights) else rule


def _taken(price: int, rule: CityTax | None, vat_rate: int, facts: BookingFacts, taxes: PropertyTaxes) -> int:
    """City tax that a night's price includes."""
    if rule is None or not rule.included:
        return 0
    if rule.basis_points:
        whole = _WHOLE + rule.basis_points + (vat_rate if taxes.prices_include_vat else 0)
        return _rounded(price * rule.basis_points, whole)
    return min(rule.amount_minor * people_taxed(rule, facts), max(price, 0))


def _added(net: int, rule: CityTax | None, facts: BookingFacts) -> int:
    """City tax that comes on top of a night's price."""
    if rule is None:
        return 0
    if rule.basis_points:
        return _rounded(net * rule.basis_points, _WHOLE)
    return rule.amount_minor * people_taxed(rule, facts)


def _vat(prices: list[int], rates: list[int], included: bool) -> list[int]:
    """VAT of each price: of each rate's sum, split over its prices."""
    of_rate: dict[int, list[int]] = defaultdict(list)
    for n, basis_points in enumerate(rates):
        of_rate[basis_points].append(n)
    vat = [0] * len(prices)
    for basis_points, places in of_rate.items():
        mine = [prices[n] for n in places]
        tax = split_gross(sum(mine), basis_points)[1] if included else vat_on(sum(mine), basis_points)
        for n, share in zip(places, split(tax, mine), strict=True):
            vat[n] = share
    return vat


def _valid(rules: Sequence[D], day: date) -> D | None:
    """The rule of a day: of those valid on it the one that began last."""
    valid = [r for r in rules if r.valid_from <= day and (r.valid_until is None or day < r.valid_until)]
    return max(valid, key=lambda r: r.valid_from, default=None)


def _rounded(dividend: int, divisor: int) -> int:
    """To the nearest whole, halves away from zero."""
    whole = (2 * abs(dividend) + divisor) // (2 * divisor)
    return whole if dividend >= 0 else -whole
