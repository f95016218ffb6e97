"""The guests of a stay as the register knew them when they left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.words import PostalAddress
from services.kit.wire import Request, request, value


@value
class DepartedGuest:
    """Somebody's card at check-out: names, level, contact points, the primary ones first. `company` is a company's."""

    profile_id: UUID
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    company: str | None = None
    level: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    as_of: datetime


@value
class DepartedGuestsKept:
    """Not `kept`: the stay is not over, or this or a later check-out has been kept before."""

    booking_id: UUID
    kept: bool


@request
class KeepDepartedGuests(Request[DepartedGuestsKept]):
    """Said by profiles when it hears of a check-out; `version` is the booking's then.

    So profiles asks bookings and never the other way round.
    """

    booking_id: UUID
    version: int
    guests: tuple[DepartedGuest, ...] = ()

    bounded = at_most(300, "guests")
