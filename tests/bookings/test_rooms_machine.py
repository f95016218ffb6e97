"""Whatever happens to stays and rooms, in any order: a room has one stay a night, a stay the nights that it holds."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.contracts.bookings import (
    AssignArrivals,
    AssignRoom,
    BookedRoom,
    CancelBooking,
    ChangeRoomType,
    ChangeStay,
    CheckInBooking,
    CheckOutBooking,
    CloseRoom,
    EndClosure,
    MarkNoShow,
    MoveRoom,
    PlaceOnBooking,
    RemoveRoom,
    SwapRooms,
    UnassignRoom,
    UndoCheckIn,
)
from services.kit.refusal import Conflict, Invalid, NotFound
from tests.bookings.makers import Desk, notice
from tests.bookings.makers import room as room_of_notice
from tests.bookings.numbered import assigns, checks_in, day, opens, room, sets_up_rooms
from tests.bookings.test_rooms_at_once import no_room_has_two_stays

firsts, lengths = st.integers(-1, 4), st.integers(1, 4)
kinds = st.lists(st.sampled_from("AB"), min_size=1, max_size=2)
positions = st.integers(0, 1)
some_rooms = st.sampled_from(["101", "102", "201", "202"])
steps = st.sampled_from([CancelBooking, CheckOutBooking, MarkNoShow, UndoCheckIn])
statuses = st.sampled_from(["modified", "modified", "cancelled", "in_house", "departed"])


class Rooms(RuleBasedStateMachine):
    booked = Bundle("booked")
    sent = Bundle("sent")
    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        with self.desk.db.engine.begin() as connection:
            for table in ("nights", "bookings", "notices", "room_assignments", "room_closures", "rooms"):
                connection.execute(sa.text(f"DELETE FROM {table}"))
        self.desk.sets_up(capacity=4)
        sets_up_rooms(self.desk)
        self.revision = 1

    @initialize(target=booked)
    def has_guests(self) -> Any:
        """Two stays in house, and two that are to come into rooms of theirs."""
        stays = [assigns(self.desk, opens(self.desk, 0, 4), number) for number in ("101", "102")]
        later = [assigns(self.desk, opens(self.desk, 4, 6), number) for number in ("101", "102")]
        return multiple(*(checks_in(self.desk, stay).id for stay in stays), *(stay.id for stay in later))

    @rule(target=booked, first=firsts, length=lengths, wanted=kinds)
    def opens(self, first: int, length: int, wanted: list[str]) -> Any:
        with suppress(Conflict):
            rooms = tuple(BookedRoom(room_type=kind) for kind in wanted)
            return opens(self.desk, first, first + length, rooms=rooms).id
        return multiple()

    @rule(target=booked, reference=sent, first=firsts, length=lengths, wanted=kinds, status=statuses)
    def hears(self, reference: str, first: int, length: int, wanted: list[str], status: str) -> Any:
        self.revision += 1
        rooms = tuple(room_of_notice(room_type=kind) for kind in wanted)
        dates = {"arrival": day(first), "departure": day(first + length)}
        said = notice(external_id=reference, revision=self.revision, status=status, rooms=rooms, **dates)
        made = self.desk.receives(said).booking_id
        return made if made else multiple()

    @rule(target=sent)
    def is_somewhere_else(self) -> str:
        return uuid4().hex

    @rule(booking_id=booked, position=positions, number=st.none() | some_rooms)
    def assigns(self, booking_id: UUID, position: int, number: str | None) -> None:
        self.does(AssignRoom(booking_id=booking_id, position=position, room=number, accept_dirty=True))

    @rule(booking_id=booked, position=positions)
    def unassigns(self, booking_id: UUID, position: int) -> None:
        self.does(UnassignRoom(booking_id=booking_id, position=position))

    @rule(first=firsts)
    def assigns_all(self, first: int) -> None:
        self.does(AssignArrivals(property="LIS-CITY", day=day(first)))

    @rule(booking_id=booked)
    def checks_in(self, booking_id: UUID) -> None:
        self.does(CheckInBooking(booking_id=booking_id, accept_dirty=True))

    @rule(booking_id=booked, step=steps)
    def goes_on(self, booking_id: UUID, step: Any) -> None:
        self.does(step(booking_id=booking_id))

    @rule(booking_id=booked, position=positions, number=some_rooms)
    def moves(self, booking_id: UUID, position: int, number: str) -> None:
        self.does(MoveRoom(booking_id=booking_id, position=position, room=number, accept_dirty=True))

    @rule(one=booked, other=booked, position=positions)
    def swaps(self, one: UUID, other: UUID, position: int) -> None:
        places = {"one": PlaceOnBooking(booking_id=one, position=0)}
        places["other"] = PlaceOnBooking(booking_id=other, position=position)
        self.does(SwapRooms(**places, accept_dirty=True))

    @rule(booking_id=booked, by=st.tuples(st.integers(-2, 2), st.integers(-2, 3)))
    def changes_dates(self, booking_id: UUID, by: tuple[int, int]) -> None:
        with suppress(NotFound):
            now = self.desk.booking(booking_id)
            dates = {"arrival": now.arrival + timedelta(by[0]), "departure": now.departure + timedelta(by[1])}
            self.does(ChangeStay(booking_id=booking_id, version=now.version, **dates))

    @rule(booking_id=booked, position=positions, kind=st.sampled_from("AB"), first=st.none() | firsts)
    def changes_type(self, booking_id: UUID, position: int, kind: str, first: int | None) -> None:
        since = None if first is None else day(first)
        self.does(ChangeRoomType(booking_id=booking_id, position=position, room_type=kind, first=since))

    @rule(booking_id=booked, position=positions)
    def gives_back(self, booking_id: UUID, position: int) -> None:
        self.does(RemoveRoom(booking_id=booking_id, position=position))

    @rule(
        number=some_rooms,
        first=st.integers(0, 4),
        length=lengths,
        kind=st.sampled_from(["out_of_order", "out_of_service"]),
    )
    def closes(self, number: str, first: int, length: int, kind: Any) -> None:
        found = room(self.desk, number)
        self.does(CloseRoom(room_id=found.id, kind=kind, first=day(first), until=day(first + length)))

    @rule(number=some_rooms)
    def opens_again(self, number: str) -> None:
        found = room(self.desk, number)
        for closure in found.closures:
            self.does(EndClosure(room_id=found.id, closure_id=closure.id))

    @invariant()
    def counters_are_the_fold_of_the_stays(self) -> None:
        assert self.desk.counters_are_right()

    @invariant()
    def a_room_has_one_stay_a_night(self) -> None:
        assert no_room_has_two_stays(self.desk)

    @invariant()
    def a_stay_has_rooms_on_no_night_that_it_does_not_hold(self) -> None:
        assert (
            self.desk.rows(
                """
            SELECT a.id FROM room_assignments a JOIN bookings b ON b.id = a.booking_id
            WHERE upper(a.nights) > b.held_until OR lower(a.nights) < b.arrival AND a.occupied_at IS NULL
               OR a.vacated_at IS NULL AND b.state NOT IN ('tentative', 'confirmed', 'in_house', 'departed')
               OR a.occupied_at IS NOT NULL AND a.vacated_at IS NULL AND b.state <> 'in_house'
            """
            )
            == []
        )

    @invariant()
    def a_room_of_a_stay_is_in_one_room_a_night(self) -> None:
        assert (
            self.desk.rows(
                """
            SELECT a.id FROM room_assignments a JOIN room_assignments c
            ON c.booking_id = a.booking_id AND c.position = a.position AND a.id < c.id AND a.nights && c.nights
            """
            )
            == []
        )

    def does(self, asked: Any) -> None:
        """What is refused changes nothing, and that the invariants see."""
        with suppress(Conflict, NotFound, Invalid):
            getattr(self.desk.service, asked.rpc_method())(asked)


def test_rooms_follow_stays(desk: Desk) -> None:
    machine = type("Machine", (Rooms,), {"desk": desk})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
