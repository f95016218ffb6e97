"""Whatever happens to stays and groups, in whatever order: the counters are the fold of stays and blocks."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule, run_state_machine_as_test

from services.bookings.domain.nights import Holding, Night
from services.contracts.bookings import BlockFull, BlockRooms, BookedRoom, NoRoomLeft
from services.kit.refusal import Conflict, Invalid
from tests.bookings.grouped import PAST, blocks, cancels, changes, picks_up
from tests.bookings.makers import Desk, notice, room
from tests.bookings.test_stays import TODAY, Stays, kinds, lengths

days_ahead = st.integers(1, 4).map(lambda n: TODAY + timedelta(days=n))
counts = st.fixed_dictionaries({kind: st.integers(0, 2) for kind in "AB"})


class Groups(Stays):
    """Beside the Holding of each booking, the oracle keeps what was agreed on with each group while it is open."""

    grouped = Bundle("grouped")

    def __init__(self) -> None:
        with self.desk.db.engine.begin() as connection:
            for table in ("block_nights", "groups"):
                connection.execute(sa.text(f"DELETE FROM {table}"))
        super().__init__()
        self.agreed: dict[str, Counter[Night]] = {}
        self.dates: dict[str, tuple[date, date]] = {}
        self.may_exceed: dict[str, bool] = {}
        self.open: set[str] = set()
        self.cancelled: set[str] = set()
        self.group_of: dict[UUID, str] = {}

    def held(self, *more: Holding) -> Counter[Night]:
        left = (self.left(code, *more) for code in self.open)
        return sum(left, super().held(*more))

    def left(self, code: str, *more: Holding) -> Counter[Night]:
        if code not in self.open:
            return Counter()
        of_group = [self.holdings[made] for made, group in self.group_of.items() if group == code]
        left = Counter(self.agreed[code])
        for holding in (*of_group, *(new for new in more if new.group == code)):
            left.subtract(holding.nights())
        return +left

    def nights_of(self, code: str, rooms: dict[str, int]) -> Counter[Night]:
        first, until = self.dates[code]
        nights: Counter[Night] = Counter()
        for kind, count in rooms.items():
            nights.update({night: count for night in self.holding([kind], first, until).nights() if count})
        return nights

    @rule(target=grouped, first=days_ahead, length=lengths, rooms=counts, may_exceed=st.booleans())
    def are_blocked(self, first: date, length: timedelta, rooms: dict[str, int], may_exceed: bool) -> Any:
        code = f"G-{len(self.dates)}"
        self.dates[code], self.may_exceed[code] = (first, first + length), may_exceed
        wanted = self.nights_of(code, rooms)
        full = any(self.held()[night] + count > self.bound() for night, count in wanted.items())
        said = {"arrival": first, "departure": first + length, "cut_off": first, "may_exceed": may_exceed}
        try:
            blocks(self.desk, code=code, rooms=said_of(rooms), **said)
        except NoRoomLeft:
            assert full
            return multiple()
        assert not full
        self.agreed[code] = wanted
        self.open.add(code)
        return code

    @rule(code=grouped, by=st.integers(-1, 3), length=lengths, wanted=kinds)
    def are_picked_up(self, code: str, by: int, length: timedelta, wanted: list[str]) -> None:
        first = self.dates[code][0] + timedelta(days=by)
        holding = Holding(self.holding(wanted, first, first + length).spans, code)
        left, before, after = self.left(code), self.held(), self.held(holding)
        days = {day for _, day in self.agreed[code]}
        beyond = not self.may_exceed[code] and any(
            rooms > left[night] and night[1] in days for night, rooms in holding.nights().items()
        )
        full = any(after[night] > max(self.bound(), before[night]) for night in after)
        said = {"arrival": first, "departure": first + length}
        try:
            made = picks_up(self.desk, code, rooms=tuple(BookedRoom(room_type=kind) for kind in wanted), **said)
        except BlockFull:
            assert beyond
        except NoRoomLeft:
            assert full
        except Conflict:
            assert code in self.cancelled
        else:
            assert not beyond
            assert not full
            self.keeps(made.id, holding, code)

    @rule(target=Stays.sent, code=grouped, by=st.integers(-1, 3), length=lengths, wanted=kinds)
    def are_picked_up_elsewhere(self, code: str, by: int, length: timedelta, wanted: list[str]) -> Any:
        reference, first = uuid4().hex, self.dates[code][0] + timedelta(days=by)
        rooms = tuple(room(room_type=kind) for kind in wanted)
        said = notice(external_id=reference, group=code, arrival=first, departure=first + length, rooms=rooms)
        made = self.desk.receives(said).booking_id
        if made is None:
            assert code in self.cancelled
            return multiple()
        self.keeps(made, self.holding(wanted, first, first + length), code)
        return reference, made

    @rule(code=grouped, rooms=counts)
    def are_agreed_on_anew(self, code: str, rooms: dict[str, int]) -> None:
        with suppress(Conflict):
            changes(self.desk, code, rooms=said_of(rooms))
            self.agreed[code] = self.nights_of(code, rooms)

    @rule(code=grouped, come=st.booleans())
    def have_another_cut_off(self, code: str, come: bool) -> None:
        with suppress(Conflict, Invalid):
            changes(self.desk, code, cut_off=PAST if come else self.dates[code][0])
            (self.open.discard if come else self.open.add)(code)

    @rule(code=grouped)
    def are_cancelled(self, code: str) -> None:
        for booking in cancels(self.desk, code).bookings:
            if booking.state == "cancelled":
                self.holdings[booking.booking_id] = Holding()
        self.open.discard(code)
        self.cancelled.add(code)

    def keeps(self, made: UUID, holding: Holding, code: str) -> None:
        self.holdings[made] = holding
        self.group_of[made] = code


def said_of(rooms: dict[str, int]) -> tuple[BlockRooms, ...]:
    return tuple(BlockRooms(room_type=kind, count=count) for kind, count in rooms.items())


def test_counters_are_the_fold_of_stays_and_blocks(desk: Desk) -> None:
    machine = type("Machine", (Groups,), {"desk": desk})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
