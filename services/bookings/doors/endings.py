"""Bookings that are cancelled, guests who do not come, and those who do not leave."""

from __future__ import annotations

from dataclasses import replace

from services.bookings.domain import booking as kept
from services.bookings.domain.booking import OVERDUE, flagged
from services.bookings.domain.changing import today_there
from services.bookings.domain.ending import cancelled, no_show, not_arrived, not_checked_in, reinstated
from services.bookings.domain.limits import refusal
from services.bookings.doors import clock
from services.bookings.doors.changes import changed
from services.bookings.doors.keeping import keep, shown_after
from services.bookings.doors.routing import refuse_others
from services.bookings.store import bookings, nights
from services.contracts.bookings import Booking, CancelBooking, MarkNoShow, ReinstateBooking, UndoCheckIn
from services.kit.db import Database, Tx
from services.kit.doors import command, every


class Endings:
    db: Database

    @command
    def cancel_booking(self, tx: Tx, request: CancelBooking) -> Booking:
        by = tx.context.actor
        return changed(tx, request.booking_id, lambda before: cancelled(before, request, tx.now, by))

    @command
    def mark_no_show(self, tx: Tx, request: MarkNoShow) -> Booking:
        by = tx.context.actor
        return changed(tx, request.booking_id, lambda before: no_show(before, tx.now, by))

    @command
    def reinstate_booking(self, tx: Tx, request: ReinstateBooking) -> Booking:
        """Nights that are over are taken back whatever was sold of them meanwhile: nobody sleeps in them any more."""
        before = bookings.lock(tx, request.booking_id)
        routing = refuse_others(tx, before.id)
        after = reinstated(before, tx.now)
        today = today_there(before, tx.now)
        full = [
            limit
            for limit in nights.move(tx, before.holding, after.holding)
            if limit.why == "no-room-left" and limit.day >= today
        ]
        if full:
            raise refusal(full)
        return shown_after(tx, keep(tx, after, before), routing)

    @command
    def undo_check_in(self, tx: Tx, request: UndoCheckIn) -> Booking:
        return changed(tx, request.booking_id, lambda before: not_checked_in(before, tx.now))

    @every(seconds=60)
    def mark_those_who_have_not_come(self, tx: Tx) -> None:
        """At the property's hour on the day after their arrival; until then their rooms are kept for them."""
        clock.each(self.db, tx, "not-arrived", lambda before, tx: not_arrived(before, tx.now))

    @every(seconds=60)
    def flag_those_who_have_not_left(self, tx: Tx) -> None:
        """Past the property's hour of check-out they are flagged, and nothing else happens."""
        clock.each(self.db, tx, "not-left", _overdue)


def _overdue(before: kept.Booking, tx: Tx) -> kept.Booking:
    return replace(flagged(before, OVERDUE), version=before.version + 1, changed_at=tx.now)
