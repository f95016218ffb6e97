"""How long a tentative booking is held, and that somebody has confirmed one with the guest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.bookings.domain import life
from services.bookings.domain.booking import Booking, moved
from services.bookings.domain.texts import faults, tidy, without_cards
from services.contracts.bookings import Confirmation, ConfirmBooking, NotABooking, Property, StateForbids
from services.kit.refusal import Problem

_CLOCKS_DIFFER = timedelta(minutes=5)


def hold_until(house: Property, arrival: date, now: datetime) -> datetime | None:
    """By the property's hours, but not beyond the day of arrival; None where it sets none, or that day is over."""
    last = end_of_day(arrival, house.time_zone)
    if house.hold_hours is None or last <= now:
        return None
    return min(now + timedelta(hours=house.hold_hours), last)


def end_of_day(day: date, time_zone: str) -> datetime:
    """The midnight with which a day of the property ends."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))


def faults_of_hold(pointer: str, until: datetime, arrival: date, time_zone: str, now: datetime) -> Iterator[Problem]:
    if until <= now:
        yield Problem(pointer, "Must not be over.")
    elif arrival < date.max and until > end_of_day(arrival, time_zone):
        yield Problem(pointer, "Must not be after the day of arrival.")


def held(booking: Booking, until: datetime | None, now: datetime) -> Booking:
    """Until another instant; the very same where it is held until then. Refuses with StateForbids and NotABooking."""
    if booking.state != "tentative":
        raise StateForbids(
            f"A booking that is {booking.state} is not held: it stands, or it has ended.",
            facts={"state": booking.state, "wanted": "tentative"},
        )
    problems = list(faults_of_hold("/until", until, booking.arrival, booking.time_zone, now)) if until else []
    if problems:
        raise NotABooking(errors=problems)
    if until == booking.held_until_at:
        return booking
    return replace(booking, held_until_at=until, version=booking.version + 1, changed_at=now)


def confirmed(booking: Booking, said: ConfirmBooking, now: datetime, by: str) -> Booking:
    """Confirmed, with the guest where it is said how; what stands already may be confirmed with the guest once.

    Refuses with StateForbids and NotABooking.
    """
    if problems := list(_faults(said, now)):
        raise NotABooking(errors=problems)
    only_noted = booking.state == "confirmed" and said.how and booking.confirmation is None
    after = booking if only_noted else moved(booking, life.step(booking.state, "confirmed"), now)
    if said.how is None:
        return after
    words = without_cards(tidy(said.spoke_with))
    return replace(
        after,
        confirmation=Confirmation(how=said.how, by=by, at=said.at or now, spoke_with=words),
        version=booking.version + 1,
        changed_at=now,
    )


def _faults(said: ConfirmBooking, now: datetime) -> Iterator[Problem]:
    yield from faults("/spoke_with", said.spoke_with, 200)
    if said.how is None and (said.spoke_with is not None or said.at is not None):
        yield Problem("/how", "Say how it was confirmed with the guest.")
    if said.at and not (said.at.year >= 2000 and said.at <= now + _CLOCKS_DIFFER):
        yield Problem("/at", "Must not be in the future, nor before 2000.")
