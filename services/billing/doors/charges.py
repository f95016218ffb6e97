"""What is charged beside the stay."""

from __future__ import annotations

from services.billing import domain, store
from services.billing.doors.telling import MOST_TRIES, tell
from services.billing.store import FolioRow, Journal, Moved
from services.contracts.billing import (
    Charge,
    NoSuchFolio,
    NotAnAmount,
    PostCharge,
    WrongCurrency,
)
from services.kit.db import Tx
from services.kit.doors import command
from services.kit.refusal import Invalid, Problem


class Charges:
    @command
    def post_charge(self, tx: Tx, request: PostCharge) -> Charge:
        """Earned at once; owed by whoever pays the booking, or by the guest of the house folio."""
        kind = domain.check_kind(request.kind)
        domain.check_amount(request.amount, NotAnAmount)
        domain.check_words(request.description, "/description", 500)
        if (request.booking_id is None) == (request.profile_id is None):
            raise Invalid(errors=[Problem("/booking_id", "Name the booking or the guest, one of the two.")])
        for _ in range(MOST_TRIES):
            seen = _folio_to_charge(tx, request)
            store.lock_guest(tx, seen.folio.payer_id)
            after = domain.charged(seen.folio, kind, request.amount)
            entries = domain.journal_to(seen.folio, after)
            journal = Journal(kind, entries, words=request.description or None)
            try:
                has_credit = store.post_charge(tx, seen, after, journal)
            except Moved:
                continue
            tell(tx, seen, after, seen.version + 1, journal, [after.payer_id] if has_credit else [])
            return Charge(
                id=journal.id,
                folio_id=seen.id,
                profile_id=after.payer_id,
                booking_id=seen.booking_id,
                kind=request.kind,
                description=request.description,
                amount=request.amount,
                posted_at=tx.now,
            )
        raise Moved


def _folio_to_charge(tx: Tx, request: PostCharge) -> FolioRow:
    if request.profile_id is not None:
        return store.house_folio(tx, request.profile_id, request.amount.currency)
    seen = store.folio_of_booking(tx, request.booking_id) if request.booking_id else None
    if seen is None:
        raise NoSuchFolio
    domain.check_currency(seen.folio, request.amount, WrongCurrency)
    return seen
