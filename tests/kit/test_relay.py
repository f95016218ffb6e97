"""The relay on real servers: order, loss, faults, and what cannot be routed."""

from __future__ import annotations

import contextlib
import socket
import statistics
import struct
import threading
import time

import psycopg
import pytest
from prometheus_client import REGISTRY

from services.kit import publisher, relay
from services.kit.context import Context
from tests.kit.processes import until
from tests.kit.relaying import (
    EXCHANGE,
    INBOX,
    Announcements,
    ClockStopped,
    ClockTicked,
    Ears,
    first_occurrences,
)
from tests.kit.wire_between import Between


@pytest.fixture
def outbox(billing_db, databases):
    return Announcements(billing_db, databases.admin("billing"), databases.url("billing"))


@pytest.fixture
def ears(amqp_url):
    ears = Ears(amqp_url)
    yield ears
    ears.close()


@pytest.fixture
def between(amqp_url):
    proxy = Between(amqp_url)
    yield proxy
    proxy.down()


@pytest.fixture
def start(outbox, amqp_url):
    """Starts relays in threads of the test; they are stopped at its end."""
    started = []

    def start(url=amqp_url):
        started.append(relay.Relay("billing", outbox.url, url))
        started[-1].start()
        return started[-1]

    yield start
    for thread in started:
        thread.stop()
        thread.join(10)
        assert not thread.is_alive()


def metric(name):
    return REGISTRY.get_sample_value(f"foyer_{name}", {"service": "billing"})


def test_what_is_announced_arrives_with_its_headers_and_properties(outbox, ears, start):
    context = Context(actor="staff:ines", request_id="r-1", roles=("desk", "night"))
    outbox.announce(ClockTicked(clock="hall", tick=1), context=context)
    start()
    properties, body = ears.next()

    assert body == {"clock": "hall", "tick": 1, "note": ""}
    assert len(properties.message_id) == 36
    assert properties.type == "clock.ticked.v1"
    assert properties.content_type == "application/json"
    assert properties.app_id == EXCHANGE.removesuffix(".events")
    assert properties.delivery_mode == 2
    assert abs(properties.timestamp - time.time()) < 60
    assert context.headers().items() <= properties.headers.items()
    until(lambda: outbox.published() == 1)


def test_the_events_of_an_aggregate_arrive_in_the_order_of_their_commits(outbox, ears, start):
    outbox.pour(3000, clocks=7)
    start()
    until(lambda: outbox.waiting() == 0)
    came = ears.ticks()

    assert sum(map(len, came.values())) == 3000
    assert len(came) == 7
    assert all(ticks == sorted(ticks) for ticks in came.values())


def test_an_early_number_that_is_committed_late_is_not_missed(outbox, ears, start):
    start()
    with psycopg.connect(outbox.url) as slow:
        slow.execute(
            "INSERT INTO outbox (event_id, routing_key, exchange, aggregate_id, body, headers)"
            """ VALUES (gen_random_uuid(), 'clock.ticked.v1', %s, 'late', '{"clock": "late"}', '{}')""",
            [EXCHANGE],
        )
        outbox.pour(30, clocks=3)
        until(lambda: outbox.published() == 30)
        slow.commit()
    until(lambda: outbox.published() == 31)

    assert ears.count() == 31


def test_it_is_woken_by_a_commit(outbox, ears, start):
    start()
    taken = []
    for tick in range(7):
        time.sleep(0.15)  # beyond the time it keeps looking by itself
        began = time.monotonic()
        outbox.announce(ClockTicked(clock="hall", tick=tick))
        ears.next()
        taken.append(time.monotonic() - began)

    assert statistics.median(taken) < 0.2  # without news it looks once a second


def test_a_commit_whose_wake_up_was_saved_is_found_by_looking_on(outbox, ears, start):
    start()
    taken = []
    for tick in range(7):
        time.sleep(0.15)
        outbox.announce(ClockTicked(clock="hall", tick=tick))
        ears.next()
        began = time.monotonic()
        outbox.pour(1, clocks=1)  # as a commit too soon after another for a NOTIFY of its own
        ears.next()
        taken.append(time.monotonic() - began)

    assert statistics.median(taken) < 0.2


def test_what_cannot_be_routed_stays_and_alarms_and_holds_up_nobody_else(outbox, ears, start, caplog):
    outbox.announce(
        ClockTicked(clock="hall", tick=1),
        ClockStopped(clock="hall", tick=2),
        ClockTicked(clock="hall", tick=3),
        ClockTicked(clock="lift", tick=1),
    )
    start()
    until(lambda: outbox.published() == 2 and outbox.unroutable() == 1)
    outbox.announce(ClockTicked(clock="lift", tick=2))
    until(lambda: outbox.published() == 3)

    assert ears.ticks() == {"hall": [1], "lift": [1, 2]}
    assert any("no queue takes" in line.message and line.levelname == "ERROR" for line in caplog.records)


