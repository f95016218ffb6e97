"""How bookings end before the guests have come, and what the same day takes back."""

from __future__ import annotations

from datetime import datetime

from services.bookings.domain import life
from services.bookings.domain.booking import Booking, moved
from services.bookings.domain.texts import faults, without_cards
from services.contracts.bookings import CancelBooking, NotABooking


def cancelled(booking: Booking, said: CancelBooking, now: datetime, by: str) -> Booking:
    """Refuses with StateForbids and NotABooking."""
    if problems := list(faults("/note", said.note, 2000, lines=True)):
        raise NotABooking(errors=problems)
    note = without_cards((said.note or "").strip()) or None
    state = life.step(booking.state, "cancelled")
    return moved(booking, state, now, reason=said.reason, note=note, by=by)


def no_show(booking: Booking, now: datetime, by: str) -> Booking:
    """Refuses with StateForbids."""
    return moved(booking, life.step(booking.state, "no_show"), now, by=by)


def not_arrived(booking: Booking, now: datetime) -> Booking:
    """At the property's hour: a no-show; but what was only held is given up, and owes nothing."""
    if booking.state == "tentative":
        return moved(booking, "cancelled", now, reason="hold-expired")
    return moved(booking, "no_show", now, reason="not-arrived")


def reinstated(booking: Booking, now: datetime) -> Booking:
    """A no-show who has come after all; refuses with StateForbids."""
    since = booking.ending.at if booking.ending else None
    return moved(booking, life.back(booking.state, "no_show", since, booking.time_zone, now), now)


def not_checked_in(booking: Booking, now: datetime) -> Booking:
    """Who was checked in by mistake; refuses with StateForbids."""
    return moved(booking, life.back(booking.state, "in_house", booking.checked_in_at, booking.time_zone, now), now)
