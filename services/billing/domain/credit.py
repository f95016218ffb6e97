"""Which payment covers how much of which folio, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money


@dataclass(frozen=True)
class Credit:
    """A payment, with what is left of it after refunds; `booking_id` if it was meant for one."""

    payment_id: UUID
    amount: Money
    received_at: datetime
    booking_id: UUID | None = None


@dataclass(frozen=True)
class Due:
    """What one folio's payer owes for it in one currency."""

    folio_id: UUID
    amount: Money
    arrival: date
    booking_id: UUID | None = None


@dataclass(frozen=True)
class Rule:
    """What somebody decided about a payment and a folio: up to `pinned` minor units of it first, or none at all."""

    payment_id: UUID
    folio_id: UUID
    pinned: int | None  # None: nothing of this payment covers this folio


Allocations = dict[tuple[UUID, UUID], int]
Why = Literal["pinned", "meant", "oldest"]

REASONS: dict[Why, str] = {
    "pinned": "Set by staff.",
    "meant": "Paid for this booking.",
    "oldest": "Oldest credit, earliest arrival.",
}


def allocate(credits: Iterable[Credit], dues: Iterable[Due], rules: Iterable[Rule] = ()) -> Allocations:
    """Which payment covers how much of which folio, as (payment, folio) → minor units.

    What staff set goes first, then each payment to the booking it was meant for; the rest oldest credit first, earliest
    arrival first, each in its own currency. What is left over waits for the next booking.
    """
    found: Allocations = defaultdict(int)
    ruled = {(rule.payment_id, rule.folio_id): rule.pinned for rule in rules}
    waiting = sorted(credits, key=lambda c: (c.received_at, c.payment_id))
    left = {c.payment_id: c.amount.amount_minor for c in waiting}
    open_dues: dict[str, list[_Open]] = defaultdict(list)
    for due in sorted(dues, key=lambda d: (d.arrival, d.folio_id)):
        if due.amount.amount_minor > 0:
            open_dues[due.amount.currency].append(_Open(due, due.amount.amount_minor))

    def cover(credit: Credit, owed: _Open, most: int) -> None:
        used = min(left[credit.payment_id], owed.minor, most)
        if used > 0:
            found[credit.payment_id, owed.due.folio_id] += used
            left[credit.payment_id] -= used
            owed.minor -= used

    def allowed(credit: Credit, owed: _Open) -> bool:
        return ruled.get((credit.payment_id, owed.due.folio_id), 0) is not None

    if ruled:
        for credit in waiting:
            for owed in open_dues[credit.amount.currency]:
                cover(credit, owed, ruled.get((credit.payment_id, owed.due.folio_id)) or 0)
    for credit in waiting:
        if credit.booking_id is not None:
            for owed in open_dues[credit.amount.currency]:
                if owed.due.booking_id == credit.booking_id and allowed(credit, owed):
                    cover(credit, owed, owed.minor)
    for credit in waiting:
        still_open = [owed for owed in open_dues[credit.amount.currency] if owed.minor]
        open_dues[credit.amount.currency] = still_open
        for owed in still_open:
            if left[credit.payment_id] <= 0:
                break
            if allowed(credit, owed):
                cover(credit, owed, owed.minor)
    return dict(found)


def why(meant_for: UUID | None, booking_id: UUID | None, pinned: int | None) -> str:
    """The sentence that explains why a payment covers a booking's folio."""
    if pinned:
        return REASONS["pinned"]
    meant = meant_for is not None and meant_for == booking_id
    return REASONS["meant" if meant else "oldest"]


@dataclass
class _Open:
    """A due with what of it nothing covers yet."""

    due: Due
    minor: int
