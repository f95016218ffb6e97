"""A booking of Channex' for the tests, as its API gives it."""

from __future__ import annotations

import json
from typing import Any

from services.contracts.bookings import Code, NoticeReport, ReceiveRevision, SetCodes
from tests.bookings.makers import Desk

PROPERTY, ROOM_TYPE, RATE = "716305c4-561a-4561-a187-7f5b8aeb5920", "994d1375-dbbd-4072-8724-b2ab32ce781b", "bab451e7"
CARD = {"card_type": "visa", "card_number": "4111111111111111", "cvv": "123", "expiration_date": "10/2030"}


def room(**more: Any) -> dict[str, Any]:
    said = {
        "room_type_id": ROOM_TYPE,
        "rate_plan_id": RATE,
        "checkin_date": "2026-12-01",
        "checkout_date": "2026-12-04",
        "amount": "300.00",
        "days": {"2026-12-01": "100.00", "2026-12-02": "100.00", "2026-12-03": "100.00"},
        "occupancy": {"adults": 2, "children": 1, "infants": 1, "ages": [7]},
        "guests": [{"name": "Ana", "surname": "Silva"}, {"name": "Bruno", "surname": "Costa"}],
        "taxes": [],
        "services": None,
        "booking_room_id": "9c5d8a3f",
    }
    return {**said, **more}


def revision(**attributes: Any) -> dict[str, Any]:
    """Ana's three nights in December for 300.00 EUR, booked at Booking.com; with `id` of its own where given."""
    said = {
        "status": "new",
        "property_id": PROPERTY,
        "booking_id": "52397a6e-c330-44f4-a293-47042d3a3607",
        "unique_id": "BDC-9996013801",
        "system_id": "9996013801-1",
        "ota_name": "BookingCom",
        "ota_reservation_code": "9996013801",
        "inserted_at": "2026-11-20T09:30:00.983241",
        "arrival_date": "2026-12-01",
        "departure_date": "2026-12-04",
        "arrival_hour": "22:00",
        "currency": "EUR",
        "amount": "300.00",
        "ota_commission": "45.00",
        "occupancy": {"adults": 2, "children": 1, "infants": 1, "ages": [7]},
        "customer": {
            "name": "Ana",
            "surname": "Silva",
            "mail": "x1y2@guest.booking.com",
            "phone": "+351912345678",
            "address": "Rua Augusta 1",
            "zip": "1100-048",
            "city": "Lisboa",
            "country": "PT",
            "language": "pt",
            "company": None,
        },
        "rooms": [room()],
        "services": [],
        "notes": "A quiet room, please",
        "guarantee": CARD,
        "payment_collect": "property",
        "payment_type": "credit_card",
        "acknowledge_status": "pending",
        "meta": {},
    }
    own_id = attributes.pop("id", "3d3e8a0e")
    return {"type": "booking_revision", "id": own_id, "attributes": {**said, **attributes}, "relationships": {}}


def receives(desk: Desk, said: Any) -> NoticeReport:
    return desk.service.receive_revision(ReceiveRevision(body=json.dumps(said)))


def maps(desk: Desk, *codes: tuple[str, str, str], source: str = "channex", at: str = "LIS-CITY") -> None:
    """By kind, their code and ours; those of Channex' example where none are given."""
    said = codes or (("property", PROPERTY, "LIS-CITY"), ("room_type", ROOM_TYPE, "A"), ("rate", RATE, "BAR"))
    given = tuple(Code(kind=kind, theirs=theirs, ours=ours) for kind, theirs, ours in said)  # type: ignore[arg-type]
    desk.service.set_codes(SetCodes(property=at, source=source, codes=given))
