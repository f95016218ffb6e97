"""The terms of a stay are told: by whoever speaks with the guest, or by themselves when it is confirmed."""

from __future__ import annotations

from services.bookings.domain import life, terms
from services.bookings.domain.booking import Booking
from services.bookings.domain.ids import new_id
from services.bookings.store import bookings, properties
from services.bookings.store import terms as store
from services.contracts.bookings import BookingFacts, NoTerms, TermsTold
from services.contracts.bookings.terms import ToldHow, ToldTerms
from services.kit.db import Tx


def tell(tx: Tx, booking: Booking, how: ToldHow, wanted: str | None, actor: str) -> ToldTerms:
    """The proof, new or from before. The booking's row is locked. Refuses with NoTerms."""
    house = properties.read(tx, str(booking.property_id))
    own = store.telling(tx, house.id)[0] or terms.language_of(house.country)
    language = wanted or terms.language_for(booking, own)
    present = terms.chosen(store.read(tx, house.id), language, own)
    if not any(terms.alike(each.language, language) for each in present):
        language = present[0].language
    copy = terms.copy_of(booking, house, present)
    told = ToldTerms(
        id=new_id(tx.now),
        booking_id=booking.id,
        number=0,
        how=how,
        language=language,
        terms=terms.told(present),
        copy=copy,
        sha256=terms.sha256(copy),
        actor=actor,
        told_at=tx.now,
    )
    kept = store.keep_told(tx, told)
    if kept is None:
        return store.told_before(tx, told)
    tx.announce(TermsTold(booking_id=booking.id, number=kept.number, property_id=booking.property_id))
    return kept


def tell_by_itself(tx: Tx, facts: BookingFacts) -> None:
    """A booking was confirmed. One statement where its property does not want this."""
    automatic = store.telling(tx, facts.property_id)[1]
    if automatic == "never":
        return
    booking = bookings.lock(tx, facts.booking_id)
    if booking.state not in life.OPEN or not terms.is_told_by_itself(booking, automatic, tx.now.date()):
        return
    try:
        tell(tx, booking, "e-mail", None, "service:bookings")
    except NoTerms:
        return  # nothing has been written yet: nothing is told
