"""The routes of changes of a stay, and of guests for whom there is no room."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.contracts.bookings import (
    AddRoom,
    BookingHasChanged,
    ChangeRoomType,
    ChangeStay,
    NoRoomLeft,
    NoSuchRoom,
    NotABooking,
    OverbookedRoom,
    OverbookedStay,
    ReadBooking,
    ReadRelocations,
    RelocateBooking,
    RelocationOption,
    Relocations,
    RemoveRoom,
    StateForbids,
)
from services.kit.refusal import Problem
from tests.gateway.guests import LISBON, STAY, anas_stay, eur

BOOKING = f"/v1/bookings/{STAY}"
PRICE = {"amount": "300.00", "currency": "EUR"}


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json(force=True)["type"].removeprefix("/problems/")


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.get_json(force=True)["errors"]}


def test_a_booking_has_an_etag_to_change_it_by(api, services):
    services.will_answer(ReadBooking, anas_stay())
    assert api.get(BOOKING).headers["ETag"] == '"2"'


def test_dates_are_changed_under_the_version_that_was_read(api, services):
    services.will_answer(ChangeStay, anas_stay(version=3))
    answer = api.patch(BOOKING, json={"departure": "2026-12-06", "price": PRICE}, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"3"')
    asked = services.last(ChangeStay)
    assert (asked.version, asked.arrival, asked.departure) == (2, None, date(2026, 12, 6))
    assert asked.price == eur("300.00")


def test_a_star_means_the_version_there_is(api, services):
    services.will_answer(ReadBooking, anas_stay(version=7))
    services.will_answer(ChangeStay, anas_stay(version=8))
    assert api.patch(BOOKING, json={"departure": "2026-12-06"}, headers={"If-Match": "*"}).status_code == 200
    assert services.last(ChangeStay).version == 7


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, (428, "precondition-required")),
        ({"If-Match": "2"}, (412, "booking-has-changed")),
        ({"If-Match": '"1"'}, (412, "booking-has-changed")),
    ],
)
def test_without_the_present_version_nothing_changes(api, services, headers, kind):
    services.will_answer(ChangeStay, BookingHasChanged(facts={"version": "2"}))
    assert kind_of(api.patch(BOOKING, json={"departure": "2026-12-06"}, headers=headers)) == kind


def test_a_change_of_nothing_is_refused(api, services):
    assert pointers(api.patch(BOOKING, json={}, headers={"If-Match": '"2"'})) == {""}


def test_full_nights_are_told(api, services):
    services.will_answer(ChangeStay, NoRoomLeft(facts={"nights": "A 2026-12-05"}))
    answer = api.patch(BOOKING, json={"departure": "2026-12-06"}, headers={"If-Match": '"2"'})
    assert kind_of(answer) == (409, "no-room-left")
    assert answer.get_json(force=True)["facts"] == {"nights": "A 2026-12-05"}


def test_a_room_is_added(api, services):
    services.will_answer(AddRoom, anas_stay(version=3))
    room = {"room_type": "B", "adults": 2, "children": 1, "child_ages": [5], "rate": "FLEX"}
    answer = api.post(f"{BOOKING}/rooms", json={**room, "price": PRICE, "booking_price": PRICE})
    assert answer.status_code == 201
    asked = services.last(AddRoom)
    assert (asked.room.room_type, asked.room.child_ages, asked.room.rate) == ("B", (5,), "FLEX")
    assert (asked.room.price, asked.price) == (eur("300.00"), eur("300.00"))


def test_faults_of_a_room_stand_where_the_caller_wrote_them(api, services):
    faults = [Problem("/room/child_ages", "Say the age of every child, or of none."), Problem("/price", "No.")]
    services.will_answer(AddRoom, NotABooking(errors=faults))
    assert pointers(api.post(f"{BOOKING}/rooms", json={"room_type": "B"})) == {"/child_ages", "/booking_price"}


def test_a_room_is_given_back(api, services):
    services.will_answer(RemoveRoom, anas_stay(version=3))
    assert api.post(f"{BOOKING}/rooms/1/remove", json={"price": PRICE}).status_code == 200
    assert (services.last(RemoveRoom).position, services.last(RemoveRoom).price) == (1, eur("300.00"))
    services.will_answer(RemoveRoom, NoSuchRoom())
    assert kind_of(api.post(f"{BOOKING}/rooms/9/remove", json={})) == (404, "no-such-room")
    services.will_answer(RemoveRoom, StateForbids())
    assert kind_of(api.post(f"{BOOKING}/rooms/0/remove", json={})) == (409, "state-forbids")


def test_a_room_changes_its_type_from_a_day_on(api, services):
    services.will_answer(ChangeRoomType, anas_stay(version=3))
    assert api.post(f"{BOOKING}/rooms/0/type", json={"room_type": "B", "from": "2026-12-02"}).status_code == 200
    assert (services.last(ChangeRoomType).room_type, services.last(ChangeRoomType).first) == ("B", date(2026, 12, 2))
    services.will_answer(ChangeRoomType, NotABooking(errors=[Problem("/first", "Not a night of it.")]))
    assert pointers(api.post(f"{BOOKING}/rooms/0/type", json={"room_type": "B"})) == {"/from"}


def test_who_has_no_room_is_listed_with_what_could_be_done(api, services):
    option = RelocationOption(property_id=LISBON, property="LIS-CITY", room_type="B", left=2)
    room = OverbookedRoom(position=0, room_type="A", nights=(date(2026, 12, 1),), options=(option,))
    stay = OverbookedStay(
        booking_id=STAY, version=2, state="confirmed", arrival=date(2026, 12, 1), departure=date(2026, 12, 4),
        flags=("overbooked",), rooms=(room,),
    )  # fmt: skip
    services.will_answer(ReadRelocations, Relocations(property_id=LISBON, items=(stay,)))
    (said,) = api.get("/v1/relocations?property=LIS-CITY&from=2026-12-01").get_json()["items"]
    assert said["rooms"][0]["options"] == [
        {"property_id": str(LISBON), "property": "LIS-CITY", "room_type": "B", "left": 2}
    ]
    assert services.last(ReadRelocations).first == date(2026, 12, 1)
    assert pointers(api.get("/v1/relocations")) == {"/property"}


def test_guests_are_relocated(api, services):
    services.will_answer(RelocateBooking, anas_stay(relocated_from=LISBON))
    answer = api.post(f"{BOOKING}/relocate", json={"property": "OPO-SEA", "room_type": "S", "price": PRICE})
    assert (answer.status_code, answer.get_json()["relocated_from"]) == (200, str(LISBON))
    asked = services.last(RelocateBooking)
    assert (asked.property, asked.room_type, asked.position) == ("OPO-SEA", "S", None)


def test_a_key_that_may_only_read_changes_nothing(api, services, as_key):
    for path in ("rooms", "rooms/0/remove", "rooms/0/type", "relocate"):
        assert api.post(f"{BOOKING}/{path}", json={}, headers=as_key("read")).status_code == 403
    assert api.patch(BOOKING, json={}, headers=as_key("read")).status_code == 403
    assert api.put("/v1/availability", json={}, headers=as_key("read")).status_code == 403
