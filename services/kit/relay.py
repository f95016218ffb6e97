"""Takes what services have announced from their outboxes to the broker: ``python -m services.kit.relay bookings …``

One process for several services, a thread and two connections for each. Of several relays one is active per service
and the others stand by. A row is marked after the broker has confirmed it; a crash between the two sends it again
under the same message id, and the inbox of whoever hears it makes that harmless.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import time
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from typing import Any

import pika
import psycopg
from prometheus_client import Counter, Gauge

from services.kit import config, health, logs
from services.kit.publisher import BrokerLost, Message, Outcome, Publisher, Stalled

WINDOW = 1500  # messages in flight
_READ = 500  # of them read at a time, while the broker confirms the others
_SWEEP = 20  # reads until we read from the start again
_LOOKING = 0.05  # seconds of looking again after the last row or wake-up; longer than the pause between two NOTIFYs
_GLANCE, _IDLE = 0.01, 1.0  # seconds between two looks: then, and without news
_FEW, _GATHER = 50, 0.02  # after fewer rows than this, so many seconds for more to come: a look costs as much as rows
_ROUND = 5.0  # seconds between two measurements, and between two attempts of what could not be routed
_STAND_BY = 0.5  # seconds between two attempts to become the active relay
_PAUSES = (0.1, 0.3, 1.0, 2.0)  # seconds before connecting again after the first, second … failure in a row
_REFUSED = 1.0  # seconds until a message that a queue could not take is sent again
_STALLED = 30.0  # seconds until a message that was not confirmed at all is sent again
_LAST_WORDS = 4.0  # seconds for what is in flight after SIGTERM

_waiting = Gauge("foyer_outbox_waiting", "Events announced and not yet published", ("service",))
_oldest = Gauge("foyer_outbox_oldest_seconds", "Age of the oldest event not yet published", ("service",))
_unroutable = Gauge("foyer_outbox_unroutable", "Events that no queue takes; they are kept", ("service",))
_published = Counter("foyer_relay_published", "Events published and confirmed", ("service",))
_returned = Counter("foyer_relay_returned", "Attempts at events that no queue took", ("service",))

log = logging.getLogger("services.kit.relay")  # also where it runs as __main__


class Outbox:
    """One service's outbox table, over a connection that holds the lock of its active relay."""

    def __init__(self, url: str) -> None:
        # a relay whose machine is gone must lose its lock within seconds, hence the server's keepalives too
        options = (
            "-c statement_timeout=30s -c client_connection_check_interval=2s"
            " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
        )
        self._connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=3,
            application_name="foyer-relay",
            options=options,
            target_session_attrs="read-write",
            tcp_user_timeout=10_000,
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
        )

    def lock(self) -> bool:
        """Become the active relay of this service, if there is none, and listen for news."""
        (mine,) = self._one("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if mine:
            self._connection.execute("LISTEN outbox")
        return bool(mine)

    def fileno(self) -> int:
        return self._connection.fileno()

    def hear(self) -> bool:
        """Whether there was news since the last call; raises psycopg.Error where the connection is gone."""
        return bool(list(self._connection.notifies(timeout=0)))

    def next(self, after: int, limit: int) -> list[Message]:
        statement = f"{_ROW} WHERE published_at IS NULL AND seq > %s ORDER BY seq LIMIT %s"
        return self._read(statement, [after, limit])

    def next_beside(self, after: int, limit: int, held: Iterable[str]) -> list[Message]:
        """The next rows, but for those that could not be routed, those `held`, and what stands behind them."""
        return self._read(_BESIDE, {"after": after, "limit": limit, "held": list(held)})

    def samples(self) -> list[Message]:
        """The first row of each kind that could not be routed."""
        return self._read(_SAMPLES, [])

    def mark(self, messages: Sequence[Message]) -> None:
        """They are published."""
        keys = [message.key for message in messages]
        self._connection.execute(
            "UPDATE outbox SET published_at = now(), unroutable_at = NULL WHERE seq = ANY(%s)", [keys]
        )

    def mark_unroutable(self, messages: Sequence[Message]) -> None:
        keys = [message.key for message in messages]
        self._connection.execute("UPDATE outbox SET unroutable_at = now() WHERE seq = ANY(%s)", [keys])

    def release(self, message: Message) -> None:
        """A row of this kind could be routed: the others of its kind may go their ordinary way again."""
        self._connection.execute(_RELEASE, [message.exchange, message.routing_key])

    def measure(self) -> tuple[int, float, int]:
        """Rows not yet published, seconds the oldest has waited, rows that could not be routed."""
        waiting, oldest, unroutable = self._one(_MEASURE, [])
        return waiting, float(oldest), unroutable

    def close(self) -> None:
        self._connection.close()

    def _one(self, statement: Any, parameters: Any) -> Any:
        return self._connection.execute(statement, parameters).fetchone()

    def _read(self, statement: Any, parameters: Any) -> list[Message]:
        return [_message(row) for row in self._connection.execute(statement, parameters)]


def _message(row: Any) -> Message:
    seq, event_id, routing_key, exchange, aggregate_id, body, headers, announced_at = row
    properties = pika.BasicProperties(
        content_type="application/json",
        delivery_mode=2,
        message_id=event_id,
        type=routing_key,
        timestamp=announced_at,
        app_id=exchange.removesuffix(".events"),
        headers=headers,
    )
    return Message(seq, aggregate_id, exchange, routing_key, body.encode(), properties)


# "foyer" and 1 in hexadecimal; one number for all, as each service has a database of its own
_LOCK = 0x666F7965720001
_ROW = (
    "SELECT seq, event_id::text, routing_key, exchange, aggregate_id, body, headers,"
    " extract(epoch FROM announced_at)::bigint FROM outbox"
)
_STUCK = "SELECT aggregate_id FROM outbox WHERE published_at IS NULL AND unroutable_at IS NOT NULL"
_BESIDE = (
    f"{_ROW} WHERE published_at IS NULL AND seq > %(after)s AND unroutable_at IS NULL"
    f" AND aggregate_id <> ALL(%(held)s) AND aggregate_id NOT IN ({_STUCK}) ORDER BY seq LIMIT %(limit)s"
)
_SAMPLES = (
    _ROW.replace("SELECT", "SELECT DISTINCT ON (exchange, routing_key)", 1)
    + " WHERE published_at IS NULL AND unroutable_at IS NOT NULL ORDER BY exchange, routing_key, seq"
)
_RELEASE = (
    "UPDATE outbox SET unroutable_at = NULL"
    " WHERE published_at IS NULL AND unroutable_at IS NOT NULL AND exchange = %s AND routing_key = %s"
)
_MEASURE = (
    "SELECT count(*), coalesce(extract(epoch FROM now() - min(announced_at)), 0), count(unroutable_at)"
    " FROM outbox WHERE published_at IS NULL"
)


class Relay(threading.Thread):
    """The relay of one service; ends only when it is told to."""

    def __init__(self, service: str, database_url: str, amqp_url: str) -> None:
        super().__init__(name=f"relay {service}", daemon=True)
        self.service = service
        self.ready = False  # at work, or standing by
        self.turned_at = time.monotonic()
        self._urls = database_url, amqp_url
        self._stopping = threading.Event()
        self._publisher: Publisher | None = None
        self.state = ""
        self._failures = 0  # in a row
        self._careful = 0  # how many messages are still to be sent one by one
        self._unroutable = False
        self._held: dict[str, float] = {}
        self._round_at = 0.0

    def stop(self) -> None:
        """Finish what is in flight, mark it and end."""
        self._stopping.set()
        if (publisher := self._publisher) is not None:
            publisher.drain()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                with _closing(Outbox(self._urls[0])) as outbox:
                    self._stand_by(outbox)
                    self._work(outbox)
            except Exception as fault:
                # whatever it is, what is announced must go out once it is over
                self.ready = False
                if isinstance(fault, BrokerLost):
                    self._say("no broker", fault)
                else:
                    self._careful = max(1, self._careful)  # should marks fail for good, not to repeat whole windows
                    self._say("no database" if isinstance(fault, psycopg.Error) else "failed", fault)
                self._stopping.wait(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
                self._failures += 1
        self._say("stopped")

    def _stand_by(self, outbox: Outbox) -> None:
        while not self._stopping.is_set() and not outbox.lock():
            for gauge in (_waiting, _oldest, _unroutable):
                gauge.labels(self.service).set(0)  # the active relay tells them
            self.ready = True
            self.turned_at = time.monotonic()
            self._say("standing by")
            self._stopping.wait(_STAND_BY)

    def _work(self, outbox: Outbox) -> None:
        self._measure(outbox)  # also while there is no broker
        if self._stopping.is_set():
            return
        with _closing(Publisher(self._urls[1])) as publisher:
            self._publisher = publisher
            try:
                self._say("publishing")
                self.ready = True
                self._publish(outbox, publisher)
            finally:
                self._publisher = None

    def _publish(self, outbox: Outbox, publisher: Publisher) -> None:
        looking_until = 0.0
        while not self._stopping.is_set():
            now = self.turned_at = time.monotonic()
            if now - self._round_at > _ROUND:
                self._round_at = now
                self._measure(outbox)
                if self._unroutable and not publisher.blocked:
                    self._try_again(outbox, publisher)
            news = outbox.hear()
            found = 0 if publisher.blocked else self._sweep(outbox, publisher)
            if 0 < found < _FEW:
                self._stopping.wait(_GATHER)
            if news or found:
                looking_until = time.monotonic() + _LOOKING
            if not found:
                looking = now < looking_until and not publisher.blocked
                publisher.wait(_GLANCE if looking else _IDLE, outbox.fileno())

    def _sweep(self, outbox: Outbox, publisher: Publisher) -> int:
        """Publish what waits, reading on while the broker confirms; answers how many that were.

        Ends after some windows even if more waits: a transaction that took its numbers early and committed late
        is found only from the start.
        """
        now = time.monotonic()
        self._held = {line: until for line, until in self._held.items() if until > now}
        after = sent = 0
        for _ in range(_SWEEP):
            limit = 1 if self._careful else _READ
            messages = self._read(outbox, after, limit)
            if not messages:
                break
            after, sent = messages[-1].key, sent + len(messages)
            self._careful = max(0, self._careful - 1)
            publisher.send(messages)
            more = len(messages) == _READ and not self._stopping.is_set()
            clean = self._settle(outbox, publisher, publisher.settle(WINDOW - _READ if more else 0))
            if not (more and clean):
                break
        self._settle(outbox, publisher, publisher.settle())
        self._failures = 0
        return sent

    def _read(self, outbox: Outbox, after: int, limit: int) -> list[Message]:
        if self._unroutable or self._held:
            return outbox.next_beside(after, limit, self._held)
        return outbox.next(after, limit)

    def _try_again(self, outbox: Outbox, publisher: Publisher) -> None:
        """One of each kind that could not be routed; where it can be now, the rest of its kind follows."""
        samples = outbox.samples()
        random.shuffle(samples)  # should the broker close the connection for one, the others have their turn
        for message in samples:
            publisher.send([message])
            outcome = publisher.settle()
            if self._settle(outbox, publisher, outcome) and outcome.confirmed:
                outbox.release(message)
                log.info("routed again", extra={"outbox": self.service, "routing_key": message.routing_key})
        self._unroutable = outbox.measure()[2] > 0

    def _settle(self, outbox: Outbox, publisher: Publisher, outcome: Outcome) -> bool:
        """Write down what became of messages; whether all was well. Raises BrokerLost after that."""
        returned, unsettled = outcome.returned, list(publisher.unsettled())
        if outcome.fault is not None and outcome.fault.blamed:
            # the broker closed the connection because of a message: one by one until we know which
            if len(unsettled) == 1:
                returned = [*returned, *unsettled]
            else:
                self._careful = len(unsettled)
        if outcome.confirmed:
            outbox.mark(outcome.confirmed)
            _published.labels(self.service).inc(len(outcome.confirmed))
        if returned:
            outbox.mark_unroutable(returned)
            self._unroutable = True
            _returned.labels(self.service).inc(len(returned))
            kinds = Tally(f"{message.exchange} {message.routing_key}" for message in returned)
            log.error("no queue takes these events: is the topology declared?", extra=self._facts(kinds))
        if outcome.refused:
            until = time.monotonic() + _REFUSED
            self._held.update((message.line, until) for message in outcome.refused)
            kinds = Tally(f"{message.exchange} {message.routing_key}" for message in outcome.refused)
            log.warning("a queue could not take these events now", extra=self._facts(kinds))
        if isinstance(outcome.fault, Stalled):
            until = time.monotonic() + _STALLED
            self._held.update((message.line, until) for message in unsettled)
        if outcome.fault is not None:
            raise outcome.fault
        return not returned and not outcome.refused

    def _measure(self, outbox: Outbox) -> None:
        waiting, oldest, unroutable = outbox.measure()
        _waiting.labels(self.service).set(waiting)
        _oldest.labels(self.service).set(oldest)
        _unroutable.labels(self.service).set(unroutable)
        self._unroutable = unroutable > 0

    def _facts(self, kinds: Tally[str]) -> dict[str, Any]:
        return {"outbox": self.service, "events": dict(kinds)}

    def _say(self, state: str, fault: Exception | None = None) -> None:
        """Log a state once, however often it is tried."""
        if state != self.state:
            self.state = state
            level = logging.INFO if fault is None else logging.WARNING
            stack = fault if state == "failed" else None
            reason = {"reason": logs.describe(fault)} if fault else {}
            log.log(level, "relay %s", state, extra={"outbox": self.service, **reason}, exc_info=stack)


class _closing:
    """Close at the end, whatever the state of the connection."""

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def __enter__(self) -> Any:
        return self._thing

    def __exit__(self, *_fault: object) -> None:
        try:
            self._thing.close()
        except Exception:
            log.debug("closing failed", exc_info=True)


def main(services: Sequence[str]) -> int:
    """Relay for these services until SIGTERM or SIGINT; returns the exit status."""
    logs.setup("relay")
    amqp_url = config.amqp_url()
    relays = [Relay(service, config.database_url(service), amqp_url) for service in services]
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    for relay in relays:
        relay.start()
    checks = {relay.service: lambda relay=relay: relay.ready for relay in relays}
    health.start(config.health_port(), checks, alive=lambda: _alive(relays))
    stopping.wait()
    for relay in relays:
        relay.stop()
    deadline = time.monotonic() + _LAST_WORDS
    for relay in relays:
        relay.join(max(0.0, deadline - time.monotonic()))
    return 0


def _alive(relays: Iterable[Relay]) -> bool:
    return all(relay.is_alive() and time.monotonic() - relay.turned_at < 120 for relay in relays)


if __name__ == "__main__":
    status = main(sys.argv[1:] or config.SERVICES)
    sys.stdout.flush()
    os._exit(status)  # a thread that hangs in a connection attempt must not hold up the exit
