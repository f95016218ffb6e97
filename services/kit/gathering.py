"""Several messages in one transaction: what waits in an inbox at this moment is handled and committed together.

For handlers that said ``together=True``: they touch only rows of their own aggregate, so sharing a transaction costs
nobody anything and saves a commit per message. If one of them fails, all are rolled back and handled one by one.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import eventlet
import sqlalchemy as sa

from services.kit import context, metrics, wire
from services.kit.context import Context
from services.kit.db import Tx
from services.kit.delivery import Delivery
from services.kit.refusal import Refusal

# Seconds until the next turn: alone, a message is handled at once; in a stream, some come together.
LINGER = 0.02

Item = tuple[Any, Delivery]  # the entrypoint, and what was delivered to it

_REMEMBER = sa.text(
    "INSERT INTO inbox (event_id, handler) SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:handlers AS text[]))"
    " ON CONFLICT DO NOTHING RETURNING event_id, handler"
)


class Gathering(Delivery):
    """One worker's turn: takes what waits until nothing does."""

    def __init__(
        self, take: Callable[[], Sequence[Item]], settle: Callable[[Item], object], over: Callable[[], None]
    ) -> None:
        super().__init__()
        self._take, self._settle, self._over = take, settle, over

    def carry(self, service: Any, door: Any) -> None:
        try:
            while batch := self._take():
                if len(batch) == 1 or not _together(service, batch):
                    for hearing, delivery in batch:
                        delivery.carry(service, hearing.door)
                for item in batch:
                    self._settle(item)
                eventlet.sleep(LINGER)
        finally:
            self._over()


def _together(service: Any, batch: Sequence[Item]) -> bool:
    """Handle all in one transaction; says whether it was committed."""
    started = time.perf_counter()
    try:
        heard = [
            (hearing.door, delivery, delivery.message_id(), wire.load(hearing.door.event, wire.parse(delivery.body)))
            for hearing, delivery in batch
        ]
    except Refusal:
        return False  # one is malformed; alone, it is parked with its reason

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
        return False
    each = (time.perf_counter() - started) / len(heard)
    for door, _, _, _ in heard:
        metrics.observe(service.name, door.kind, door.name, "done", each)
    return True


def _remember(tx: Tx, handled: list[tuple[uuid.UUID, str]]) -> set[tuple[uuid.UUID, str]]:
    """Which of these have not been handled before."""
    ids, handlers = zip(*handled, strict=True)
    rows = tx.execute(_REMEMBER, {"ids": [str(i) for i in ids], "handlers": list(handlers)})
    return {(row.event_id, row.handler) for row in rows}
