"""What other services announce of guests, heard in one place: each event has one handler in a service.

A handler hands it on to whoever here makes something of it: the time line, the stage, the stay's guests as they left.
"""

from __future__ import annotations

from services.contracts.bookings import BookingCheckedOut
from services.kit.ask import Ask
from services.kit.db import Database, Tx
from services.kit.doors import subscribe
from services.profiles.domain import departures
from services.profiles.store import register


class Following:
    db: Database
    bookings = Ask("bookings")

    @subscribe(BookingCheckedOut)
    def tell_how_they_left(self, tx: Tx, event: BookingCheckedOut) -> None:
        """The stay keeps its guests as they are known now; what was said once is the same said again."""
        if departures.is_history(event.booking, tx.now.date()):
            return
        with self.db.reading(tx.context) as looking:
            found = register.by_ids(looking, event.booking.profile_ids)
        self.bookings(departures.as_they_left(event.booking, (each.shown() for each in found), tx.now))
