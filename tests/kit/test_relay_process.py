"""The relay as a process: killed at the worst moment, standing by, told to stop."""

from __future__ import annotations

import json
import time
import urllib.request

import pytest

from deploy.local.home import free_port
from tests.kit.processes import until
from tests.kit.relaying import Announcements, ClockTicked, Ears, Process, first_occurrences
from tests.kit.wire_between import Between

pytestmark = pytest.mark.servers


@pytest.fixture
def outbox(billing_db, databases):
    return Announcements(billing_db, databases.admin("billing"), databases.url("billing"))


@pytest.fixture
def ears(amqp_url):
    ears = Ears(amqp_url)
    yield ears
    ears.close()


@pytest.fixture
def start(outbox, amqp_url, tmp_path):
    """Starts relay processes; they are gone at the end of the test."""
    started = []

    def start(**environment):
        given = {"FOYER_BILLING_DB_URL": outbox.url, "FOYER_AMQP_URL": amqp_url, **environment}
        started.append(Process(given, tmp_path / f"relay-{len(started)}.log"))
        return started[-1]

    yield start
    for process in started:
        process.end()


def test_killed_between_publishing_and_marking_it_sends_the_same_message_again(outbox, ears, start):
    outbox.pour(10, clocks=2)
    with outbox.locked():  # so that the marks cannot be written
        process = start()
        until(lambda: ears.count() == 10)
        process.kill()
        outbox.drop_relays()  # or the database would still do what it was last told
    assert outbox.waiting() == 10
    start()
    until(lambda: outbox.waiting() == 0)
    came = ears.all()

    assert len(came) == 20
    assert len({properties.message_id for properties, _ in came}) == 10


def test_killed_again_and_again_it_loses_nothing_and_keeps_the_order(outbox, ears, start):
    outbox.pour(12_000, clocks=30)
    for enough in (500, 3000, 6000):
        process = start()
        until(lambda enough=enough: outbox.published() >= enough)
        process.kill()
    start()
    until(lambda: outbox.waiting() == 0, timeout=60)
    came = ears.ticks()

    assert sum(len(set(ticks)) for ticks in came.values()) == 12_000
    assert all(list(first_occurrences(ticks)) == sorted(set(ticks)) for ticks in came.values())


def test_one_that_stands_by_takes_over_when_the_active_one_is_killed(outbox, ears, start):
    active = start()
    active.until_it_says("relay publishing")
    waiting = start()
    waiting.until_it_says("relay standing by")
    active.kill()
    outbox.announce(ClockTicked(clock="hall", tick=1))

    assert ears.next(timeout=10)[1]["tick"] == 1
    assert waiting.says("relay publishing")


def test_told_to_stop_it_finishes_what_is_in_flight_and_marks_it(outbox, ears, start):
    outbox.pour(60_000, clocks=5000)
    process = start()
    until(lambda: outbox.published() > 1000)
    began = time.monotonic()
    status = process.terminate(timeout=10)
    took = time.monotonic() - began

    assert status == 0
    assert took < 5
    assert outbox.waiting() > 0  # it did not stop only because all was done
    until(lambda: ears.count() == outbox.published())


def test_told_to_stop_it_does_not_begin_with_what_stands_in_line(outbox, ears, start):
    outbox.pour(5000, clocks=1)  # all in one line: each is sent when the one before it is confirmed
    process = start()
    until(lambda: ears.count() > 50)
    before = ears.count()
    status = process.terminate(timeout=10)

    assert status == 0
    until(lambda: ears.count() == outbox.published())
    assert ears.count() < before + 200


def test_told_to_stop_it_ends_also_without_broker_and_database(outbox, amqp_url, start):
    proxy = Between(amqp_url)
    proxy.down()
    process = start(FOYER_AMQP_URL=proxy.url, FOYER_BILLING_DB_URL="postgresql://nobody@127.0.0.1:1/none")
    process.until_it_says("relay no database")

    assert process.terminate(timeout=5) == 0


def test_it_says_what_waits_and_whether_it_is_ready(outbox, ears, start):
    port = free_port()
    outbox.pour(3, clocks=3, routing_key="clock.stopped.v1")
    start(FOYER_HEALTH_PORT=str(port))

    def read(path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    until(lambda: '"ready"' in read("/readyz"))
    until(lambda: 'foyer_outbox_unroutable{service="billing"} 3.0' in read("/metrics"))
    said = read("/metrics")

    assert 'foyer_outbox_waiting{service="billing"} 3.0' in said
    assert 'foyer_outbox_oldest_seconds{service="billing"}' in said
    assert "foyer_relay_published_total" in said
    assert "alive" in read("/livez")


def test_its_log_is_json_without_bodies_and_passwords(outbox, ears, start):
    process = start()
    outbox.announce(ClockTicked(clock="hall", tick=1, note="canary-in-the-body"))
    outbox.pour(2, clocks=2, routing_key="clock.stopped.v1")
    until(lambda: outbox.published() == 1 and outbox.unroutable() == 2)
    outbox.drop_relays()
    process.until_it_says("relay no database")
    process.terminate(timeout=5)
    lines = process.lines()
    password = outbox.url.split(":")[2].split("@")[0]

    assert all(json.loads(line)["level"] for line in lines)
    assert process.says("clock.stopped.v1")
    assert not process.says("canary-in-the-body")
    assert not process.says(password)
