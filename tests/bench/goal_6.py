"""Goal 6: events. How fast the relay publishes with confirms, and how fast a handler hears, each once.

nameko's dispatcher waits for the confirm of each event, so it stands here as one worker and as ten side by side. The
goal is that against one: against ten, pika's own window of 1000 (half of which is the other goal) would not reach it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pika
import psycopg

from tests.bench import pgbench
from tests.bench.events import BODY, EXCHANGE, QUEUE, ROUTING_KEY
from tests.bench.party import Party
from tests.bench.rounds import Ratio, Report, Run, Settings, contest
from tests.bench.rpc import WORKERS
from tests.bench.servers import amqp_url, databases

SERVICE = "loyalty"  # whose database is borrowed: any with an outbox would do
INBOX = "bench_notes.inbox"
QUORUM = {"x-queue-type": "quorum"}


def run(settings: Settings, report: Report) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(amqp_url())
        made = stack.enter_context(databases())
        database, admin = made.url(SERVICE), made.admin(SERVICE)
        bus = stack.enter_context(Bus(url))
        _relay(settings, report, url, database, admin, bus)
        _handler(settings, report, url, database, admin, bus)


def _relay(settings: Settings, report: Report, url: str, database: str, admin: Any, bus: Bus) -> None:
    with (
        _relay_process(url, database),
        Party("tests.bench.events.pika_window", url) as window,
        Party("tests.bench.events.stock_dispatcher", url, "1") as dispatcher,
        Party("tests.bench.events.stock_dispatcher", url, str(WORKERS)) as dispatchers,
    ):
        relay = Outbox(admin)

        def counted(publish: Any) -> Any:
            """The broker's count of what arrived must be that of who published."""

            def turn(seconds: float) -> Run:
                bus.empty(QUEUE)
                done: Run = publish(seconds)
                arrived = bus.count(QUEUE, at_least=done.count)
                if arrived != done.count:
                    report.check(f"{arrived} of {done.count} events arrived", False)
                return done

            return turn

        contest(
            "Goal 6, relay: events published and confirmed (pika: a confirm window of 1000)",
            {
                "pika": counted(window.run),
                "nameko's dispatcher": counted(dispatcher.run),
                "ten of them": counted(dispatchers.run),
                "relay": counted(relay.publish),
            },
            [
                Ratio("relay", "nameko's dispatcher", goal=12, floor=6),
                Ratio("relay", "ten of them"),
                Ratio("relay", "pika", goal=0.5, floor=0.25),
            ],
            settings,
            report,
        )
        bus.empty(QUEUE)
        admin.execute("TRUNCATE outbox")


class Outbox:
    """Announces by filling the outbox at once, as much as should keep the relay at work for the time."""

    def __init__(self, admin: psycopg.Connection) -> None:
        self._admin = admin
        self._rate = 1000.0

    def publish(self, seconds: float) -> Run:
        count = int(self._rate * seconds)
        self._admin.execute("TRUNCATE outbox")
        self._admin.execute(_ANNOUNCE, {"count": count, "body": BODY, "exchange": EXCHANGE, "key": ROUTING_KEY})
        started = time.perf_counter()
        self._admin.execute("NOTIFY outbox")
        while self._admin.execute(_WAITING).fetchone() != (0,):
            time.sleep(0.02)
        done = Run(count, time.perf_counter() - started)
        self._rate = done.rate
        return done


def _handler(settings: Settings, report: Report, url: str, database: str, admin: Any, bus: Bus) -> None:
    admin.execute(_NOTES)
    with Party("tests.bench.events.handler", url, database):
        handling = Handling(admin, bus, report)

        def limit(seconds: float) -> Run:
            admin.execute("TRUNCATE inbox, notes")
            return pgbench.run(database, _INBOX_AND_EFFECT, clients=WORKERS, seconds=seconds)

        contest(
            "Goal 6, handler: events heard, inbox and one effect committed",
            {"pgbench": limit, "handler": handling.hear},
            [Ratio("handler", "pgbench", goal=0.5, floor=0.12)],
            settings,
            report,
        )


