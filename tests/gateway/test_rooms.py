"""The routes of rooms with numbers, and of who is put into which."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.contracts.bookings import (
    ArrivalAssigned,
    ArrivalsAssigned,
    AssignArrivals,
    AssignedRoom,
    AssignRoom,
    BookedRoom,
    ChangeRoom,
    CheckInBooking,
    CloseRoom,
    Closure,
    EndClosure,
    HotelRoom,
    HotelRooms,
    MoveRoom,
    NewRoom,
    NotARoom,
    ReadRoom,
    ReadRoomOptions,
    ReadRooms,
    RetireRoom,
    RoomChoice,
    RoomHasChanged,
    RoomOption,
    RoomOptions,
    RoomsOfType,
    RoomsSwapped,
    RoomTaken,
    SetRoomStatus,
    SetUpRooms,
    SwapRooms,
    UnassignRoom,
)
from services.kit.refusal import Problem
from tests.gateway.guests import LISBON, NOON, STAY, anas_stay, eur

ROOM, CLOSURE = UUID("00000000-0000-4000-8000-000000000101"), UUID("00000000-0000-4000-8000-0000000000c1")
HERE = f"/v1/rooms/{ROOM}"
PLACE = f"/v1/bookings/{STAY}/rooms/0"


def one_oh_one(**more: Any) -> HotelRoom:
    said = {
        "id": ROOM,
        "version": 4,
        "property_id": LISBON,
        "property": "LIS-CITY",
        "number": "101",
        "room_type": "A",
        "features": ("quiet",),
        "housekeeping": "clean",
        "status_at": NOON,
        "closures": (Closure(id=CLOSURE, kind="out_of_order", first=date(2026, 12, 1), until=date(2026, 12, 3)),),
    }
    return HotelRoom(**{**said, **more})


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.get_json(force=True)["errors"]}


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json(force=True)["type"].removeprefix("/problems/")


def test_rooms_are_set_up(api, services):
    services.will_answer(
        SetUpRooms,
        HotelRooms(property_id=LISBON, types=(RoomsOfType(room_type="A", rooms=1, capacity=2),), items=(one_oh_one(),)),
    )
    said = {"rooms": [{"number": "101", "room_type": "A", "features": ["quiet"]}], "dirty_at": "04:00"}
    answer = api.put("/v1/properties/LIS-CITY/rooms", json=said)
    assert answer.get_json()["types"] == [{"room_type": "A", "rooms": 1, "capacity": 2}]
    asked = services.last(SetUpRooms)
    assert (asked.property, asked.dirty_at) == ("LIS-CITY", "04:00")
    assert asked.rooms == (NewRoom(number="101", room_type="A", features=("quiet",)),)


def test_rooms_of_a_property_are_read(api, services):
    services.will_answer(ReadRooms, HotelRooms(property_id=LISBON, items=(one_oh_one(),)))
    assert api.get("/v1/properties/LIS-CITY/rooms").get_json()["items"][0]["number"] == "101"


def test_a_room_has_an_etag_to_change_it_by(api, services):
    services.will_answer(ReadRoom, one_oh_one())
    services.will_answer(ChangeRoom, one_oh_one(version=5))
    assert api.get(HERE).headers["ETag"] == '"4"'
    answer = api.put(HERE, json={"number": "111", "room_type": "A"}, headers={"If-Match": '"4"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"5"')
    assert (services.last(ChangeRoom).version, services.last(ChangeRoom).room.number) == (4, "111")


def test_a_version_of_old_changes_nothing(api, services):
    services.will_answer(ChangeRoom, RoomHasChanged(facts={"version": "5"}))
    answer = api.put(HERE, json={"number": "111", "room_type": "A"}, headers={"If-Match": '"4"'})
    assert kind_of(answer) == (412, "room-has-changed")
    assert kind_of(api.put(HERE, json={"number": "111", "room_type": "A"})) == (428, "precondition-required")


def test_a_fault_is_pointed_at_where_it_was_written(api, services):
    services.will_answer(ChangeRoom, NotARoom(errors=[Problem("/room/number", "Another room has it.")]))
    answer = api.put(HERE, json={"number": "102", "room_type": "A"}, headers={"If-Match": '"4"'})
    assert pointers(answer) == {"/number"}


def test_a_room_is_retired(api, services):
    services.will_answer(RetireRoom, one_oh_one(retired_on=date(2026, 12, 1)))
    answer = api.delete(HERE, headers={"If-Match": '"4"'})
    assert answer.get_json()["retired_on"] == "2026-12-01"


def test_how_clean_it_is_is_said(api, services):
    services.will_answer(SetRoomStatus, one_oh_one(housekeeping="inspected"))
    assert api.put(f"{HERE}/status", json={"housekeeping": "inspected"}).get_json()["housekeeping"] == "inspected"
    assert pointers(api.put(f"{HERE}/status", json={"housekeeping": "tidy"})) == {"/housekeeping"}


def test_a_room_is_closed_and_opened_again(api, services):
    services.will_answer(CloseRoom, one_oh_one())
    services.will_answer(EndClosure, one_oh_one(closures=()))
    said = {"kind": "out_of_order", "from": "2026-12-01", "to": "2026-12-03", "reason": "The shower leaks."}
    assert api.post(f"{HERE}/closures", json=said).status_code == 201
    assert services.last(CloseRoom).until == date(2026, 12, 3)
    assert api.post(f"{HERE}/closures/{CLOSURE}/end").get_json()["closures"] == []
    assert services.last(EndClosure).until is None


def test_options_are_the_best_first(api, services):
    option = RoomOption(room_id=ROOM, number="101", housekeeping="clean", gap=0, why=("gap:0",))
    dates = {"arrival": date(2026, 12, 1), "departure": date(2026, 12, 4)}
    services.will_answer(
        ReadRoomOptions, RoomOptions(booking_id=STAY, position=0, room_type="A", items=(option,), **dates)
    )
    assert api.get(f"{PLACE}/options").get_json()["items"][0]["why"] == ["gap:0"]


def test_a_stay_is_put_into_a_room_and_shown_with_it(api, services):
    place = AssignedRoom(room_id=ROOM, number="101", arrival=date(2026, 12, 1), departure=date(2026, 12, 4))
    stay = anas_stay(version=3, rooms=(BookedRoom(room_type="A", assigned=(place,)),))
    services.will_answer(AssignRoom, stay)
    answer = api.post(f"{PLACE}/assign", json={"room": "101"})
    assert answer.get_json()["rooms"][0]["assigned"][0]["number"] == "101"
    assert answer.headers["ETag"] == '"3"'
    api.post(f"{PLACE}/assign")
    assert services.last(AssignRoom).room is None


def test_a_room_that_is_taken_is_a_conflict(api, services):
    services.will_answer(AssignRoom, RoomTaken(facts={"rooms": "101"}))
    assert kind_of(api.post(f"{PLACE}/assign", json={"room": "101"})) == (409, "room-taken")


def test_rooms_are_taken_away_moved_and_swapped(api, services):
    services.will_answer(UnassignRoom, anas_stay())
    services.will_answer(MoveRoom, anas_stay())
    services.will_answer(SwapRooms, RoomsSwapped(items=(anas_stay(), anas_stay())))
    assert api.post(f"{PLACE}/unassign").status_code == 200
    price = {"amount": "350.00", "currency": "EUR"}
    assert api.post(f"{PLACE}/move", json={"room": "201", "price": price}).status_code == 200
    assert (services.last(MoveRoom).room, services.last(MoveRoom).price) == ("201", eur("350.00"))
    answer = api.post(f"{PLACE}/swap", json={"booking_id": str(STAY), "position": 1})
    assert len(answer.get_json()["items"]) == 2
    assert (services.last(SwapRooms).one.position, services.last(SwapRooms).other.position) == (0, 1)


def test_arrivals_are_given_rooms(api, services):
    line = ArrivalAssigned(booking_id=STAY, position=0, room="101", why=("empty",))
    services.will_answer(AssignArrivals, ArrivalsAssigned(items=(line,)))
    answer = api.post("/v1/properties/LIS-CITY/rooms/assign", json={"day": "2026-12-01"})
    assert answer.get_json() == {
        "items": [{"booking_id": str(STAY), "position": 0, "room": "101", "why": ["empty"]}],
        "next": None,
    }


@pytest.mark.parametrize(
    ("said", "rooms", "dirty"),
    [
        (None, (), False),
        ({}, (), False),
        ({"rooms": [{"room": "101"}], "accept_dirty": True}, (RoomChoice(position=0, room="101"),), True),
    ],
)
def test_guests_check_into_rooms_that_may_be_said(api, services, said, rooms, dirty):
    services.will_answer(CheckInBooking, anas_stay(state="in_house"))
    address = f"/v1/bookings/{STAY}/check-in"
    answer = api.post(address) if said is None else api.post(address, json=said)
    assert answer.get_json()["state"] == "in_house"
    assert (services.last(CheckInBooking).rooms, services.last(CheckInBooking).accept_dirty) == (rooms, dirty)
