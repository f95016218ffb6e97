"""Memorable guests as they are registered, the houses they come to, and the desk that registers them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.bookings.domain.booking import Booking
from services.bookings.domain.registers.party import Guest, Party
from services.bookings.domain.rooms import Room
from services.contracts import bookings as contract
from services.contracts.bookings import Person
from services.contracts.bookings.registers import (
    ExportRegister,
    KeepReceipt,
    LookAtDocument,
    LookAtFile,
    NoteLook,
    RegisterExport,
    RegisterFile,
    RegisterHouse,
    SetRegisterHouse,
)
from services.contracts.bookings.registration import (
    Birthplace,
    DeleteRegistration,
    FindMissing,
    IdentityDocument,
    KeepRegistration,
    Kin,
    MissingFound,
    Particulars,
    ReadRegistrations,
    Registration,
    Residence,
    Signature,
)
from services.contracts.values import Money
from tests.bookings.makers import Desk, lisbon_city

KEYS = "2026:a-secret-of-thirty-two-characters-or-more"
DAY, LEFT = date(2026, 11, 20), date(2026, 11, 23)
BOOKED_AT = datetime(2026, 10, 2, 9, tzinfo=UTC)
STAY = uuid.UUID("00000000-0000-7000-8000-00000000057a")

SPAIN = RegisterHouse(establishment="0000012345", payment="card")
PORTUGAL = RegisterHouse(
    establishment="00",
    tax_number="121212121",
    name="Hotel Teste",
    abbreviation="TESTE",
    street="Rua da Alegria, 172",
    city="Portalegre",
    postcode="1000-234",
    phone="+351 214 017 744",
    contact_name="Nuno Teste",
    contact_email="nuno@example.org",
)
HOUSES = {"ES": SPAIN, "PT": PORTUGAL}
ZONES = {"ES": "Europe/Madrid", "PT": "Europe/Lisbon", "IT": "Europe/Rome", "DE": "Europe/Berlin"}


def lucia(**more: Any) -> Particulars:
    """A Spaniard of age with her DNI, who lives in Madrid."""
    said: dict[str, Any] = {
        "given_name": "Lucía",
        "surname": "García",
        "second_surname": "de la Fuente",
        "sex": "female",
        "birth_date": date(1985, 3, 7),
        "birth_place": Birthplace(municipality="Madrid", country="ES"),
        "nationality": "ES",
        "document": IdentityDocument(
            kind="id_card", number="12345678Z", support_number="ABC123456", issuing_country="ES"
        ),
        "residence": Residence(
            street="C/ Mayor 1, 2ºB", postcode="28001", city="Madrid", municipality_code="28079", country="ES"
        ),
        "phone": "+34 600 111 222",
        "email": "lucia@example.org",
        "role": "single",
        "signature": Signature(signed_at=datetime(2026, 11, 20, 15, 30, tzinfo=UTC), how="paper"),
    }
    return Particulars(**{**said, **more})


def leo(**more: Any) -> Particulars:
    """Her son of eight years, who has no document."""
    said: dict[str, Any] = {
        "given_name": "Leo",
        "surname": "García",
        "second_surname": "Pérez",
        "sex": "male",
        "birth_date": date(2018, 4, 15),
        "birth_place": Birthplace(municipality="Madrid", country="ES"),
        "nationality": "ES",
        "role": "family_member",
        "head": 0,
        "kin": Kin(kind="child", to=0),
    }
    return Particulars(**{**said, **more})


def john(**more: Any) -> Particulars:
    """A Briton with his passport, who lives in London."""
    said: dict[str, Any] = {
        "given_name": "John",
        "surname": "Doe",
        "sex": "male",
        "birth_date": date(1980, 5, 17),
        "birth_place": Birthplace(municipality="London", country="GB"),
        "nationality": "GB",
        "document": IdentityDocument(kind="passport", number="AB1234567", issuing_country="GB"),
        "residence": Residence(street="1 High Street", postcode="N1 1AA", city="London", country="GB"),
        "phone": "+442079460000",
        "role": "single",
    }
    return Particulars(**{**said, **more})


def mario(**more: Any) -> Particulars:
    """An Italian, born in Rome, with a paper identity card issued in Milan; he heads his family."""
    said: dict[str, Any] = {
        "given_name": "Mario",
        "surname": "D'Angelò",
        "sex": "male",
        "birth_date": date(1975, 1, 2),
        "birth_place": Birthplace(municipality="Roma", municipality_code="412058091", province="RM", country="IT"),
        "nationality": "IT",
        "document": IdentityDocument(
            kind="id_card", number="AX 1234567", issuing_country="IT", issuing_code="403015146"
        ),
        "role": "family_head",
    }
    return Particulars(**{**said, **more})


def booking(people: int = 1, **more: Any) -> Booking:
    """Three nights in November, in one room for as many as there are."""
    room = Room(position=0, room_type_id=uuid.UUID(int=7), room_type="A", adults=people, children=0)
    said: dict[str, Any] = {
        "id": STAY,
        "state": "in_house",
        "property_id": uuid.UUID(int=1),
        "property_code": "HOUSE",
        "country": "ES",
        "time_zone": "Europe/Madrid",
        "source": "direct",
        "external_ref": "BDC-4711",
        "arrival": DAY,
        "departure": LEFT,
        "held_until": LEFT,
        "rooms": (room,),
        "rooms_given": 1,
        "price": Money(amount_minor=30000, currency="EUR"),
        "people": (),
        "booked_at": BOOKED_AT,
        "changed_at": BOOKED_AT,
    }
    return Booking(**{**said, **more})


def party(*people: Particulars, **more: Any) -> Party:
    """All of them registered."""
    guests = tuple(Guest(position=n, person=person, version=1, state="registered") for n, person in enumerate(people))
    return Party(booking(len(people), **more), guests)


class Reception(Desk):
    """The desk of a house in any country, with guests who have been checked in."""

    def has_house(self, country: str = "ES", **more: Any) -> None:
        code = more.pop("code", "HOUSE")
        zone = ZONES.get(country, "Europe/Vienna")
        self.sets_up(lisbon_city(capacity=50, code=code, name=f"House {country}", country=country, time_zone=zone))
        if house := more.pop("house", HOUSES.get(country)):
            self.service.set_register_house(SetRegisterHouse(property=code, house=house))

    def has_guests(self, *people: Particulars, checked_in: bool = True, **more: Any) -> contract.Booking:
        """A booking of as many, each registered; two to a room."""
        named = tuple(Person(given_name=p.given_name, family_name=p.surname) for p in people)
        rooms = tuple(
            contract.BookedRoom(room_type="A", adults=min(2, len(named) - n)) for n in range(0, len(named), 2)
        )
        said = {"property": "HOUSE", "arrival": DAY, "departure": LEFT, "rooms": rooms, **more}
        opened = self.opens(booker=named[0], guests=named[1:], **said)
        if checked_in:
            self.service.check_in_booking(contract.CheckInBooking(booking_id=opened.id))
        for position, person in enumerate(people):
            self.registers(opened.id, position, person)
        return opened

    def registers(
        self, booking_id: uuid.UUID, position: int, person: Particulars, version: int | None = 0, **more: Any
    ) -> int:
        said = KeepRegistration(booking_id=booking_id, position=position, version=version, said=person, **more)
        return int(self.service.keep_registration(said).version)

    def deletes(self, booking_id: uuid.UUID, position: int, version: int) -> None:
        self.service.delete_registration(DeleteRegistration(booking_id=booking_id, position=position, version=version))

    def registrations(self, booking_id: uuid.UUID) -> tuple[Registration, ...]:
        found: tuple[Registration, ...] = self.service.read_registrations(
            ReadRegistrations(booking_id=booking_id)
        ).items
        return found

    def lacks(self, **asked: Any) -> MissingFound:
        found: MissingFound = self.service.find_missing(FindMissing(**asked))
        return found

    def exports(self, day: date = DAY, **more: Any) -> RegisterExport:
        made: RegisterExport = self.service.export_register(ExportRegister(property="HOUSE", day=day, **more))
        return made

    def receives(self, said: Any) -> Any:
        if isinstance(said, KeepReceipt):
            return self.service.keep_receipt(said)
        return super().receives(said)

    def file(self, export: RegisterExport) -> RegisterFile:
        look = self.service.note_look(NoteLook(kind="file", about=export.id))
        found: RegisterFile = self.service.look_at_file(LookAtFile(look_id=look.id))
        return found

    def document(self, booking_id: uuid.UUID, position: int = 0) -> IdentityDocument:
        look = self.service.note_look(NoteLook(kind="document", about=booking_id, position=position, reason="police"))
        found: IdentityDocument = self.service.look_at_document(LookAtDocument(look_id=look.id))
        return found

    def in_one_transaction(self, work: Callable[[Any], Any]) -> Any:
        from services.kit.context import Context

        return self.db.writing(Context(), work)


def without(person: Particulars, *names: str) -> Particulars:
    """The same person with some fields empty; ``document.number`` empties one of the document's."""
    for name in names:
        part, _, inner = name.partition(".")
        value = replace(getattr(person, part), **{inner: None}) if inner else None
        person = replace(person, **{part: value})
    return person
