"""Memorable people for the tests of profiles."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from services.contracts.bookings import (
    BookingPeople,
    BookingPeopleChanged,
    BookingReceived,
    DepartedGuestsKept,
    KeepDepartedGuests,
    Person,
    ReadBookingPeople,
)
from services.contracts.profiles import CreateProfile, Email, Phone
from services.kit.db import open_transaction

KEY = "1:" + "a-secret-of-chance-" * 2  # that values are sealed with
ANAS_MAIL, ANAS_RELAY, ANAS_PHONE = "ana.silva@sapo.pt", "x1y2@guest.booking.com", "+351912345678"


def ana_silva(**other: Any) -> Person:
    """The guest of most of our stories; books for herself."""
    said = Person(
        position=0,
        roles=("booker", "primary"),
        given_name="Ana",
        family_name="Silva",
        email=ANAS_MAIL,
        phone=ANAS_PHONE,
        language="pt",
        country="PT",
    )
    return replace(said, **other)


def bruno_costa(**other: Any) -> Person:
    """Ana's husband; uses her mailbox now and then."""
    said = Person(position=1, roles=("additional",), given_name="Bruno", family_name="Costa", country="PT")
    return replace(said, **other)


def ana_as_entered(**other: Any) -> CreateProfile:
    """Ana as the front desk enters her."""
    said = CreateProfile(
        given_name="Ana",
        family_name="Silva",
        emails=(Email(address=ANAS_MAIL),),
        phones=(Phone(number="912 345 678"),),
        country="PT",
    )
    return replace(said, **other)


class Bookings:
    """Stands for the bookings service: answers who is on a booking, as kit's Ask would; remembers who departed."""

    def __init__(self) -> None:
        self.people: dict[UUID, BookingPeople] = {}
        self.departed: list[KeepDepartedGuests] = []

    def receive(
        self,
        *people: Person,
        country: str = "PT",
        booking_id: UUID | None = None,
        property_id: UUID | None = None,
    ) -> BookingReceived:
        booking_id = booking_id or uuid4()
        property_id = property_id or uuid4()
        self.people[booking_id] = BookingPeople(
            booking_id=booking_id,
            version=1,
            identified=False,
            country=country,
            people=people,
            property_id=property_id,
        )
        return BookingReceived(booking_id=booking_id, version=1, property_id=property_id)

    def change(self, booking_id: UUID, *people: Person) -> BookingPeopleChanged:
        before = self.people[booking_id]
        self.people[booking_id] = replace(before, version=before.version + 1, people=people)
        return BookingPeopleChanged(booking_id=booking_id, version=before.version + 1, property_id=uuid4())

    def __call__(self, request: ReadBookingPeople | KeepDepartedGuests) -> BookingPeople | DepartedGuestsKept:
        if isinstance(request, KeepDepartedGuests):
            assert not open_transaction.get()
            self.departed.append(request)
            return DepartedGuestsKept(booking_id=request.booking_id, kept=True)
        return self.people[request.booking_id]


TODAY = date(2026, 11, 21)
