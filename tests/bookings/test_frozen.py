"""A cancelled booking is frozen: whatever door is tried, what is known of it stays as it was."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import psycopg
import pytest

from services.bookings.service import BookingsService
from services.contracts import bookings as contract
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
    NoticeStatus,
    Person,
    ReinstateBooking,
    RelocateBooking,
    RemovePerson,
    RemoveRoom,
    SetNeeds,
    StateForbids,
    TellTerms,
    UndoCheckIn,
)
from services.contracts.profiles import GuestsIdentified, IdentifiedPerson, LevelChanged
from services.kit import wire
from services.kit.doors import doors_of
from services.kit.refusal import Refusal
from tests.bookings.makers import ANA, ARRIVAL, BRUNO, DEPARTURE, Desk, bruno_costa, eur, notice, room
from tests.contracts import examples
from tests.databases import Databases

A_ROOM = BookedRoom(room_type="B", adults=1)

REFUSED: dict[type, dict[str, Any]] = {
    ConfirmBooking: {},
    CancelBooking: {},
    CheckInBooking: {},
    CheckOutBooking: {},
    MarkNoShow: {},
    HoldBooking: {"until": None},
    ReinstateBooking: {},
    UndoCheckIn: {},
    AddPerson: {"person": Person(given_name="Bruno")},
    ChangePerson: {"position": 0, "person": Person(given_name="Bruno")},
    RemovePerson: {"position": 0},
    SetNeeds: {"needs": ("cot",)},
    TellTerms: {"how": "desk"},
    ChangeStay: {"version": 3, "departure": DEPARTURE + timedelta(days=1)},
    ChangeRoomType: {"position": 0, "room_type": "B"},
    AddRoom: {"room": A_ROOM},
    RemoveRoom: {"position": 0},
    RelocateBooking: {"room_type": "B"},
}


@pytest.fixture
def cancelled(desk: Desk) -> UUID:
    """Ana's booking of a channel, with everybody known, cancelled by it."""
    report = desk.receives(notice(needs=("cot",)))
    assert report.booking_id
    desk.identifies(report.booking_id)
    desk.receives(notice(status="cancelled", revision=2))
    return report.booking_id


def row(desk: Desk, booking_id: UUID) -> Any:
    """Everything that is kept of it, as it stands in the table."""
    (found,) = desk.rows(f"SELECT to_jsonb(b) AS booking FROM bookings b WHERE id = '{booking_id}'")
    return found.booking


def commands() -> dict[str, type]:
    """Those that are about one booking."""
    requests = {each.rpc_method(): each for each in wire.requests_of(contract)}
    found = (requests[door.name] for door in doors_of(BookingsService) if door.kind == "command")
    return {
        each.rpc_method(): each for each in found if "booking_id" in {field.name for field in dataclasses.fields(each)}
    }


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.__name__)
def test_staff_change_nothing_of_it(desk: Desk, cancelled: UUID, kind: Any) -> None:
    before = row(desk, cancelled)
    with pytest.raises(StateForbids) as refused:
        getattr(desk.service, kind.rpc_method())(kind(booking_id=cancelled, **REFUSED[kind]))
    assert refused.value.facts["state"] == "cancelled"
    assert row(desk, cancelled) == before


@pytest.mark.parametrize("name", sorted(commands()))
def test_no_command_changes_it_whatever_it_says(desk: Desk, cancelled: UUID, name: str) -> None:
    before = row(desk, cancelled)
    for make in (examples.full, examples.sparse):
        said = dataclasses.replace(make(commands()[name]), booking_id=cancelled)  # type: ignore[type-var]
        with suppress(Refusal):
            getattr(desk.service, name)(said)
    assert row(desk, cancelled) == before


@pytest.mark.parametrize("status", get_args(NoticeStatus))
def test_no_notice_changes_it(desk: Desk, cancelled: UUID, status: Any) -> None:
    before = row(desk, cancelled)
    said = notice(
        status=status,
        revision=3,
        rooms=(room("500.00", room_type="B"),),
        booker=bruno_costa(),
        departure=DEPARTURE + timedelta(days=1),
        requests="quiet",
        needs=("pet", "unicorn"),
        total=None,
    )
    assert desk.receives(said).state == "ignored"
    assert row(desk, cancelled) == before


def test_no_late_or_repeated_recognition_changes_it(desk: Desk, cancelled: UUID) -> None:
    before = row(desk, cancelled)
    people = (IdentifiedPerson(position=0, profile_id=BRUNO, created=True, score=1.0, do_not_book=True),)
    for version in (1, before["version"], before["version"] + 1):
        event = GuestsIdentified(booking_id=cancelled, booking_version=version, people=people)
        desk.service.link_people(event, uuid4())
    assert row(desk, cancelled) == before


def test_no_level_of_its_guest_changes_it(desk: Desk, cancelled: UUID) -> None:
    before = row(desk, cancelled)
    desk.service.remember_level(LevelChanged(profile_id=ANA, version=9, level="Do Not Book", do_not_book=True))
    assert row(desk, cancelled) == before


def test_no_clock_changes_it(desk: Desk, cancelled: UUID) -> None:
    desk.sets_up(no_show_at="00:00", check_out_until="00:00", hold_hours=1)
    with desk.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE properties SET no_show_from = '2000-01-01'")
    before = row(desk, cancelled)
    for door in doors_of(BookingsService):
        if door.kind == "every":
            getattr(desk.service, door.name)()
    assert row(desk, cancelled) == before


@pytest.mark.parametrize(
    "change",
    [
        "state = 'confirmed'",
        "arrival = arrival - 1",
        "price_minor = price_minor + 1",
        "needs = '{pet}'",
        "needs_note = 'a cot'",
        "people = people || '[{\"position\": 9}]'",
        "people = jsonb_set(people, '{0,given_name}', '\"Bruno\"')",
        "people = '[]'",
        "held_until_at = now()",
        "checked_in_at = now()",
        "ending = NULL",
        'ending = ending || \'{"note": "none"}\'',
        "confirmation = '{}'",
    ],
)
def test_the_table_itself_refuses(databases: Databases, desk: Desk, cancelled: UUID, change: str) -> None:
    before = row(desk, cancelled)
    with pytest.raises(psycopg.errors.RestrictViolation):
        databases.admin("bookings").execute(f"UPDATE bookings SET {change} WHERE id = %s", [cancelled])
    assert row(desk, cancelled) == before


def test_who_its_people_are_may_still_be_learnt(desk: Desk) -> None:
    report = desk.receives(notice())
    desk.receives(notice(status="cancelled", revision=2))
    before = desk.booking(report.booking_id)
    desk.identifies(before.id)
    after = desk.booking(before.id)
    assert [person.profile_id for person in after.people] == [ANA]
    people = tuple(dataclasses.replace(person, profile_id=None) for person in after.people)
    assert dataclasses.replace(after, people=people, version=before.version) == before


def test_a_cancelled_booking_of_a_day_keeps_its_price_and_dates(desk: Desk, cancelled: UUID) -> None:
    found = desk.booking(cancelled)
    assert (found.arrival, found.departure, found.price) == (ARRIVAL, DEPARTURE, eur("300.00"))
