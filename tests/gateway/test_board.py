"""The routes of the board and of the stream, as far as neither needs anything that runs."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from gateway.following.hub import MOST
from services.contracts.bookings import (
    Board,
    BoardCounts,
    BoardRoom,
    BoardStay,
    Closure,
    NoSuchProperty,
    ReadBoard,
    ReadProperties,
)
from tests.gateway.guests import LISBON, STAY

DAY = date(2026, 12, 1)
ROOM = UUID(int=101)


def a_board(**more: Any) -> Board:
    stay = BoardStay(
        booking_id=STAY, position=0, state="in_house", arrival=DAY, departure=date(2026, 12, 4), needs=("quiet",)
    )
    closed = Closure(id=UUID(int=7), kind="out_of_service", first=DAY, until=date(2026, 12, 2), reason="paint")
    room = BoardRoom(
        id=ROOM, version=3, property_id=LISBON, property="LIS-CITY", day=DAY, number="101", room_type="A",
        occupancy="occupied", housekeeping="dirty", stay=stay, closed=closed,
    )  # fmt: skip
    return Board(items=(room,), counts=BoardCounts(rooms=1, occupied=1, dirty=1, out_of_service=1), **more)


def test_the_board_of_a_day_is_asked_of_bookings(api, services):
    services.will_answer(ReadBoard, a_board(next="more"))
    answer = api.get("/v1/rooms?property=LIS-CITY&day=2026-12-01&occupancy=occupied&limit=10&cursor=abc")
    asked = services.last(ReadBoard)
    assert (asked.property, asked.day, asked.occupancy, asked.housekeeping) == ("LIS-CITY", DAY, "occupied", None)
    assert (asked.limit, asked.cursor) == (10, "abc")
    said = answer.get_json()
    assert (said["next"], said["counts"]["rooms"]) == ("more", 1)
    (room,) = said["items"]
    assert (room["number"], room["occupancy"], room["housekeeping"]) == ("101", "occupied", "dirty")
    assert (room["stay"]["booking_id"], room["stay"]["departure"]) == (str(STAY), "2026-12-04")
    assert room["closed"]["kind"] == "out_of_service"


def test_without_anything_said_it_is_todays_of_all_properties(api, services):
    services.will_answer(ReadBoard, a_board())
    assert api.get("/v1/rooms").status_code == 200
    assert services.last(ReadBoard) == ReadBoard()


def test_a_day_and_a_state_that_are_none_are_refused_with_pointers(api, services):
    answer = api.get("/v1/rooms?day=tomorrow&occupancy=full")
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.get_json(force=True)["errors"]} == {"/day", "/occupancy"}
    assert services.asked == []


def test_a_property_nobody_knows_has_no_board(api, services):
    services.will_answer(ReadBoard, NoSuchProperty())
    assert api.get("/v1/rooms?property=NOWHERE").status_code == 404


def test_it_takes_the_scope_to_read(api, as_key):
    assert api.get("/v1/rooms", headers=as_key("inbound")).status_code == 403


def test_rooms_of_a_property_nobody_knows_are_not_followed(api, services):
    services.will_answer(ReadProperties, NoSuchProperty())
    assert api.get("/v1/rooms/stream?property=NOWHERE").status_code == 404


def test_while_the_store_is_down_nobody_can_follow_and_no_place_is_lost(api):
    for _ in range(MOST + 1):
        answer = api.get("/v1/rooms/stream")
        assert (answer.status_code, answer.get_json(force=True)["type"]) == (503, "/problems/unavailable")
        assert answer.headers["Retry-After"] == "1"


def test_a_look_at_the_head_of_the_stream_takes_no_place(api):
    answer = api.head("/v1/rooms/stream")
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
