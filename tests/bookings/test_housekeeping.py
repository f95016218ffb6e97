"""How clean rooms are: said by staff and by other systems, by the clock; and who is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.contracts.bookings import (
    MoveRoom,
    NoSuchProperty,
    NotARoom,
    ReadRoomOccupant,
    RoomNotice,
    RoomStatusChanged,
    RoomVacant,
    UnknownRoom,
)
from tests.bookings.makers import Desk
from tests.bookings.numbered import assigns, checks_in, checks_out, opens, room, says_status, sets_up_rooms

LATER = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def four_rooms(desk: Desk) -> None:
    sets_up_rooms(desk)


def hears(desk: Desk, status: str, at: datetime | None = None, **more: Any) -> None:
    said = {
        "property": "LIS-CITY",
        "room": "101",
        "status": status,
        "at": at or datetime.now(UTC),
        "source": "housekeeping",
        "external_id": uuid4().hex,
    }
    desk.service.hear_room_notice(RoomNotice(**{**said, **more}))


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(e.number, e.housekeeping) for e in desk.announced() if isinstance(e, RoomStatusChanged)]


def test_staff_say_how_clean_a_room_is(desk: Desk) -> None:
    assert says_status(desk, "101", "inspected").housekeeping == "inspected"
    assert told(desk) == [("101", "inspected")]


def test_what_is_so_already_is_not_told_again(desk: Desk) -> None:
    before = room(desk, "101")
    assert says_status(desk, "101", "clean") == before
    assert told(desk) == []


def test_another_system_says_so_too(desk: Desk) -> None:
    hears(desk, "dirty")
    assert room(desk, "101").housekeeping == "dirty"
    assert told(desk) == [("101", "dirty")]


def test_a_message_that_comes_again_changes_nothing(desk: Desk) -> None:
    at = datetime.now(UTC)
    hears(desk, "dirty", at, external_id="1")
    says_status(desk, "101", "clean")
    hears(desk, "dirty", at + LATER, external_id="1")
    assert room(desk, "101").housekeeping == "clean"


def test_an_older_message_is_kept_and_changes_nothing(desk: Desk) -> None:
    says_status(desk, "101", "inspected")
    hears(desk, "dirty", datetime.now(UTC) - timedelta(hours=1))
    assert room(desk, "101").housekeeping == "inspected"
    assert desk.rows("SELECT count(*) AS n FROM room_statuses WHERE source = 'housekeeping'")[0].n == 1


def test_a_clock_that_is_fast_does_not_make_what_comes_later_older(desk: Desk) -> None:
    hears(desk, "dirty", datetime.now(UTC) + timedelta(days=300))
    hears(desk, "clean")
    assert room(desk, "101").housekeeping == "clean"


@pytest.mark.parametrize(
    ("said", "refusal"),
    [({"room": "999"}, UnknownRoom), ({"property": "nowhere"}, NoSuchProperty), ({"source": ""}, NotARoom)],
)
def test_a_message_of_no_room_is_refused_and_so_parked(desk: Desk, said: dict, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        hears(desk, "dirty", **said)


# ── the morning ──────────────────────────────────────────────────────────────────────────────────────────────────────


def morning(desk: Desk, *, guests_came: str = "1 day") -> None:
    """It is the first look after the hour, and guests came so long ago."""
    with desk.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE housekeeping_rules SET dirty_at = '00:00', done_on = done_on - 3"))
        connection.execute(sa.text(f"UPDATE room_assignments SET occupied_at = occupied_at - interval '{guests_came}'"))
        connection.execute(sa.text("UPDATE rooms SET status_at = status_at - interval '1 day'"))
    desk.service.dirty_rooms_in_use()


def test_rooms_with_guests_become_dirty_in_the_morning(desk: Desk) -> None:
    checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    morning(desk)
    assert {n: room(desk, n).housekeeping for n in ("101", "102")} == {"101": "dirty", "102": "clean"}


def test_they_become_so_once_a_day(desk: Desk) -> None:
    checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    morning(desk)
    says_status(desk, "101", "clean")
    desk.service.dirty_rooms_in_use()
    assert room(desk, "101").housekeeping == "clean"


def test_guests_who_came_this_morning_have_a_clean_room(desk: Desk) -> None:
    checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    morning(desk, guests_came="0 days")
    assert room(desk, "101").housekeeping == "clean"


def test_a_house_that_says_never_is_left_alone(desk: Desk) -> None:
    checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    with desk.db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE rooms SET status_at = status_at - interval '2 days'"))
        connection.execute(sa.text("UPDATE housekeeping_rules SET dirty_at = NULL, done_on = done_on - 3"))
    desk.service.dirty_rooms_in_use()
    assert room(desk, "101").housekeeping == "clean"


# ── who is in it ─────────────────────────────────────────────────────────────────────────────────────────────────────


def occupant(desk: Desk, number: str, at: datetime | None = None, **more: Any):
    said = {"property": "LIS-CITY", "room": number, "at": at or datetime.now(UTC)}
    return desk.service.read_room_occupant(ReadRoomOccupant(**{**said, **more}))


def test_the_occupant_is_whose_guests_are_in_the_room(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    found = occupant(desk, "101")
    assert (found.booking_id, found.position, found.state) == (booking.id, 0, "in_house")


def test_it_is_known_who_was_in_it_before(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    then = datetime.now(UTC)
    checks_out(desk, booking)
    assert (occupant(desk, "101", then).booking_id, occupant(desk, "101", then).state) == (booking.id, "departed")
    with pytest.raises(RoomVacant):
        occupant(desk, "101")


def test_guests_who_were_moved_are_in_the_other_room(desk: Desk) -> None:
    booking = checks_in(desk, assigns(desk, opens(desk, 0, 2), "101"))
    desk.service.move_room(MoveRoom(booking_id=booking.id, position=0, room="102"))
    assert occupant(desk, "102").booking_id == booking.id
    with pytest.raises(RoomVacant):
        occupant(desk, "101")


def test_a_room_only_assigned_is_vacant(desk: Desk) -> None:
    assigns(desk, opens(desk, 0, 2), "101")
    with pytest.raises(RoomVacant):
        occupant(desk, "101")


def test_a_room_nobody_knows_has_no_occupant(desk: Desk) -> None:
    with pytest.raises(UnknownRoom):
        occupant(desk, "999")
    with pytest.raises(NoSuchProperty):
        occupant(desk, "101", property="nowhere")
