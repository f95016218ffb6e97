"""The rooms of a booking: their places in it, and where each stands on which nights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Part:
    """Nights in one room type, from `arrival` up to but not including `departure`."""

    room_type_id: UUID
    room_type: str
    arrival: date
    departure: date

    @property
    def nights(self) -> int:
        return (self.departure - self.arrival).days


@dataclass(frozen=True, kw_only=True)
class Room:
    """`price_minor` is for its whole stay, in the property's currency, where a price was given for it.

    `position` is its name within the booking and never another room's. `parts` follow one another without a gap and
    `room_type` is the first one's; without any, the room is taken for the booking's whole stay.
    """

    position: int = 0
    room_type_id: UUID
    room_type: str
    adults: int
    children: int
    price_minor: int | None = None
    rate: str | None = None
    child_ages: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()

    def stays(self, arrival: date, departure: date) -> tuple[Part, ...]:
        """Where it stands, in a booking of these dates: at least one part."""
        whole = Part(room_type_id=self.room_type_id, room_type=self.room_type, arrival=arrival, departure=departure)
        return self.parts or (whole,)


def placed(room: Room, parts: Iterable[Part], arrival: date, departure: date) -> Room:
    """The room with these parts, said as shortly as can be; `arrival` and `departure` are the booking's.

    At least one of the parts must have a night.
    """
    joined: list[Part] = []
    for part in parts:
        if part.nights < 1:
            continue
        if joined and joined[-1].room_type_id == part.room_type_id:
            joined[-1] = replace(joined[-1], departure=part.departure)
        else:
            joined.append(part)
    whole = len(joined) == 1 and (joined[0].arrival, joined[0].departure) == (arrival, departure)
    first = joined[0]
    return replace(
        room,
        room_type_id=first.room_type_id,
        room_type=first.room_type,
        parts=() if whole else tuple(joined),
    )


def follow(room: Room, before: tuple[date, date], after: tuple[date, date]) -> Room | None:
    """The room, in a booking that had one arrival and departure and gets others; None where no night of it is left.

    An end that was the booking's stays the booking's; dates of its own stay, as far as they are within.
    """
    if not room.parts:
        return room
    parts = list(room.parts)
    if parts[0].arrival == before[0]:
        parts[0] = replace(parts[0], arrival=after[0])
    if parts[-1].departure == before[1]:
        parts[-1] = replace(parts[-1], departure=after[1])
    within = [replace(p, arrival=max(p.arrival, after[0]), departure=min(p.departure, after[1])) for p in parts]
    return placed(room, within, *after) if any(part.nights > 0 for part in within) else None


def numbered(rooms: Sequence[Room], before: Sequence[Room], given: int) -> tuple[Room, ...]:
    """What a source says the rooms are now, with the positions of those they were; `given` have been given so far.

    The very same room keeps its position; then, in their order, one of the same type; then any. What is left is new.
    """
    left = list(before)
    places: dict[int, int] = {}
    for alike in (_the_same, _of_one_type, lambda *_: True):
        for n, room in enumerate(rooms):
            known = next((r for r in left if n not in places and alike(r, room)), None)
            if known:
                places[n] = known.position
                left.remove(known)
    new = iter(range(given, given + len(rooms)))
    return tuple(replace(room, position=places[n] if n in places else next(new)) for n, room in enumerate(rooms))


def _the_same(known: Room, room: Room) -> bool:
    return replace(known, position=0) == replace(room, position=0)


def _of_one_type(known: Room, room: Room) -> bool:
    return known.room_type_id == room.room_type_id
