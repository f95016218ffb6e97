"""Goal 3's peer and what the guests of its views look like."""

import hashlib
import json
import uuid
from typing import Any

ID = uuid.UUID("0197f3a2-7c11-7a55-8a0c-5a7e7d4a9c11")


def guest(number: int) -> uuid.UUID:
    """The id of a guest, as PostgreSQL's ``md5(number::text)::uuid`` makes it too."""
    return uuid.UUID(hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest())


def sections() -> dict[str, str]:
    """The sections of a guest who has stayed twice, as their owners would have said them."""
    return {name: json.dumps(said, separators=(",", ":")) for name, said in _SECTIONS.items()}


def _booking(state: str) -> dict[str, Any]:
    return {
        "id": str(ID),
        "version": 3,
        "state": state,
        "property_id": str(ID),
        "property": "LIS-CITY",
        "source": "channel-manager",
        "external_ref": "BDC-4711",
        "channel": "booking.com",
        "arrival": "2026-12-01",
        "departure": "2026-12-04",
        "rooms": [{"room_type": "A", "adults": 2, "children": 0, "price": {"amount": "300.00", "currency": "EUR"}}],
        "price": {"amount": "300.00", "currency": "EUR"},
        "flags": [],
        "people": [{"role": "booker", "profile_id": str(ID), "given_name": "Ana", "family_name": "Silva"}],
        "booked_at": "2026-11-20T09:30:00Z",
        "changed_at": "2026-11-20T09:30:00Z",
    }


_SECTIONS: dict[str, Any] = {
    "profile": {
        "id": str(ID),
        "version": 2,
        "kind": "person",
        "given_name": "Ana",
        "family_name": "Silva",
        "emails": [{"address": "ana.silva@mail.example.org", "verified": True, "relay": False}],
        "phones": [{"number": "+351912345678"}],
        "addresses": [{"lines": ["Rua do Alecrim 12"], "city": "Lisboa", "postal_code": "1200-017", "country": "PT"}],
        "language": "pt",
        "country": "PT",
        "level": "gold",
        "do_not_book": False,
        "created_at": "2025-05-02T08:15:00Z",
        "changed_at": "2026-11-20T09:30:00Z",
    },
    "bookings": [_booking("confirmed"), _booking("departed")],
    "balance": {
        "balances": [{"currency": "EUR", "owed": "200.00", "credit": "0.00"}],
        "bookings": [{"booking_id": str(ID), "due": "200.00", "currency": "EUR"}],
    },
    "consents": {
        "items": [
            {"purpose": "marketing", "channel": channel, "granted": True, "at": "2025-05-02T08:15:00Z"}
            for channel in ("email", "sms")
        ]
    },
    "loyalty": {"points": 1250, "tier": "silver", "nights": 6, "lots": [{"points": 1250, "expires_on": "2028-05-02"}]},
    "messages": [
        {
            "id": str(ID),
            "template": "booking-confirmation",
            "channel": "email",
            "state": "sent",
            "at": "2026-11-20T09:31:00Z",
        }
    ],
    "tasks": [
        {
            "id": str(ID),
            "version": 1,
            "profile_id": str(ID),
            "title": "A quiet room, if there is one",
            "assignee": "staff:reception",
            "due_at": "2026-12-01T12:00:00Z",
            "property_id": str(ID),
            "done_at": None,
        }
    ],
}
