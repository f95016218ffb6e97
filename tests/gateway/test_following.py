"""Followers of the rooms on the real database: nothing is missed and nothing comes twice, whatever commits when."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from nameko.testing.services import worker_factory

from gateway.following import hub as hubs
from gateway.following import log
from gateway.following.hub import Follower, Hub
from gateway.problems import Refused
from services.contracts.bookings import BookingCheckedIn, RoomPlace, RoomsAssigned, RoomStatusChanged
from services.kit.context import Context
from services.kit.db import Database
from tests.gateway.guests import ANA, STAY
from tests.gateway.test_view import a_booking_event

pytestmark = pytest.mark.servers

CONTEXT = Context(actor="a test")
LISBON, SYLT = UUID(int=1), UUID(int=2)


@pytest.fixture
def hub(gateway_db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(hubs, "_LOOK_EVERY", 0.01)
    made = Hub(gateway_db)
    yield made
    gone(made)


@pytest.fixture
def hears(gateway_db: Database):
    """The process that hears events."""
    from gateway.view.service import ViewService

    return worker_factory(ViewService, db=gateway_db)


def gone(hub: Hub) -> None:
    """Wait until its reader has ended, as it does when nobody follows: the next test empties the tables."""
    end = time.monotonic() + 20
    while hub._reading:
        assert time.monotonic() < end, "the reader goes on though nobody follows"
        time.sleep(0.01)


def follow(hub: Hub, after: int | None = None, of: UUID | None = None, admitted=lambda: True) -> Follower:
    return hub.follow(after, of, admitted)


def record(db: Database, name: str, at: UUID = LISBON) -> None:
    db.writing(CONTEXT, lambda tx: log.record(tx, "room.status_changed", at, {"number": name}))


def number_all(db: Database) -> int:
    """As a process does for which somebody follows; the last position."""
    db.writing(CONTEXT, log.number)
    with db.reading(CONTEXT) as tx:
        return log.ends(tx).last


def told(follower: Follower, count: int) -> list[str]:
    """The numbers of the rooms in the next events, as many as that."""
    found: list[str] = []
    while len(found) < count:
        text = next(follower).decode()
        found += [json.loads(data)["number"] for data in re.findall(r"^data: (.*)$", text, re.M)]
    return found


def begun(follower: Follower) -> int:
    """The position at which it begins."""
    (position,) = re.findall(rb"id: (\d+)", next(follower))
    return int(position)


def test_a_change_is_told_to_who_follows(hub, gateway_db):
    follower = follow(hub)
    begun(follower)
    record(gateway_db, "101")
    assert told(follower, 1) == ["101"]


def test_what_was_before_is_not_told(hub, gateway_db):
    record(gateway_db, "101")
    number_all(gateway_db)
    follower = follow(hub)
    begun(follower)
    record(gateway_db, "102")
    assert told(follower, 1) == ["102"]


def test_who_was_cut_off_goes_on_behind_what_they_saw(hub, gateway_db):
    for name in ("101", "102", "103"):
        record(gateway_db, name)
    number_all(gateway_db)
    follower = follow(hub, after=1)
    assert begun(follower) == 1
    assert told(follower, 2) == ["102", "103"]


def test_who_was_cut_off_before_anything_changed_goes_on_too(hub, gateway_db):
    first = follow(hub)
    position = begun(first)
    first.close()
    record(gateway_db, "101")
    again = follow(hub, after=position)
    begun(again)
    assert told(again, 1) == ["101"]


def test_a_property_has_its_own_changes(hub, gateway_db):
    follower = follow(hub, of=SYLT)
    begun(follower)
    record(gateway_db, "101", at=LISBON)
    record(gateway_db, "1", at=SYLT)
    assert told(follower, 1) == ["1"]


def test_a_change_that_was_written_first_and_committed_last_is_told(hub, gateway_db):
    """Numbers given while writing would have it passed over."""
    follower = follow(hub)
    begun(follower)
    with gateway_db.engine.connect() as slow:
        slow.execute(log._RECORD, {"topic": "room.status_changed", "property_id": LISBON, "body": '{"number":"slow"}'})
        record(gateway_db, "quick")
        assert told(follower, 1) == ["quick"]
        slow.commit()
    assert told(follower, 1) == ["slow"]


def test_changes_of_many_writers_reach_each_follower_of_many_processes_once(hub, gateway_db):
    others = [Hub(gateway_db) for _ in range(2)]
    followers = [follow(each) for each in (hub, hub, *others)]
    for follower in followers:
        begun(follower)
    names = [[f"{writer}-{n}" for n in range(40)] for writer in range(4)]

    def write(mine: list[str]) -> None:
        for name in mine:
            record(gateway_db, name)

    writers = [threading.Thread(target=write, args=(mine,)) for mine in names]
    for writer in writers:
        writer.start()
    heard = [told(follower, 160) for follower in followers]
    for writer in writers:
        writer.join()
    assert all(sorted(each) == sorted(sum(names, [])) for each in heard)
    assert all(each == heard[0] for each in heard)
    del follower, followers
    for other in others:
        gone(other)


def test_who_is_far_behind_reads_what_is_not_at_hand_any_more(gateway_db, monkeypatch):
    monkeypatch.setattr(hubs, "_RECENT", 3)
    monkeypatch.setattr(hubs, "_LOOK_EVERY", 0.01)
    hub = Hub(gateway_db)
    slow, quick = follow(hub), follow(hub)
    begun(slow)
    begun(quick)
    names = [str(n) for n in range(20)]
    for name in names:
        record(gateway_db, name)
    assert told(quick, 20) == names
    assert told(slow, 20) == names
    del slow, quick
    gone(hub)


def test_who_missed_more_than_is_kept_is_told_to_read_anew(hub, gateway_db):
    for name in ("101", "102"):
        record(gateway_db, name)
    number_all(gateway_db)
    gateway_db.writing(CONTEXT, lambda tx: log.forget(tx, datetime.now(UTC) + timedelta(hours=1)))
    record(gateway_db, "103")
    number_all(gateway_db)
    assert b"event: reset" in next(follow(hub, after=1))
    assert b"event: reset" not in next(follow(hub, after=2))


def test_what_nobody_followed_and_is_forgotten_was_missed(hub, gateway_db):
    record(gateway_db, "101")
    gateway_db.writing(CONTEXT, lambda tx: log.forget(tx, datetime.now(UTC) + timedelta(hours=1)))
    assert b"event: reset" in next(follow(hub, after=0))


def test_a_position_that_was_never_given_is_none_to_go_on_from(hub):
    assert b"event: reset" in next(follow(hub, after=10**17))


def test_who_hears_nothing_gets_a_sign_of_life(hub, monkeypatch):
    monkeypatch.setattr(hubs, "BEAT", 0.05)
    follower = follow(hub)
    begun(follower)
    assert next(follower) == b": alive\nid: 0\n\n"


def test_who_may_no_more_is_told_nothing_more(hub, monkeypatch):
    monkeypatch.setattr(hubs, "BEAT", 0.05)
    follower = follow(hub, admitted=lambda: False)
    begun(follower)
    assert list(follower) == []


def test_one_more_than_a_process_holds_is_refused_and_a_place_given_back_is_free(hub, monkeypatch):
    monkeypatch.setattr(hubs, "MOST", 2)
    first, second = follow(hub), follow(hub)
    with pytest.raises(Refused) as refused:
        follow(hub)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
    first.close()
    third = follow(hub)
    for each in (second, third):
        each.close()


def test_a_status_and_an_assignment_are_kept_with_ids_and_states_alone(hears, gateway_db):
    status = {"room_id": uuid4(), "version": 3, "property_id": LISBON, "number": "101", "room_type_id": uuid4()}
    hears.tell_status(RoomStatusChanged(**status, housekeeping="dirty"))
    place = RoomPlace(position=0, room_id=uuid4(), arrival=date(2026, 12, 1), departure=date(2026, 12, 4))
    hears.tell_assigned(
        RoomsAssigned(booking_id=STAY, version=2, property_id=LISBON, state="confirmed", rooms=(place,))
    )
    status_kept, assigned = kept(gateway_db)
    assert status_kept["type"] == "room.status_changed"
    assert (status_kept["number"], status_kept["housekeeping"]) == ("101", "dirty")
    assert assigned["type"] == "rooms.assigned"
    assert assigned["rooms"][0]["room_id"] == str(place.room_id)


def test_a_stay_that_begins_is_kept_without_who_stays(hears, gateway_db):
    booking = a_booking_event(ANA).booking
    hears.mark_checked_in(BookingCheckedIn(booking_id=booking.booking_id, version=3, booking=booking))
    (change,) = kept(gateway_db)
    assert set(change) == {"type", "property_id", "booking_id", "version", "state", "arrival", "departure"}


def test_a_new_booking_changes_no_room(hears, gateway_db):
    hears.mark_confirmed(a_booking_event(ANA))
    assert kept(gateway_db) == []


def kept(db: Database) -> list[dict[str, object]]:
    with db.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT body FROM room_changes ORDER BY seq")).all()
    return [json.loads(row.body) for row in rows]
