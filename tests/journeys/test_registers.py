"""A guest of a booking site from the notice to the authority's file, over the bus and the real services."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of

pytestmark = pytest.mark.servers

HOUSE = {
    "establishment": "00",
    "tax_number": "121212121",
    "name": "City",
    "abbreviation": "CITY",
    "street": "Rua Augusta 1",
    "city": "Lisboa",
    "postcode": "1100-048",
    "phone": "214017744",
    "contact_name": "Ines",
    "contact_email": "ines@example.org",
}
PASSPORT = {"kind": "passport", "number": "FN123456", "issuing_country": "BR"}


def test_a_guest_is_registered_from_what_is_known_and_told_to_the_authority(system: Any) -> None:
    hotel, tag = set_up_hotel(system), uuid.uuid4().hex[:10]
    today = date.today()  # noqa: DTZ011
    stay = {"arrival": str(today), "departure": str(today + timedelta(days=2))}
    rooms = [{"room_type": "A", "adults": 1}]
    system.publish(notice(hotel, f"REG-{tag}", ana(tag, country="BR"), rooms=rooms, **stay))
    booking = booking_of(system, f"REG-{tag}")
    guest = f"/v1/bookings/{booking['id']}/registrations/0"
    assert system.call("PUT", f"/v1/properties/{hotel}/register", HOUSE)[0] == 200
    assert system.call("POST", f"/v1/bookings/{booking['id']}/check-in")[0] == 200

    status, missing = system.call("GET", f"/v1/registers/missing?property={hotel}&day={today}")
    assert (status, missing["items"][0]["duty"]) == (200, "unknown")
    home = {"city": "Recife", "country": "BR"}
    body = {"nationality": "BR", "birth_date": "1990-05-06", "document": PASSPORT, "residence": home}
    status, registered = system.call("PUT", guest, body, {"If-Match": '"0"'})
    assert (status, registered["surname"], registered["document"]["number"]) == (200, f"Silva {tag}", "••••3456")

    order = {"property": hotel, "day": str(today)}
    status, export = system.call("POST", "/v1/registers", order)
    assert (status, export["guests"], export["left_out"]) == (201, 1, [])
    status, text = system.call("GET", f"/v1/registers/{export['id']}/file")
    assert status == 200
    assert "<Documento_Identificacao>FN123456</Documento_Identificacao>" in text
    assert f"<Apelido>{_letters(f'Silva {tag}')}</Apelido>" in text

    status, again = system.call("POST", "/v1/registers", order)
    assert (status, again["id"], again["repeated"]) == (200, export["id"], True)
    status, card = system.call("GET", f"/v1/bookings/{booking['id']}/registration-card")
    assert (status, card[:4]) == (200, "%PDF")
    assert "FN123456" not in "".join(system.log(name) for name in system.programs)


def _letters(name: str) -> str:
    """What SIBA takes of a name with digits in it."""
    return " ".join("".join(c if c.isalpha() else " " for c in name.upper()).split())