def test_what_could_not_be_routed_follows_in_order_once_it_can_be(outbox, ears, start, monkeypatch):
    monkeypatch.setattr(relay, "_ROUND", 0.2)
    outbox.pour(40, clocks=40, routing_key="clock.stopped.v1")
    outbox.pour(40, clocks=40)
    start()
    until(lambda: outbox.unroutable() == 40)
    until(lambda: metric("outbox_unroutable") == 40 and metric("outbox_waiting") == 80)
    ears.channel.queue_bind(INBOX, EXCHANGE, "clock.stopped.*")
    until(lambda: outbox.waiting() == 0)
    came = [(properties.type, body["clock"]) for properties, body in ears.all()]

    assert len(came) == 80
    for clock in {clock for _, clock in came}:
        assert [type for type, of in came if of == clock] == ["clock.stopped.v1", "clock.ticked.v1"]
    until(lambda: metric("outbox_unroutable") == 0 and metric("outbox_waiting") == 0)


def test_before_the_topology_is_declared_everything_waits(outbox, ears, start, monkeypatch, caplog):
    monkeypatch.setattr(relay, "_ROUND", 0.2)
    caplog.set_level("INFO")
    ears.channel.exchange_delete(EXCHANGE)
    outbox.pour(300, clocks=300)
    start()
    until(lambda: outbox.unroutable() == 300)
    ears.declare()
    until(lambda: outbox.waiting() == 0)

    assert ears.count() == 300
    assert not [line for line in caplog.records if line.message == "relay no broker"]


def test_an_exchange_that_disappears_is_like_a_missing_queue(outbox, ears, start, monkeypatch):
    monkeypatch.setattr(relay, "_ROUND", 0.2)
    start()
    outbox.announce(ClockTicked(clock="hall", tick=1))
    until(lambda: outbox.published() == 1)
    ears.channel.exchange_delete(EXCHANGE)  # while the relay believes in it
    outbox.announce(ClockTicked(clock="hall", tick=2))
    until(lambda: outbox.unroutable() == 1)
    ears.declare()
    until(lambda: outbox.waiting() == 0)

    assert list(first_occurrences(ears.ticks()["hall"])) == [1, 2]


def test_a_message_the_broker_closes_the_connection_for_is_found_and_kept_apart(outbox, ears, start):
    ears.channel.exchange_declare("clocks.internal", "topic", internal=True)  # nobody may publish there
    outbox.pour(20, clocks=20)
    with psycopg.connect(outbox.url, autocommit=True) as connection:
        connection.execute("UPDATE outbox SET exchange = 'clocks.internal' WHERE aggregate_id = 'clock 7'")
    start()
    until(lambda: outbox.published() == 19 and outbox.unroutable() == 1)
    ears.channel.exchange_delete("clocks.internal")

    assert set(ears.ticks()) == {f"clock {n}" for n in range(20)} - {"clock 7"}


def test_a_row_that_no_message_can_be_made_of_holds_up_nobody_else(outbox, ears, start):
    outbox.pour(5, clocks=5)
    with psycopg.connect(outbox.url, autocommit=True) as connection:
        connection.execute("UPDATE outbox SET routing_key = repeat('x', 300) WHERE aggregate_id = 'clock 1'")
    start()
    until(lambda: outbox.published() == 4 and outbox.unroutable() == 1)


