"""Charges that name a room: whoever is in it at that moment is charged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.contracts.billing import Charge, ChargeSaidOtherwise, PostCharge
from services.contracts.bookings import RoomVacant, UnknownRoom
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.billing.hotel import NOON, Hotel
from tests.billing.makers import eur

IN_101: dict[str, Any] = {"property": "LIS-CITY", "room": "101"}


@pytest.fixture
def hotel(billing_db: Database) -> Hotel:
    return Hotel(billing_db)


def moves_in(hotel: Hotel, guest: UUID, room: str = "101") -> UUID:
    hotel.rooms[room] = hotel.books(guest, state="in_house")
    return hotel.rooms[room]  # type: ignore[return-value]


def charges(hotel: Hotel, command_id: UUID | None = None, **more: Any) -> Charge:
    said = {"kind": "spa", "amount": eur(4500), **IN_101, **more}
    return hotel.service.post_charge(PostCharge(**said), command_id)  # type: ignore[no-any-return]


# ── by notice ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_till_that_names_a_room_charges_whoever_was_in_it_when_it_sold(hotel: Hotel) -> None:
    ana = uuid4()
    booking = moves_in(hotel, ana)
    charge = hotel.sells(at=NOON, **IN_101).charge
    assert charge
    assert (charge.booking_id, hotel.balance(ana)) == (booking, 34500)
    assert [asked.at for asked in hotel.asked] == [NOON]


def test_without_a_time_it_is_whoever_is_in_it_now(hotel: Hotel) -> None:
    moves_in(hotel, uuid4())
    before = datetime.now(UTC)
    hotel.sells(**IN_101)
    assert before <= hotel.asked[0].at <= datetime.now(UTC)


def test_a_room_nobody_knows_and_a_vacant_one_are_refused_for_good_until_replayed(hotel: Hotel) -> None:
    with pytest.raises(UnknownRoom) as unknown:
        hotel.sells(**IN_101)
    hotel.rooms["101"] = None
    with pytest.raises(RoomVacant) as vacant:
        hotel.sells(**IN_101)
    assert (unknown.value.permanent, vacant.value.permanent) == (True, True)
    ana = uuid4()
    moves_in(hotel, ana)
    hotel.sells(**IN_101)
    assert hotel.balance(ana) == 34500


def test_the_same_notice_again_is_the_same_charge_whoever_is_in_the_room_by_then(hotel: Hotel) -> None:
    ana, ben = uuid4(), uuid4()
    moves_in(hotel, ana)
    first = hotel.sells(**IN_101).charge
    hotel.rooms["101"] = None
    assert hotel.sells(**IN_101).charge == first
    moves_in(hotel, ben)
    assert hotel.sells(**IN_101).charge == first
    assert (hotel.balance(ana), hotel.balance(ben)) == (34500, 30000)


def test_another_room_under_the_same_number_is_refused(hotel: Hotel) -> None:
    moves_in(hotel, uuid4())
    moves_in(hotel, uuid4(), "102")
    hotel.sells(**IN_101)
    with pytest.raises(ChargeSaidOtherwise):
        hotel.sells(property="LIS-CITY", room="102")


def test_a_charge_by_room_is_taken_back_by_its_number_alone(hotel: Hotel) -> None:
    ana = uuid4()
    moves_in(hotel, ana)
    hotel.sells(**IN_101)
    hotel.rooms["101"] = None
    assert hotel.sells(status="void").state == "voided"
    assert hotel.balance(ana) == 30000


# ── by HTTP ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_charge_names_the_room_instead_of_the_booking(hotel: Hotel) -> None:
    ana = uuid4()
    booking = moves_in(hotel, ana)
    assert charges(hotel).booking_id == booking
    assert hotel.balance(ana) == 34500


def test_the_same_command_again_has_its_answer_also_when_the_room_has_been_left(hotel: Hotel) -> None:
    moves_in(hotel, uuid4())
    command = uuid4()
    first = charges(hotel, command)
    hotel.rooms["101"] = None
    assert charges(hotel, command) == first
    with pytest.raises(RoomVacant):
        charges(hotel, uuid4())


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"property": None}, "/property"),
        ({"booking_id": uuid4()}, "/booking_id"),
        ({"profile_id": uuid4()}, "/booking_id"),
    ],
)
def test_a_room_is_one_of_a_property_and_named_alone(hotel: Hotel, wrong: dict[str, Any], pointer: str) -> None:
    moves_in(hotel, uuid4())
    with pytest.raises(Invalid) as refused:
        charges(hotel, **wrong)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]
