"""Why bookings says no."""

from __future__ import annotations

from services.kit.refusal import Conflict, Invalid, NotFound


class NoSuchBooking(NotFound):
    """There is no such booking."""


class NoSuchProperty(NotFound):
    """There is no such property."""


class NoSuchNotice(NotFound):
    """There is no such notice."""


class NoRoomLeft(Conflict):
    """No room of this type is left on at least one night of the stay."""


class Closed(Conflict):
    """The house does not sell these nights, or no arrival or departure on these days."""


class MinimumStay(Conflict):
    """The house sells only longer stays from this day of arrival."""


class BookingHasChanged(Conflict):
    """The booking has been changed since it was read."""


class NoSuchRoom(NotFound):
    """The booking has no room at this position."""


class DoNotBook(Conflict):
    """The house does not take bookings from this guest."""


class StateForbids(Conflict):
    """The booking's state does not allow this."""


class NotANotice(Invalid):
    """The notice is not complete or not valid."""


class NotAnAction(Invalid):
    """Unknown or missing action."""


class NotABooking(Invalid):
    """The booking is not complete or not valid."""


class NotAProperty(Invalid):
    """The property is not complete or not valid."""