def test_what_a_full_queue_refuses_is_sent_again_and_holds_up_nobody_else(outbox, ears, start):
    ears.channel.queue_declare("clocks.full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    ears.channel.queue_bind("clocks.full", EXCHANGE, "clock.stopped.*")
    outbox.announce(ClockStopped(clock="hall", tick=1))
    start()
    until(lambda: outbox.published() == 1)
    outbox.announce(ClockStopped(clock="hall", tick=2), ClockTicked(clock="hall", tick=3))
    outbox.announce(ClockTicked(clock="lift", tick=1))
    until(lambda: outbox.published() == 2)
    before = ears.ticks()
    ears.channel.queue_purge("clocks.full")
    until(lambda: outbox.waiting() == 0)
    ears.channel.queue_delete("clocks.full")

    assert before == {"lift": [1]}
    assert ears.ticks() == {"hall": [3]}


def test_nothing_is_lost_while_the_broker_comes_and_goes(outbox, ears, start, between):
    outbox.pour(20_000, clocks=50)
    start(between.url)
    for enough in (2000, 7000, 12_000):
        until(lambda enough=enough: outbox.published() >= enough)
        between.down()
        time.sleep(0.05)
        between.up()
    until(lambda: outbox.waiting() == 0, timeout=60)
    came = ears.ticks()

    assert all(
        list(first_occurrences(ticks)) == sorted(set(ticks)) and len(set(ticks)) == 400 for ticks in came.values()
    )
    assert len(came) == 50


def test_it_waits_for_a_broker_that_is_not_there_yet(outbox, ears, start, between):
    between.down()
    thread = start(between.url)
    outbox.announce(ClockTicked(clock="hall", tick=1))
    until(lambda: metric("outbox_waiting") == 1)  # and says meanwhile what is waiting
    assert not thread.ready
    between.up()
    until(lambda: outbox.waiting() == 0)

    assert ears.ticks() == {"hall": [1]}


def test_nothing_is_lost_while_the_database_drops_its_connections(outbox, ears, start):
    outbox.pour(12_000, clocks=40)
    start()
    for enough in (2000, 6000):
        until(lambda enough=enough: outbox.published() >= enough)
        outbox.drop_relays()
    until(lambda: outbox.waiting() == 0, timeout=60)
    came = ears.ticks()

    assert len({(clock, tick) for clock, ticks in came.items() for tick in ticks}) == 12_000
    assert all(list(first_occurrences(ticks)) == sorted(set(ticks)) for ticks in came.values())


def test_of_two_relays_one_works_and_the_other_stands_by(outbox, ears, start):
    threads = [start(), start()]
    until(lambda: all(thread.ready for thread in threads))
    outbox.pour(5000, clocks=10)
    until(lambda: outbox.waiting() == 0)

    assert ears.count() == 5000
    assert sorted(thread.state for thread in threads) == ["publishing", "standing by"]


class Mute(Between):
    """The broker hears everything and, while `silent`, its answers are lost."""

    silent = False

    def _take(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                broker = socket.create_connection(self._target)
                self._pairs.append((client, broker))
                threading.Thread(target=self._carry, args=(client, broker, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(broker, client, True), daemon=True).start()

    def _carry(self, source, sink, answers):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (answers and self.silent):
                    sink.sendall(data)


def test_a_broker_that_confirms_nothing_is_left_and_asked_again_later(outbox, ears, start, amqp_url, monkeypatch):
    monkeypatch.setattr(publisher, "_STALLED", 0.5)
    monkeypatch.setattr(relay, "_STALLED", 2.0)
    proxy = Mute(amqp_url)
    thread = start(proxy.url)
    until(lambda: thread.state == "publishing")
    outbox.announce(ClockTicked(clock="hall", tick=1))
    until(lambda: outbox.published() == 1)
    proxy.silent = True
    outbox.announce(ClockTicked(clock="hall", tick=2))
    until(lambda: thread.state == "no broker")
    proxy.silent = False
    outbox.announce(ClockTicked(clock="lift", tick=1))
    until(lambda: outbox.published() == 2)
    first = ears.ticks()
    until(lambda: outbox.waiting() == 0)
    proxy.down()

    assert first == {"hall": [1, 2], "lift": [1]}  # the second was heard, only its confirm was lost
    assert ears.ticks() == {"hall": [2]}


def method_frame(class_id, method_id, arguments=b""):
    payload = struct.pack(">HH", class_id, method_id) + arguments
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


BLOCKED = method_frame(10, 60, b"\x06memory")
UNBLOCKED = method_frame(10, 61)


def test_while_the_broker_has_an_alarm_nothing_is_sent(outbox, ears, start, between):
    thread = start(between.url)
    until(lambda: thread.state == "publishing")
    between.tell_clients(BLOCKED)
    until(lambda: thread._publisher.blocked)
    outbox.announce(ClockTicked(clock="hall", tick=1))
    time.sleep(0.3)  # long enough to have been sent
    assert outbox.waiting() == 1
    between.tell_clients(UNBLOCKED)
    until(lambda: outbox.waiting() == 0)

    assert ears.ticks() == {"hall": [1]}


def test_an_alarm_does_not_keep_it_from_ending(outbox, ears, start, between):
    thread = start(between.url)
    until(lambda: thread.state == "publishing")
    between.tell_clients(BLOCKED)
    until(lambda: thread._publisher.blocked)
    began = time.monotonic()
    thread.stop()
    thread.join(10)

    assert time.monotonic() - began < 2
    assert threading.current_thread() is not thread
