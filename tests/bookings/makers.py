"""Memorable people and places for the tests of bookings."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.bookings.service import BookingsService
from services.contracts import bookings as contract
from services.contracts.bookings import (
    BookedRoom,
    Booking,
    BookingNotice,
    NewRoomType,
    NoticePerson,
    NoticeReport,
    NoticeRoom,
    OpenBooking,
    Person,
    Property,
    ProveCounters,
    ReadBooking,
    ReceiveNotice,
    SetUpProperty,
)
from services.contracts.profiles import GuestsIdentified, IdentifiedPerson
from services.contracts.values import Money, Price
from services.kit import wire
from services.kit.db import Database

ARRIVAL, DEPARTURE = date(2026, 12, 1), date(2026, 12, 4)
ANA = uuid.UUID("a0a00000-0000-4000-8000-000000000001")
BRUNO = uuid.UUID("b0b00000-0000-4000-8000-000000000002")


def eur(amount: str) -> Money:
    return Money(amount_minor=int(amount.replace(".", "")), currency="EUR")


def ana_silva(**more: Any) -> NoticePerson:
    """Ana books by an agency's relay address."""
    said = {
        "given_name": "Ana",
        "family_name": "Silva",
        "email": "x1y2@guest.booking.com",
        "phone": "+351912345678",
        "language": "pt",
        "country": "PT",
    }
    return NoticePerson(**{**said, **more})


def bruno_costa(**more: Any) -> NoticePerson:
    return NoticePerson(**{"given_name": "Bruno", "family_name": "Costa", **more})


def room(price: str | None = "300.00", *, room_type: str = "A", currency: str = "EUR", **more: Any) -> NoticeRoom:
    given = Price(amount=price, currency=currency) if price else None
    return NoticeRoom(**{"room_type": room_type, "adults": 2, "price": given, **more})


def notice(**more: Any) -> BookingNotice:
    """Ana's three nights in December for 300.00 EUR."""
    said = {
        "source": "channel-manager",
        "external_id": "BDC-4711",
        "revision": 1,
        "status": "new",
        "property": "LIS-CITY",
        "channel": "booking.com",
        "arrival": ARRIVAL,
        "departure": DEPARTURE,
        "rooms": (room(),),
        "booker": ana_silva(),
        "requests": "late arrival",
    }
    return BookingNotice(**{**said, **more})


def report_of_state(status: str, revision: int, **more: Any) -> BookingNotice:
    """A notice that says nothing but how the stay went on."""
    said = {"source": "channel-manager", "external_id": "BDC-4711", "property": "LIS-CITY"}
    return BookingNotice(**{**said, "status": status, "revision": revision, **more})


def outcome(report: NoticeReport) -> tuple[str, str | None]:
    return report.state, report.why


def lisbon_city(capacity: int = 2, overbooking: int = 0, **more: Any) -> SetUpProperty:
    said = {
        "code": "LIS-CITY",
        "name": "Lisbon City",
        "currency": "EUR",
        "time_zone": "Europe/Lisbon",
        "country": "PT",
        "room_types": (
            NewRoomType(code="A", name="Double", capacity=capacity, overbooking=overbooking),
            NewRoomType(code="B", name="Family", capacity=capacity, overbooking=overbooking, occupancy=4),
        ),
    }
    return SetUpProperty(**{**said, **more})


def stay(**more: Any) -> OpenBooking:
    """Three nights in December for a guest of the register."""
    said = {
        "property": "LIS-CITY",
        "arrival": ARRIVAL,
        "departure": DEPARTURE,
        "rooms": (BookedRoom(room_type="A", adults=2, price=eur("300.00")),),
        "booker": Person(profile_id=ANA),
    }
    return OpenBooking(**{**said, **more})


@dataclass
class Desk:
    """The bookings service on its own database, and what it has announced."""

    db: Database
    service: Any = field(init=False)

    def __post_init__(self) -> None:
        self.service = worker_factory(BookingsService, db=self.db)

    def sets_up(self, request: SetUpProperty | None = None, **more: Any) -> Property:
        return self.service.set_up_property(request or lisbon_city(**more))

    def receives(self, said: BookingNotice) -> NoticeReport:
        return self.service.receive_notice(ReceiveNotice(notice=said))

    def opens(self, **more: Any) -> Booking:
        return self.service.open_booking(stay(**more))

    def booking(self, booking_id: uuid.UUID | None) -> Booking:
        assert booking_id
        return self.service.read_booking(ReadBooking(booking_id=booking_id))

    def identifies(self, booking_id: uuid.UUID | None, *profiles: uuid.UUID, version: int = 1, **more: Any) -> None:
        """profiles has found who the people are, in their order on the booking."""
        positions = [person.position for person in self.booking(booking_id).people]
        people = tuple(
            IdentifiedPerson(position=position, profile_id=profile, created=True, score=1.0, **more)
            for position, profile in zip(positions, profiles or (ANA,), strict=False)
        )
        assert booking_id
        self.service.link_people(GuestsIdentified(booking_id=booking_id, booking_version=version, people=people))

    def announced(self) -> list[wire.Event]:
        """Everything, in order."""
        with self.db.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT routing_key, body FROM outbox ORDER BY seq")).all()
        kinds = {kind.routing_key(): kind for kind in wire.events_of(contract)}
        return [wire.load(kinds[row.routing_key], wire.parse(row.body)) for row in rows]

    def said(self) -> list[str]:
        """The names of the events, in order."""
        return [type(event).__name__ for event in self.announced()]

    def sold(self, night: date = ARRIVAL, room_type: str = "A") -> int:
        asked = contract.ReadAvailability(
            property="LIS-CITY", first=night, until=date.fromordinal(night.toordinal() + 1)
        )
        found = self.service.read_availability(asked).nights
        return next(n.sold for n in found if n.room_type == room_type)

    def counters_are_right(self) -> bool:
        return self.service.prove_counters(ProveCounters()).differing == 0

    def rows(self, statement: str) -> list[Any]:
        with self.db.engine.connect() as connection:
            return list(connection.execute(sa.text(statement)).all())
