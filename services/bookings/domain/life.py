"""The life of a booking: which state may follow which.

::

    tentative ─► confirmed ─► in_house ─► departed
        │            │
        ├────────────┼─► cancelled      frozen: nothing of it changes any more
        └────────────┴─► no_show        releases its nights, keeps its price for billing to decide

On the same hotel day staff may take a step back: in_house ─► confirmed (checked in by mistake) and no_show ─► confirmed
(the guest came after all, and rooms are left).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.contracts.bookings import State, StateForbids

_NEXT: Mapping[State, frozenset[State]] = {
    "tentative": frozenset({"confirmed", "cancelled", "no_show"}),
    "confirmed": frozenset({"in_house", "cancelled", "no_show"}),
    "in_house": frozenset({"departed"}),
    "departed": frozenset(),
    "cancelled": frozenset(),
    "no_show": frozenset(),
}

_BACK: Mapping[State, State] = {"in_house": "confirmed", "no_show": "confirmed"}

DAY_CLOSES = timedelta(hours=4)  # a hotel's day ends at 04:00 by its own clock

GIVEN_UP: frozenset[State] = frozenset({"cancelled", "no_show"})
# Dates, rooms, price and people may still change here.
OPEN: frozenset[State] = frozenset({"tentative", "confirmed", "in_house"})


def still_open(present: State) -> None:
    """Refuses with StateForbids where nothing of a booking may change any more."""
    if present not in OPEN:
        raise StateForbids(f"A booking that is {present} is not changed.", facts={"state": present})


def step(present: State, wanted: State) -> State:
    """One step of staff at the desk; refuses with StateForbids."""
    if wanted not in _NEXT[present]:
        raise forbidden(present, wanted)
    return wanted


def back(present: State, step: State, since: datetime | None, time_zone: str, now: datetime) -> State:
    """The state before `step`, which was taken at `since`; refuses with StateForbids, after that hotel day too."""
    if present != step:
        raise forbidden(present, _BACK[step])
    zone = ZoneInfo(time_zone)
    if since is None or hotel_day(since.astimezone(zone)) != hotel_day(now.astimezone(zone)):
        raise StateForbids(
            f"It became {present} on an earlier day: that is not taken back.",
            facts={"state": present, "wanted": _BACK[step]},
        )
    return _BACK[step]


def forbidden(present: State, wanted: State) -> StateForbids:
    return StateForbids(
        f"A booking that is {present} cannot become {wanted}.", facts={"state": present, "wanted": wanted}
    )


def hotel_day(there: datetime) -> date:
    """The day of a house at this time by its clock: whoever comes in the small hours belongs to the day before."""
    return (there.replace(tzinfo=None) - DAY_CLOSES).date()


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
