"""A house in which something of everything is there to be asked for, set up through the API alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from tests.gateway.in_process import AllServices
from tests.gateway.malformed import Examples

_EUR = {"amount": "10.00", "currency": "EUR"}
_PARTY = {"name": "Lisbon City Hotel, Lda.", "address": ["Rua Augusta 1"], "country": "PT"}
_VAT = {"tax_class": "standard", "rate": "6.00", "valid_from": "2020-01-01"}
_FUNCTION_ROOMS = {"rooms": [{"code": "HALL", "name": "Hall", "capacity": 120}]}
_POLICY = {"kind": "cancellation", "share": {"nights": 1}}
_TERMS = {"kind": "cancellation", "title": "Cancelamento", "text": "Gratuito."}
_GUEST = {
    "birth_date": "1980-05-17", "nationality": "GB", "residence": {"city": "London", "country": "GB"},
    "document": {"kind": "passport", "number": "AB1234567", "issuing_country": "GB"},
}  # fmt: skip
_REGISTER = {
    "establishment": "00", "tax_number": "121212121", "name": "City", "abbreviation": "CITY", "street": "Rua Augusta 1",
    "city": "Lisboa", "postcode": "1100-048", "phone": "214017744", "contact_name": "Ines",
    "contact_email": "ines@example.org",
}  # fmt: skip


def furnished(api: FlaskClient, services: AllServices) -> Examples:
    """Set the house up, and answer what right calls say of it."""

    def send(method: str, path: str, body: Any = None, key: str = "", **more: str) -> Any:
        headers = {**({"Idempotency-Key": key} if key else {}), **more}
        answer = api.open(path, method=method, json=body, headers=headers)
        assert answer.status_code < 300, (method, path, answer.text)
        services.settle()
        return answer.get_json()

    today = datetime.now(UTC).date()
    arrival, departure = today + timedelta(days=30), today + timedelta(days=33)
    house = {"name": "City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT"}
    house["room_types"] = [{"code": "A", "name": "Double", "capacity": 9000}]  # type: ignore[assignment]
    lisbon = send("PUT", "/v1/properties/LIS-CITY", house)["id"]
    send("PUT", "/v1/properties/LIS-CITY/invoicing", {"prefix": "LIS", "seller": _PARTY})
    send("PUT", "/v1/properties/LIS-CITY/policies", {"policies": [_POLICY]})
    send("PUT", "/v1/properties/LIS-CITY/terms/pt", _TERMS)
    send("PUT", "/v1/properties/LIS-CITY/taxes", {"vat": [], "city_tax": []})
    ana = send(
        "POST",
        "/v1/profiles",
        {"given_name": "Ana", "family_name": "Silva", "emails": [{"address": "ana@example.org"}]},
    )["id"]
    send("PUT", f"/v1/profiles/{ana}/credit-terms", {"limit": {"amount": "999999.00", "currency": "EUR"}, "days": 30})
    acme = send("POST", "/v1/profiles", {"kind": "company", "name": "ACME, Lda."})["id"]
    employer = {"profile_id": acme, "relation": "employer"}
    relation = send("POST", f"/v1/profiles/{ana}/relations", employer)["id"]
    wanted = {"address": "ana@example.org"}
    verification = send("POST", f"/v1/profiles/{ana}/verifications", wanted)["id"]
    note = send("POST", f"/v1/profiles/{ana}/notes", {"text": "Came by train."})["id"]
    task = send("POST", f"/v1/profiles/{ana}/tasks", {"title": "Call her"})["id"]
    preference = send("POST", f"/v1/profiles/{ana}/preferences", {"kind": "floor", "option": "high"})["id"]
    send("POST", "/v1/levels", {"code": "new-1", "name": "Press"})
    labels = [{"language": "en", "text": "Tea"}]
    kind = {"labels": labels, "options": [{"code": "green", "labels": labels}]}
    send("PUT", "/v1/preference-kinds/new-1", kind, **{"If-Match": '"0"'})
    rooms = [{"room_type": "A", "price": {"amount": "300.00", "currency": "EUR"}}]
    booker = {"profile_id": ana}
    stay = {
        "property": "LIS-CITY",
        "arrival": str(arrival),
        "departure": str(departure),
        "rooms": rooms,
        "booker": booker,
    }
    booking = send("POST", "/v1/bookings", stay)["id"]
    notice = {"source": "till", "external_id": "1", "revision": 1, "status": "new", "property": "NOWHERE"}
    told = {
        **notice,
        "arrival": str(arrival),
        "departure": str(departure),
        "rooms": [{"room_type": "A"}],
        "booker": {"family_name": "Silva"},
    }
    parked = send("POST", "/v1/inbound/bookings", told)["notice_id"]
    charged = send("POST", "/v1/charges", {"booking_id": booking, "kind": "restaurant", "amount": _EUR}, "charge")
    paid = send("POST", "/v1/payments", {"payer": ana, "amount": _EUR, "method": "cash"}, "payment")["id"]
    folio = send("GET", f"/v1/folios?booking={booking}")["items"][0]["id"]
    send("POST", "/v1/charges", {"booking_id": booking, "kind": "restaurant", "amount": _EUR}, "another charge")
    invoice = send("POST", "/v1/invoices", {"folio_id": folio}, "invoice")["id"]
    journal = send("GET", f"/v1/profiles/{ana}/account")["lines"][0]["journal_id"]
    came = {**stay, "arrival": str(today), "departure": str(today + timedelta(days=1))}
    guest = f"/v1/bookings/{send('POST', '/v1/bookings', came)['id']}"
    send("POST", f"{guest}/check-in")
    send("PUT", f"{guest}/registrations/0", _GUEST, **{"If-Match": '"0"'})
    send("PUT", "/v1/properties/LIS-CITY/register", _REGISTER)
    register = send("POST", "/v1/registers", {"property": "LIS-CITY", "day": str(today)})["id"]
    dates = {"arrival": str(arrival), "departure": str(departure)}
    group = {"property": "LIS-CITY", "name": "Wedding", "rooms": [{"room_type": "A", "count": 5}], "contact": booker}
    send("POST", "/v1/groups", {**group, **dates, "code": "new-1"})
    send("PUT", "/v1/properties/LIS-CITY/function-rooms", _FUNCTION_ROOMS)
    begins, ends = (f"{arrival}T{hour}:00:00Z" for hour in (12, 16))
    event = {"property": "LIS-CITY", "name": "Gala", "kind": "wedding", "contact": booker, "rooms": [{"room": "HALL"}]}
    function = send("POST", "/v1/functions", {**event, "starts_at": begins, "ends_at": ends})["id"]
    fields: dict[str, Any] = {
        "profile_id": ana, "profile": ana, "payer": ana, "booking_id": booking, "notice_id": parked,
        "folio_id": folio, "charge_id": charged["id"], "payment_id": paid, "invoice_id": invoice,
        "journal_id": journal, "property": "LIS-CITY", "key": "LIS-CITY", "code": "new-1", "room_type": "A",
        "amount": _EUR, "limit": _EUR, "price": _EUR, "currency": "EUR", "country": "PT",
        "time_zone": "Europe/Lisbon", "language": "pt", "arrival": str(arrival), "departure": str(departure),
        "from": str(arrival), "to": str(departure), "until": str(departure), "valid_from": "2020-01-01",
        "kind": "restaurant", "prefix": "LIS", "address": "ana@example.org", "number": "+351912345678",
        "at": "2026-11-20T21:40:00+00:00", "tax_class": "standard", "account": "revenue:spa", "rate": "6.00",
        "purpose": "marketing", "channel": "email", "reason_code": "wrong-account", "seller": _PARTY,
        "addressee": _PARTY, "booking_ref": "BDC-1", "register_id": register, "position": 0, "day": str(today),
        "function_id": function,
    }  # fmt: skip
    rule = {"kind": "domain", "pattern": ".reisen.example.org", "means": "agency"}
    fields |= {"relation_id": relation, "verification_id": verification}
    fields |= {"rule_id": send("POST", "/v1/identifier-rules", rule)["id"]}
    fields |= {"note_id": note, "task_id": task, "preference_id": preference}
    calls: dict[str, dict[str, Any]] = {
        "POST /v1/profiles/{profile_id}/notes": {"text": "x", "kind": "general"},
        "PATCH /v1/notes/{note_id}": {"kind": "complaint"}, "POST /v1/levels": {"code": "new-2", "name": "New"},
        "POST /v1/profiles/{profile_id}/preferences": {"kind": "floor", "option": "low"},
        "POST /v1/profiles/{profile_id}/preferences/look": {"reason": "meal"},
        "PATCH /v1/preferences/{preference_id}": {"option": "top"}, "PUT /v1/preference-kinds/{code}": kind,
        "POST /v1/profiles/{profile_id}/relations": employer,
        "POST /v1/identifier-rules": {**rule, "pattern": "abreu.example.org"},
        "PATCH /v1/identifier-rules/{rule_id}": {"enabled": False},
        "POST /v1/profiles/{profile_id}/verifications": wanted,
        "POST /v1/verifications/{verification_id}/confirm": {"code": "042137"},
        "POST /v1/bookings/{booking_id}/move": {"from": ana, "to": acme, "why": "x"},
        "PUT /v1/matching-rules": {"certain": 0.9, "review": 0.6},
        "POST /v1/duplicates/{match_id}": {"decision": "different"},
        "POST /v1/bookings": {"property": "LIS-CITY", "booker": booker, "rooms": rooms, "channel": "web"},
        "POST /v1/profiles": {"family_name": "Silva", "kind": "person"}, "POST /v1/profiles/search": {"q": "silva"},
        "PATCH /v1/profiles/{profile_id}": {"family_name": "Silva"}, "GET /v1/folios": {"booking": booking},
        "POST /v1/messages": {"subject": "Your umbrella", "purpose": "stay"},
        "POST /v1/charges": {"booking_id": booking}, "POST /v1/invoices": {"folio_id": folio},
        "POST /v1/allocations": {"booking_id": booking}, "POST /v1/allocations/release": {"booking_id": booking},
        "POST /v1/inbound/bookings": {**told, "property": "LIS-CITY"},
        "POST /v1/inbound/charges": {"external_id": "2", "booking_id": booking, "kind": "restaurant", "amount": _EUR},
        "PUT /v1/availability": {"closed": False},
        "PUT /v1/properties/{key}/policies": {"policies": [_POLICY]},
        "PUT /v1/properties/{key}/taxes": {"vat": [_VAT]},
        "PUT /v1/bookings/{booking_id}/routing": {"rules": [{"kinds": ["restaurant"], "payer": ana}]},
        "PUT /v1/properties/{code}": house, "PUT /v1/properties/{key}/register": _REGISTER,
        "PUT /v1/bookings/{booking_id}/registrations/{position}": _GUEST,
        "POST /v1/bookings/{booking_id}/people": {"family_name": "Costa"},
        "PUT /v1/bookings/{booking_id}/people/{position}": {"profile_id": ana},
        "PUT /v1/properties/{key}/terms/{language}": _TERMS,
        "POST /v1/groups": {**group, "code": "new-2"}, "PATCH /v1/groups/{code}": {"name": "Wedding Silva"},
        "PUT /v1/properties/{key}/function-rooms": _FUNCTION_ROOMS, "PATCH /v1/functions/{function_id}": {"guests": 9},
        "POST /v1/functions": {**event, "starts_at": f"{departure}T12:00:00Z", "ends_at": f"{departure}T16:00:00Z"},
    }  # fmt: skip
    fields["property_id"] = lisbon
    return Examples(fields, calls)
