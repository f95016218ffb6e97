"""Rooms with numbers for a file that has none: as many of each type as are sold of it, and one for every stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.contracts.bookings import NewRoom, PlaceStays, SetUpProperty, SetUpRooms
from services.kit.ask import Client
from services.kit.context import Context

_AT_ONCE = 500
_CONTEXT = Context(actor="system:import", roles=("admin",))


def rooms_of(hotel: SetUpProperty) -> list[SetUpRooms]:
    """``A001``, ``A002``, …: the capacity of each type is what its departed stays need on their fullest night."""
    rooms = [
        NewRoom(number=f"{kind.code}{n:03}", room_type=kind.code, position=n)
        for kind in hotel.room_types
        for n in range(1, kind.capacity + 1)
    ]
    return [
        SetUpRooms(property=hotel.code, rooms=tuple(rooms[at : at + _AT_ONCE])) for at in range(0, len(rooms), _AT_ONCE)
    ]


def set_up(client: Client, hotels: Iterable[SetUpProperty]) -> None:
    for hotel in hotels:
        for said in rooms_of(hotel):
            client.ask(said, context=_CONTEXT)


def place(client: Client, properties: Iterable[str], say: Callable[[str], None]) -> int:
    """Give every stay a room, some hundred at a time; answers how many got none. Goes on where it was stopped."""
    left = 0
    for code in properties:
        placed, cursor = 0, None
        while True:
            done = client.ask(PlaceStays(property=code, limit=_AT_ONCE, cursor=cursor), context=_CONTEXT)
            placed, left, cursor = placed + done.placed, left + done.looked_at - done.placed, done.next
            if cursor is None:
                break
        say(f"{code}: {placed:,} stays have been given a room.")
    return left
