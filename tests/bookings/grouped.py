"""A wedding that blocks rooms, for the tests of groups and functions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from services.contracts.bookings import (
    BlockRooms,
    Booking,
    BookingNotice,
    CancelGroup,
    ChangeGroup,
    Contact,
    Group,
    OpenGroup,
    Person,
    PickUpRooms,
    ReadGroup,
)
from tests.bookings import makers
from tests.bookings.makers import Desk, stay

WEDDING = "WED-SILVA"
NIGHT = timedelta(days=1)
TODAY = datetime.now(ZoneInfo("Europe/Lisbon")).date()
ARRIVAL = TODAY + 30 * NIGHT
DEPARTURE = ARRIVAL + 3 * NIGHT
PAST = date(2020, 1, 1)
DATES = {"arrival": ARRIVAL, "departure": DEPARTURE}


def wedding(count: int = 2, **more: Any) -> OpenGroup:
    """Two rooms of type A for three nights."""
    said = {
        "code": WEDDING,
        "name": "Wedding Silva",
        "property": "LIS-CITY",
        **DATES,
        "cut_off": ARRIVAL,
        "rooms": (BlockRooms(room_type="A", count=count),),
        "contact": Contact(given_name="Ana", family_name="Silva", phone="+351912345678"),
    }
    return OpenGroup(**{**said, **more})


def blocks(desk: Desk, count: int = 2, **more: Any) -> Group:
    return desk.service.open_group(wedding(count, **more))


def picks_up(desk: Desk, code: str = WEDDING, **more: Any) -> Booking:
    said = stay(**{"booker": Person(profile_id=uuid4()), **DATES, **more})
    return desk.service.pick_up_rooms(PickUpRooms(group=code, booking=said))


def opens(desk: Desk, **more: Any) -> Booking:
    """A booking that is of no group."""
    return desk.opens(**{**DATES, **more})


def notice(**more: Any) -> BookingNotice:
    return makers.notice(**{**DATES, **more})


def sold(desk: Desk, night: date = ARRIVAL, room_type: str = "A") -> int:
    return desk.sold(night, room_type)


def group(desk: Desk, code: str = WEDDING) -> Group:
    return desk.service.read_group(ReadGroup(code=code))


def changes(desk: Desk, code: str = WEDDING, **more: Any) -> Group:
    return desk.service.change_group(ChangeGroup(code=code, version=group(desk, code).version, **more))


def cancels(desk: Desk, code: str = WEDDING) -> Group:
    return desk.service.cancel_group(CancelGroup(code=code))


def counts(desk: Desk, night: date = ARRIVAL, room_type: str = "A") -> tuple[int, int, int]:
    """Blocked, picked up and left on a night."""
    found = (n for n in group(desk).nights if (n.room_type, n.night) == (room_type, night))
    return next(((n.blocked, n.picked_up, n.left) for n in found), (0, 0, 0))


def reaches_the_cut_off(desk: Desk) -> None:
    """The day has come, and the timer runs."""
    with desk.db.engine.begin() as connection:
        locked = "SELECT code FROM groups WHERE state = 'open' ORDER BY code FOR UPDATE"
        connection.execute(sa.text(f"UPDATE groups SET cut_off = DATE '{PAST}' WHERE code IN ({locked})"))
    desk.service.release_blocks()
