"""Guests for whom there is no room are found, and taken elsewhere without losing anything on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.contracts.bookings import (
    AddRoom,
    BookedRoom,
    Booking,
    CancelBooking,
    ChangeStay,
    CheckInBooking,
    FindBookings,
    NewRoomType,
    NoRoomLeft,
    NoSuchProperty,
    NotABooking,
    OverbookedStay,
    Person,
    ReadAvailability,
    ReadRelocations,
    RelocateBooking,
    RoomPart,
    SetAvailability,
    StateForbids,
)
from services.contracts.values import Money
from tests.bookings.makers import ANA, ARRIVAL, BRUNO, DEPARTURE, Desk, eur, lisbon_city, notice, report_of_state, room

DAY = timedelta(days=1)


@pytest.fixture
def porto(desk: Desk) -> UUID:
    """Another house of the same people, with two rooms of type S."""
    said = lisbon_city(
        code="OPO-SEA", name="Porto Sea", room_types=(NewRoomType(code="S", name="Sea", capacity=2, occupancy=2),)
    )
    return desk.sets_up(said).id


def one_too_many(desk: Desk, **more: Any) -> Booking:
    """Both rooms of type A are sold, and another system sells a third."""
    desk.opens(rooms=(BookedRoom(room_type="A"),) * 2, booker=Person(profile_id=BRUNO))
    report = desk.receives(notice(**more))
    desk.identifies(report.booking_id)
    return desk.booking(report.booking_id)


def listed(desk: Desk, **more: Any) -> tuple[OverbookedStay, ...]:
    return desk.service.read_relocations(ReadRelocations(**{"property": "LIS-CITY", "first": ARRIVAL, **more})).items


def relocates(desk: Desk, booking: Booking, room_type: str = "B", **more: Any) -> Booking:
    return desk.service.relocate_booking(RelocateBooking(booking_id=booking.id, room_type=room_type, **more))


def sold_in_porto(desk: Desk) -> int:
    asked = ReadAvailability(property="OPO-SEA", first=ARRIVAL, until=ARRIVAL + DAY)
    return desk.service.read_availability(asked).nights[0].sold


# ── who, and where to ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_overbooked_stay_is_listed_with_where_it_could_go(desk: Desk, porto: UUID) -> None:
    booking = one_too_many(desk)
    (stay,) = listed(desk)
    assert (stay.booking_id, stay.external_ref, stay.flags) == (booking.id, "BDC-4711", ("overbooked",))
    (found,) = stay.rooms
    assert (found.position, found.room_type, found.nights) == (0, "A", (ARRIVAL, ARRIVAL + DAY, ARRIVAL + 2 * DAY))
    assert [(o.property, o.room_type, o.left) for o in found.options] == [("LIS-CITY", "B", 2), ("OPO-SEA", "S", 2)]


def test_nobody_is_listed_while_there_are_rooms(desk: Desk) -> None:
    desk.opens(rooms=(BookedRoom(room_type="A"),) * 2)
    assert listed(desk) == ()


def test_within_the_bound_the_last_to_book_has_no_room(desk: Desk) -> None:
    desk.sets_up(overbooking=1)
    first, second, third = (desk.opens(booker=Person(profile_id=UUID(int=n))) for n in range(3))
    assert [stay.booking_id for stay in listed(desk)] == [third.id]
    assert {first.state, second.state} == {"confirmed"}


def test_a_type_full_on_one_night_or_closed_is_no_option(desk: Desk) -> None:
    one_too_many(desk)
    desk.opens(arrival=ARRIVAL + DAY, departure=ARRIVAL + 2 * DAY, rooms=(BookedRoom(room_type="B"),) * 2)
    assert listed(desk)[0].rooms[0].options == ()


def test_a_closed_type_is_no_option(desk: Desk, porto: UUID) -> None:
    one_too_many(desk)
    desk.service.set_availability(
        SetAvailability(property="OPO-SEA", first=ARRIVAL + DAY, until=ARRIVAL + 2 * DAY, closed=True)
    )
    assert [o.property for o in listed(desk)[0].rooms[0].options] == ["LIS-CITY"]


def test_a_room_too_small_for_the_guests_is_no_option(desk: Desk, porto: UUID) -> None:
    desk.opens(rooms=(BookedRoom(room_type="B"),) * 2)
    desk.receives(notice(rooms=(room(room_type="B", adults=3),)))
    assert listed(desk)[0].rooms[0].options == ()


def test_only_the_nights_asked_for_are_looked_at(desk: Desk) -> None:
    one_too_many(desk)
    assert listed(desk, first=DEPARTURE) == ()
    with pytest.raises(NotABooking):
        listed(desk, until=ARRIVAL)
    with pytest.raises(NoSuchProperty):
        listed(desk, property="NOWHERE")


def test_who_is_in_house_has_a_room(desk: Desk) -> None:
    booking = one_too_many(desk)
    desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))
    assert booking.id not in [stay.booking_id for stay in listed(desk)]


# ── in the same house ────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_type_here_costs_the_guest_nothing(desk: Desk) -> None:
    after = relocates(desk, one_too_many(desk), position=0)
    assert (after.rooms[0].room_type, after.price, after.flags) == ("B", eur("300.00"), ())
    assert listed(desk) == ()
    assert desk.counters_are_right()


def test_without_a_position_all_rooms_go(desk: Desk) -> None:
    booking = desk.opens(rooms=(BookedRoom(room_type="A"),) * 2)
    assert [r.room_type for r in relocates(desk, booking).rooms] == ["B", "B"]


def test_a_full_type_refuses(desk: Desk) -> None:
    desk.opens(rooms=(BookedRoom(room_type="B"),) * 2)
    with pytest.raises(NoRoomLeft):
        relocates(desk, desk.opens())


# ── in another house ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_booking_of_the_other_house_stands_for_the_old_one(desk: Desk, porto: UUID) -> None:
    old = one_too_many(desk)
    new = relocates(desk, old, "S", property="OPO-SEA")
    assert (new.property_id, new.state, new.version, new.relocated_from) == (porto, "confirmed", 1, old.id)
    assert (new.price, new.people, new.flags, new.booked_at) == (old.price, old.people, (), old.booked_at)
    left = desk.booking(old.id)
    assert (left.state, left.relocated_to, left.external_ref) == ("cancelled", new.id, None)
    assert set(left.flags) == {"overbooked", "relocated"}
    assert (desk.sold(), sold_in_porto(desk)) == (2, 1)
    assert desk.booking(new.id) == new
    assert desk.counters_are_right()


def test_both_are_told_of(desk: Desk, porto: UUID) -> None:
    new = relocates(desk, one_too_many(desk), "S", property="OPO-SEA")
    gone, come = desk.announced()[-2:]
    assert (type(gone).__name__, type(come).__name__) == ("BookingCancelled", "BookingConfirmed")
    assert "relocated" in gone.booking.flags  # type: ignore[attr-defined]
    assert (come.booking.booking_id, come.booking.profile_ids) == (new.id, (ANA,))  # type: ignore[attr-defined]


def test_the_guest_finds_both(desk: Desk, porto: UUID) -> None:
    relocates(desk, one_too_many(desk), "S", property="OPO-SEA")
    found = desk.service.find_bookings(FindBookings(profile_id=ANA)).items
    assert sorted((b.property, b.state) for b in found) == [("LIS-CITY", "cancelled"), ("OPO-SEA", "confirmed")]


def test_what_the_source_says_later_it_says_of_the_new_booking(desk: Desk, porto: UUID) -> None:
    new = relocates(desk, one_too_many(desk), "S", property="OPO-SEA")
    report = desk.receives(report_of_state("cancelled", 2))
    assert (report.state, report.booking_id) == ("applied", new.id)
    assert (desk.booking(new.id).state, sold_in_porto(desk)) == ("cancelled", 0)


def test_people_nobody_has_identified_yet_are_identified_there(desk: Desk, porto: UUID) -> None:
    old = desk.booking(desk.receives(notice()).booking_id)
    new = relocates(desk, old, "S", property="OPO-SEA")
    desk.identifies(new.id)
    desk.identifies(old.id)
    assert desk.said() == ["BookingReceived", "BookingReceived", "BookingConfirmed", "BookingCancelled"]


def test_rooms_keep_their_places_and_dates(desk: Desk, porto: UUID) -> None:
    old = desk.booking(desk.receives(notice(rooms=(room("100.00"), room("90.00", arrival=ARRIVAL + DAY)))).booking_id)
    new = relocates(desk, old, "S", property="OPO-SEA")
    assert [(r.position, r.room_type, r.price) for r in new.rooms] == [(0, "S", eur("100.00")), (1, "S", eur("90.00"))]
    assert (new.rooms[1].parts[0].room_type, new.rooms[1].parts[0].arrival) == ("S", ARRIVAL + DAY)
    first_night = RoomPart(room_type="S", arrival=ARRIVAL, departure=ARRIVAL + DAY)
    third = AddRoom(booking_id=new.id, room=BookedRoom(room_type="S", parts=(first_night,)))
    assert [r.position for r in desk.service.add_room(third).rooms] == [0, 1, 2]
    assert desk.counters_are_right()


def test_a_full_house_refuses_and_nothing_is_done(desk: Desk, porto: UUID) -> None:
    desk.opens(property="OPO-SEA", rooms=(BookedRoom(room_type="S"),) * 2)
    booking = one_too_many(desk)
    with pytest.raises(NoRoomLeft):
        relocates(desk, booking, "S", property="OPO-SEA")
    assert desk.booking(booking.id) == booking
    assert desk.counters_are_right()


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"room_type": "A"}, "/room_type"),
        ({"position": 0}, "/position"),
        ({"price": Money(amount_minor=1, currency="USD")}, "/price/currency"),
    ],
)
def test_a_fault_is_refused_with_its_place(desk: Desk, porto: UUID, more: dict[str, Any], pointer: str) -> None:
    booking = desk.opens()
    with pytest.raises(NotABooking) as refused:
        relocates(desk, booking, **{"room_type": "S", "property": "OPO-SEA", **more})
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_another_currency_wants_a_price(desk: Desk) -> None:
    swiss = lisbon_city(code="ZRH", currency="CHF", room_types=(NewRoomType(code="S", name="See", capacity=1),))
    desk.sets_up(swiss)
    booking = desk.opens()
    with pytest.raises(NotABooking):
        relocates(desk, booking, "S", property="ZRH")
    price = Money(amount_minor=28000, currency="CHF")
    assert relocates(desk, booking, "S", property="ZRH", price=price).price == price


def test_guests_in_house_are_not_sent_to_another_one(desk: Desk, porto: UUID) -> None:
    booking = desk.service.check_in_booking(CheckInBooking(booking_id=desk.opens().id))
    with pytest.raises(StateForbids):
        relocates(desk, booking, "S", property="OPO-SEA")


def test_who_was_relocated_is_not_relocated_again(desk: Desk, porto: UUID) -> None:
    booking = desk.opens()
    relocates(desk, booking, "S", property="OPO-SEA")
    for again in (lambda: relocates(desk, booking, "S", property="OPO-SEA"), lambda: relocates(desk, booking)):
        with pytest.raises(StateForbids):
            again()


def test_the_same_command_again_makes_one_booking(desk: Desk, porto: UUID) -> None:
    asked = RelocateBooking(booking_id=desk.opens().id, room_type="S", property="OPO-SEA")
    first = desk.service.relocate_booking(asked, UUID(int=9))
    assert desk.service.relocate_booking(asked, UUID(int=9)) == first
    assert sold_in_porto(desk) == 1


def test_the_new_booking_lives_on(desk: Desk, porto: UUID) -> None:
    new = relocates(desk, one_too_many(desk), "S", property="OPO-SEA")
    longer = desk.service.change_stay(ChangeStay(booking_id=new.id, version=1, departure=DEPARTURE + DAY))
    assert desk.service.cancel_booking(CancelBooking(booking_id=longer.id)).state == "cancelled"
    assert desk.counters_are_right()
