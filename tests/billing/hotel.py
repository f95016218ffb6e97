"""Billing beside a bookings and a profiles service that know what a test tells them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from nameko.testing.services import worker_factory

from services.billing.service import BillingService
from services.contracts.billing import (
    Charge,
    ChargeNotice,
    ChargeReport,
    FindFolios,
    Folio,
    ReceiveCharge,
    SetTaxes,
    VatRate,
    VoidCharge,
)
from services.contracts.bookings import (
    BookedRoom,
    Booking,
    BookingsFound,
    FindBookings,
    NoSuchBooking,
    Properties,
    Property,
    ReadBooking,
    ReadProperties,
    ReadRoomOccupant,
    RoomOccupant,
    RoomVacant,
    UnknownRoom,
)
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.contracts.values import Price
from services.kit.db import Database
from tests.billing.makers import LISBON, PORTO, Billing, eur, stay

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUSES = tuple(
    Property(id=i, code=code, name=code, currency="EUR", time_zone="Europe/Lisbon", country="PT")
    for i, code in ((LISBON, "LIS-CITY"), (PORTO, "OPO"))
)


class Hotel(Billing):
    """Billing with bookings and profiles that know what the test tells them."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.known: list[Booking] = []
        self.guests: set[UUID] = set()
        self.rooms: dict[str, UUID | None] = {}  # of Lisbon, with the booking in house there
        self.asked: list[ReadRoomOccupant] = []
        self.service = worker_factory(BillingService, db=db, bookings=self._bookings, profiles=self._profiles)

    def books(self, guest: UUID, ref: str = "BDC-1", *, source: str = "channel-manager", **more: Any) -> UUID:
        """A booking that both services know; answers its id."""
        facts = self.hears(stay(guest, eur(30000), **more))
        self.known.append(
            Booking(
                id=facts.booking_id, version=1, state="confirmed", property_id=facts.property_id, property="LIS-CITY",
                source=source, external_ref=ref, arrival=facts.arrival, departure=facts.departure,
                rooms=(BookedRoom(room_type="A"),), price=facts.total, booked_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        return facts.booking_id

    def sells(self, number: str = "T-1", amount: str = "45.00", **more: Any) -> ChargeReport:
        """What the till says over HTTP."""
        return self.service.receive_charge(ReceiveCharge(notice=sold(number, amount, **more)))

    def voids(self, charge: Charge, reason: str = "Mistyped") -> Charge:
        return self.service.void_charge(VoidCharge(charge_id=charge.id, reason=reason))

    def folio(self, booking_id: UUID) -> Folio:
        (found,) = self.service.find_folios(FindFolios(booking_id=booking_id)).items
        return found

    def taxes(self, *rates: tuple[str, int], gross: bool = True) -> None:
        self.service.set_taxes(
            SetTaxes(
                property_id=LISBON, country="PT", time_zone="Europe/Lisbon", currency="EUR", prices_include_vat=gross,
                vat=tuple(VatRate(tax_class=c, basis_points=b, valid_from=date(2020, 1, 1)) for c, b in rates),
            )
        )  # fmt: skip

    def entries(self, journal_id: UUID | None) -> dict[str, int]:
        """Account → minor units of one journal."""
        return {row.account: row.amount_minor for row in self.rows("entries", "journal_id", journal_id)}

    def rows(self, table: str, column: str, value: Any) -> list[Any]:
        statement = sa.text(f"SELECT * FROM {table} WHERE {column} = :value")
        with self.db.engine.connect() as connection:
            return list(connection.execute(statement, {"value": value}))

    def announced(self, topic: str) -> list[dict[str, Any]]:
        rows = sorted(self.rows("outbox", "routing_key", f"{topic}.v1"), key=lambda row: row.seq)
        return [json.loads(row.body) for row in rows]

    def _bookings(self, request: Any) -> Any:
        if isinstance(request, ReadProperties):
            return Properties(items=tuple(h for h in HOUSES if request.property in (h.code, str(h.id))))
        if isinstance(request, FindBookings):
            return BookingsFound(items=tuple(b for b in self.known if b.external_ref == request.external_ref))
        if isinstance(request, ReadRoomOccupant):
            return self._occupant(request)
        assert isinstance(request, ReadBooking)
        found = [b for b in self.known if b.id == request.booking_id]
        if not found:
            raise NoSuchBooking
        return found[0]

    def _occupant(self, request: ReadRoomOccupant) -> RoomOccupant:
        self.asked.append(request)
        if request.property != str(LISBON) or request.room not in self.rooms:
            raise UnknownRoom
        booking_id = self.rooms[request.room]
        if booking_id is None:
            raise RoomVacant
        return RoomOccupant(booking_id=booking_id, position=0, state="in_house")

    def _profiles(self, request: ReadProfile) -> Any:
        if request.profile_id not in self.guests:
            raise NoSuchProfile
        return Named(request.profile_id)


class Named:
    def __init__(self, id: UUID) -> None:
        self.id = id


def sold(number: str = "T-1", amount: str = "45.00", **more: Any) -> ChargeNotice:
    """What a till says; of the booking BDC-1, unless said otherwise."""
    if not {"booking_id", "booking_ref", "profile_id", "room", "status"} & more.keys():
        more["booking_ref"] = "BDC-1"
    said: dict[str, Any] = {
        "kind": "restaurant",
        "amount": Price(amount=amount, currency="EUR"),
        "description": "Dinner",
        **more,
    }
    return ChargeNotice(source="till", external_id=number, **said)
