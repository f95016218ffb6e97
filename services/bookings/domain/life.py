"""The life of a booking: which state may follow which.

::

    tentative ─► confirmed ─► in_house ─► departed
        │            │
        ├────────────┼─► cancelled      frozen: nothing of it changes any more
        └────────────┴─► no_show        releases its nights, keeps its price for billing to decide
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from services.contracts.bookings import State, StateForbids

_NEXT: Mapping[State, frozenset[State]] = {
    "tentative": frozenset({"confirmed", "cancelled", "no_show"}),
    "confirmed": frozenset({"in_house", "cancelled", "no_show"}),
    "in_house": frozenset({"departed"}),
    "departed": frozenset(),
    "cancelled": frozenset(),
    "no_show": frozenset(),
}

# Dates, rooms, price and people may still change here.
OPEN: frozenset[State] = frozenset({"tentative", "confirmed", "in_house"})


def still_open(present: State) -> None:
    """Refuses with StateForbids where nothing of a booking may change any more."""
    if present not in OPEN:
        raise StateForbids(f"A booking that is {present} is not changed.", facts={"state": present})


def step(present: State, wanted: State) -> State:
    """One step of staff at the desk; refuses with StateForbids."""
    if wanted not in _NEXT[present]:
        raise StateForbids(f"A booking that is {present} cannot become {wanted}.", facts={"state": present})
    return wanted


def report(present: State, wanted: State) -> State:
    """What another system says has happened. It may leave out steps between: departed, without a check-in before."""
    reached, seen = {present}, {present}
    while reached:
        reached = {state for before in reached for state in _NEXT[before]} - seen
        seen |= reached
    return wanted if wanted in seen - {present} else step(present, wanted)


def held_until(state: State, arrival: date, departure: date, today: date) -> date:
    """The first night the booking holds no room any more; equal to `arrival` where it holds none at all.

    Who departs early gives back the nights from today on. `today` is the property's.
    """
    if state in ("cancelled", "no_show"):
        return arrival
    if state == "departed":
        return min(departure, max(arrival, today))
    return departure
