"""Changes of a stay at the desk: dates, price, rooms, types; refused clearly, once, with right counters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.contracts.bookings import (
    AddRoom,
    BookedRoom,
    Booking,
    BookingHasChanged,
    CancelBooking,
    ChangeRoomType,
    ChangeStay,
    CheckInBooking,
    CheckOutBooking,
    MarkNoShow,
    NoRoomLeft,
    NoSuchBooking,
    NoSuchRoom,
    NotABooking,
    RemoveRoom,
    RoomPart,
    StateForbids,
)
from services.contracts.values import Money
from tests.bookings.makers import ARRIVAL, DEPARTURE, Desk, eur, notice, room

TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
DAY = timedelta(days=1)


def changes(desk: Desk, booking: Booking, **more: Any) -> Booking:
    said = {"booking_id": booking.id, "version": booking.version}
    return desk.service.change_stay(ChangeStay(**{**said, **more}))


def moves(desk: Desk, booking: Booking, to: str = "B", position: int = 0, **more: Any) -> Booking:
    return desk.service.change_room_type(ChangeRoomType(booking_id=booking.id, position=position, room_type=to, **more))


def adds(desk: Desk, booking: Booking, price: Money | None = None, **more: Any) -> Booking:
    added = BookedRoom(**{"room_type": "A", **more})
    return desk.service.add_room(AddRoom(booking_id=booking.id, room=added, price=price))


def removes(desk: Desk, booking: Booking, position: int = 0, **more: Any) -> Booking:
    return desk.service.remove_room(RemoveRoom(booking_id=booking.id, position=position, **more))


def in_house(desk: Desk, *, since: int = 2, nights: int = 5, **more: Any) -> Booking:
    """Somebody who came some days ago."""
    first = TODAY - since * DAY
    booking = desk.opens(arrival=first, departure=first + nights * DAY, **more)
    return desk.service.check_in_booking(CheckInBooking(booking_id=booking.id))


def part(kind: str, first: date, until: date) -> RoomPart:
    return RoomPart(room_type=kind, arrival=first, departure=until)


def pointers(refused: Any) -> list[str]:
    return [fault.pointer for fault in refused.value.errors]


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stay_is_extended_and_shortened(desk: Desk) -> None:
    longer = changes(desk, desk.opens(), departure=DEPARTURE + DAY)
    assert (longer.version, longer.departure, desk.sold(DEPARTURE)) == (2, DEPARTURE + DAY, 1)
    shorter = changes(desk, longer, arrival=ARRIVAL + DAY, departure=DEPARTURE)
    assert (desk.sold(ARRIVAL), desk.sold(ARRIVAL + DAY), desk.sold(DEPARTURE)) == (0, 1, 0)
    assert desk.booking(shorter.id) == shorter
    assert desk.counters_are_right()


def test_a_change_is_told_with_the_bookings_new_version(desk: Desk) -> None:
    changes(desk, desk.opens(), departure=DEPARTURE + DAY)
    assert desk.said() == ["BookingConfirmed", "BookingChanged"]
    facts = desk.announced()[-1].booking  # type: ignore[attr-defined]
    assert (facts.version, facts.departure, facts.nights) == (2, DEPARTURE + DAY, 4)


def test_the_price_stays_unless_another_is_said(desk: Desk) -> None:
    longer = changes(desk, desk.opens(), departure=DEPARTURE + DAY)
    assert (longer.price, longer.rooms[0].price) == (eur("300.00"), eur("300.00"))
    dearer = changes(desk, longer, price=eur("390.00"))
    assert (dearer.price, dearer.rooms[0].price) == (eur("390.00"), eur("390.00"))


def test_a_price_of_several_rooms_says_nothing_of_each(desk: Desk) -> None:
    rooms = (BookedRoom(room_type="A", price=eur("100.00")), BookedRoom(room_type="B", price=eur("200.00")))
    after = changes(desk, desk.opens(rooms=rooms), price=eur("250.00"))
    assert (after.price, [r.price for r in after.rooms]) == (eur("250.00"), [None, None])


def test_what_changes_nothing_is_no_new_version(desk: Desk) -> None:
    booking = desk.opens()
    assert changes(desk, booking, departure=DEPARTURE) == booking
    assert desk.said() == ["BookingConfirmed"]


def test_a_change_of_what_has_changed_since_is_refused(desk: Desk) -> None:
    booking = desk.opens()
    changes(desk, booking, departure=DEPARTURE + DAY)
    with pytest.raises(BookingHasChanged) as refused:
        changes(desk, booking, departure=DEPARTURE + 2 * DAY)
    assert refused.value.facts == {"version": "2"}


def test_no_room_on_the_nights_that_are_new_is_refused_and_changes_nothing(desk: Desk) -> None:
    booking = desk.opens()
    desk.opens(arrival=DEPARTURE, departure=DEPARTURE + DAY, rooms=(BookedRoom(room_type="A"),) * 2)
    with pytest.raises(NoRoomLeft) as refused:
        changes(desk, booking, departure=DEPARTURE + 2 * DAY)
    assert refused.value.facts == {"nights": f"A {DEPARTURE}"}
    assert desk.booking(booking.id) == booking
    assert desk.counters_are_right()


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"departure": ARRIVAL}, "/departure"),
        ({"arrival": DEPARTURE}, "/departure"),
        ({"departure": ARRIVAL + 401 * DAY}, "/departure"),
        ({"arrival": date(1999, 1, 1)}, "/arrival"),
        ({"price": Money(amount_minor=1, currency="USD")}, "/price/currency"),
        ({"price": Money(amount_minor=-1, currency="EUR")}, "/price/amount"),
    ],
)
def test_a_fault_of_a_change_is_refused_with_its_place(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    booking = desk.opens()
    with pytest.raises(NotABooking) as refused:
        changes(desk, booking, **more)
    assert pointer in pointers(refused)
    assert desk.booking(booking.id) == booking


def test_who_is_in_house_has_arrived(desk: Desk) -> None:
    with pytest.raises(StateForbids):
        changes(desk, in_house(desk), arrival=TODAY)


def test_who_is_in_house_leaves_today_at_the_earliest(desk: Desk) -> None:
    booking = in_house(desk)
    with pytest.raises(NotABooking) as refused:
        changes(desk, booking, departure=TODAY - DAY)
    assert pointers(refused) == ["/departure"]
    assert changes(desk, booking, departure=TODAY).departure == TODAY
    assert (desk.sold(TODAY - DAY), desk.sold(TODAY)) == (1, 0)


def test_who_checks_out_early_gives_back_the_nights_at_once(desk: Desk) -> None:
    booking = in_house(desk, rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="B")))
    desk.service.check_out_booking(CheckOutBooking(booking_id=booking.id))
    assert [desk.sold(TODAY - DAY, kind) for kind in "AB"] == [1, 1]
    assert [desk.sold(TODAY, kind) for kind in "AB"] == [0, 0]
    assert desk.counters_are_right()


def test_rooms_with_dates_of_their_own_follow_as_far_as_they_can(desk: Desk) -> None:
    late = BookedRoom(room_type="A", parts=(part("A", ARRIVAL + DAY, DEPARTURE),))
    early = BookedRoom(room_type="A", parts=(part("A", ARRIVAL, ARRIVAL + DAY),))
    after = changes(desk, desk.opens(rooms=(late, early)), departure=DEPARTURE + DAY)
    assert [r.parts for r in after.rooms] == [
        (part("A", ARRIVAL + DAY, DEPARTURE + DAY),),
        (part("A", ARRIVAL, ARRIVAL + DAY),),
    ]
    assert desk.counters_are_right()


def test_dates_that_leave_a_room_no_night_are_refused(desk: Desk) -> None:
    early = BookedRoom(room_type="A", parts=(part("A", ARRIVAL, ARRIVAL + DAY),))
    booking = desk.opens(rooms=(BookedRoom(room_type="B"), early))
    with pytest.raises(NotABooking) as refused:
        changes(desk, booking, arrival=ARRIVAL + 2 * DAY)
    assert pointers(refused) == ["/arrival"]
    assert desk.booking(booking.id) == booking


# ── room types ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_room_changes_its_type_from_a_day_on(desk: Desk) -> None:
    after = moves(desk, desk.opens(), first=ARRIVAL + DAY)
    (kept,) = after.rooms
    assert kept.parts == (part("A", ARRIVAL, ARRIVAL + DAY), part("B", ARRIVAL + DAY, DEPARTURE))
    assert (kept.room_type, kept.price, after.price) == ("A", eur("300.00"), eur("300.00"))
    assert [desk.sold(ARRIVAL + DAY, kind) for kind in "AB"] == [0, 1]
    assert desk.counters_are_right()


def test_a_room_that_is_another_type_all_along_is_simply_that(desk: Desk) -> None:
    split = moves(desk, desk.opens(), first=ARRIVAL + DAY)
    (kept,) = moves(desk, split, first=ARRIVAL).rooms
    assert (kept.room_type, kept.parts) == ("B", ())
    assert desk.counters_are_right()


def test_of_guests_in_house_a_room_changes_from_today_on(desk: Desk) -> None:
    booking = in_house(desk)
    (kept,) = moves(desk, booking).rooms
    assert kept.parts == (part("A", booking.arrival, TODAY), part("B", TODAY, booking.departure))
    with pytest.raises(NotABooking) as refused:
        moves(desk, booking, to="A", first=TODAY - DAY)
    assert pointers(refused) == ["/first"]


def test_a_full_type_is_refused(desk: Desk) -> None:
    booking = desk.opens()
    desk.opens(rooms=(BookedRoom(room_type="B"),) * 2, arrival=ARRIVAL + DAY)
    with pytest.raises(NoRoomLeft):
        moves(desk, booking)
    assert desk.counters_are_right()


@pytest.mark.parametrize(
    ("more", "pointer"),
    [({"to": "Z"}, "/room_type"), ({"first": DEPARTURE}, "/first"), ({"first": ARRIVAL - DAY}, "/first")],
)
def test_a_fault_of_a_type_is_refused_with_its_place(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    booking = desk.opens()
    with pytest.raises(NotABooking) as refused:
        moves(desk, booking, **more)
    assert pointers(refused) == [pointer]


def test_a_type_too_small_is_refused(desk: Desk) -> None:
    booking = desk.opens(rooms=(BookedRoom(room_type="B", adults=4),))
    with pytest.raises(NotABooking) as refused:
        moves(desk, booking, to="A")
    assert pointers(refused) == ["/room_type"]


# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_room_is_added_with_its_price_and_a_position_of_its_own(desk: Desk) -> None:
    after = adds(desk, desk.opens(), room_type="B", price=None, adults=1)
    assert [(r.position, r.room_type) for r in after.rooms] == [(0, "A"), (1, "B")]
    assert (after.price, desk.sold(room_type="B")) == (eur("300.00"), 1)


def test_the_price_stays_the_sum_of_its_rooms_where_it_was_that(desk: Desk) -> None:
    booking = desk.opens()
    added = desk.service.add_room(AddRoom(booking_id=booking.id, room=BookedRoom(room_type="B", price=eur("80.00"))))
    assert added.price == eur("380.00")
    assert removes(desk, added, position=0).price == eur("80.00")


def test_a_price_that_was_no_sum_stays(desk: Desk) -> None:
    booking = desk.opens(price=eur("250.00"))
    added = desk.service.add_room(AddRoom(booking_id=booking.id, room=BookedRoom(room_type="B", price=eur("80.00"))))
    assert added.price == eur("250.00")


def test_a_position_is_never_given_twice(desk: Desk) -> None:
    booking = removes(desk, adds(desk, desk.opens()), position=1)
    assert [r.position for r in adds(desk, booking).rooms] == [0, 2]
    assert desk.counters_are_right()


def test_for_guests_in_house_a_room_is_added_for_the_rest(desk: Desk) -> None:
    booking = in_house(desk)
    after = adds(desk, booking, room_type="B")
    assert after.rooms[1].parts == (part("B", TODAY, booking.departure),)
    assert (desk.sold(TODAY - DAY, "B"), desk.sold(TODAY, "B")) == (0, 1)
    assert desk.counters_are_right()


def test_of_a_room_that_guests_in_house_give_back_the_stayed_nights_remain(desk: Desk) -> None:
    booking = in_house(desk, rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="B")))
    after = removes(desk, booking, position=1)
    assert after.rooms[1].parts == (part("B", booking.arrival, TODAY),)
    assert (desk.sold(TODAY - DAY, "B"), desk.sold(TODAY, "B")) == (1, 0)
    assert desk.counters_are_right()


def test_a_fault_of_an_added_room_is_refused_with_its_place(desk: Desk) -> None:
    booking = desk.opens()
    with pytest.raises(NotABooking) as refused:
        adds(desk, booking, room_type="Z", adults=0, child_ages=(3,))
    assert pointers(refused) == ["/room/room_type", "/room/adults", "/room/child_ages"]


def test_the_last_room_goes_with_the_booking(desk: Desk) -> None:
    booking = desk.opens()
    with pytest.raises(StateForbids):
        removes(desk, booking)


def test_a_room_the_booking_does_not_have_is_not_found(desk: Desk) -> None:
    booking = adds(desk, desk.opens())
    with pytest.raises(NoSuchRoom):
        removes(desk, booking, position=7)
    with pytest.raises(NoSuchRoom):
        moves(desk, booking, position=7)


# ── whatever the change ──────────────────────────────────────────────────────────────────────────────────────────────

ALL = {
    "dates": lambda desk, booking: changes(desk, booking, departure=booking.departure + DAY),
    "type": moves,
    "add": adds,
    "remove": removes,
}


@pytest.mark.parametrize("change", ALL)
@pytest.mark.parametrize("end", [CancelBooking, MarkNoShow])
def test_nothing_changes_a_booking_that_has_ended(desk: Desk, change: str, end: Any) -> None:
    asked = end(booking_id=desk.opens().id)
    booking = getattr(desk.service, asked.rpc_method())(asked)
    with pytest.raises(StateForbids):
        ALL[change](desk, booking)
    assert desk.booking(booking.id) == booking


def test_nothing_changes_who_has_departed(desk: Desk) -> None:
    booking = desk.service.check_out_booking(CheckOutBooking(booking_id=in_house(desk).id))
    for change in ALL.values():
        with pytest.raises(StateForbids):
            change(desk, booking)


def test_a_booking_nobody_knows_is_not_found(desk: Desk) -> None:
    with pytest.raises(NoSuchBooking):
        desk.service.remove_room(RemoveRoom(booking_id=uuid4(), position=0))


def test_the_same_command_again_is_done_once(desk: Desk) -> None:
    asked = AddRoom(booking_id=desk.opens().id, room=BookedRoom(room_type="A"))
    command = UUID(int=7)
    first = desk.service.add_room(asked, command)
    assert desk.service.add_room(asked, command) == first
    assert (len(first.rooms), desk.sold()) == (2, 2)


def test_what_the_source_says_later_holds_again(desk: Desk) -> None:
    booking = desk.booking(desk.receives(notice()).booking_id)
    moves(desk, booking, first=ARRIVAL + DAY)
    after = desk.booking(desk.receives(notice(revision=2, status="modified", rooms=(room("290.00"),))).booking_id)
    assert [(r.position, r.room_type, r.parts) for r in after.rooms] == [(0, "A", ())]
    assert desk.counters_are_right()


def test_moved_off_the_nights_that_were_too_many_it_is_flagged_no_longer(desk: Desk) -> None:
    desk.opens(rooms=(BookedRoom(room_type="A"),) * 2)
    booking = desk.booking(desk.receives(notice()).booking_id)
    assert booking.flags == ("overbooked",)
    assert changes(desk, booking, departure=DEPARTURE - DAY).flags == ("overbooked",)
    assert moves(desk, booking).flags == ()


def test_it_is_flagged_no_longer_when_somebody_else_made_room(desk: Desk) -> None:
    both = desk.opens(rooms=(BookedRoom(room_type="A"),) * 2)
    booking = desk.booking(desk.receives(notice()).booking_id)
    desk.service.cancel_booking(CancelBooking(booking_id=both.id))
    assert changes(desk, booking, departure=DEPARTURE - DAY).flags == ()
