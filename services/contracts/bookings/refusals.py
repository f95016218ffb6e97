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


class DoNotBook(Conflict):
    """The house does not take bookings from this guest."""


class StateForbids(Conflict):
    """The booking's state does not allow this."""


class NotANotice(Invalid):
    """The notice is not complete or not valid."""


class NotABooking(Invalid):
    """The booking is not complete or not valid."""


class NotAProperty(Invalid):
    """The property is not complete or not valid."""
