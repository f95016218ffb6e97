"""What of a price is tax: VAT by tax class and day, city tax by person and night; exact to the minor unit.

The rules are data (`services.contracts.billing.PropertyTaxes`), each valid from a day on. Percentages are whole basis
points (2300 is 23 %). Tax of a sum is rounded once, half away from zero, and split over its parts by largest remainder:
so the parts add up to what an invoice computes from the sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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


class _People(Protocol):
    @property
    def adults(self) -> int: ...
    @property
    def children(self) -> int: ...
    @property
    def child_ages(self) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class _Stay:
    """One room, or a booking all of whose rooms take the whole stay: the price of each of its nights."""

    people: _People
    arrival: date
    prices: Sequence[int]

    def on(self, day: date) -> Sequence[int]:
        """The price of this night, if it is one of them."""
        n = (day - self.arrival).days
        return self.prices[n : n + 1] if n >= 0 else ()


@dataclass(frozen=True)
class _Taxed:
    """Of one night: whoever pays city tax by this rule, and the price of the rooms they are in."""

    rule: CityTax
    people: int
    price: int


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

    Where not all rooms take the whole stay, each room's price is that of its own nights, and its people pay city tax
    for these. VAT is of all nights with the same rate together. City tax that the price includes is taken out of it
    first and carries no VAT.
    """
    days = [facts.arrival + timedelta(days=n) for n in range(max(facts.nights, 1))]
    stays = _stays(facts)
    prices = [sum(price for stay in stays for price in stay.on(day)) for day in days]
    if taxes is None:
        return tuple(Night(day, price) for day, price in zip(days, prices, strict=True))
    rates = [rate(taxes, ROOM_CLASS, day) for day in days]
    city = [_city_tax(taxes, stays, day) if facts.nights > 0 else None for day in days]
    taken = [_taken(*given, taxes) for given in zip(city, rates, strict=True)]
    room = [price - tax for price, tax in zip(prices, taken, strict=True)]
    vat = _vat(room, rates, taxes.prices_include_vat)
    found = []
    for n, day in enumerate(days):
        net = room[n] - vat[n] if taxes.prices_include_vat else room[n]
        taxed = city[n]
        included = bool(taxed and taxed.rule.included)
        tax = taken[n] if included else _added(net, prices[n], taxed)
        found.append(Night(day, net, vat[n], tax, included, rates[n]))
    return tuple(found)


def people_taxed(rule: CityTax, people: _People) -> int:
    """How many pay city tax. Where the rule has an age, a child whose age is known pays from that age on, and one whose
    age is not known does not pay.
    """
    if rule.exempt_under is None:
        return people.adults + people.children
    return people.adults + sum(age >= rule.exempt_under for age in people.child_ages)


def business_date(now: datetime, time_zone: str | None) -> date:
    """The hotel's day at this moment, by the clock on its wall, whatever that clock was set to in between; the day in
    UTC where its zone is not known.
    """
    if not time_zone:
        return now.date()
    return (now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) - DAY_CLOSES).date()


def _stays(facts: BookingFacts) -> tuple[_Stay, ...]:
    """The rooms with what each of their nights costs, which is the same for all nights of a room."""
    rooms = [room for room in facts.room_stays if room.arrival < room.departure]
    if not rooms:
        return (_Stay(facts, facts.arrival, split(facts.total.amount_minor, [1] * max(facts.nights, 1))),)
    lengths = [(room.departure - room.arrival).days for room in rooms]
    prices = _prices([room.price.amount_minor if room.price else None for room in rooms], lengths, facts)
    return tuple(
        _Stay(room, room.arrival, split(price, [1] * length))
        for room, price, length in zip(rooms, prices, lengths, strict=True)
    )


def _prices(own: Sequence[int | None], lengths: Sequence[int], facts: BookingFacts) -> Sequence[int]:
    """Of each room, so that they make up the booking's: its own, and what these leave by nights for rooms without one;
    where they cannot, the booking's price by the nights of all rooms.
    """
    left = facts.total.amount_minor - sum(price for price in own if price is not None)
    if left < 0 or (left > 0 and None not in own):
        return split(facts.total.amount_minor, lengths)
    rest = iter(split(left, [n for n, price in zip(lengths, own, strict=True) if price is None]))
    return [next(rest) if price is None else price for price in own]


def _city_tax(taxes: PropertyTaxes, stays: Iterable[_Stay], day: date) -> _Taxed | None:
    """What is taxed by the rule of a day: in each room the first nights of those who are in it."""
    rule = _valid(taxes.city_tax, day)
    if rule is None:
        return None
    most = rule.most_nights
    there = [stay for stay in stays if stay.on(day) and (most is None or (day - stay.arrival).days < most)]
    people = sum(people_taxed(rule, stay.people) for stay in there)
    return _Taxed(rule, people, sum(price for stay in there for price in stay.on(day)))


def _taken(taxed: _Taxed | None, vat_rate: int, taxes: PropertyTaxes) -> int:
    """City tax that a night's price includes."""
    if taxed is None or not taxed.rule.included:
        return 0
    if points := taxed.rule.basis_points:
        whole = _WHOLE + points + (vat_rate if taxes.prices_include_vat else 0)
        return _rounded(taxed.price * points, whole)
    return min(taxed.rule.amount_minor * taxed.people, max(taxed.price, 0))


def _added(net: int, price: int, taxed: _Taxed | None) -> int:
    """City tax that comes on top of a night's price; in percent of what the taxed rooms have of it without VAT."""
    if taxed is None:
        return 0
    if taxed.rule.basis_points:
        return _rounded(net * taxed.rule.basis_points * taxed.price, _WHOLE * price) if price else 0
    return taxed.rule.amount_minor * taxed.people


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
