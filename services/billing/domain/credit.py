"""Which payment covers how much of which folio."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.contracts.values import Money


@dataclass(frozen=True)
class Credit:
    """A payment, with its whole amount."""

    payment_id: UUID
    amount: Money
    received_at: datetime


@dataclass(frozen=True)
class Due:
    """What one folio's payer owes for it in one currency."""

    folio_id: UUID
    amount: Money
    arrival: date


Allocations = dict[tuple[UUID, UUID], int]


def allocate(credits: Iterable[Credit], dues: Iterable[Due]) -> Allocations:
    """Which payment covers how much of which folio, as (payment, folio) → minor units.

    Oldest credit first, earliest arrival first, each in its own currency; what is left over waits for the next booking.
    """
    found: Allocations = {}
    open_dues: dict[str, deque[tuple[UUID, int]]] = defaultdict(deque)
    for due in sorted(dues, key=lambda d: (d.arrival, d.folio_id)):
        if due.amount.amount_minor > 0:
            open_dues[due.amount.currency].append((due.folio_id, due.amount.amount_minor))
    for credit in sorted(credits, key=lambda c: (c.received_at, c.payment_id)):
        left, queue = credit.amount.amount_minor, open_dues[credit.amount.currency]
        while left > 0 and queue:
            folio_id, owed = queue[0]
            used = min(left, owed)
            found[credit.payment_id, folio_id] = used
            left -= used
            if used == owed:
                queue.popleft()
            else:
                queue[0] = (folio_id, owed - used)
    return found
