"""The ledger's tables: the only SQL of billing."""

from services.billing.store.account import Owed, counts, lines, room_revenue, standing
from services.billing.store.charges import post_charge
from services.billing.store.credit import credits_and_dues, keep_allocations
from services.billing.store.folios import FolioRow, folio_of_booking, house_folio, lock_guest_and_read, post_stay
from services.billing.store.payments import post_payment
from services.billing.store.posting import Journal, Moved, lock_guest

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
