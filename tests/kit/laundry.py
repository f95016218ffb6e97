"""A small service on billing's database, to be served in a process of its own.

Each basket says how it is washed, so that a test decides what the process is doing when something happens to it.
"""

from __future__ import annotations

import time
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.kit.doors import Service, subscribe
from services.kit.wire import Event, event


@event
class BasketBrought(Event):
    """`how`: in the database, by sleeping, or by work that never yields to other green threads."""

    aggregate = "basket_id"
    basket_id: UUID
    how: Literal["statement", "sleep", "busy"] = "statement"
    seconds: float = 0.0


@event
class ShirtBrought(Event):
    aggregate = "shirt_id"
    shirt_id: UUID


class LaundryService(Service):
    """Named after the service whose database it borrows."""

    name = "billing"

    @subscribe(BasketBrought)
    def wash(self, tx: Tx, basket: BasketBrought) -> None:
        if basket.how == "statement":
            tx.execute(sa.text("SELECT pg_sleep(:seconds)"), {"seconds": basket.seconds})
        elif basket.how == "sleep":
            time.sleep(basket.seconds)
        else:
            end = time.monotonic() + basket.seconds
            while time.monotonic() < end:
                pass

    @subscribe(ShirtBrought, together=True)
    def iron(self, tx: Tx, shirt: ShirtBrought) -> None:
        tx.execute(sa.text("SELECT pg_sleep(0.01)"))
