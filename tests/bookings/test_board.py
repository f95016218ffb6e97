"""The board of rooms, of today, past days and days to come, against a model that looks at every stay of every room."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from services.contracts.bookings import Board, BoardRoom, NoSuchProperty, PlaceStays, Property, ReadBoard, SetUpProperty
from services.contracts.bookings import NewRoomType as RoomType
from services.kit.db import Database
from services.kit.refusal import Invalid
from tests.bookings.makers import Desk, lisbon_city

LISBON = ZoneInfo("Europe/Lisbon")


@dataclass
class Stay:
    """A booking's only room in a room of the house, as the table has it."""

    room: uuid.UUID
    first: date
    until: date
    state: str
    occupied_at: datetime | None = None
    vacated_at: datetime | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass
class House:
    """Rooms and stays put straight into the tables: so there can be a past."""

    desk: Desk
    property: Property
    rooms: dict[str, uuid.UUID] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)

    @property
    def today(self) -> date:
        return datetime.now(UTC).astimezone(LISBON).date()

    def does(self, statement: str, **said: Any) -> None:
        with self.desk.db.engine.begin() as connection:
            connection.execute(sa.text(statement), said)

    def has_rooms(self, *numbers: str, room_type: str = "A") -> House:
        kind = next(kind for kind in self.property.room_types if kind.code == room_type)
        for number in numbers:
            self.rooms[number] = uuid.uuid4()
            self.does(
                "INSERT INTO rooms (id, property_id, room_type_id, number, features, connects_with, position,"
                " housekeeping, status_at, version)"
                " VALUES (:id, :of, :kind, :number, '{}', '{}', 0, 'clean', now(), 1)",
                id=self.rooms[number], of=self.property.id, kind=kind.id, number=number,
            )  # fmt: skip
        return self

    def has(self, number: str, first: int, nights: int, state: str, assigned: bool = True, **when: Any) -> Stay:
        """A stay whose first night is so many days from today."""
        arrival = self.today + timedelta(days=first)
        stay = Stay(self.rooms[number], arrival, arrival + timedelta(days=nights), state, **when)
        held = stay.first if state in ("cancelled", "no_show") else stay.until
        kind = self.property.room_types[0]
        self.does(
            "INSERT INTO bookings (id, version, state, property_id, source, arrival, departure, held_until, rooms,"
            " price_minor, currency, flags, people, people_version, identified, booked_at, changed_at, needs)"
            " VALUES (:id, 1, :state, :of, 'direct', :first, :until, :held, CAST(:rooms AS jsonb), 0, 'EUR', '{}',"
            " '[]', 1, false, now(), now(), '{quiet}')",
            id=stay.id, state=state, of=self.property.id, first=stay.first, until=stay.until, held=held,
            rooms=f'[{{"room_type_id":"{kind.id}","room_type":"A","adults":2,"children":0,"price_minor":null}}]',
        )  # fmt: skip
        if assigned:
            self.stays.append(stay)
            self.does(
                "INSERT INTO room_assignments (booking_id, position, room_id, property_id, nights, occupied_at,"
                " vacated_at) VALUES (:id, 0, :room, :of, daterange(:first, :until), :came, :left)",
                id=stay.id, room=stay.room, of=self.property.id, first=stay.first, until=stay.until,
                came=stay.occupied_at, left=stay.vacated_at,
            )  # fmt: skip
        return stay

    def closes(self, number: str, kind: str, first: int, nights: int) -> None:
        arrival = self.today + timedelta(days=first)
        self.does(
            "INSERT INTO room_closures (id, room_id, property_id, room_type_id, kind, nights, reason)"
            " SELECT :id, id, property_id, room_type_id, :kind, daterange(:first, :until), 'leak' FROM rooms"
            " WHERE id = :room",
            id=uuid.uuid4(), kind=kind, room=self.rooms[number], first=arrival, until=arrival + timedelta(days=nights),
        )  # fmt: skip

    def board(self, day: int | None = None, **more: Any) -> Board:
        wanted = None if day is None else self.today + timedelta(days=day)
        said: dict[str, Any] = {"property": self.property.code, "day": wanted, "limit": 200, **more}
        return self.desk.service.read_board(ReadBoard(**said))

    def room(self, number: str, day: int | None = None) -> BoardRoom:
        return next(each for each in self.board(day).items if each.number == number)


