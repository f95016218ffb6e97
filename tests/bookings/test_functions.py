"""Functions: a room is used by one at a time, on the property's days, and goes back when the function does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.bookings.domain import functions as rules
from services.contracts.bookings import (
    BookFunction,
    CancelFunction,
    ChangeFunction,
    Contact,
    FindFunctions,
    Function,
    FunctionHasChanged,
    FunctionRoom,
    FunctionRooms,
    FunctionRoomTaken,
    FunctionUse,
    NoSuchFunction,
    NoSuchGroup,
    NotAFunction,
    NotAFunctionRoom,
    ReadFunction,
    ReadFunctionRooms,
    SetFunctionRooms,
    StateForbids,
)
from services.kit.refusal import Invalid
from tests.bookings.grouped import ARRIVAL, WEDDING, blocks, cancels
from tests.bookings.makers import Desk, lisbon_city

LISBON = ZoneInfo("Europe/Lisbon")
NOON = datetime(ARRIVAL.year, ARRIVAL.month, ARRIVAL.day, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HALL, LIBRARY = (
    FunctionRoom(code="HALL", name="Hall", capacity=120),
    FunctionRoom(code="LIB", name="Library", capacity=20),
)


def sets_up(desk: Desk, *rooms: FunctionRoom, key: str = "LIS-CITY") -> FunctionRooms:
    return desk.service.set_function_rooms(SetFunctionRooms(property=key, rooms=rooms or (HALL, LIBRARY)))


def dinner(**more: Any) -> BookFunction:
    """From noon to four in the hall."""
    said = {
        "property": "LIS-CITY",
        "name": "Silva dinner",
        "kind": "wedding",
        "starts_at": NOON,
        "ends_at": NOON + 4 * HOUR,
        "rooms": (FunctionUse(room="HALL", setup="banquet"),),
        "contact": Contact(given_name="Ana", phone="+351912345678"),
        "guests": 80,
    }
    return BookFunction(**{**said, **more})


def books(desk: Desk, **more: Any) -> Function:
    return desk.service.book_function(dinner(**more))


def changes(desk: Desk, function: Function, **more: Any) -> Function:
    return desk.service.change_function(ChangeFunction(function_id=function.id, version=function.version, **more))


def found(desk: Desk, **more: Any) -> list[Function]:
    return list(desk.service.find_functions(FindFunctions(property="LIS-CITY", **more)).items)


def pointers(refused: Any) -> set[str]:
    return {fault.pointer for fault in refused.value.errors}


@pytest.fixture
def house(desk: Desk) -> Desk:
    sets_up(desk)
    return desk


def test_function_rooms_are_a_list_of_the_property(house: Desk) -> None:
    assert house.service.read_function_rooms(ReadFunctionRooms(property="LIS-CITY")).items == (HALL, LIBRARY)


def test_a_room_that_is_left_out_gets_no_new_functions_and_keeps_its_own(house: Desk) -> None:
    function = books(house)
    assert sets_up(house, LIBRARY).items == (LIBRARY,)
    assert changes(house, function, name="Silva lunch").rooms == function.rooms
    with pytest.raises(NotAFunction) as refused:
        books(house, starts_at=NOON + 5 * HOUR, ends_at=NOON + 6 * HOUR)
    assert "/rooms/0/room" in pointers(refused)


@pytest.mark.parametrize(
    ("room", "wrong"),
    [
        (FunctionRoom(code="the hall", name="Hall", capacity=1), "/rooms/1/code"),
        (FunctionRoom(code="LIB", name="Twice", capacity=1), "/rooms/1/code"),
        (FunctionRoom(code="HALL", name="", capacity=1), "/rooms/1/name"),
        (FunctionRoom(code="HALL", name="Hall", capacity=0), "/rooms/1/capacity"),
    ],
)
def test_what_is_no_function_room_is_refused_with_a_pointer(desk: Desk, room: FunctionRoom, wrong: str) -> None:
    with pytest.raises(NotAFunctionRoom) as refused:
        sets_up(desk, LIBRARY, room)
    assert pointers(refused) == {wrong}


def test_a_function_is_read_as_it_was_booked(house: Desk) -> None:
    function = books(house)
    assert house.service.read_function(ReadFunction(function_id=function.id)) == function


def test_a_room_is_not_used_by_two_at_once(house: Desk) -> None:
    first = books(house)
    with pytest.raises(FunctionRoomTaken) as refused:
        books(house, starts_at=NOON + 3 * HOUR, ends_at=NOON + 5 * HOUR)
    assert refused.value.facts == {"room": "HALL", "function": str(first.id)}
    assert found(house) == [first]


def test_one_begins_as_the_other_ends(house: Desk) -> None:
    books(house)
    assert books(house, starts_at=NOON + 4 * HOUR, ends_at=NOON + 5 * HOUR).state == "booked"


def test_rooms_may_have_times_of_their_own(house: Desk) -> None:
    books(
        house, rooms=(FunctionUse(room="HALL", starts_at=NOON - 2 * HOUR), FunctionUse(room="LIB", ends_at=NOON + HOUR))
    )
    with pytest.raises(FunctionRoomTaken):
        books(house, starts_at=NOON - 3 * HOUR, ends_at=NOON - HOUR)
    assert books(house, rooms=(FunctionUse(room="LIB"),), guests=5, starts_at=NOON + HOUR).rooms[0].room == "LIB"


def test_a_function_that_moves_takes_its_rooms_along(house: Desk) -> None:
    first = books(house)
    after = changes(house, first, starts_at=NOON + 2 * HOUR, ends_at=NOON + 6 * HOUR)
    assert after.version == 2
    assert books(house, starts_at=NOON, ends_at=NOON + 2 * HOUR).state == "booked"
    with pytest.raises(FunctionRoomTaken):
        changes(house, after, starts_at=NOON + HOUR)


def test_a_change_to_what_it_is_already_makes_no_version(house: Desk) -> None:
    assert changes(house, books(house), guests=80).version == 1


def test_what_was_read_before_a_change_changes_nothing(house: Desk) -> None:
    first = books(house)
    changes(house, first, guests=90)
    with pytest.raises(FunctionHasChanged):
        changes(house, first, guests=100)


def test_a_cancelled_function_gives_its_room_back_once_and_changes_no_more(house: Desk) -> None:
    function = books(house)
    asked = CancelFunction(function_id=function.id)
    after = house.service.cancel_function(asked)
    assert house.service.cancel_function(asked) == after
    assert books(house).state == "booked"
    with pytest.raises(StateForbids):
        changes(house, after, guests=1)
    assert found(house, state="cancelled") == [after]


def test_functions_of_a_day_are_those_of_the_propertys_day(house: Desk) -> None:
    day = ARRIVAL + timedelta(days=60)
    midnight = datetime(day.year, day.month, day.day, tzinfo=LISBON)
    late = books(house, starts_at=midnight - 2 * HOUR, ends_at=midnight + HOUR)
    early = books(house, starts_at=midnight - 4 * HOUR, ends_at=midnight - 2 * HOUR)
    assert [f.id for f in found(house, day=day)] == [late.id]
    assert [f.id for f in found(house, day=day - timedelta(days=1))] == [early.id, late.id]
    assert found(house, day=day + timedelta(days=1)) == []


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25), (date(2027, 6, 1), 24)])
def test_a_day_is_as_long_as_the_propertys_clocks_make_it(desk: Desk, day: date, hours: int) -> None:
    first, last = rules.day_of(desk.sets_up(), day)
    assert last - first == hours * HOUR


def test_functions_are_listed_as_they_begin(house: Desk) -> None:
    made = [books(house, starts_at=NOON + n * HOUR, ends_at=NOON + (n + 1) * HOUR) for n in (2, 0, 1)]
    first = house.service.find_functions(FindFunctions(property="LIS-CITY", limit=2))
    rest = house.service.find_functions(FindFunctions(property="LIS-CITY", limit=2, cursor=first.next))
    assert [f.id for f in (*first.items, *rest.items)] == [made[1].id, made[2].id, made[0].id]
    assert rest.next is None


def test_no_day_of_another_age_is_looked_for(house: Desk) -> None:
    with pytest.raises(Invalid):
        found(house, day=date.max)


def test_a_function_can_belong_to_a_group(house: Desk) -> None:
    blocks(house)
    function = books(house, group=WEDDING)
    assert [f.id for f in found(house, group=WEDDING)] == [function.id]
    assert found(house, group="OTHER") == []


def test_a_group_that_is_cancelled_takes_its_functions_along(house: Desk) -> None:
    blocks(house)
    function = books(house, group=WEDDING)
    cancels(house)
    assert house.service.read_function(ReadFunction(function_id=function.id)).state == "cancelled"
    assert books(house).state == "booked"
    with pytest.raises(StateForbids):
        books(house, starts_at=NOON + 5 * HOUR, ends_at=NOON + 6 * HOUR, group=WEDDING)


def test_a_group_must_be_there_and_at_the_property(house: Desk) -> None:
    with pytest.raises(NoSuchGroup):
        books(house, group=WEDDING)
    house.sets_up(lisbon_city(code="OPO"))
    blocks(house, property="OPO")
    with pytest.raises(NotAFunction) as refused:
        books(house, group=WEDDING)
    assert pointers(refused) == {"/group"}


def test_a_function_nobody_knows_is_not_found(house: Desk) -> None:
    with pytest.raises(NoSuchFunction):
        house.service.cancel_function(CancelFunction(function_id=house.sets_up().id))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"name": " "}, "/name"),
        ({"ends_at": NOON}, "/ends_at"),
        ({"ends_at": NOON + timedelta(days=32)}, "/ends_at"),
        ({"starts_at": datetime(1999, 1, 1, tzinfo=UTC)}, "/starts_at"),
        ({"rooms": ()}, "/rooms"),
        ({"rooms": (FunctionUse(room="POOL"),)}, "/rooms/0/room"),
        ({"rooms": (FunctionUse(room="HALL"), FunctionUse(room="HALL"))}, "/rooms/1"),
        ({"rooms": (FunctionUse(room="HALL", starts_at=NOON + 5 * HOUR, ends_at=NOON + 6 * HOUR),)}, "/rooms/0"),
        ({"rooms": (FunctionUse(room="HALL", ends_at=NOON - HOUR),)}, "/rooms/0/ends_at"),
        ({"guests": 121}, "/guests"),
        ({"guests": 0}, "/guests"),
        ({"contact": Contact()}, "/contact"),
        ({"notes": "\x00"}, "/notes"),
    ],
)
def test_what_is_no_function_is_refused_with_a_pointer(house: Desk, said: dict[str, Any], wrong: str) -> None:
    with pytest.raises(NotAFunction) as refused:
        books(house, **said)
    assert wrong in pointers(refused)
    assert found(house) == []


def test_of_many_who_want_a_room_at_once_one_has_it(house: Desk) -> None:
    both = (FunctionUse(room="HALL"), FunctionUse(room="LIB"))

    def book(n: int) -> Function | FunctionRoomTaken:
        try:
            return books(house, rooms=both if n % 2 else both[::-1], starts_at=NOON + n % 3 * HOUR)
        except FunctionRoomTaken as taken:
            return taken

    with ThreadPoolExecutor(16) as crowd:
        outcomes = list(crowd.map(book, range(32)))
    assert sum(isinstance(each, Function) for each in outcomes) == 1
    assert house.rows("SELECT count(*) AS n FROM function_uses")[0].n == 2
