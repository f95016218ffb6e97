"""Which room is best: what the guests need, then as few empty nights as can be."""

from __future__ import annotations

from uuid import UUID

from services.bookings.domain.rooms_choosing import FreeRoom, explained, fits, option, ranked
from services.contracts.bookings import AssignArrivals, BookedRoom, NewRoom, ReadRoomOptions
from tests.bookings.makers import Desk
from tests.bookings.numbered import assigns, checks_in, day, numbers, opens, rooms_of, says_status, sets_up_rooms


def free(number: str, **more) -> FreeRoom:
    return FreeRoom(id=UUID(int=int(number)), number=number, **more)


def best(*rooms: FreeRoom, needs=(), beside=(), today: bool = False) -> str:
    return ranked(rooms, needs, beside, today)[0].number


def test_a_stay_goes_where_it_leaves_the_smallest_gap() -> None:
    rooms = (
        free("1"),
        free("2", gap_before=3, gap_after=9),
        free("3", gap_before=0),
        free("4", gap_before=0, gap_after=1),
    )
    assert [room.number for room in ranked(rooms, (), (), today=False)] == ["4", "2", "3", "1"]


def test_what_guests_need_comes_before_gaps() -> None:
    assert best(free("1", gap_before=0), free("2", features=("quiet",)), needs=("quiet",)) == "2"


def test_a_room_that_others_need_is_left_to_them() -> None:
    rooms = free("1", features=("accessible",), gap_before=0), free("2", gap_before=5)
    assert best(*rooms) == "2"
    assert best(*rooms, needs=("accessible",)) == "1"


def test_a_room_in_which_a_guest_cannot_live_does_not_fit() -> None:
    assert not fits(free("1"), ("accessible",))
    assert fits(free("1"), ("quiet", "cot"))


def test_connecting_rooms_are_found_beside_one_another() -> None:
    rooms = free("1", gap_before=0), free("2", connects_with=("9",))
    assert best(*rooms, needs=("connecting-rooms",), beside=("9",)) == "2"


def test_today_a_clean_and_empty_room_comes_first() -> None:
    rooms = free("1", housekeeping="dirty", gap_before=0), free("2", occupied=True, gap_before=0), free("3")
    assert best(*rooms, today=True) == "3"
    assert best(*rooms) == "1"


def test_it_is_told_why() -> None:
    room = free("1", features=("quiet",), gap_before=1, gap_after=1, housekeeping="dirty")
    assert explained(room, ("quiet", "twin-beds", "cot"), ()) == ("has:quiet", "lacks:twin-beds", "gap:2", "dirty")
    assert option(room, ("twin-beds",), ()).unmet == ("twin-beds",)


# ── at the desk ──────────────────────────────────────────────────────────────────────────────────────────────────────


def arrivals(desk: Desk, n: int = 1):
    return desk.service.assign_arrivals(AssignArrivals(property="LIS-CITY", day=day(n)))


def test_the_arrivals_of_a_day_are_given_rooms(desk: Desk) -> None:
    sets_up_rooms(desk)
    stays = [opens(desk, 1, 3), opens(desk, 1, 4)]
    opens(desk, 2, 3, rooms=(BookedRoom(room_type="B"),))
    found = arrivals(desk)
    assert {line.booking_id for line in found.items} == {stay.id for stay in stays}
    assert {line.room for line in found.items} == {"101", "102"}
    assert {numbers(desk, stay.id)[0] for stay in stays} == {"101", "102"}
    assert arrivals(desk).items == ()


def test_who_needs_most_chooses_first(desk: Desk) -> None:
    sets_up_rooms(desk, NewRoom(number="101", room_type="A", features=("accessible",)), *rooms_of("A", "102"))
    anybody, ana = opens(desk, 1, 3), opens(desk, 1, 2, needs=("accessible",))
    arrivals(desk)
    assert (numbers(desk, anybody.id), numbers(desk, ana.id)) == (["102"], ["101"])


def test_a_stay_without_a_fitting_room_is_told_of(desk: Desk) -> None:
    sets_up_rooms(desk)
    opens(desk, 1, 3, needs=("accessible",))
    (line,) = arrivals(desk).items
    assert (line.room, line.why) == (None, ("no-room-free",))


def test_a_stay_fills_the_gap_between_others(desk: Desk) -> None:
    desk.sets_up(capacity=3)
    sets_up_rooms(desk, *rooms_of("A", "101", "102", "103"))
    assigns(desk, opens(desk, 1, 3), "102")
    assigns(desk, opens(desk, 5, 7), "102")
    between = assigns(desk, opens(desk, 3, 5), None)
    assert numbers(desk, between.id) == ["102"]


def test_options_are_told_with_the_best_first(desk: Desk) -> None:
    sets_up_rooms(desk, NewRoom(number="102", room_type="A", features=("quiet",)), *rooms_of("A", "101"))
    booking = opens(desk, 1, 3, needs=("quiet",))
    found = desk.service.read_room_options(ReadRoomOptions(booking_id=booking.id, position=0))
    assert [(each.number, each.unmet) for each in found.items] == [("102", ()), ("101", ("quiet",))]
    assert (found.arrival, found.departure, found.room_type) == (day(1), day(3), "A")


def test_rooms_of_one_booking_are_not_offered_twice(desk: Desk) -> None:
    sets_up_rooms(desk)
    booking = opens(desk, 1, 3, rooms=(BookedRoom(room_type="A"), BookedRoom(room_type="A")))
    assigns(desk, booking, None, 0)
    assigns(desk, booking, None, 1)
    assert {*numbers(desk, booking.id, 0), *numbers(desk, booking.id, 1)} == {"101", "102"}


def test_a_dirty_room_is_found_only_where_it_may_be(desk: Desk) -> None:
    sets_up_rooms(desk, *rooms_of("A", "101"))
    says_status(desk, "101", "dirty")
    booking = checks_in(desk, opens(desk, 0, 1), accept_dirty=True)
    assert numbers(desk, booking.id) == ["101"]