def at(day: date, hour: int = 15) -> datetime:
    return datetime.combine(day, time(hour), LISBON)


def model(stays: list[Stay], room: uuid.UUID, day: date, today: date) -> tuple[str, uuid.UUID | None]:
    """What the room is on the day, and by whom."""
    mine = [stay for stay in stays if stay.room == room]
    night = timedelta(days=1)
    if day == today:
        inside = [stay for stay in mine if stay.occupied_at and not stay.vacated_at]
    elif day > today:
        inside = [stay for stay in mine if stay.first <= day - night < stay.until]
    else:
        slept = [stay for stay in mine if stay.first <= day < stay.until]
        inside = [stay for stay in slept if stay.occupied_at or stay.state == "departed"]
    coming = [
        stay
        for stay in mine
        if stay.first <= day < stay.until and stay.state in ("tentative", "confirmed") and stay not in inside
    ]
    if inside:
        return ("occupied" if inside[0].until > day else "due_out"), inside[0].id
    return ("due_in", coming[0].id) if coming else ("vacant", None)


@pytest.fixture
def house(bookings_db: Database) -> House:
    desk = Desk(bookings_db)
    return House(desk, desk.sets_up(lisbon_city(capacity=50)))


def in_house(house: House, since: int) -> dict[str, datetime]:
    return {"occupied_at": at(house.today + timedelta(days=since))}


def test_an_empty_room_is_vacant_and_clean(house):
    room = house.has_rooms("101").room("101")
    assert (room.occupancy, room.housekeeping) == ("vacant", "clean")
    assert (room.stay, room.next, room.closed) == (None, None, None)


def test_guests_who_are_to_come_today_are_due_in(house):
    stay = house.has_rooms("101").has("101", 0, 3, "confirmed")
    room = house.room("101")
    assert room.occupancy == "due_in"
    assert room.stay.booking_id == stay.id
    assert (room.stay.arrival, room.stay.departure, room.stay.needs) == (stay.first, stay.until, ("quiet",))


def test_guests_who_should_have_come_yesterday_are_still_due_in(house):
    house.has_rooms("101").has("101", -1, 3, "confirmed")
    assert house.room("101").occupancy == "due_in"


def test_guests_in_their_room_occupy_it_until_the_day_they_leave(house):
    house.has_rooms("101", "102").has("101", -1, 2, "in_house", **in_house(house, -1))
    house.has("102", -2, 2, "in_house", **in_house(house, -2))
    assert [house.room(number).occupancy for number in ("101", "102")] == ["occupied", "due_out"]


def test_guests_who_overstay_are_due_out(house):
    stay = house.has_rooms("101").has("101", -5, 2, "in_house", **in_house(house, -5))
    room = house.room("101")
    assert (room.occupancy, room.stay.booking_id) == ("due_out", stay.id)


def test_a_room_that_one_leaves_and_another_comes_into_shows_both(house):
    leaving = house.has_rooms("101").has("101", -2, 2, "in_house", **in_house(house, -2))
    coming = house.has("101", 0, 2, "confirmed")
    room = house.room("101")
    assert (room.occupancy, room.stay.booking_id, room.next.booking_id) == ("due_out", leaving.id, coming.id)


def test_the_next_stay_is_the_first_of_those_to_come(house):
    house.has_rooms("101").has("101", 9, 2, "confirmed")
    first = house.has("101", 4, 2, "confirmed")
    assert house.room("101").next.booking_id == first.id


def test_guests_who_left_this_morning_are_not_in_the_room(house):
    came, left = at(house.today - timedelta(days=2)), at(house.today, 0)
    house.has_rooms("101").has("101", -2, 2, "departed", occupied_at=came, vacated_at=left)
    assert house.room("101").occupancy == "vacant"
    assert house.room("101", -1).occupancy == "occupied"


def test_history_without_hours_is_told_by_its_nights(house):
    house.has_rooms("101").has("101", -10, 3, "departed")
    seen = [house.room("101", day).occupancy for day in (-11, -10, -8, -7)]
    assert seen == ["vacant", "occupied", "occupied", "vacant"]


