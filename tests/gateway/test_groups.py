"""The routes of groups and functions, and of bookings that pick rooms up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from services.contracts.bookings import (
    BlockedNight,
    BlockFull,
    BookFunction,
    CancelFunction,
    CancelGroup,
    ChangeFunction,
    ChangeGroup,
    Contact,
    FindFunctions,
    FindGroups,
    Function,
    FunctionHasChanged,
    FunctionRoom,
    FunctionRooms,
    FunctionRoomTaken,
    FunctionsFound,
    FunctionUse,
    Group,
    GroupHasChanged,
    GroupsFound,
    GroupSummary,
    NoSuchGroup,
    OpenBooking,
    OpenGroup,
    PickUpRooms,
    ReadFunction,
    ReadGroup,
    SetFunctionRooms,
)
from services.contracts.profiles import NoSuchProfile, ReadProfile
from tests.gateway.guests import LISBON, anas_stay, eur

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
FIRST, LAST = date(2026, 12, 1), date(2026, 12, 4)
FUNCTION = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
GROUP = "/v1/groups/WED-SILVA"
DINNER = f"/v1/functions/{FUNCTION}"
CONTACT = {"given_name": "Ana", "phone": "+351912345678"}
WEDDING = {
    "code": "WED-SILVA",
    "name": "Wedding Silva",
    "property": "LIS-CITY",
    "arrival": "2026-12-01",
    "departure": "2026-12-04",
    "cut_off": "2026-11-24",
    "rooms": [
        {
            "room_type": "A",
            "count": 10,
            "price": {"amount": "90.00", "currency": "EUR"},
            "nights": [{"night": "2026-12-01", "count": 8}],
        }
    ],
    "contact": CONTACT,
}
EVENT = {
    "property": "LIS-CITY",
    "name": "Silva dinner",
    "kind": "wedding",
    "starts_at": "2026-12-02T19:00:00+01:00",
    "ends_at": "2026-12-02T23:00:00+01:00",
    "rooms": [{"room": "HALL", "setup": "banquet"}],
    "contact": CONTACT,
}
STAY = {
    "property": "LIS-CITY",
    "arrival": "2026-12-01",
    "departure": "2026-12-04",
    "rooms": [{"room_type": "A"}],
    "booker": {"given_name": "Ana"},
}


def wedding(**more: Any) -> Group:
    said = {
        "code": "WED-SILVA",
        "version": 1,
        "state": "open",
        "name": "Wedding Silva",
        "property_id": LISBON,
        "property": "LIS-CITY",
        "arrival": FIRST,
        "departure": LAST,
        "cut_off": date(2026, 11, 24),
        "may_exceed": False,
        "contact": Contact(given_name="Ana"),
        "nights": (BlockedNight(room_type="A", night=FIRST, blocked=8, picked_up=3, left=5, price=eur("90.00")),),
        "opened_at": NOW,
        "changed_at": NOW,
    }
    return Group(**{**said, **more})


def dinner(**more: Any) -> Function:
    said = {
        "id": FUNCTION,
        "version": 1,
        "state": "booked",
        "property_id": LISBON,
        "property": "LIS-CITY",
        "name": "Silva dinner",
        "kind": "wedding",
        "starts_at": NOW,
        "ends_at": NOW,
        "rooms": (FunctionUse(room="HALL"),),
        "changed_at": NOW,
    }
    return Function(**{**said, **more})


def kind_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json(force=True)["type"].removeprefix("/problems/")


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"] for fault in answer.get_json(force=True)["errors"]}


def test_a_group_is_opened_with_its_block(api, services):
    services.will_answer(OpenGroup, wedding())
    answer = api.post("/v1/groups", json=WEDDING)
    assert (answer.status_code, answer.headers["ETag"], answer.headers["Location"]) == (201, '"1"', GROUP)
    asked = services.last(OpenGroup)
    (rooms,) = asked.rooms
    assert (rooms.count, rooms.price, rooms.nights[0].count) == (10, eur("90.00"), 8)
    assert asked.contact == Contact(**CONTACT)


def test_a_group_shows_its_nights_with_prices_as_decimals(api, services):
    services.will_answer(ReadGroup, wedding())
    (night,) = api.get(GROUP).get_json()["nights"]
    assert night == {
        "room_type": "A",
        "night": "2026-12-01",
        "blocked": 8,
        "picked_up": 3,
        "left": 5,
        "price": {"amount": "90.00", "currency": "EUR"},
    }


def test_a_contact_who_has_no_card_is_refused_with_a_pointer(api, services):
    services.will_answer(ReadProfile, NoSuchProfile())
    answer = api.post("/v1/groups", json={**WEDDING, "contact": {"profile_id": str(FUNCTION)}})
    assert pointers(answer) == {"/contact/profile_id"}


def test_a_group_is_changed_under_the_version_that_was_read(api, services):
    services.will_answer(ChangeGroup, wedding(version=3))
    answer = api.patch(GROUP, json={"cut_off": "2026-11-30"}, headers={"If-Match": '"2"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"3"')
    asked = services.last(ChangeGroup)
    assert (asked.code, asked.version, asked.cut_off, asked.rooms) == ("WED-SILVA", 2, date(2026, 11, 30), None)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, (428, "precondition-required")),
        ({"If-Match": '"1"'}, (412, "group-has-changed")),
    ],
)
def test_without_the_present_version_no_group_changes(api, services, headers, kind):
    services.will_answer(ChangeGroup, GroupHasChanged(facts={"version": "2"}))
    assert kind_of(api.patch(GROUP, json={"name": "Other"}, headers=headers)) == kind


@pytest.mark.parametrize("address", [GROUP, DINNER])
def test_a_change_of_nothing_is_refused(api, address):
    assert pointers(api.patch(address, json={}, headers={"If-Match": '"2"'})) == {""}


def test_a_group_is_cancelled_in_one_call(api, services):
    services.will_answer(CancelGroup, wedding(state="cancelling", version=4))
    answer = api.post(f"{GROUP}/cancel")
    assert (answer.status_code, answer.get_json()["state"]) == (200, "cancelling")


def test_groups_are_listed(api, services):
    line = GroupSummary(
        code="WED-SILVA",
        version=1,
        state="open",
        name="Wedding Silva",
        property="LIS-CITY",
        arrival=FIRST,
        departure=LAST,
        cut_off=FIRST,
        blocked=24,
        picked_up=9,
        left=15,
    )
    services.will_answer(FindGroups, GroupsFound(items=(line,)))
    (item,) = api.get("/v1/groups?property=LIS-CITY&state=open").get_json()["items"]
    assert (item["blocked"], item["picked_up"], item["left"]) == (24, 9, 15)


def test_a_group_nobody_knows_is_not_found(api, services):
    services.will_answer(ReadGroup, NoSuchGroup())
    assert kind_of(api.get("/v1/groups/OTHER")) == (404, "no-such-group")


def test_a_booking_of_a_group_is_picked_up_from_its_block(api, services):
    services.will_answer(PickUpRooms, anas_stay(group="WED-SILVA"))
    answer = api.post("/v1/bookings", json={**STAY, "group": "WED-SILVA"})
    assert (answer.status_code, answer.get_json()["group"]) == (201, "WED-SILVA")
    asked = services.last(PickUpRooms)
    assert (asked.group, asked.booking.arrival) == ("WED-SILVA", FIRST)


def test_a_booking_of_no_group_is_opened_as_ever(api, services):
    services.will_answer(OpenBooking, anas_stay())
    assert api.post("/v1/bookings", json=STAY).status_code == 201


def test_an_empty_block_says_where_to_look(api, services):
    services.will_answer(PickUpRooms, BlockFull(facts={"nights": "A 2026-12-01"}))
    answer = api.post("/v1/bookings", json={**STAY, "group": "WED-SILVA"})
    assert kind_of(answer) == (409, "block-full")
    assert "/v1/groups/" in api.get("/problems/block-full").get_data(as_text=True)


def test_function_rooms_are_set_by_admins_alone(api, services, as_key):
    hall = FunctionRoom(code="HALL", name="Hall", capacity=120)
    services.will_answer(SetFunctionRooms, FunctionRooms(property_id=LISBON, items=(hall,)))
    address, body = "/v1/properties/LIS-CITY/function-rooms", {"rooms": [vars(hall)]}
    assert api.put(address, json=body).status_code == 200
    assert services.last(SetFunctionRooms).rooms == (hall,)
    assert api.put(address, json=body, headers=as_key("read.write")).status_code == 403


def test_a_function_is_booked(api, services):
    services.will_answer(BookFunction, dinner())
    answer = api.post("/v1/functions", json=EVENT)
    assert (answer.status_code, answer.headers["Location"], answer.headers["ETag"]) == (201, DINNER, '"1"')
    asked = services.last(BookFunction)
    assert asked.starts_at == datetime(2026, 12, 2, 18, tzinfo=UTC)
    assert asked.rooms == (FunctionUse(room="HALL", setup="banquet"),)


def test_a_room_that_is_taken_is_refused_with_by_what(api, services):
    services.will_answer(BookFunction, FunctionRoomTaken(facts={"room": "HALL", "function": str(FUNCTION)}))
    answer = api.post("/v1/functions", json=EVENT)
    assert kind_of(answer) == (409, "function-room-taken")
    assert answer.get_json(force=True)["facts"]["room"] == "HALL"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"kind": "seance"}, "/kind"),
        ({"starts_at": "2026-12-02T19:00:00"}, "/starts_at"),
        ({"rooms": []}, "/rooms"),
        ({"rooms": [{"room": "HALL", "setup": "pile"}]}, "/rooms/0/setup"),
        ({"guests": 0}, "/guests"),
        ({"colour": "white"}, "/colour"),
    ],
)
def test_what_is_no_function_is_refused_with_a_pointer(api, said, wrong):
    assert pointers(api.post("/v1/functions", json={**EVENT, **said})) == {wrong}


def test_a_function_is_changed_under_the_version_that_was_read(api, services):
    services.will_answer(ChangeFunction, dinner(version=2))
    assert api.patch(DINNER, json={"guests": 90}, headers={"If-Match": '"1"'}).headers["ETag"] == '"2"'
    asked = services.last(ChangeFunction)
    assert (asked.version, asked.guests, asked.rooms, asked.contact) == (1, 90, None, None)
    services.will_answer(ChangeFunction, FunctionHasChanged())
    assert kind_of(api.patch(DINNER, json={"guests": 90}, headers={"If-Match": '"1"'})) == (412, "function-has-changed")


def test_functions_are_found_by_day(api, services):
    services.will_answer(FindFunctions, FunctionsFound(items=(dinner(),)))
    assert len(api.get("/v1/functions?property=LIS-CITY&day=2026-12-02").get_json()["items"]) == 1
    assert services.last(FindFunctions).day == date(2026, 12, 2)


def test_a_function_is_read_and_cancelled(api, services):
    services.will_answer(ReadFunction, dinner())
    services.will_answer(CancelFunction, dinner(state="cancelled", version=2))
    assert api.get(DINNER).headers["ETag"] == '"1"'
    assert api.post(f"{DINNER}/cancel").get_json()["state"] == "cancelled"
