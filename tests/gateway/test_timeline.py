"""The time line of a guest through the API, on all services and databases."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.timeline_words import LANGUAGES, title
from services.contracts.bookings import Properties, Property, ReadProperties
from services.contracts.profiles import ReadTimeline, Timeline
from tests.gateway.guests import ANA
from tests.gateway.lisbon import EUR, House

HALF = {"amount": "150.00", "currency": "EUR"}


@pytest.fixture
def house(databases, monkeypatch) -> House:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    return House(databases)


def lines(house: House, profile_id: str, query: str = "", **headers: str) -> list[dict[str, Any]]:
    return list(house.does("GET", f"/v1/profiles/{profile_id}/timeline{query}", **headers)["items"])


@pytest.mark.servers
def test_a_stay_is_told_from_booking_to_departure(house):
    ana = house.knows("Ana")
    booking = house.books(ana)
    paid = {"payer": ana, "booking_id": booking["id"], "amount": HALF, "method": "card"}
    payment = house.does("POST", "/v1/payments", paid, Idempotency_Key="half")
    refund = {"amount": EUR | {"amount": "50.00"}, "reason": "too much"}
    house.does("POST", f"/v1/payments/{payment['id']}/refunds", refund, Idempotency_Key="back")
    dinner = {"booking_id": booking["id"], "kind": "restaurant", "amount": HALF}
    charge = house.does("POST", "/v1/charges", dinner, Idempotency_Key="dinner")
    house.does("POST", f"/v1/charges/{charge['id']}/void", {"reason": "cold"}, Idempotency_Key="cold")
    house.departs(booking)
    found = [item for item in lines(house, ana) if item["booking_id"] == booking["id"]]
    whats = [item["what"] for item in found]
    for what in (
        "booking.confirmed", "payment.received", "refund.paid", "charge.posted", "charge.voided",
        "booking.checked_in", "booking.checked_out", "loyalty.points_changed",
    ):  # fmt: skip
        assert what in whats, what
    assert {item["property"]["code"] for item in found} == {"LIS-CITY"}
    assert whats.index("booking.checked_out") < whats.index("booking.checked_in") < whats.index("booking.confirmed")


@pytest.mark.servers
def test_a_line_has_a_sentence_in_the_language_asked_for(house):
    ana = house.knows("Ana")
    booking = house.books(ana)
    house.does("PATCH", f"/v1/bookings/{booking['id']}", {"price": HALF}, If_Match="*")
    (changed,) = [item for item in lines(house, ana, "?kind=stay") if item["what"] == "booking.changed"]
    assert changed["changed"] == ["price"]
    assert changed["title"].startswith("Booking changed (price), ")
    assert "€150.00" in changed["title"]
    assert changed["facts"]["total"] == HALF
    german = lines(house, ana, "?kind=stay", Accept_Language="de-AT, en;q=0.5")[0]["title"]
    assert german.startswith("Buchung geändert (Preis), ")


@pytest.mark.servers
def test_a_consent_and_a_message_are_told(house):
    ana = house.knows("Ana")
    consent = {"purpose": "marketing", "channel": "email", "granted": True, "wording_version": "1", "source": "desk"}
    house.does("POST", f"/v1/profiles/{ana}/consents", consent)
    house.does("POST", f"/v1/profiles/{ana}/consents", {**consent, "granted": False})
    house.does("POST", "/v1/messages", {"profile_id": ana, "channel": "email", "text": "Your umbrella", "subject": "-"})
    found = {item["what"]: item for item in lines(house, ana, "?kind=consent,message")}
    assert list(found) == ["message.written", "consent.withdrawn", "consent.granted"]
    assert found["consent.granted"]["title"] == "Consent given: marketing, e-mail"
    assert found["consent.granted"]["actor"].startswith("key:")
    assert "umbrella" not in str(found)


@pytest.mark.servers
def test_lines_are_found_by_property(house):
    ana = house.knows("Ana")
    house.books(ana)
    assert lines(house, ana, "?property=LIS-CITY&kind=stay")
    assert house.refuses("GET", f"/v1/profiles/{ana}/timeline?property=NOWHERE")[0] == 404


@pytest.mark.servers
def test_pages_follow_one_another(house):
    ana = house.knows("Ana")
    for _ in range(3):
        house.books(ana)
    path, seen = f"/v1/profiles/{ana}/timeline?limit=2", []
    page = house.does("GET", path)
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = house.does("GET", f"{path}&cursor={page['next']}")
    assert seen == [item["id"] for item in lines(house, ana, "?limit=200")]
    assert len(seen) == len(set(seen)) > 3


@pytest.mark.parametrize("query", ["kind=nothing", "kind=stay,", "kind=", "limit=0", "limit=201", "limit=x", "who=1"])
def test_a_query_that_cannot_be_is_refused(api, services, query):
    answer = api.get(f"/v1/profiles/{'1' * 8}-1111-4111-8111-111111111111/timeline?{query}")
    assert answer.status_code == 422
    assert services.asked == []


def test_while_bookings_is_silent_the_line_is_told_without_codes(api, services):
    services.will_answer(ReadTimeline, Timeline(items=()))
    assert api.get(f"/v1/profiles/{ANA}/timeline").get_json() == {"items": [], "next": None}
    houses = Properties(items=(Property(id=ANA, code="X", name="X", currency="EUR", time_zone="UTC", country="PT"),))
    services.will_answer(ReadProperties, houses)
    assert api.get(f"/v1/profiles/{ANA}/timeline").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_somebody_else_wrote_down_has_the_word_of_its_kind(language):
    assert title("note", "note.pinned", (), {}, language)
    assert title("stay", "booking.confirmed", (), {}, language) == title("stay", "nothing", (), {}, language)


def test_amounts_have_their_currency_s_decimals():
    yen = {"amount": {"amount_minor": 12000, "currency": "JPY"}}
    assert title("payment", "payment.received", (), yen, "en") == "Payment of ¥12,000"
