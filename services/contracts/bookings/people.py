"""Changes of the people on a booking, and of what they need.

All of them are refused with NoSuchBooking, NotInTeam and NotABooking, and with StateForbids once the booking has ended.
`version` is one in which the caller has read the people: the booking's, or the one that stands with its people.
Refused with BookingHasChanged if they have changed since; None is for whatever they are.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.stays import Booking, Person
from services.contracts.bookings.words import Need
from services.kit.refusal import Conflict, NotFound
from services.kit.wire import Request, request, value


@request
class AddPerson(Request[Booking]):
    """Somebody more, an additional guest where no role is said. Booker, primary guest, contact and payer are one each:
    who had the role before gives it up, remains a guest where they were one, and leaves the booking without any role.

    `do_not_book` is what profiles said of them to the caller a moment ago. Refuses with DoNotBook.
    """

    booking_id: UUID
    version: int | None = None
    person: Person
    do_not_book: bool = False

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)


@request
class ChangePerson(Request[Booking]):
    """Who stands at a position, and all that is known of them for this stay; without roles these stay.

    They keep their profile unless another one is said, or something that tells who they are differs: then they are
    found anew. Refuses with NoSuchPerson, PrimaryGuestNeeded and DoNotBook.
    """

    booking_id: UUID
    version: int | None = None
    position: int
    person: Person
    do_not_book: bool = False

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)


@request
class RemovePerson(Request[Booking]):
    """Take somebody off. Refuses with NoSuchPerson and PrimaryGuestNeeded."""

    booking_id: UUID
    version: int | None = None
    position: int


@value
class PersonNeeds:
    position: int
    needs: tuple[Need, ...] = ()
    note: str | None = None

    bounded = at_most(100, "needs")


@request
class SetNeeds(Request[Booking]):
    """All needs of a booking: its own, and those of its people. Who is not named has none.

    `version` is the booking's.
    """

    booking_id: UUID
    version: int | None = None
    needs: tuple[Need, ...] = ()
    note: str | None = None
    people: tuple[PersonNeeds, ...] = ()

    bounded = at_most(300, "needs", "people")


class NoSuchPerson(NotFound):
    """Nobody stands at this position of the booking."""


class PrimaryGuestNeeded(Conflict):
    """Somebody has to be the primary guest: give that role to another one first."""
