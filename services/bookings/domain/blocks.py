"""What a group's block holds of the nights, and what is drawn from it.

A block holds, of each night, the rooms that were agreed on less those that the group's bookings hold: so a booking that
comes, changes or goes moves rooms between the block and itself, and only the rest concerns what is free.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from services.bookings.domain.limits import Edge, Limit
from services.bookings.domain.nights import Holding, Night, change_of
from services.contracts.bookings import GroupState

_NIGHT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Block:
    """`agreed` rooms by night, and those that the group's bookings hold (`picked_up`), on these nights and on others.

    `codes` are the room types of the property.
    """

    code: str
    state: GroupState
    may_exceed: bool
    agreed: Mapping[Night, int]
    picked_up: Mapping[Night, int]
    codes: Mapping[UUID, str]

    def left(self) -> Counter[Night]:
        """What it holds. Nothing once it has been released."""
        if self.state != "open":
            return Counter()
        return +Counter({night: rooms - self.picked_up.get(night, 0) for night, rooms in self.agreed.items()})

    def having(self, before: Holding, after: Holding) -> Block:
        """The block when what its bookings hold has changed so."""
        picked_up = Counter(self.picked_up)
        if before.group == self.code:
            picked_up.subtract(before.nights())
        if after.group == self.code:
            picked_up.update(after.nights())
        return replace(self, picked_up=picked_up)

    def covers(self, edge: Edge) -> bool:
        """Does the day belong to a stay that was agreed on? Then the house's rules for such days do not concern it."""
        night = edge.day - _NIGHT if edge.kind == "departure" else edge.day
        return self.state == "open" and (edge.room_type, night) in self.agreed


def drawn(blocks: Iterable[Block], before: Holding, after: Holding) -> tuple[list[tuple[Night, int]], list[Limit]]:
    """What to take from, and give back to, the house when a booking of these groups changes so; and the nights that its
    new group has not left for it and does not give beyond its block.

    A booking that has been of the group before keeps its right to free rooms, as any other has.
    """
    held: list[tuple[Mapping[Night, int], Mapping[Night, int]]] = [(before.nights(), after.nights())]
    beyond: list[Limit] = []
    for block in blocks:
        held.append((block.left(), block.having(before, after).left()))
        if after.group == block.code != before.group:
            beyond += _beyond(block, after)
    return change_of(held), beyond


def _beyond(block: Block, wanted: Holding) -> list[Limit]:
    """Nights outside those of the block are not its concern, unless the group is cancelled."""
    if block.state in ("open", "released") and block.may_exceed:
        return []
    left, gone = block.left(), block.state in ("cancelling", "cancelled")
    days = {day for _, day in block.agreed}
    return [
        Limit("block-full", block.codes.get(room_type, ""), day)
        for (room_type, day), rooms in sorted(wanted.nights().items())
        if rooms > left[room_type, day] and (gone or day in days)
    ]
