"""What follows every posting: credit is allocated anew, and what was posted, and whose account and which revenue it
changed, is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from services.billing import domain, store
from services.billing.domain import GUESTS, Folio
from services.billing.store import FolioRow, Journal
from services.contracts.billing import (
    AdjustmentPosted,
    BalanceChanged,
    Charge,
    CreditAllocated,
    RevenuePosted,
)
from services.contracts.bookings import (
    BookingFacts,
)
from services.kit.db import Tx

MOST_TRIES = 5  # a folio is written by one event after another; more than a few at once is a fault


def tell(
    tx: Tx,
    seen: FolioRow | None,
    after: Folio,
    version: int,
    journal: Journal | None,
    with_credit: list[UUID],
    facts: BookingFacts | None = None,
) -> None:
    """Allocate credit anew where there is any, and announce whose account and which revenue changed."""
    changed = {e.profile_id for e in journal.entries if e.account == GUESTS} if journal else set()
    changed |= allocate(tx, with_credit)
    booking_id = facts.booking_id if facts else seen.booking_id if seen else None
    property_id = facts.property_id if facts else seen.property_id if seen else None
    for profile_id in changed:
        if profile_id:
            tx.announce(BalanceChanged(profile_id=profile_id, booking_id=booking_id))
    if booking_id is None or property_id is None:
        return
    for kind, total in domain.revenue_changes(seen.folio if seen else None, after).items():
        tx.announce(
            RevenuePosted(
                booking_id=booking_id,
                version=version,
                profile_id=after.guest_id,
                property_id=property_id,
                kind=kind,
                nights=after.nights_over,
                total=total,
            )
        )


def tell_adjustment(tx: Tx, charge: Charge, code: str, property_id: UUID | None, *, reversed: bool = False) -> None:
    told = domain.adjustment_of(charge, code)
    tx.announce(
        AdjustmentPosted(
            adjustment_id=told.id,
            folio_id=told.folio_id,
            booking_id=told.booking_id,
            profile_id=told.profile_id,
            property_id=property_id,
            kind=told.kind,
            direction=told.direction,
            amount=told.amount,
            reversed=reversed,
        )
    )


def allocate(tx: Tx, guests: Iterable[UUID]) -> set[UUID | None]:
    """Let each guest's credit cover what is due, and tell of each booking that more or less of it is covered now.

    Answers those for whom that changed anything.
    """
    changed: set[UUID | None] = set()
    for profile_id in guests:
        allocations = domain.allocate(*store.credits_and_dues(tx, profile_id))
        for covered in store.keep_allocations(tx, profile_id, allocations):
            changed.add(profile_id)
            if covered.booking_id:
                tx.announce(
                    CreditAllocated(booking_id=covered.booking_id, profile_id=profile_id, amount=covered.amount)
                )
    return changed
