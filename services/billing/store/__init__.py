"""The ledger's tables: the only SQL of billing."""

from services.billing.store.account import Owed, counts, lines, room_revenue, standing
from services.billing.store.credit import credits_and_dues, keep_allocations
from services.billing.store.posting import (
    FolioRow,
    Journal,
    Moved,
    folio_of_booking,
    house_folio,
    lock_guest,
    lock_guest_and_read,
    post_charge,
    post_payment,
    post_stay,
)

__all__ = [
    "FolioRow",
    "Journal",
    "Moved",
    "Owed",
    "counts",
    "credits_and_dues",
    "folio_of_booking",
    "house_folio",
    "keep_allocations",
    "lines",
    "lock_guest",
    "lock_guest_and_read",
    "post_charge",
    "post_payment",
    "post_stay",
    "room_revenue",
    "standing",
]
