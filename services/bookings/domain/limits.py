"""What of a stay a house may refuse to sell: its nights, its day of arrival, its day of departure, its length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from services.bookings.domain.booking import BEYOND_BLOCK, CLOSED, MINIMUM_STAY, OVERBOOKED, Booking
from services.contracts.bookings import BlockFull, Closed, MinimumStay, NoRoomLeft
from services.kit.refusal import Refusal

Why = Literal["closed", "minimum-stay", "block-full", "no-room-left"]

# In the order in which the house's reasons are given: its own rules first.
_REFUSALS: Mapping[Why, type[Refusal]] = {
    "closed": Closed,
    "minimum-stay": MinimumStay,
    "block-full": BlockFull,
    "no-room-left": NoRoomLeft,
}
FLAGS: Mapping[Why, str] = {
    "closed": CLOSED,
    "minimum-stay": MINIMUM_STAY,
    "block-full": BEYOND_BLOCK,
    "no-room-left": OVERBOOKED,
}


class Edge(NamedTuple):
    """A day on which a room is come into or left, or come into for so many `nights`."""

    room_type: UUID
    day: date
    kind: Literal["arrival", "departure", "stay"]
    nights: int = 0


class Limit(NamedTuple):
    """What a house does not sell: a night or a day of a room type, and why."""

    why: Why
    room_type: str
    day: date


def edges(booking: Booking) -> frozenset[Edge]:
    found: set[Edge] = set()
    for room in booking.rooms:
        parts = room.stays(booking.arrival, booking.departure)
        first, last = parts[0], parts[-1]
        found.add(Edge(first.room_type_id, first.arrival, "arrival"))
        found.add(Edge(first.room_type_id, first.arrival, "stay", (last.departure - first.arrival).days))
        found.add(Edge(last.room_type_id, last.departure, "departure"))
    return frozenset(found)


def new_edges(before: Booking, after: Booking) -> frozenset[Edge]:
    """Those that a change brings in. A stay that becomes longer, or stays as long, keeps the right it had; whoever is
    in house is held to nothing but the nights.
    """
    if after.state not in ("tentative", "confirmed"):
        return frozenset()
    old = edges(before)
    return frozenset(
        edge
        for edge in edges(after) - old
        if not any(o[:3] == edge[:3] and edge.kind == "stay" and o.nights <= edge.nights for o in old)
    )


def refusal(limits: Iterable[Limit]) -> Refusal:
    """Of several reasons the first; its facts name the nights and days that refuse, ``A 2026-12-01, B 2026-12-01``."""
    given = sorted(set(limits))
    why = next(why for why in _REFUSALS if any(limit.why == why for limit in given))
    nights = ", ".join(f"{limit.room_type} {limit.day}" for limit in given if limit.why == why)
    return _REFUSALS[why](facts={"nights": nights})
