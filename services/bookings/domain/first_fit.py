"""Rooms for stays taken in the order of their arrival, each into the first that is free for all its nights.

So no more rooms are used than there are stays on the fullest night: it is the colouring of an interval graph.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID


class Rooms:
    """The rooms of each type in the house's order, and the nights on which they are taken."""

    def __init__(self, rooms: Iterable[tuple[UUID, UUID]], taken: Iterable[tuple[UUID, date, date]]) -> None:
        """`rooms` are (room type, room); `taken` are (room, first night, the day after the last)."""
        self._of_type: dict[UUID, list[UUID]] = defaultdict(list)
        for room_type, room in rooms:
            self._of_type[room_type].append(room)
        self._taken: dict[UUID, list[tuple[date, date]]] = defaultdict(list)
        for room, first, until in taken:
            insort(self._taken[room], (first, until))

    def take(self, room_type: UUID, first: date, until: date) -> UUID | None:
        """The first room of the type that is free on all these nights, which it is no longer; None where none is."""
        for room in self._of_type[room_type]:
            spans = self._taken[room]
            at = bisect_left(spans, (first, until))
            before_is_over = at == 0 or spans[at - 1][1] <= first
            if before_is_over and (at == len(spans) or spans[at][0] >= until):
                spans.insert(at, (first, until))
                return room
        return None