def test_who_was_due_and_never_came_was_due_in(house):
    house.has_rooms("101").has("101", -3, 2, "confirmed")
    assert house.room("101", -3).occupancy == "due_in"


def test_of_a_day_to_come_it_is_told_what_is_planned(house):
    house.has_rooms("101").has("101", 2, 2, "confirmed")
    seen = [house.room("101", day).occupancy for day in (1, 2, 3, 4, 5)]
    assert seen == ["vacant", "due_in", "occupied", "due_out", "vacant"]


def test_how_clean_a_room_will_be_is_unknown(house):
    assert house.has_rooms("101").room("101", 1).housekeeping is None


def test_how_clean_a_room_was_is_what_was_last_said_by_the_end_of_the_day(house):
    house.has_rooms("101")
    day = house.today - timedelta(days=3)
    for hour, status in ((9, "dirty"), (14, "inspected")):
        house.does(
            "INSERT INTO room_statuses (room_id, at, housekeeping) VALUES (:room, :at, :status)",
            room=house.rooms["101"], at=at(day, hour), status=status,
        )  # fmt: skip
    assert [house.room("101", day).housekeeping for day in (-4, -3, -1)] == [None, "inspected", "inspected"]


def test_a_closed_room_says_how_and_until_when(house):
    house.has_rooms("101").closes("101", "out_of_order", -1, 3)
    closed = house.room("101").closed
    assert (closed.kind, closed.until, closed.reason) == ("out_of_order", house.today + timedelta(days=2), "leak")
    assert house.room("101", 2).closed is None


def test_a_retired_room_is_on_the_boards_of_days_before(house):
    house.has_rooms("101")
    house.does("UPDATE rooms SET retired_on = :day", day=house.today)
    assert house.board().items == ()
    assert [room.number for room in house.board(-1).items] == ["101"]


def test_counts_are_of_all_rooms_whatever_is_shown(house):
    house.has_rooms("101", "102", "103").has("101", 0, 2, "confirmed")
    house.closes("103", "out_of_order", 0, 1)
    board = house.board(occupancy="due_in")
    assert [room.number for room in board.items] == ["101"]
    counts = board.counts
    assert (counts.rooms, counts.due_in, counts.vacant, counts.clean, counts.out_of_order) == (3, 1, 2, 3, 1)


