"""Every state of a booking × every step of staff, every change of theirs, and every status of a notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.contracts.bookings import (
    AddPerson,
    AddRoom,
    BookedRoom,
    CancelBooking,
    ChangePerson,
    ChangeRoomType,
    ChangeStay,
    CheckInBooking,
    CheckOutBooking,
    ConfirmBooking,
    HoldBooking,
    MarkNoShow,
    NewRoomType,
    NoticeStatus,
    Person,
    ReinstateBooking,
    RelocateBooking,
    RemovePerson,
    RemoveRoom,
    SetNeeds,
    State,
    StateForbids,
    UndoCheckIn,
)
from tests.bookings.makers import ANA, Desk, eur, lisbon_city, notice, room

TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
DAYS: dict[str, Any] = {"arrival": TODAY, "departure": TODAY + timedelta(days=3)}
STATES: tuple[State, ...] = get_args(State)

# How a tentative booking comes into a state.
PATHS: dict[State, tuple[type, ...]] = {
    "tentative": (),
    "confirmed": (ConfirmBooking,),
    "in_house": (ConfirmBooking, CheckInBooking),
    "departed": (ConfirmBooking, CheckInBooking, CheckOutBooking),
    "cancelled": (CancelBooking,),
    "no_show": (ConfirmBooking, MarkNoShow),
}

# Each step of staff: from which state to which, and what refusals call the state that it wants.
STEPS: dict[type, tuple[State, dict[State, State]]] = {
    ConfirmBooking: ("confirmed", {"tentative": "confirmed"}),
    HoldBooking: ("tentative", {"tentative": "tentative"}),
    CancelBooking: ("cancelled", {"tentative": "cancelled", "confirmed": "cancelled"}),
    CheckInBooking: ("in_house", {"confirmed": "in_house"}),
    CheckOutBooking: ("departed", {"in_house": "departed"}),
    MarkNoShow: ("no_show", {"tentative": "no_show", "confirmed": "no_show"}),
    ReinstateBooking: ("confirmed", {"no_show": "confirmed"}),
    UndoCheckIn: ("confirmed", {"in_house": "confirmed"}),
}
SAID: dict[type, dict[str, Any]] = {HoldBooking: {"until": None}}

OPEN: frozenset[State] = frozenset({"tentative", "confirmed", "in_house"})
BEFORE: frozenset[State] = frozenset({"tentative", "confirmed"})
# Each change by staff, and the states in which it may be made.
CHANGES: dict[str, tuple[Callable[[UUID, int], Any], frozenset[State]]] = {
    "stay": (lambda of, v: ChangeStay(booking_id=of, version=v, departure=TODAY + timedelta(days=4)), OPEN),
    "price": (lambda of, v: ChangeStay(booking_id=of, version=v, price=eur("1.00")), OPEN),
    "type": (lambda of, v: ChangeRoomType(booking_id=of, position=0, room_type="B"), OPEN),
    "room more": (lambda of, v: AddRoom(booking_id=of, room=BookedRoom(room_type="B")), OPEN),
    "room less": (lambda of, v: RemoveRoom(booking_id=of, position=1), OPEN),
    "relocated here": (lambda of, v: RelocateBooking(booking_id=of, room_type="B", position=0), OPEN),
    "relocated": (lambda of, v: RelocateBooking(booking_id=of, room_type="S", property="OPO"), BEFORE),
    "person more": (lambda of, v: AddPerson(booking_id=of, person=Person(given_name="Bruno")), OPEN),
    "person": (lambda of, v: ChangePerson(booking_id=of, position=0, person=Person(given_name="Anna")), OPEN),
    "person less": (lambda of, v: RemovePerson(booking_id=of, position=1), OPEN),
    "needs": (lambda of, v: SetNeeds(booking_id=of, needs=("cot",)), OPEN),
}

# What a notice of each status makes of a booking in each state; nothing where it is not named.
NOTICES: dict[NoticeStatus, dict[State, State]] = {
    "new": {"tentative": "confirmed", "confirmed": "confirmed", "in_house": "in_house"},
    "modified": {"tentative": "confirmed", "confirmed": "confirmed", "in_house": "in_house"},
    "cancelled": {"tentative": "cancelled", "confirmed": "cancelled"},
    "in_house": {"tentative": "in_house", "confirmed": "in_house"},
    "departed": {"tentative": "departed", "confirmed": "departed", "in_house": "departed"},
    "no_show": {"tentative": "no_show", "confirmed": "no_show"},
}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.sets_up(lisbon_city(code="OPO", room_types=(NewRoomType(code="S", name="Sea", capacity=9),)))
    return desk


def does(desk: Desk, asked: Any) -> Any:
    return getattr(desk.service, asked.rpc_method())(asked)


def in_state(desk: Desk, booking_id: UUID | None, state: State) -> UUID:
    assert booking_id
    for step in PATHS[state]:
        does(desk, step(booking_id=booking_id))
    assert desk.booking(booking_id).state == state
    return booking_id


def direct(desk: Desk, state: State) -> UUID:
    rooms = (BookedRoom(room_type="A", adults=2, price=eur("300.00")), BookedRoom(room_type="A"))
    guests = (Person(profile_id=uuid4()),)
    booking = desk.opens(tentative=True, rooms=rooms, booker=Person(profile_id=ANA), guests=guests, **DAYS)
    return in_state(desk, booking.id, state)


def row(desk: Desk, booking_id: UUID) -> Any:
    (found,) = desk.rows(f"SELECT to_jsonb(b) AS booking FROM bookings b WHERE id = '{booking_id}'")
    return found.booking


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_is_taken_or_refused_with_both_states(desk: Desk, step: type, state: State) -> None:
    wanted, allowed = STEPS[step]
    booking_id = direct(desk, state)
    before, said = row(desk, booking_id), desk.said()
    asked = step(booking_id=booking_id, **SAID.get(step, {}))
    if state in allowed:
        assert does(desk, asked).state == allowed[state]
    else:
        with pytest.raises(StateForbids) as refused:
            does(desk, asked)
        assert refused.value.facts == {"state": state, "wanted": wanted}
        assert state in str(refused.value.detail)
        assert (row(desk, booking_id), desk.said()) == (before, said)
    assert desk.counters_are_right()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_made_or_refused_with_the_state(desk: Desk, change: str, state: State) -> None:
    make, allowed = CHANGES[change]
    booking_id = direct(desk, state)
    before, said = row(desk, booking_id), desk.said()
    asked = make(booking_id, before["version"])
    if state in allowed:
        does(desk, asked)
        assert row(desk, booking_id)["version"] > before["version"]
    else:
        with pytest.raises(StateForbids) as refused:
            does(desk, asked)
        assert refused.value.facts["state"] == state
        assert (row(desk, booking_id), desk.said()) == (before, said)
    assert desk.counters_are_right()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("status", get_args(NoticeStatus))
def test_a_notice_is_followed_or_ignored_with_the_state(desk: Desk, status: NoticeStatus, state: State) -> None:
    first = notice(tentative=True, **DAYS)
    booking_id = in_state(desk, desk.receives(first).booking_id, state)
    before = row(desk, booking_id)
    second = replace(first, revision=2, status=status, tentative=False, rooms=(room("400.00"),))
    report = desk.receives(second)
    after = desk.booking(booking_id)
    if state in NOTICES[status]:
        assert (report.state, after.state) == ("applied", NOTICES[status][state])
        assert after.version == before["version"] + 1
    else:
        assert (report.state, report.why) == ("ignored", f"booking is {state}")
        assert row(desk, booking_id) == before
    assert desk.counters_are_right()
