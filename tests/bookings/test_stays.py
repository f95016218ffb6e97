"""Whatever happens to stays, in whatever order: the counters are the fold of the stays."""

from __future__ import annotations

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

from services.bookings.domain.nights import Holding, fold
from services.contracts.bookings import (
    BookedRoom,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    MarkNoShow,
    NoRoomLeft,
    Person,
    StateForbids,
)
from tests.bookings.makers import Desk, notice, room

TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
days = st.integers(-3, 6).map(lambda n: TODAY + timedelta(days=n))
lengths = st.integers(1, 5).map(lambda n: timedelta(days=n))
kinds = st.lists(st.sampled_from(["A", "B"]), min_size=1, max_size=3)
steps = st.sampled_from([CancelBooking, CheckInBooking, CheckOutBooking, MarkNoShow])
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
        sold = fold([*self.holdings.values(), holding])
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

    @rule(capacity=st.integers(0, 3), overbooking=st.integers(0, 1))
    def is_rebuilt(self, capacity: int, overbooking: int) -> None:
        self.desk.sets_up(capacity=capacity, overbooking=overbooking)

    @invariant()
    def counters_are_the_fold_of_the_stays(self) -> None:
        rows = self.desk.rows("SELECT room_type_id, night, sold + oversold AS rooms FROM nights")
        counted = {(row.room_type_id, row.night): row.rooms for row in rows if row.rooms}
        assert counted == dict(fold(self.holdings.values()))
        assert self.desk.counters_are_right()

    def went_on(self, booking_id: UUID, state: str) -> None:
        held = self.holdings[booking_id]
        if state in ("cancelled", "no_show"):
            self.holdings[booking_id] = Holding(held.room_types, held.first, held.first)
        elif state == "departed":
            self.holdings[booking_id] = Holding(held.room_types, held.first, min(held.until, max(held.first, TODAY)))

    def holding(self, wanted: list[str], first: date, until: date) -> Holding:
        return Holding(tuple(self.types[kind] for kind in wanted), first, until)

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
