"""What a report of channels says: sums of bookings, their averages and shares. Integers until the last step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.contracts.bookings.channels import ChannelLine
from services.contracts.values import Money
from services.kit.refusal import Invalid, Problem

MOST_DAYS = 3660
_HUNDREDTH, _TEN_THOUSANDTH = Decimal("0.01"), Decimal("0.0001")


@dataclass
class Sums:
    """Of the bookings of one key in one currency, or of several of these together; `value_minor` by currency."""

    bookings: int = 0
    room_nights: int = 0
    lead_days: int = 0
    cancelled: int = 0
    no_shows: int = 0
    value_minor: Counter[str] = field(default_factory=Counter)

    def add(self, other: Sums) -> None:
        self.bookings += other.bookings
        self.room_nights += other.room_nights
        self.lead_days += other.lead_days
        self.cancelled += other.cancelled
        self.no_shows += other.no_shows
        for currency, minor in other.value_minor.items():
            self.value_minor[currency] += minor

    def line(self, key: str | None) -> ChannelLine:
        return ChannelLine(
            key=key,
            bookings=self.bookings,
            room_nights=self.room_nights,
            value=tuple(Money(amount_minor=minor, currency=of) for of, minor in sorted(self.value_minor.items())),
            lead_days=_ratio(self.lead_days, self.bookings, _HUNDREDTH),
            cancelled=self.cancelled,
            cancelled_share=_ratio(self.cancelled, self.bookings, _TEN_THOUSANDTH),
            no_shows=self.no_shows,
            no_show_share=_ratio(self.no_shows, self.bookings, _TEN_THOUSANDTH),
        )


def lines(counted: Iterable[tuple[str | None, Sums]]) -> tuple[tuple[ChannelLine, ...], ChannelLine]:
    """A line for each key, the one with most bookings first, and the line of all together."""
    by_key: dict[str | None, Sums] = {}
    total = Sums()
    for key, sums in counted:
        by_key.setdefault(key, Sums()).add(sums)
        total.add(sums)
    found = (sums.line(key) for key, sums in by_key.items())
    return tuple(sorted(found, key=lambda line: (-line.bookings, line.key is None, line.key))), total.line(None)


def check_days(first: date, last: date) -> None:
    """Refuses with Invalid."""
    if first.year < 2000 or last.year > 2200:
        raise Invalid(errors=[Problem("/first", "Not between the years 2000 and 2200.")])
    if last < first:
        raise Invalid(errors=[Problem("/last", "Must not be before the first day.")])
    if (last - first).days >= MOST_DAYS:
        raise Invalid(errors=[Problem("/last", f"More than {MOST_DAYS} days.")])


def _ratio(part: int, whole: int, step: Decimal) -> float:
    """Rounded half up to a multiple of `step`; 0 of nothing."""
    return float((Decimal(part) / whole).quantize(step, ROUND_HALF_UP)) if whole else 0.0
