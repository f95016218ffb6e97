"""Which rooms a booking holds on which nights, and what of it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

MOST_NIGHTS = 400

Night = tuple[UUID, date]  # room type, the evening it begins


class Span(NamedTuple):
    """One room of a type for every night from `first` up to but not including `until`."""

    room_type: UUID
    first: date
    until: date


@dataclass(frozen=True)
class Holding:
    """`group` is the code of the group that holds them: its block gives them before the house does."""

    spans: tuple[Span, ...] = ()
    group: str | None = None

    def nights(self) -> Counter[Night]:
        """How many rooms of each type on each night."""
        rooms = Counter(self.spans)
        held: Counter[Night] = Counter()
        for span, n in rooms.items():
            held.update({(span.room_type, night): n for night in days(span.first, span.until)})
        return held


NOTHING = Holding()


def difference(before: Holding, after: Holding) -> list[tuple[Night, int]]:
    """Rooms to take (positive) and to give back (negative), in the one order in which all lock them."""
    return change_of([(before.nights(), after.nights())])


def change_of(held: Iterable[tuple[Mapping[Night, int], Mapping[Night, int]]]) -> list[tuple[Night, int]]:
    """The same for several at once: what each held, and what it is to hold."""
    change: Counter[Night] = Counter()
    for before, after in held:
        change.update(after)
        change.subtract(before)
    return sorted(item for item in change.items() if item[1])


def fold(holdings: Iterable[Holding]) -> Counter[Night]:
    """What the counters must say when these are all the holdings there are."""
    total: Counter[Night] = Counter()
    for holding in holdings:
        total.update(holding.nights())
    return total


def days(first: date, until: date) -> Iterator[date]:
    for n in range((until - first).days):
        yield first + timedelta(days=n)
