"""Rooms for a file that has none: as many as are sold, and one for every stay."""

from __future__ import annotations

from typing import Any

import pytest

from foyer.importing import demand, rooms
from tests.bookings.makers import Desk
from tests.importing.test_demand import line

pytestmark = pytest.mark.servers


class Asked:
    """A client that asks the service in this process."""

    def __init__(self, desk: Desk) -> None:
        self._service = desk.service

    def ask(self, request: Any, **_: Any) -> Any:
        return getattr(self._service, request.rpc_method())(request)


@pytest.fixture
def imported(file, bookings_db):
    """Lines of a file, taken in to the end."""

    def take(*lines: dict[str, object]) -> tuple[Desk, list[Any]]:
        desk = Desk(bookings_db)
        rows = demand.read(file(*lines))
        hotels = demand.properties(rows)
        for hotel in hotels:
            desk.sets_up(hotel)
        for _, notice in demand.notices(rows, seed=1):
            desk.receives(notice)
        return desk, hotels

    return take


def test_a_type_has_as_many_rooms_as_its_stays_need(file):
    city = demand.properties(demand.read(file(line(), line(), line(reserved_room_type="C"))))[1]
    (said,) = rooms.rooms_of(city)
    assert [(room.number, room.room_type) for room in said.rooms] == [("A001", "A"), ("A002", "A"), ("C001", "C")]


def test_every_stay_of_a_file_gets_a_room_and_no_two_share_one(imported):
    nights = [(day, stay) for day in range(1, 28, 2) for stay in (1, 2, 5)]
    lines = [line(arrival_date_day_of_month=day, stays_in_week_nights=stay) for day, stay in nights]
    desk, hotels = imported(*lines, line(reservation_status="Canceled"), line(reservation_status="No-Show"))
    rooms.set_up(Asked(desk), hotels)
    said: list[str] = []
    assert rooms.place(Asked(desk), [hotel.code for hotel in hotels], said.append) == 0
    assert said[1] == f"HBD-CITY: {len(nights)} stays have been given a room."
    assert desk.rows("SELECT count(*) FROM room_assignments") == [(len(nights),)]
    shared = "SELECT FROM room_assignments a JOIN room_assignments b USING (room_id) WHERE a.id < b.id"
    assert desk.rows(f"{shared} AND a.nights && b.nights") == []


def test_an_import_that_was_stopped_goes_on_and_gives_nobody_two_rooms(imported, monkeypatch):
    desk, hotels = imported(*(line(arrival_date_day_of_month=day) for day in range(1, 10)))
    asked = Asked(desk)
    rooms.set_up(asked, hotels)
    monkeypatch.setattr(rooms, "_AT_ONCE", 4)
    asked.ask(rooms.PlaceStays(property="HBD-CITY", limit=4))
    rooms.set_up(asked, hotels)
    assert rooms.place(asked, ["HBD-CITY"], print) == 0
    assert desk.rows("SELECT count(*), count(DISTINCT booking_id) FROM room_assignments") == [(9, 9)]
