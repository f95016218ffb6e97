"""Companies: how old a debt is, how much of it may be, and who owes which kinds of charges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from services.billing.domain.chart import GUESTS, METHODS
from services.billing.domain.folio import Entry
from services.contracts.values import Money

Bucket = Literal["current", "1-30", "31-60", "61-90", "over-90"]
BUCKETS: tuple[Bucket, ...] = ("current", "1-30", "31-60", "61-90", "over-90")
_LAST_DAYS = (0, 30, 60, 90)

# These are owed by whoever owes the stay: a rule for the stay is one for both.
STAY = "room"
WITH_THE_STAY = (STAY, "city-tax")
REST = "*"  # the rule for all kinds without one, where the stay is routed away from the payer of the booking


@dataclass(frozen=True)
class Debt:
    """A part of what a folio is owed for, since its arrival or the day of its charge; `today` is where it is owed."""

    since: date
    amount_minor: int
    today: date


def bucket(since: date, days: int, today: date) -> Bucket:
    """`current` until `days` after the debt began, then by the days beyond that."""
    overdue = (today - (since + timedelta(days=days))).days
    for name, last in zip(BUCKETS, _LAST_DAYS, strict=False):
        if overdue <= last:
            return name
    return "over-90"


def aged(debts: Iterable[Debt], covered_minor: int, days: int) -> dict[Bucket, int]:
    """What of one folio's debts is still open, by age: what covers it covers the oldest first.

    Debts may be below zero (a correction); they make the covered part larger. The sum is what is open in all.
    """
    given = list(debts)
    covered = covered_minor - sum(d.amount_minor for d in given if d.amount_minor < 0)
    found: dict[Bucket, int] = dict.fromkeys(BUCKETS, 0)
    for debt in sorted((d for d in given if d.amount_minor > 0), key=lambda d: d.since):
        used = min(covered, debt.amount_minor)
        covered -= used
        found[bucket(debt.since, days, debt.today)] += debt.amount_minor - used
    return found


def refund_entries(beneficiary_id: UUID, amount: Money, method: str) -> tuple[Entry, Entry]:
    """Money back, the way it came: the reverse of a payment."""
    way = method if method in METHODS else "other"
    return (
        Entry(GUESTS, amount.amount_minor, amount.currency, beneficiary_id),
        Entry(f"clearing:{way}", -amount.amount_minor, amount.currency),
    )


def transfer_entries(amounts: Iterable[Money], old_payer: UUID, new_payer: UUID) -> tuple[Entry, ...]:
    """What one owed is owed by another; revenue stays as it is. Nothing where both are the same."""
    if old_payer == new_payer:
        return ()
    return tuple(
        Entry(GUESTS, sign * money.amount_minor, money.currency, who)
        for money in amounts
        if money.amount_minor
        for sign, who in ((-1, old_payer), (1, new_payer))
    )


def part_for(kind: str, rules: Mapping[str, UUID]) -> str:
    """The name of the booking's folio that charges of the kind stand on: a payer's, or `main`, which holds the stay.

    The database knows the same rule under the same name.
    """
    payer = None if kind in WITH_THE_STAY else rules.get(kind) or rules.get(REST)
    return str(payer) if payer else "main"
