"""Bookings move to the profile that their guest turns out to be, by themselves or by hand."""

from __future__ import annotations

from uuid import UUID

from services.bookings.domain.announcing import facts_of
from services.bookings.domain.booking import Booking
from services.bookings.domain.consents import newly_stated
from services.bookings.domain.life import OPEN
from services.bookings.domain.moving import with_moved
from services.bookings.domain.people_changes import judged
from services.bookings.domain.texts import tidy, without_cards
from services.bookings.doors.keeping import keep, shown_after
from services.bookings.doors.people import tell_consents
from services.bookings.doors.routing import refuse_others
from services.bookings.store import bookings
from services.bookings.store import moving as store
from services.bookings.store.people import any_unwelcome
from services.contracts import bookings as contract
from services.contracts.bookings import (
    BookingMoved,
    BookingsMoved,
    Move,
    MoveBooking,
    MoveBookings,
    Moves,
    NotABooking,
    NotOnBooking,
    ReadMoves,
)
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Problem

_AT_ONCE = 50
_MOST_WORDS = 500


class Moving:
    @command
    def move_booking(self, tx: Tx, request: MoveBooking) -> contract.Booking:
        why = without_cards(tidy(request.why))
        if not why or len(why) > _MOST_WORDS:
            raise NotABooking(errors=[Problem("/why", f"Say why, in at most {_MOST_WORDS} characters.")])
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        after = _moved(tx, before, request.from_profile_id, request.to_profile_id, why, by_hand=True)
        return shown_after(tx, after, routing)

    @command
    def move_bookings(self, tx: Tx, request: MoveBookings) -> BookingsMoved:
        found = store.bookings_of(tx, request.from_profile_id, request.after, _AT_ONCE)
        moved = []
        for booking_id in found:
            before = bookings.lock(tx, booking_id)
            try:
                after = _moved(tx, before, request.from_profile_id, request.to_profile_id, request.why, by_hand=False)
            except NotOnBooking:
                continue  # somebody else moved it in between
            if after != before:
                moved.append(booking_id)
        return BookingsMoved(booking_ids=tuple(moved), next=found[-1] if len(found) == _AT_ONCE else None)

    @query
    def read_moves(self, tx: Tx, request: ReadMoves) -> Moves:
        bookings.read(tx, request.booking_id)
        return Moves(items=tuple(store.of_booking(tx, request.booking_id)))


def _moved(tx: Tx, before: Booking, was: UUID, now_is: UUID, why: str, *, by_hand: bool) -> Booking:
    """Kept and told; the booking's row is locked. Refuses with NotOnBooking."""
    after = with_moved(before, was, now_is, tx.now)
    if after == before:
        return before
    if after.state in OPEN:
        after = judged(after, any_unwelcome(tx, after.profile_ids))
    after = keep(tx, after, before)
    move = Move(booking_id=after.id, from_profile_id=was, to_profile_id=now_is, why=why, by=tx.context.actor, at=tx.now)
    store.keep(tx, move, after.version)
    tx.announce(
        BookingMoved(
            booking_id=after.id,
            version=after.version,
            from_profile_id=was,
            to_profile_id=now_is,
            by_hand=by_hand,
            at=tx.now,
            booking=facts_of(after) if after.identified else None,
            why=None if by_hand else why,
        )
    )
    tell_consents(tx, after, newly_stated(before, after))
    return after
