"""Functions and the rooms they are held in: what is valid. What is not is refused with a pointer for each fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.bookings.domain.groups import faults_of_contact, tidied_contact
from services.bookings.domain.ids import new_id
from services.bookings.domain.opening import FARTHEST, FIRST_DAY
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import (
    BookFunction,
    ChangeFunction,
    Contact,
    Function,
    FunctionHasChanged,
    FunctionRoom,
    FunctionUse,
    NotAFunction,
    NotAFunctionRoom,
    Property,
    StateForbids,
)
from services.kit.refusal import Problem

LONGEST = timedelta(days=31)
MOST_PEOPLE = 100_000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A function room that takes new functions, unless it is `retired`."""

    id: UUID
    code: str
    capacity: int
    retired: bool


@dataclass(frozen=True, order=True)
class Span:
    """A room from `starts_at` up to, but not including, `ends_at`."""

    room_id: UUID
    starts_at: datetime
    ends_at: datetime


def check_rooms(rooms: Sequence[FunctionRoom]) -> tuple[FunctionRoom, ...]:
    """The rooms to keep; refuses with NotAFunctionRoom."""
    problems = []
    codes = [room.code for room in rooms]
    for n, room in enumerate(rooms):
        if not _CODE.fullmatch(room.code) or room.code in codes[:n]:
            problems.append(Problem(f"/rooms/{n}/code", "Not a code, or there twice."))
        problems += faults(f"/rooms/{n}/name", room.name, 200, needed=True)
        if not 1 <= room.capacity <= MOST_PEOPLE:
            problems.append(Problem(f"/rooms/{n}/capacity", f"Must be from 1 to {MOST_PEOPLE}."))
    if problems:
        raise NotAFunctionRoom(errors=problems[:50])
    return tuple(replace(room, name=tidy(room.name) or "") for room in rooms)


def booked(request: BookFunction, house: Property, places: Mapping[str, Place], now: datetime) -> Function:
    """Refuses with NotAFunction."""
    function = Function(
        id=new_id(now),
        version=1,
        state="booked",
        property_id=house.id,
        property=house.code,
        name=without_cards(tidy(request.name)) or "",
        kind=request.kind,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        rooms=tuple(_tidied(use) for use in request.rooms),
        guests=request.guests,
        contact=tidied_contact(request.contact),
        group=request.group,
        notes=without_cards(request.notes) or None,
        changed_at=now,
    )
    _refuse_faults(function, request.contact, places, frozenset(), now)
    return function


def changed(function: Function, request: ChangeFunction, places: Mapping[str, Place], now: datetime) -> Function:
    """The function as it is to be; refuses with StateForbids, FunctionHasChanged, NotAFunction."""
    if function.state != "booked":
        raise StateForbids("The function is cancelled.", facts={"state": function.state})
    if request.version != function.version:
        raise FunctionHasChanged(facts={"version": str(function.version)})
    after = replace(
        function,
        name=function.name if request.name is None else without_cards(tidy(request.name)) or "",
        kind=request.kind or function.kind,
        starts_at=request.starts_at or function.starts_at,
        ends_at=request.ends_at or function.ends_at,
        rooms=function.rooms if request.rooms is None else tuple(_tidied(use) for use in request.rooms),
        guests=function.guests if request.guests is None else request.guests,
        contact=tidied_contact(request.contact) if request.contact else function.contact,
        group=request.group or function.group,
        notes=function.notes if request.notes is None else without_cards(request.notes) or None,
    )
    if after == function:
        return function
    _refuse_faults(after, request.contact, places, frozenset(use.room for use in function.rooms), now)
    return replace(after, version=function.version + 1, changed_at=now)


def spans(function: Function, places: Mapping[str, Place]) -> list[Span]:
    """What it takes of its rooms, in the one order in which all take them."""
    return sorted(Span(places[use.room].id, *_times(function, use)) for use in function.rooms)


def day_of(house: Property, day: date) -> tuple[datetime, datetime]:
    """From when to when a day of the property is, in UTC: 23 or 25 hours where its clocks are changed."""
    zone = ZoneInfo(house.time_zone)
    first, last = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return first.astimezone(UTC), last.astimezone(UTC)


def _tidied(use: FunctionUse) -> FunctionUse:
    return replace(use, notes=without_cards(use.notes) or None)


def _times(function: Function, use: FunctionUse) -> tuple[datetime, datetime]:
    return use.starts_at or function.starts_at, use.ends_at or function.ends_at


def _refuse_faults(
    function: Function, contact: Contact | None, places: Mapping[str, Place], had: frozenset[str], now: datetime
) -> None:
    if problems := list(_faults(function, contact, places, had, now)):
        raise NotAFunction(errors=problems[:50])


def _faults(
    function: Function, contact: Contact | None, places: Mapping[str, Place], had: frozenset[str], now: datetime
) -> Iterator[Problem]:
    """`had` are the rooms it has had until now: it keeps one that has been retired."""
    yield from faults("/name", function.name, 200, needed=True)
    yield from faults("/notes", function.notes, 5000, lines=True)
    yield from _faults_of_times("", function.starts_at, function.ends_at, now)
    if contact:
        yield from faults_of_contact("/contact", contact)
    if not function.rooms:
        yield Problem("/rooms", "Say in which room.")
    taken: dict[str, list[tuple[datetime, datetime]]] = {}
    for n, use in enumerate(function.rooms):
        at = f"/rooms/{n}"
        place = places.get(use.room)
        if place is None or place.retired and use.room not in had:
            yield Problem(f"{at}/room", "The property has no such function room.")
        yield from faults(f"{at}/notes", use.notes, 2000, lines=True)
        starts_at, ends_at = _times(function, use)
        own = list(_faults_of_times(at, starts_at, ends_at, now)) if use.starts_at or use.ends_at else []
        yield from own
        if not own and not (starts_at < function.ends_at and function.starts_at < ends_at):
            yield Problem(at, "Has the room at another time than the function is.")
        if any(starts_at < until and since < ends_at for since, until in taken.get(use.room, ())):
            yield Problem(at, "Has the room twice at the same time.")
        taken.setdefault(use.room, []).append((starts_at, ends_at))
    seats = sum(places[room].capacity for room in taken if room in places)
    if function.guests is not None and not 1 <= function.guests <= MOST_PEOPLE:
        yield Problem("/guests", f"Must be from 1 to {MOST_PEOPLE}.")
    elif function.guests and function.guests > seats:
        yield Problem("/guests", f"The rooms take {seats} people.")


def _faults_of_times(pointer: str, starts_at: datetime, ends_at: datetime, now: datetime) -> Iterator[Problem]:
    if starts_at.date() < FIRST_DAY or starts_at > now + FARTHEST:
        yield Problem(f"{pointer}/starts_at", "Must not be more than five years ahead, nor before 2000.")
    elif not starts_at < ends_at:
        yield Problem(f"{pointer}/ends_at", "Must be after the beginning.")
    elif ends_at - starts_at > LONGEST:
        yield Problem(f"{pointer}/ends_at", f"More than {LONGEST.days} days.")
