"""What the tests of the relay share: an outbox to fill, a queue to look into, relays to start and stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pika
import psycopg

from services.kit.context import Context
from services.kit.db import Database
from services.kit.wire import Event, event
from tests.kit.processes import until

INBOX = "clocks.inbox"


@event
class ClockTicked(Event):
    aggregate = "clock"
    clock: str
    tick: int
    note: str = ""


@event
class ClockStopped(Event):
    """Bound to no queue unless a test does so."""

    aggregate = "clock"
    clock: str
    tick: int


EXCHANGE = ClockTicked.exchange()


class Announcements:
    """A service that announces, and a look at its outbox from outside."""

    def __init__(self, database: Database, admin: psycopg.Connection, url: str) -> None:
        self.url = url
        self._database = database
        self._admin = admin

    def announce(self, *events: Event, context: Context | None = None) -> None:
        """All in one transaction, as a handler does it."""

        def work(tx: Any) -> None:
            for said in events:
                tx.announce(said)

        self._database.writing(context or Context(), work)

    def pour(self, count: int, clocks: int, routing_key: str = "clock.ticked.v1") -> None:
        """Many rows at once: `count` ticks, dealt out in turn to so many clocks. Nobody is notified."""
        self._admin.execute(
            "INSERT INTO outbox (event_id, routing_key, exchange, aggregate_id, body, headers)"
            " SELECT gen_random_uuid(), %s, %s, 'clock ' || n %% %s,"
            " json_build_object('clock', 'clock ' || n %% %s, 'tick', n)::text, '{}'"
            " FROM generate_series(1, %s) AS n ORDER BY n",
            [routing_key, EXCHANGE, clocks, clocks, count],
        )

    def waiting(self) -> int:
        return self._count("published_at IS NULL")

    def published(self) -> int:
        return self._count("published_at IS NOT NULL")

    def unroutable(self) -> int:
        return self._count("published_at IS NULL AND unroutable_at IS NOT NULL")

    def drop_relays(self) -> None:
        """What a restart of the database does to them."""
        self._admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'foyer-relay' AND datname = current_database()"
        )

    def locked(self) -> psycopg.Connection:
        """All rows are locked until this connection is closed, so that none can be marked."""
        connection = psycopg.connect(self._admin.info.dsn, password=self._admin.info.password)
        connection.execute("SELECT FROM outbox FOR UPDATE")
        return connection

    def _count(self, which: str) -> int:
        return self._admin.execute(f"SELECT count(*) FROM outbox WHERE {which}").fetchone()[0]


class Ears:
    """A queue bound to what clocks announce."""

    def __init__(self, amqp_url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self.channel = self._connection.channel()
        self.declare()

    def declare(self) -> None:
        self.channel.exchange_declare(EXCHANGE, "topic", durable=True)
        self.channel.queue_declare(INBOX, durable=True, arguments={"x-queue-type": "quorum"})
        self.channel.queue_bind(INBOX, EXCHANGE, "clock.ticked.*")

    def count(self) -> int:
        return self.channel.queue_declare(INBOX, passive=True).method.message_count

    def next(self, timeout: float = 120) -> tuple[Any, Any]:
        """Properties and body of the next message."""
        found: list[tuple[Any, Any]] = []

        def look() -> bool:
            method, properties, body = self.channel.basic_get(INBOX, auto_ack=True)
            if method is not None:
                found.append((properties, json.loads(body)))
            return bool(found)

        until(look, timeout=timeout)
        return found[0]

    def all(self) -> list[tuple[Any, Any]]:
        """Everything that is there, in its order."""
        count = self.count()
        found = []
        self.channel.basic_qos(prefetch_count=min(count, 2000))
        for method, properties, body in self.channel.consume(INBOX, inactivity_timeout=20) if count else ():
            assert method is not None, f"{len(found)} of {count} came"
            found.append((properties, json.loads(body)))
            if len(found) % 1000 == 0 or len(found) == count:
                self.channel.basic_ack(method.delivery_tag, multiple=True)
            if len(found) == count:
                self.channel.cancel()
        return found

    def ticks(self) -> dict[str, list[int]]:
        """By clock, the ticks in the order in which they came."""
        came: dict[str, list[int]] = {}
        for _, body in self.all():
            came.setdefault(body["clock"], []).append(body["tick"])
        return came

    def close(self) -> None:
        self.channel.queue_delete(INBOX)
        self.channel.exchange_delete(EXCHANGE)
        self._connection.close()


class Process:
    """``python -m services.kit.relay billing``"""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.kit.relay", "billing"],
                env={**os.environ, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def lines(self) -> Sequence[str]:
        return self._log.read_text().splitlines()

    def says(self, words: str) -> bool:
        return any(words in line for line in self.lines())

    def until_it_says(self, words: str) -> None:
        until(lambda: self.says(words), self._log.read_text)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def terminate(self, timeout: float) -> int:
        """The exit status after SIGTERM; fails where it takes longer."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def end(self) -> None:
        if self._process.poll() is None:
            self.kill()


def first_occurrences(ticks: Sequence[int]) -> Iterator[int]:
    """Without the repeats of what was sent again."""
    yield from dict.fromkeys(ticks)