class Handling:
    def __init__(self, admin: psycopg.Connection, bus: Bus, report: Report) -> None:
        self._admin = admin
        self._bus = bus
        self._report = report
        self._rate = 500.0

    def hear(self, seconds: float) -> Run:
        """Announce what should keep the handler at work for the time, then see how long the rest takes it."""
        count = int(self._rate * seconds)
        self._admin.execute("TRUNCATE inbox, notes")
        self._bus.announce_notes(count)
        before, started = self._kept(), time.perf_counter()
        while self._kept() < count:
            time.sleep(0.02)
        done = Run(count - before, time.perf_counter() - started)
        self._rate = max(done.rate, 100.0)
        if self._admin.execute(_NOTED).fetchone() != (count, count, count):
            self._report.check("every event has one row in the inbox and one effect", False)
        return done

    def _kept(self) -> int:
        return int(self._admin.execute("SELECT count(*) FROM notes").fetchone()[0])  # type: ignore[index]


class Bus:
    """The benchmark's own hand on the broker."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url + "?heartbeat=0"))
        self._channel = self._connection.channel()
        self._channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
        for queue in (QUEUE, INBOX):
            self._channel.queue_declare(queue, durable=True, arguments=QUORUM)
        self._channel.queue_bind(QUEUE, EXCHANGE, "#")

    def __enter__(self) -> Bus:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def empty(self, queue: str) -> None:
        self._channel.queue_purge(queue)

    def count(self, queue: str, *, at_least: int = 0) -> int:
        """Messages waiting; a quorum queue tells of the newest a moment later."""
        for _ in range(100):
            found = self._channel.queue_declare(queue, passive=True).method.message_count
            if found >= at_least and (at_least or found):
                break
            time.sleep(0.02)
        return int(found)

    def announce_notes(self, count: int) -> None:
        said = json.loads(BODY)
        for _ in range(count):
            said["note_id"] = note_id = str(uuid.uuid4())
            properties = pika.BasicProperties(
                content_type="application/json", delivery_mode=2, message_id=note_id, type=ROUTING_KEY
            )
            self._channel.basic_publish("", INBOX, json.dumps(said), properties)
        self._channel.queue_declare(INBOX, passive=True)  # answered once everything before it has been taken


@contextmanager
def _relay_process(url: str, database: str) -> Iterator[None]:
    environment = {**os.environ, "FOYER_AMQP_URL": url, f"FOYER_{SERVICE.upper()}_DB_URL": database}
    command = [sys.executable, "-m", "services.kit.relay", SERVICE]
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


_ANNOUNCE = """
    INSERT INTO outbox (event_id, routing_key, exchange, aggregate_id, body, headers)
    SELECT gen_random_uuid(), %(key)s, %(exchange)s, (n %% 1000)::text, %(body)s,
           '{"foyer-actor": "key:bench", "foyer-request-id": "0b0f2a3c7a524f3e9a553d1f0c7a9b21", "foyer-roles": "",
             "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}'
    FROM generate_series(1, %(count)s) n
"""
_WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_NOTES = """
    CREATE TABLE notes (note_id uuid NOT NULL, amount_minor bigint NOT NULL, text text NOT NULL);
    GRANT SELECT, INSERT ON notes TO foyer_loyalty
"""
_NOTED = "SELECT count(*), count(DISTINCT note_id), (SELECT count(*) FROM inbox) FROM notes"
_INBOX_AND_EFFECT = f"""
    BEGIN;
    INSERT INTO inbox (event_id, handler) VALUES (gen_random_uuid(), 'keep_note')
        ON CONFLICT DO NOTHING RETURNING handler;
    INSERT INTO notes (note_id, amount_minor, text) VALUES (gen_random_uuid(), 30000, '{"the rest of it " * 16}');
    COMMIT;
"""
