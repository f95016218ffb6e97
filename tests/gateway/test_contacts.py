"""What people on a booking are reached by, and dates: refused at the door where they are none."""

from __future__ import annotations

from typing import Any

import pytest

from services.contracts.bookings import OpenBooking

BOOKING = {"property": "LIS", "arrival": "2026-12-01", "departure": "2026-12-04", "rooms": [{"room_type": "A"}]}


def books(api: Any, **booker: Any) -> Any:
    return api.post("/v1/bookings", json={**BOOKING, "booker": {"family_name": "Silva", **booker}})


@pytest.mark.parametrize("email", ["ana", "ana@", "ana@home", "@example.org", "a b@example.org", "N/A"])
def test_what_is_no_email_is_refused_where_it_stands(api, services, email):
    answer = books(api, email=email)
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/booker/email")
    assert not services.asked


@pytest.mark.parametrize("phone", ["call me", "+1", "+999 123 456 789", "1234567890123456", "-"])
def test_what_is_no_telephone_number_is_refused_where_it_stands(api, services, phone):
    answer = books(api, phone=phone)
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/booker/phone")
    assert not services.asked


@pytest.mark.parametrize(
    "reached",
    [
        {"email": "x1y2.z3@guest.booking.com"},
        {"email": "Ana.Silva+hotel@mail.example.org"},
        {"email": "jürgen@müller.de"},
        {"phone": "+351 912 345 678"},
        {"phone": "912345678"},
        {"phone": "(091) 234-5678"},
        {"phone": "+44 20 7946 0958 ext. 12"},
    ],
)
def test_relay_addresses_and_numbers_as_they_are_dialled_are_taken(api, services, reached):
    books(api, **reached)
    booker = services.last(OpenBooking).booker
    assert {name: getattr(booker, name) for name in reached} == reached


@pytest.mark.parametrize("day", ["2026-W01-1", "20261201", "2026-1-5"])
def test_a_date_is_one_of_the_calendar_in_bodies_and_in_queries(api, services, day):
    answer = api.post("/v1/bookings", json={**BOOKING, "arrival": day, "booker": {"family_name": "Silva"}})
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/arrival")
    answer = api.get(f"/v1/bookings?arrival={day}")
    assert (answer.status_code, answer.get_json(force=True)["errors"][0]["pointer"]) == (422, "/arrival")
    assert not services.asked
