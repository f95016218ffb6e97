"""An import that is killed goes on where it was: nothing is lost, and what is sent again is known by its id."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import pytest

from foyer.importing import demand, prove, replay
from services.contracts.bookings import BookingNotice, NoticeCount, NoticeCounts
from services.kit import topology, wire
from tests.bookings.makers import Desk
from tests.importing.killed import SEED, WINDOW, NoHotels, die, send
from tests.importing.test_demand import line

pytestmark = pytest.mark.servers

ROWS = 45

# Where an import dies: the method at whose nth call, and whether it has done its work by then.
DEATHS = {
    "nothing sent": ("foyer.importing.replay.State", "__init__", 1, False),
    "sent, no confirm awaited": ("foyer.importing.replay.Publisher", "send", 4, True),
    "confirmed, not written down": ("foyer.importing.replay.State", "advance", 4, False),
    "half written down": ("pathlib.Path", "replace", 4, False),
    "written down": ("foyer.importing.replay.State", "advance", 4, True),
    "the last window confirmed": ("foyer.importing.replay.State", "advance", 9, False),
}


def received(amqp_url: str) -> list[tuple[str, bytes]]:
    """Message ids and bodies of all notices that the broker holds, taken off it."""
    found = []
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        while (got := channel.basic_get("bookings.notices", auto_ack=True))[0] is not None:
            found.append((got[1].message_id, got[2]))
    return found


@pytest.fixture
def broker(amqp_url: str) -> str:
    topology.declare(amqp_url)
    received(amqp_url)
    return amqp_url


@pytest.fixture
def path(file: Callable[..., Path]) -> Path:
    return file(*(line(adults=0 if row == 20 else 2) for row in range(ROWS)))


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """`send` changes the module as the killed process needs it."""
    monkeypatch.setattr(replay, "Client", replay.Client)
    monkeypatch.setattr(replay, "WINDOW", replay.WINDOW)


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_an_import_that_was_killed_goes_on_and_nothing_is_lost(broker, path, tmp_path, death):
    killed = multiprocessing.get_context("spawn").Process(target=die, args=(path, broker, tmp_path / "state", death))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL

    said = send(path, broker, tmp_path / "state")

    assert said[-1] == f"Sent {2 * ROWS} notices of {ROWS} bookings."
    notices = received(broker)
    wanted = [notice for _, notice in demand.notices(demand.read(path), SEED)]
    assert {body for _, body in notices} == {wire.text(notice).encode() for notice in wanted}
    again = Counter(message_id for message_id, _ in notices)
    assert len(again) == len(wanted) == 2 * ROWS
    assert sum(again.values()) - len(again) <= WINDOW
    assert len(set(notices)) == len(again)  # under one id always the same


def test_what_is_sent_again_after_a_crash_is_applied_once(broker, path, tmp_path, bookings_db):
    desk = Desk(bookings_db)
    for hotel in demand.properties(demand.read(path)):
        desk.sets_up(hotel)
    send(path, broker, tmp_path / "state")
    first = received(broker)
    for body in [body for _, body in (*first, *first[-2 * WINDOW :])]:
        notice = wire.load(BookingNotice, json.loads(body))
        if notice.rooms[0].adults:  # the others are refused
            desk.service.hear_notice(notice)
    applied = desk.service.count_notices(replay.CountNotices(source=demand.SOURCE)).counts
    assert [(each.state, each.count) for each in applied] == [("applied", 2 * (ROWS - 1))]


def test_a_finished_import_sends_nothing(broker, path, tmp_path):
    send(path, broker, tmp_path / "state")
    received(broker)
    assert send(path, broker, tmp_path / "state")[0] == f"Going on after {2 * ROWS} notices sent before."
    assert received(broker) == []


def test_another_broker_has_had_nothing_yet(path, tmp_path):
    states = [
        replay.State(tmp_path, path, None, SEED, f"amqp://foyer:secret@{where}")
        for where in ("one:5672/foyer", "two:5672/foyer", "one:5672/other", "one:5672/foyer")
    ]
    states[0].advance(10)
    after = [
        replay.State(tmp_path, path, None, SEED, f"amqp://x:y@{where}").sent
        for where in ("one:5672/foyer", "two:5672/foyer")
    ]
    assert after == [10, 0]


def test_a_refused_notice_that_was_sent_twice_counts_once(broker):
    with pika.BlockingConnection(pika.URLParameters(broker)) as connection:
        channel = connection.channel()
        channel.queue_purge("bookings.parked")
        for message_id in ("one", "one", "two"):
            named = pika.BasicProperties(
                message_id=message_id, app_id=demand.SOURCE, headers={"foyer-reason": "Nobody in the room."}
            )
            channel.basic_publish("", "bookings.parked", b"{}", named)
    assert prove.parked_notices(broker) == {"Nobody in the room.": 2}


class Counted(NoHotels):
    def ask(self, *_: Any, **__: Any) -> NoticeCounts:
        return NoticeCounts(
            counts=(
                NoticeCount(state="applied", why=None, count=2000),
                NoticeCount(state="ignored", why="stale revision", count=3),
                NoticeCount(state="parked", why="unknown-room-type", count=2),
                NoticeCount(state="parked", why="made-tomorrow", count=1),
            )
        )


def test_the_report_explains_every_reason(monkeypatch):
    monkeypatch.setattr(replay, "Client", Counted)
    said: list[str] = []
    replay.report("amqp://nowhere", lambda: Counter({"/rooms/0: Nobody in the room.": 4}), said.append)
    assert said[0] == "  applied     2,000"
    assert said[1] == "  ignored         3  stale revision"
    assert "revision as high or higher" in said[2]
    assert "Add the room type" in said[4]
    assert "GET /v1/inbound/notices/{id}" in said[6]
    assert said[7] == "  refused         4  /rooms/0: Nobody in the room."
    assert "foyer parked list bookings" in said[8]
