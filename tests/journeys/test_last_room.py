"""The last room is sold once, whatever the load."""

from __future__ import annotations

import concurrent.futures
from collections import Counter

import pytest

from tests.journeys.notices import notice, set_up_hotel

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("overbooking", [0, 1, 3])
def test_sixty_four_clients_and_one_room(system, overbooking):
    hotel = set_up_hotel(system, capacity=1, overbooking=overbooking)
    stay = notice(hotel, "x", {})
    body = {
        "property_id": hotel,
        **{k: stay[k] for k in ("arrival", "departure")},
        "rooms": [{"room_type": "A", "adults": 1, "children": 0}],
        "booker": {"given_name": "Ana", "family_name": "Silva"},
        "price": {"amount": "300.00", "currency": "EUR"},
    }
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: system.call("POST", "/v1/bookings", body), range(64)))
    assert Counter(status for status, _ in answers) == {201: 1 + overbooking, 409: 63 - overbooking}
    assert {said["type"].rsplit("/", 1)[-1] for status, said in answers if status == 409} == {"no-room-left"}
    nights = system.call("GET", f"/v1/availability?property={hotel}&from={stay['arrival']}&to={stay['departure']}")[1]
    assert {night["sold"] for night in nights["nights"]} == {1 + overbooking}
