"""Several messages in one transaction: what waits for a door at this moment is carried out and committed together.

For doors that said ``together=True``: they touch only rows of their own aggregate, so sharing a transaction costs
nobody anything and saves most of its statements and a commit per message. Where it fails, all is rolled back and they
go through the door one by one.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import eventlet
import sqlalchemy as sa

from services.kit import context, metrics, wire
from services.kit.context import Context
from services.kit.db import Tx
from services.kit.delivery import Delivery
from services.kit.refusal import Refusal

GATHERED = 50  # events that may share a transaction
TOGETHER = 16  # calls that may: fewer, as somebody waits for the answer to the first until the last is done

Item = tuple[Any, Delivery]  # the entrypoint, and what was delivered to it

_REMEMBER = sa.text(
    "INSERT INTO inbox (event_id, handler) SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:handlers AS text[]))"
    " ON CONFLICT DO NOTHING RETURNING event_id, handler"
)


class Waiting:
    """What waits for its turn; one worker at a time carries it out until nothing waits.

    `spawn` starts a worker with an entrypoint and its argument. `most` share a turn. `linger` are the seconds until
    the next turn: alone, a message is handled at once; in a stream, some come together.
    """

    def __init__(
        self,
        spawn: Callable[[Any, Delivery], None],
        settle: Callable[[Sequence[Item]], object],
        most: int,
        linger: float,
    ) -> None:
        self._spawn, self.settle, self.most, self.linger = spawn, settle, most, linger
        self._waiting: deque[Item] = deque()
        self._at_work = False

    def add(self, entrypoint: Any, delivery: Delivery) -> None:
        self._waiting.append((entrypoint, delivery))
        if not self._at_work:
            self._at_work = True
            try:
                self._spawn(entrypoint, _Turn(self))
            except BaseException:  # the process is ending; whoever brought the message gives it back
                self._waiting.clear()
                self._at_work = False
                raise

    def take(self) -> list[Item]:
        """What shares the next transaction."""
        return [self._waiting.popleft() for _ in range(min(self.most, len(self._waiting)))]

    def over(self) -> None:
        self._at_work = False


class _Turn(Delivery):
    """Takes the place of a delivery in a worker, and carries out what waits."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__()
        self._waiting = waiting

    def carry(self, service: Any, door: Any) -> None:
        try:
            while batch := self._waiting.take():
                alone = batch if len(batch) == 1 else door.share(service, batch)
                for entrypoint, delivery in alone:
                    delivery.carry(service, entrypoint.door)
                self._waiting.settle(batch)
                eventlet.sleep(self._waiting.linger)
        finally:
            self._waiting.over()


def settled_already(*_result: Any) -> tuple[None, None]:
    """What nameko does with the result of a worker that carried out a turn: each message was settled within it."""
    return None, None


def share_events(service: Any, batch: Sequence[Item]) -> Sequence[Item]:
    """Handle all in one transaction; answers those to be handled alone: all, where it could not be committed."""
    started = time.perf_counter()
    try:
        heard = [
            (each.door, delivery, delivery.message_id(), wire.load(each.door.event, wire.parse(delivery.body)))
            for each, delivery in batch
        ]
    except Refusal:
        return batch  # one is malformed; alone, it is parked with its reason

    def work(tx: Tx) -> None:
        fresh = _remember(tx, [(message_id, door.name) for door, _, message_id, _ in heard])
        for door, delivery, message_id, event in heard:
            if (message_id, door.name) in fresh:
                fresh.discard((message_id, door.name))
                tx.context = delivery.context
                context.current.set(delivery.context)
                door.work(service, tx, event)

    try:
        service.db.writing(Context(), work)
    except Exception:
        return batch
    each_took = (time.perf_counter() - started) / len(heard)
    for door, _, _, _ in heard:
        metrics.observe(service.name, door.kind, door.name, "done", each_took)
    return ()


def _remember(tx: Tx, handled: list[tuple[uuid.UUID, str]]) -> set[tuple[uuid.UUID, str]]:
    """Which of these have not been handled before."""
    ids, handlers = zip(*handled, strict=True)
    rows = tx.execute(_REMEMBER, {"ids": [str(i) for i in ids], "handlers": list(handlers)})
    return {(row.event_id, row.handler) for row in rows}
