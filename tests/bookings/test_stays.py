"""Whatever happens to stays, in whatever order: the counters are the fold of the stays."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from services.bookings.domain.nights import Holding, Night, Span, fold
from services.contracts.bookings import (
    AddRoom,
    BookedRoom,
    CancelBooking,
    ChangeRoomType,
    ChangeStay,
    CheckInBooking,
    CheckOutBooking,
    MarkNoShow,
    NoRoomLeft,
    Person,
    ReinstateBooking,
    RemoveRoom,
    RoomPart,
    StateForbids,
    UndoCheckIn,
)
from services.kit.refusal import Conflict, Invalid, NotFound
from tests.bookings.makers import Desk, notice, room

TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
days = st.integers(-3, 6).map(lambda n: TODAY + timedelta(days=n))
lengths = st.integers(1, 5).map(lambda n: timedelta(days=n))
kinds = st.lists(st.sampled_from(["A", "B"]), min_size=1, max_size=3)
shifts = st.tuples(st.integers(-2, 2), st.integers(-2, 3))
steps = st.sampled_from([CancelBooking, CheckInBooking, CheckOutBooking, MarkNoShow])
BACK = (ReinstateBooking, UndoCheckIn)
statuses = st.sampled_from(["modified", "modified", "cancelled", "in_house", "departed", "no_show"])


class Stays(RuleBasedStateMachine):
    """The oracle keeps a Holding per booking; the house has two rooms of a type, then three, then one."""

    booked = Bundle("booked")
    sent = Bundle("sent")
    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        with self.desk.db.engine.begin() as connection:
            for table in ("nights", "bookings", "booked_profiles", "notices"):
                connection.execute(sa.text(f"DELETE FROM {table}"))
        self.types = {kind.code: kind.id for kind in self.desk.sets_up().room_types}
        self.holdings: dict[UUID, Holding] = {}
        self.revision = 1

    @rule(target=booked, first=days, length=lengths, wanted=kinds)
    def opens(self, first: date, length: timedelta, wanted: list[str]) -> Any:
        holding = self.holding(wanted, first, first + length)
        sold = self.held(holding)
        full = any(sold[night] > self.bound() for night in holding.nights())
        said = {"arrival": first, "departure": first + length, "booker": Person(profile_id=uuid4())}
        try:
            made = self.desk.opens(rooms=tuple(BookedRoom(room_type=kind) for kind in wanted), **said)
        except NoRoomLeft:
            assert full
            return multiple()
        assert not full
        self.holdings[made.id] = holding
        return made.id

    @rule(target=sent, first=days, length=lengths, wanted=kinds)
    def hears_of(self, first: date, length: timedelta, wanted: list[str]) -> tuple[str, UUID]:
        reference = uuid4().hex
        rooms = tuple(room(room_type=kind) for kind in wanted)
        made = self.desk.receives(
            notice(external_id=reference, arrival=first, departure=first + length, rooms=rooms)
        ).booking_id
        assert made
        self.holdings[made] = self.holding(wanted, first, first + length)
        return reference, made

    @rule(of=sent, status=statuses, first=days, length=lengths, wanted=kinds)
    def hears_more(self, of: tuple[str, UUID], status: str, first: date, length: timedelta, wanted: list[str]) -> None:
        reference, booking_id = of
        self.revision += 1
        rooms = tuple(room(room_type=kind) for kind in wanted)
        dates = {"arrival": first, "departure": first + length}
        said = notice(external_id=reference, revision=self.revision, status=status, rooms=rooms, **dates)
        if self.desk.receives(said).state != "applied":
            return
        if status == "modified":
            self.holdings[booking_id] = self.holding(wanted, first, first + length)
        else:
            self.went_on(booking_id, status)

    @rule(booking_id=st.one_of(booked, consumes(sent).map(lambda made: made[1])), step=steps)
    def moves(self, booking_id: UUID, step: Any) -> None:
        asked = step(booking_id=booking_id)
        with suppress(StateForbids):
            self.went_on(booking_id, getattr(self.desk.service, asked.rpc_method())(asked).state)

    @rule(booking_id=st.one_of(booked, sent.map(lambda made: made[1])), by=shifts)
    def is_extended_or_shortened(self, booking_id: UUID, by: tuple[int, int]) -> None:
        now = self.desk.booking(booking_id)
        arrival, departure = (day + timedelta(days=n) for day, n in zip((now.arrival, now.departure), by, strict=True))
        self.changes(ChangeStay(booking_id=booking_id, version=now.version, arrival=arrival, departure=departure))

    @rule(booking_id=st.one_of(booked, sent.map(lambda made: made[1])), step=st.sampled_from(BACK))
    def is_taken_back(self, booking_id: UUID, step: Any) -> None:
        self.changes(step(booking_id=booking_id))

    @rule(
        booking_id=st.one_of(booked, sent.map(lambda made: made[1])),
        position=st.integers(0, 3),
        kind=st.sampled_from("AB"),
        first=st.none() | days,
    )
    def is_moved(self, booking_id: UUID, position: int, kind: str, first: date | None) -> None:
        self.changes(ChangeRoomType(booking_id=booking_id, position=position, room_type=kind, first=first))

    @rule(booking_id=st.one_of(booked, sent.map(lambda made: made[1])), kind=st.sampled_from("AB"))
    def gets_a_room(self, booking_id: UUID, kind: str) -> None:
        self.changes(AddRoom(booking_id=booking_id, room=BookedRoom(room_type=kind)))

    @rule(booking_id=st.one_of(booked, sent.map(lambda made: made[1])), position=st.integers(0, 3))
    def gives_a_room_back(self, booking_id: UUID, position: int) -> None:
        self.changes(RemoveRoom(booking_id=booking_id, position=position))

    @rule(capacity=st.integers(0, 3), overbooking=st.integers(0, 1))
    def is_rebuilt(self, capacity: int, overbooking: int) -> None:
        self.desk.sets_up(capacity=capacity, overbooking=overbooking)

    @invariant()
    def counters_are_the_fold_of_the_stays(self) -> None:
        rows = self.desk.rows("SELECT room_type_id, night, sold + oversold AS rooms FROM nights")
        counted = {(row.room_type_id, row.night): row.rooms for row in rows if row.rooms}
        assert counted == dict(self.held())
        assert self.desk.counters_are_right()

    def held(self, *more: Holding) -> Counter[Night]:
        """What the counters are to say, with these besides."""
        return fold([*self.holdings.values(), *more])

    def went_on(self, booking_id: UUID, state: str) -> None:
        held = self.holdings[booking_id]
        if state in ("cancelled", "no_show"):
            self.holdings[booking_id] = Holding()
        elif state == "departed":
            self.holdings[booking_id] = Holding(
                tuple(span._replace(until=min(span.until, max(span.first, TODAY))) for span in held.spans)
            )

    def changes(self, asked: Any) -> None:
        """What is refused changes nothing; what is not holds what its answer says."""
        with suppress(Conflict, NotFound, Invalid):
            after = getattr(self.desk.service, asked.rpc_method())(asked)
            whole = [
                RoomPart(room_type=r.room_type, arrival=after.arrival, departure=after.departure) for r in after.rooms
            ]
            parts = [part for n, r in enumerate(after.rooms) for part in r.parts or (whole[n],)]
            self.holdings[after.id] = Holding(
                tuple(Span(self.types[p.room_type], p.arrival, p.departure) for p in parts)
            )

    def holding(self, wanted: list[str], first: date, until: date) -> Holding:
        return Holding(tuple(Span(self.types[kind], first, until) for kind in wanted))

    def bound(self) -> int:
        (row,) = self.desk.rows("SELECT max(capacity + overbooking) AS bound FROM room_types")
        return int(row.bound)


def test_counters_are_the_fold_of_the_stays(desk: Desk) -> None:
    machine = type("Machine", (Stays,), {"desk": desk})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