def test_pages_together_are_the_whole_board(house):
    house.has_rooms(*(f"{n:03}" for n in range(101, 118)))
    seen, cursor = [], None
    while True:
        page = house.board(limit=5, cursor=cursor)
        seen += [room.number for room in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == sorted(house.rooms)


def test_without_a_property_all_have_their_rooms_in_order(house):
    house.has_rooms("101")
    other = house.desk.sets_up(
        SetUpProperty(
            code="AAA", name="Another", currency="EUR", time_zone="Pacific/Auckland", country="NZ",
            room_types=(RoomType(code="A", name="Double", capacity=1),),
        )
    )  # fmt: skip
    House(house.desk, other).has_rooms("7")
    assert [(room.property, room.number) for room in house.board(property=None).items] == [
        ("AAA", "7"),
        ("LIS-CITY", "101"),
    ]


def test_a_property_nobody_knows_and_no_cursor_are_refused(house):
    with pytest.raises(NoSuchProperty):
        house.board(property="NOWHERE")
    with pytest.raises(Invalid) as refused:
        house.board(cursor="xyz")
    assert refused.value.errors[0].pointer == "/cursor"


@pytest.mark.parametrize("seed", range(5))
def test_the_board_is_what_every_stay_says(house, seed):
    """Random stays one after another in each room, as they may stand today; each day around today is compared."""
    dice = random.Random(seed)
    house.has_rooms(*(str(n) for n in range(100, 112)))
    for number in house.rooms:
        day = -9
        while day < 8:
            day += dice.randrange(3)
            nights = dice.randrange(1, 4)
            came = at(house.today + timedelta(days=day))
            left = at(house.today + timedelta(days=day + nights), 0)
            if day + nights <= 0:
                hours = dice.choice(({}, {"occupied_at": came, "vacated_at": left}))
                house.has(number, day, nights, "departed" if hours or dice.random() < 0.8 else "confirmed", **hours)
            elif day < 0 or (day == 0 and dice.random() < 0.5):
                house.has(number, day, nights, "in_house", occupied_at=came)
            else:
                house.has(number, day, nights, "confirmed")
            day += nights
    for day in range(-10, 11):
        board = house.board(day)
        on = house.today + timedelta(days=day)
        for room in board.items:
            found = room.occupancy, room.stay.booking_id if room.stay else None
            assert found == model(house.stays, room.id, on, house.today), (room.number, on)
        told = Counter(room.occupancy for room in board.items)
        counts = {name: getattr(board.counts, name) for name in told}
        assert counts == told


def test_stays_are_placed_by_first_fit_into_as_few_rooms_as_the_fullest_night_needs(house):
    house.has_rooms("1", "2", "3")
    for first, nights in ((0, 3), (1, 3), (3, 2), (4, 2), (-30, 2)):
        house.has("1", first, nights, "departed" if first < 0 else "confirmed", assigned=False)
    done = place(house)
    assert done == (5, 5)
    taken = house.desk.rows("SELECT r.number, lower(nights) FROM room_assignments JOIN rooms r ON r.id = room_id")
    assert {number for number, _ in taken} == {"1", "2"}


def test_placing_again_changes_nothing(house):
    house.has_rooms("1").has("1", 0, 3, "confirmed", assigned=False)
    assert place(house) == (1, 1)
    assert place(house) == (0, 0)


def test_stays_that_several_place_at_once_get_one_room_each(house):
    house.has_rooms(*(str(n) for n in range(10)))
    for n in range(40):
        house.has("1", n % 5, 2 + n % 3, "confirmed", assigned=False)
    start = threading.Barrier(4)

    def place_with_others() -> int:
        start.wait(20)
        return place(house)[1]

    with ThreadPoolExecutor(4) as several:
        placed = [each.result() for each in [several.submit(place_with_others) for _ in range(4)]]
    ((rows, bookings),) = house.desk.rows("SELECT count(*), count(DISTINCT booking_id) FROM room_assignments")
    assert rows == bookings == sum(placed)


def test_stays_are_not_placed_into_rooms_that_are_taken_or_closed(house):
    house.has_rooms("1", "2", "3").has("1", 1, 1, "confirmed")
    house.closes("2", "out_of_service", 2, 1)
    house.has("1", 0, 3, "confirmed", assigned=False)
    place(house)
    placed = house.desk.rows(
        "SELECT r.number FROM room_assignments a JOIN rooms r ON r.id = room_id WHERE upper(nights) - lower(nights) = 3"
    )
    assert [row.number for row in placed] == ["3"]


def test_a_stay_for_which_no_room_is_free_has_none(house):
    house.has_rooms("1").has("1", 0, 3, "confirmed")
    house.has("1", 1, 1, "confirmed", assigned=False)
    assert place(house) == (1, 0)


def test_who_holds_no_night_and_who_is_in_house_is_not_placed(house):
    house.has_rooms("1")
    for state in ("cancelled", "no_show", "in_house", "tentative"):
        house.has("1", 0, 3, state, assigned=False)
    assert place(house) == (0, 0)


def test_of_a_stay_to_come_that_was_placed_others_are_told_and_of_one_that_is_over_nobody(house):
    house.has_rooms("1").has("1", -9, 3, "departed", assigned=False)
    coming = house.has("1", 0, 3, "confirmed", assigned=False)
    place(house)
    (event,) = house.desk.announced()
    assert (type(event).__name__, event.booking_id) == ("RoomsAssigned", coming.id)
    assert event.rooms[0].room_id == house.rooms["1"]


def place(house: House) -> tuple[int, int]:
    looked_at = placed = 0
    cursor = None
    while True:
        done = house.desk.service.place_stays(PlaceStays(property="LIS-CITY", limit=2, cursor=cursor))
        looked_at, placed, cursor = looked_at + done.looked_at, placed + done.placed, done.next
        if cursor is None:
            return looked_at, placed
