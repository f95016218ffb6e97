"""What others hear of groups and functions, and may ask of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.bookings.store import occasions as store
from services.contracts.bookings import (
    BlockRooms,
    CancelFunction,
    Contact,
    FindContactOf,
    FunctionChanged,
    FunctionUse,
    GroupChanged,
    NoSuchGroup,
    Person,
    ReadOccasion,
)
from services.contracts.values import Money
from services.kit.context import Context
from services.kit.refusal import Invalid
from tests.bookings.grouped import ARRIVAL, WEDDING, blocks, cancels
from tests.bookings.grouped import changes as changes_group
from tests.bookings.makers import Desk
from tests.bookings.test_functions import NOON, books, changes, sets_up

CARLA = Contact(profile_id=uuid4(), given_name="Carla")


@pytest.fixture
def house(desk: Desk) -> Desk:
    sets_up(desk)
    return desk


def heard(desk: Desk, kind: type[Any]) -> list[Any]:
    return [event for event in desk.announced() if isinstance(event, kind)]


def told(desk: Desk, kind: type[Any]) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(event.version, event.state, event.changed) for event in heard(desk, kind)]


def test_a_group_is_told_of_with_what_changed(desk: Desk) -> None:
    blocks(desk)
    changes_group(desk, name="Wedding Costa", may_exceed=True)
    changes_group(desk, rooms=(BlockRooms(room_type="A", count=1),))
    changes_group(desk, name="Wedding Costa")
    cancels(desk)
    assert told(desk, GroupChanged) == [
        (1, "open", ()),
        (2, "open", ("name", "may_exceed")),
        (3, "open", ("nights",)),
        (4, "cancelled", ("state",)),
    ]


def test_events_of_groups_and_functions_say_no_names(house: Desk) -> None:
    blocks(house)
    books(house, group=WEDDING)
    said = repr(house.announced())
    assert "ilva" not in said.lower()
    assert "351" not in said


def test_a_function_is_told_of_with_what_changed(house: Desk) -> None:
    function = books(house)
    function = changes(house, function, guests=90)
    function = changes(house, function, rooms=(FunctionUse(room="HALL", setup="theatre", notes="Screen."),))
    function = changes(house, function, rooms=(FunctionUse(room="HALL", ends_at=NOON + timedelta(hours=5)),))
    for _ in range(2):
        house.service.cancel_function(CancelFunction(function_id=function.id))
    assert told(house, FunctionChanged) == [
        (1, "booked", ()),
        (2, "booked", ("guests",)),
        (3, "booked", ("notes",)),
        (4, "booked", ("rooms",)),
        (5, "cancelled", ("state",)),
    ]


def test_functions_that_a_group_takes_along_are_told_of(house: Desk) -> None:
    blocks(house)
    books(house, group=WEDDING)
    cancels(house)
    assert told(house, FunctionChanged)[-1] == (2, "cancelled", ("state",))


def test_a_group_is_read_by_what_events_know_it_by(desk: Desk) -> None:
    prices = BlockRooms(room_type="A", count=2, price=Money(amount_minor=9_000, currency="EUR"))
    blocks(desk, rooms=(prices,), contact=CARLA)
    (event,) = heard(desk, GroupChanged)
    found = desk.service.read_occasion(ReadOccasion(group_id=event.group_id))
    assert (found.name, found.group, found.contact, found.arrival) == ("Wedding Silva", WEDDING, CARLA, ARRIVAL)
    assert (found.rooms, found.total) == (2, Money(amount_minor=54_000, currency="EUR"))


def test_a_group_without_prices_has_no_total(desk: Desk) -> None:
    blocks(desk)
    (event,) = heard(desk, GroupChanged)
    assert desk.service.read_occasion(ReadOccasion(group_id=event.group_id)).total is None


def test_a_group_there_is_not_is_refused(desk: Desk) -> None:
    with pytest.raises(NoSuchGroup):
        desk.service.read_occasion(ReadOccasion(group_id=uuid4()))
    with pytest.raises(Invalid):
        desk.service.read_occasion(ReadOccasion())


def test_a_function_that_names_nobody_has_the_contact_of_its_group(house: Desk) -> None:
    blocks(house, contact=CARLA)
    function = books(house, group=WEDDING)
    with house.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE functions SET contact = NULL"))
    found = house.service.read_occasion(ReadOccasion(function_id=function.id))
    assert (found.contact, [room.name for room in found.function_rooms]) == (CARLA, ["Hall"])


# ── whom somebody is the contact of ──────────────────────────────────────────────────────────────────────────────────


def test_somebody_is_found_as_the_contact_under_all_of_their_ids(house: Desk) -> None:
    assert CARLA.profile_id
    other = uuid4()
    booked = house.opens(booker=Person(profile_id=uuid4()), contact=Person(profile_id=other))
    house.opens(booker=Person(profile_id=other))
    blocks(house, contact=CARLA)
    function = books(house, contact=CARLA)
    found = house.service.find_contact_of(FindContactOf(profile_ids=(CARLA.profile_id, other)))
    assert [each.booking_id for each in found.bookings] == [booked.id]
    assert [each.code for each in found.groups] == [WEDDING]
    assert [each.function_id for each in found.functions] == [function.id]
    assert not found.more


def test_a_caller_of_other_properties_sees_none_of_it(house: Desk) -> None:
    assert CARLA.profile_id
    blocks(house, contact=CARLA)
    books(house, contact=CARLA)
    with house.db.reading(Context(properties=(str(uuid4()),))) as tx:
        found = store.contact_of(tx, [CARLA.profile_id])
    assert (found.groups, found.functions) == ((), ())
