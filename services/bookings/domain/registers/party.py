"""Who stays together on a booking, with what is registered of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from services.bookings.domain.booking import Booking
from services.bookings.domain.registers.particulars import known
from services.contracts.bookings import Person
from services.contracts.bookings.registration import Particulars, RegistrationState

ADULT = 18
_STAYING = {"primary", "additional"}
_HOLDING = ("tentative", "confirmed", "in_house", "departed")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A registration as it is kept; `person` is None where it was deleted or destroyed."""

    position: int
    version: int
    person: Particulars | None
    destroyed: bool = False
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody who stays: as registered, or as the booking knows them (`version` 0, or what a deleted one left)."""

    position: int
    person: Particulars
    version: int = 0
    state: RegistrationState = "open"
    language: str | None = None
    changed_at: datetime | None = None

    def age(self, on: date) -> int | None:
        """In full years; None where the day of birth is not known."""
        born = self.person.birth_date
        return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@dataclass(frozen=True)
class Party:
    """A booking and its guests, by position."""

    booking: Booking
    guests: tuple[Guest, ...]

    @cached_property
    def by_position(self) -> Mapping[int, Guest]:
        return {guest.position: guest for guest in self.guests}

    @property
    def booked(self) -> int:
        """For how many its rooms are booked."""
        return sum(room.adults + room.children for room in self.booking.rooms)

    @property
    def reference(self) -> str:
        """What the hotel and its guests call the booking."""
        return self.booking.external_ref or str(self.booking.id)

    @property
    def left_on(self) -> date | None:
        """The day they left; None as long as they have not."""
        return self.booking.held_until if self.booking.state == "departed" else None

    @property
    def holds(self) -> bool:
        """Whether anybody stays, or may still come."""
        return self.booking.state in _HOLDING

    def is_minor(self, guest: Guest) -> bool:
        """Under 18 on the day of arrival."""
        age = guest.age(self.booking.arrival)
        return age is not None and age < ADULT

    def members(self, head: Guest) -> tuple[Guest, ...]:
        """Who said that `head` heads their family or group."""
        return tuple(guest for guest in self.guests if guest.person.head == head.position and guest != head)


def party_of(booking: Booking, records: Iterable[Record]) -> Party:
    """The people who stay, and those whom only the desk met."""
    kept = {record.position: record for record in records}
    people = {person.position: person for person in booking.people if _STAYING & set(person.roles)}
    positions = sorted({*people, *(n for n, record in kept.items() if record.person or record.destroyed)})
    return Party(booking, tuple(_guest(n, people.get(n), kept.get(n)) for n in positions))


def _guest(position: int, person: Person | None, record: Record | None) -> Guest:
    begun = known(person) if person else Particulars()
    language = person.language if person else None
    if record is None:
        return Guest(position=position, person=begun, language=language)
    state: RegistrationState = "destroyed" if record.destroyed else "registered" if record.person else "open"
    return Guest(
        position=position,
        person=record.person or (Particulars() if record.destroyed else begun),
        version=record.version,
        state=state,
        language=language,
        changed_at=record.changed_at,
    )
