"""Rooms with their numbers: what a valid one is. What is not is refused with a pointer for each fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, time
from uuid import UUID

from services.bookings.domain.nights import MOST_NIGHTS
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import CloseRoom, NewRoom, NotARoom, Property
from services.kit.refusal import Problem

NEVER = "never"
USUAL_TIME = time(4, 0)
MOST_AHEAD = 5 * 366  # days; nobody closes a room for longer
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_NUMBER = re.compile(r"\S(.{0,18}\S)?", re.DOTALL)


def checked_rooms(rooms: Sequence[NewRoom], house: Property) -> list[tuple[NewRoom, UUID]]:
    """Each with the id of its type; refuses with NotARoom."""
    numbers = [room.number.strip().lower() for room in rooms]
    problems: list[Problem] = []
    for n, room in enumerate(rooms):
        problems += _faults(f"/rooms/{n}", room, house)
        if numbers[n] in numbers[:n]:
            problems.append(Problem(f"/rooms/{n}/number", "There twice."))
    if problems:
        raise NotARoom(errors=problems[:50])
    return [_tidied(room, house) for room in rooms]


def checked_room(room: NewRoom, house: Property) -> tuple[NewRoom, UUID]:
    """With the id of its type; refuses with NotARoom."""
    if problems := list(_faults("/room", room, house)):
        raise NotARoom(errors=problems)
    return _tidied(room, house)


def checked_time(said: str | None) -> time | None:
    """When rooms with guests become dirty; None where they never do. Refuses with NotARoom."""
    if said is None:
        return USUAL_TIME
    if said == NEVER:
        return None
    if not _TIME.fullmatch(said):
        raise NotARoom(errors=[Problem("/dirty_at", "A time like 04:00, or never.")])
    return time.fromisoformat(said)


def checked_closure(said: CloseRoom, today: date) -> str | None:
    """The reason as it is kept; refuses with NotARoom."""
    problems = list(faults("/reason", said.reason, 500, lines=True))
    if not 0 <= (said.first - today).days <= MOST_AHEAD:
        problems.append(Problem("/first", "Must not be before today, nor years ahead."))
    if not 1 <= (said.until - said.first).days <= MOST_NIGHTS:
        problems.append(Problem("/until", f"From 1 to {MOST_NIGHTS} nights after the first."))
    if problems:
        raise NotARoom(errors=problems)
    return (without_cards(said.reason) or "").strip() or None


def _faults(pointer: str, room: NewRoom, house: Property) -> Iterator[Problem]:
    if not _NUMBER.fullmatch(room.number.strip()):
        yield Problem(f"{pointer}/number", "From 1 to 20 characters.")
    else:
        yield from faults(f"{pointer}/number", room.number, 40, needed=True)
    if room.room_type not in {kind.code for kind in house.room_types}:
        yield Problem(f"{pointer}/room_type", "The property has no such room type.")
    yield from faults(f"{pointer}/floor", room.floor, 20)
    yield from faults(f"{pointer}/building", room.building, 60)
    for n, number in enumerate(room.connects_with):
        yield from faults(f"{pointer}/connects_with/{n}", number, 20, needed=True)
    if not -(2**31) <= room.position < 2**31:
        yield Problem(f"{pointer}/position", "Beyond what is counted.")


def _tidied(room: NewRoom, house: Property) -> tuple[NewRoom, UUID]:
    kind = next(kind for kind in house.room_types if kind.code == room.room_type)
    tidied = replace(
        room,
        number=room.number.strip(),
        floor=tidy(room.floor),
        building=tidy(room.building),
        features=tuple(dict.fromkeys(room.features)),
        connects_with=tuple(dict.fromkeys(number.strip() for number in room.connects_with)),
    )
    return tidied, kind.id
