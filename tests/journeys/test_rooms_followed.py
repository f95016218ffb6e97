"""Rooms are followed over the whole way: a change at the desk is an event at whoever is connected, and on the board."""

from __future__ import annotations

import json
import threading
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.journeys.notices import ana, set_up_hotel
from tests.kit.processes import until
from tests.system import System

pytestmark = pytest.mark.servers


class Board:
    """Somebody who follows the rooms of a hotel."""

    def __init__(self, system: System, hotel: str, last_id: str = "") -> None:
        self._stop = threading.Event()
        self.events: list[dict[str, Any]] = []
        self.last_id = last_id
        headers = {"Authorization": f"Bearer {system.api_key}"} | ({"Last-Event-ID": last_id} if last_id else {})
        self._asked = f"{system.url}/v1/rooms/stream?property={hotel}", headers
        threading.Thread(target=self._follow, daemon=True).start()
        until(lambda: self.last_id)

    def _follow(self) -> None:
        url, headers = self._asked
        with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "data":
                    self.events.append(json.loads(value))
                if self._stop.is_set():
                    return

    def saw(self, kind: str, **said: Any) -> bool:
        return any(event["type"] == kind and said.items() <= event.items() for event in self.events)

    def close(self) -> None:
        self._stop.set()


def test_a_change_at_the_desk_reaches_the_board_and_who_follows_it(system: System) -> None:
    hotel = set_up_hotel(system)
    board = Board(system, hotel)
    rooms = {"rooms": [{"number": number, "room_type": "A"} for number in ("101", "102")]}
    status, said = system.call("PUT", f"/v1/properties/{hotel}/rooms", rooms)
    assert status == 200, said
    first = said["items"][0]
    system.call("PUT", f"/v1/rooms/{first['id']}/status", {"housekeeping": "inspected"})
    until(lambda: board.saw("room.status_changed", room_id=first["id"], housekeeping="inspected"))

    today = date.today()  # noqa: DTZ011
    stay = {
        "property_id": hotel, "arrival": str(today), "departure": str(today + timedelta(days=2)),
        "rooms": [{"room_type": "A", "adults": 2, "children": 0}], "booker": ana("board"), "channel": "direct",
        "price": {"amount": "200.00", "currency": "EUR"},
    }  # fmt: skip
    status, booking = system.call("POST", "/v1/bookings", stay, {"Idempotency-Key": f"board-{hotel}"})
    assert status == 201, booking
    status, said = system.call("POST", f"/v1/bookings/{booking['id']}/check-in")
    assert status == 200, said
    until(lambda: board.saw("rooms.assigned", booking_id=booking["id"], state="in_house"))

    _, shown = system.call("GET", f"/v1/rooms?property={hotel}&occupancy=occupied")
    (room,) = shown["items"]
    assert room["stay"]["booking_id"] == booking["id"]
    assert (shown["counts"]["occupied"], shown["counts"]["vacant"]) == (1, 1)
    assert "Silva" not in json.dumps(board.events) + json.dumps(shown)

    board.close()
    system.call("POST", f"/v1/bookings/{booking['id']}/check-out")
    again = Board(system, hotel, board.last_id)
    until(lambda: again.saw("room.status_changed", room_id=room["id"], housekeeping="dirty"))
    again.close()
