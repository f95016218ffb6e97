"""The routes of a booking's life: held, confirmed with the guest, cancelled with a reason, taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.contracts.bookings import (
    CancelBooking,
    Confirmation,
    ConfirmBooking,
    Ending,
    HoldBooking,
    NoRoomLeft,
    OpenBooking,
    ReinstateBooking,
    SetUpProperty,
    StateForbids,
    UndoCheckIn,
)
from tests.gateway.guests import STAY, anas_stay
from tests.gateway.test_bookings import LIS, a_booking

BOOKING = f"/v1/bookings/{STAY}"
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.get_json(force=True)["errors"]}


def test_a_confirmation_with_the_guest_is_shown_on_the_booking(api, services):
    noted = Confirmation(how="phone", by="key:desk", at=AT, spoke_with="Ana")
    services.will_answer(ConfirmBooking, anas_stay(confirmation=noted))
    body = {"how": "phone", "spoke_with": "Ana", "at": "2026-11-20T09:30:00Z"}
    answer = api.post(f"{BOOKING}/confirm", json=body)
    assert answer.status_code == 200
    assert answer.get_json()["confirmation"] == {**body, "by": "key:desk"}
    asked = services.last(ConfirmBooking)
    assert (asked.how, asked.spoke_with, asked.at) == ("phone", "Ana", AT)


@pytest.mark.parametrize("step", ["confirm", "cancel"])
def test_a_step_needs_no_body(api, services, step):
    request = {"confirm": ConfirmBooking, "cancel": CancelBooking}[step]
    services.will_answer(request, anas_stay())
    assert api.post(f"{BOOKING}/{step}").status_code == 200
    assert services.last(request) == request(booking_id=STAY)


@pytest.mark.parametrize(
    ("step", "body", "pointer"),
    [
        ("confirm", {"how": "pigeon"}, "/how"),
        ("confirm", {"how": "phone", "at": "2026-11-20"}, "/at"),
        ("confirm", {"by": "somebody"}, "/by"),
        ("cancel", {"reason": "hold-expired"}, "/reason"),
        ("cancel", {"note": "x" * 2001}, "/note"),
        ("hold", {}, "/until"),
        ("hold", {"until": "tomorrow"}, "/until"),
    ],
)
def test_what_is_no_such_step_is_422_with_a_pointer(api, services, step, body, pointer):
    assert pointers(api.post(f"{BOOKING}/{step}", json=body)) == {pointer}


def test_a_cancellation_says_its_reason(api, services):
    ended = Ending(before="confirmed", at=AT, reason="guest", note="Ill.", by="key:desk")
    services.will_answer(CancelBooking, anas_stay(state="cancelled", ending=ended))
    answer = api.post(f"{BOOKING}/cancel", json={"reason": "guest", "note": "Ill."})
    said = answer.get_json()["ending"]
    assert (said["reason"], said["note"], said["by"], said["before"]) == ("guest", "Ill.", "key:desk", "confirmed")


def test_a_hold_is_given_another_end_or_none(api, services):
    services.will_answer(HoldBooking, anas_stay(state="tentative", held_until_at=AT))
    answer = api.post(f"{BOOKING}/hold", json={"until": "2026-11-20T09:30:00Z"})
    assert answer.get_json()["held_until_at"] == "2026-11-20T09:30:00Z"
    services.will_answer(HoldBooking, anas_stay(state="tentative"))
    assert api.post(f"{BOOKING}/hold", json={"until": None}).get_json()["held_until_at"] is None


@pytest.mark.parametrize(("path", "request_type"), [("reinstate", ReinstateBooking), ("undo-check-in", UndoCheckIn)])
def test_a_step_is_taken_back(api, services, path, request_type):
    services.will_answer(request_type, anas_stay(version=5))
    answer = api.post(f"{BOOKING}/{path}")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"5"')


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (NoRoomLeft(), "no-room-left"),
        (StateForbids(facts={"state": "cancelled", "wanted": "confirmed"}), "state-forbids"),
    ],
    ids=["no-room-left", "state-forbids"],
)
def test_what_cannot_be_taken_back_is_409(api, services, refusal, kind):
    services.will_answer(ReinstateBooking, refusal)
    answer = api.post(f"{BOOKING}/reinstate")
    assert (answer.status_code, answer.get_json(force=True)["type"]) == (409, f"/problems/{kind}")


def test_a_tentative_booking_is_opened_with_its_end(api, services):
    services.will_answer(OpenBooking, anas_stay(state="tentative", held_until_at=AT))
    said = {"booker": {"family_name": "Silva"}, "tentative": True, "held_until_at": "2026-11-20T09:30:00Z"}
    answer = api.post("/v1/bookings", json=a_booking(**said))
    assert answer.status_code == 201, answer.text
    assert services.last(OpenBooking).held_until_at == AT


def test_hours_of_a_property_are_set_and_taken_away(api, services):
    services.will_answer(SetUpProperty, LIS)
    house = {"name": "City", "currency": "EUR", "time_zone": "Europe/Lisbon", "country": "PT"}
    api.put("/v1/properties/LIS-CITY", json={**house, "check_in_from": "15:00", "no_show_at": None, "hold_hours": 48})
    asked = services.last(SetUpProperty)
    assert (asked.check_in_from, asked.hold_hours, asked.no_show_at) == ("15:00", 48, None)
    assert asked.clear == ("no_show_at",)
