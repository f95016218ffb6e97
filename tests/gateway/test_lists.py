"""Lists that are at hand as a whole are answered in pages like all others."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.contracts.bookings import Properties, Property, ReadProperties, RoomType

TYPES = tuple(RoomType(id=UUID(int=n), code=f"T{n}", name=f"Type {n}", capacity=n) for n in range(1, 6))
HOUSES = tuple(
    Property(
        id=UUID(int=n), code=f"H{n}", name=f"House {n}", currency="EUR", time_zone="UTC", country="PT", room_types=TYPES
    )
    for n in range(1, 6)
)


@pytest.fixture(autouse=True)
def chain(services):
    services.will_answer(ReadProperties, lambda said: Properties(items=HOUSES if said.property is None else HOUSES[:1]))


@pytest.mark.parametrize("address", ["/v1/properties?", "/v1/room-types?property=H1&"])
def test_pages_hold_every_item_once_in_order(api, address):
    whole = [each["id"] for each in api.get(address).get_json()["items"]]
    assert len(whole) == 5
    found, cursor = [], ""
    while cursor is not None:
        said = api.get(f"{address}limit=2{cursor and f'&cursor={cursor}'}").get_json()
        assert 1 <= len(said["items"]) <= 2
        found += [each["id"] for each in said["items"]]
        cursor = said["next"]
    assert found == whole


@pytest.mark.parametrize("address", ["/v1/properties?", "/v1/room-types?property=H1&"])
@pytest.mark.parametrize(
    ("wanted", "pointer"), [("limit=0", "/limit"), ("limit=201", "/limit"), ("cursor=nowhere", "/cursor")]
)
def test_what_is_no_page_is_refused(api, address, wanted, pointer):
    answer = api.get(address + wanted)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.get_json(force=True)["errors"]] == [pointer]
