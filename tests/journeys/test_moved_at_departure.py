"""Guests turn out to be somebody else at the moment they check out: all there is of the stay ends with one of them."""

from __future__ import annotations

import concurrent.futures
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from tests.journeys.notices import ana, notice, set_up_hotel
from tests.journeys.test_one_booking import booking_of, eventually
from tests.journeys.test_one_guest import get
from tests.system import System

pytestmark = pytest.mark.servers

STAYS = 3
_SELLER = {"name": "Lisbon City Hotel, Lda.", "address": ["Rua Augusta 1"], "country": "PT"}


def at_once(steps: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each answers, all of them begun at the same moment."""
    ready = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        ready.wait()
        return step()

    with concurrent.futures.ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def staying(system: System, hotel: str, ref: str, booker: dict[str, Any]) -> tuple[str, str]:
    """Booked by an agency for tonight, in house and with 50.00 paid; answers the booking and whose it is."""
    tonight = {"arrival": str(date.today()), "departure": str(date.today() + timedelta(days=3))}  # noqa: DTZ011
    system.publish(notice(hotel, ref, booker, **tonight))
    booking = booking_of(system, ref)
    guest = str(booking["people"][0]["profile_id"])
    assert does(system, "POST", f"/v1/bookings/{booking['id']}/check-in") == 200
    paid = {"payer": guest, "booking_id": booking["id"], "amount": {"amount": "50.00", "currency": "EUR"}}
    assert does(system, "POST", "/v1/payments", {**paid, "method": "card"}) == 201
    return booking["id"], guest


def does(system: System, method: str, path: str, body: Any = None) -> int:
    return system.call(method, path, body, {"Idempotency-Key": uuid.uuid4().hex})[0]


def learns(system: System, guest: str, relay: str, real: str) -> int:
    """The desk enters the guest's own address, though somebody has it; the more who get it meanwhile, the more."""
    body: dict[str, Any] = {"emails": [{"address": relay}, {"address": real, "primary": True}]}
    for _ in range(3 * STAYS):
        status, said = system.call("PATCH", f"/v1/profiles/{guest}", body, {"If-Match": "*"})
        if status != 409:
            break
        body["confirm"] = [each["id"] for each in said["candidates"]]
    return status


def invoices(system: System, booking: str) -> int:
    (folio,) = get(system, f"/v1/folios?booking={booking}")["items"]
    return does(system, "POST", "/v1/invoices", {"folio_id": folio["id"]})


def all_is_of(system: System, booking: str, guest: str, before: str) -> None:
    """Every service says of the stay that it is this guest's, and of nobody else that anything is theirs."""
    assert {p["profile_id"] for p in get(system, f"/v1/bookings/{booking}")["people"]} == {guest}
    (folio,) = get(system, f"/v1/folios?booking={booking}")["items"]
    assert (folio["profile_id"], folio["stay"]["amount"]) == (guest, "300.00")
    if (issued := system.call("GET", f"/v1/invoices?folio={folio['id']}")[1]["items"]) == []:
        assert invoices(system, booking) == 201
        issued = get(system, f"/v1/invoices?folio={folio['id']}")["items"]
    assert [each["total"]["amount"] for each in issued] == ["300.00"]
    assert issued[0]["profile_id"] in (guest, before)
    messages = get(system, f"/v1/messages?booking={booking}")["items"]
    assert {message["profile_id"] for message in messages} == {guest}
    owing = "SELECT profile_id FROM balances WHERE profile_id = ANY(%s::uuid[]) GROUP BY 1 HAVING sum(minor) <> 0"
    assert [str(row[0]) for row in system.rows("billing", owing, [guest, before])] == [guest]
    lots = "SELECT DISTINCT l.profile_id FROM lots l WHERE l.booking_id = %s AND l.points > 0"
    assert [str(row[0]) for row in system.rows("loyalty", lots, booking)] == [guest]


def prepared(system: System) -> str:
    hotel = set_up_hotel(system)
    said = {"prefix": f"M{uuid.uuid4().hex[:6].upper()}", "seller": _SELLER}
    assert does(system, "PUT", f"/v1/properties/{hotel}/invoicing", said) in (200, 201)
    return hotel


def test_bookings_that_are_moved_by_hand_while_their_guests_check_out(system: System) -> None:
    hotel, tag = prepared(system), uuid.uuid4().hex[:10]
    status, survivor = system.call("POST", "/v1/profiles", {"given_name": "Eva", "family_name": f"Costa {tag}"})
    assert status == 201
    stays = [
        staying(system, hotel, f"OTA{n}-{tag}", ana(f"{tag}{n}", email=f"{tag}.{n}@guest.booking.com"))
        for n in range(STAYS)
    ]
    system.wait_quiet()
    steps = []
    for booking, guest in stays:
        move = {"from": guest, "to": survivor["id"], "why": "Hers."}
        steps += [
            lambda b=booking, m=move: does(system, "POST", f"/v1/bookings/{b}/move", m),
            lambda b=booking: does(system, "POST", f"/v1/bookings/{b}/check-out"),
        ]
    assert at_once(steps) == [200] * len(steps)
    system.wait_quiet()
    for booking, guest in stays:
        assert get(system, f"/v1/bookings/{booking}")["state"] == "departed"
        all_is_of(system, booking, survivor["id"], guest)
    (balance,) = get(system, f"/v1/profiles/{survivor['id']}/account")["balances"]
    assert balance["balance"]["amount"] == f"{250 * STAYS}.00"


def test_a_guest_who_is_found_to_be_known_while_they_check_out_and_are_invoiced(system: System) -> None:
    hotel, tag = prepared(system), uuid.uuid4().hex[:10]
    real = f"ana.{tag}@mail.example.org"
    status, survivor = system.call(
        "POST",
        "/v1/profiles",
        {"given_name": "Ana", "family_name": f"Silva {tag}", "emails": [{"address": real}]},
    )
    assert status == 201
    stays = [
        staying(system, hotel, f"OTA{n}-{tag}", ana(tag, email=f"{tag}.{n}@guest.booking.com")) for n in range(STAYS)
    ]
    system.wait_quiet()
    steps = []
    for n, (booking, guest) in enumerate(stays):
        steps += [
            lambda g=guest, relay=f"{tag}.{n}@guest.booking.com": learns(system, g, relay, real),
            lambda b=booking: does(system, "POST", f"/v1/bookings/{b}/check-out"),
            lambda b=booking: invoices(system, b),
        ]
    answers = at_once(steps)
    assert {*answers[0::3], *answers[1::3]} == {200}
    assert {*answers[2::3]} <= {201, 409}
    eventually(lambda: len(get(system, f"/v1/bookings?profile={survivor['id']}")["items"]) == STAYS)
    system.wait_quiet()
    for booking, guest in stays:
        all_is_of(system, booking, survivor["id"], guest)
        assert get(system, f"/v1/profiles/{guest}")["id"] == survivor["id"]
    (balance,) = get(system, f"/v1/profiles/{survivor['id']}/account")["balances"]
    assert balance["balance"]["amount"] == f"{250 * STAYS}.00"
    assert system.parked() == {}
