"""Tentative bookings: held for a time, confirmed with the guest, or given up when the time is over."""

from __future__ import annotations

from services.bookings.domain import booking as kept
from services.bookings.domain.booking import moved
from services.bookings.domain.holding import confirmed, held
from services.bookings.doors import clock
from services.bookings.doors.changes import changed
from services.contracts.bookings import Booking, ConfirmBooking, HoldBooking
from services.kit.db import Database, Tx
from services.kit.doors import command, every


class Holds:
    db: Database

    @command
    def confirm_booking(self, tx: Tx, request: ConfirmBooking) -> Booking:
        by = tx.context.actor
        return changed(tx, request.booking_id, lambda before: confirmed(before, request, tx.now, by))

    @command
    def hold_booking(self, tx: Tx, request: HoldBooking) -> Booking:
        return changed(tx, request.booking_id, lambda before: held(before, request.until, tx.now))

    @every(seconds=30)
    def expire_holds(self, tx: Tx) -> None:
        """Those that nobody confirmed in time are cancelled, and their rooms sold again."""

        def expire(before: kept.Booking, tx: Tx) -> kept.Booking:
            return moved(before, "cancelled", tx.now, reason="hold-expired")

        clock.each(self.db, tx, "hold-over", expire)
