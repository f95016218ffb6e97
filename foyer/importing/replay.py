"""Sends the notices of a file over the bus, knows where it stopped, and reports what became of them."""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pika
from tqdm import tqdm

from foyer.importing import demand
from foyer.importing.reasons import explained
from services.contracts.bookings import BookingNotice, CountNotices
from services.kit import config, topology, wire
from services.kit.ask import Client
from services.kit.context import Context
from services.kit.publisher import BrokerLost, Message, Publisher

WINDOW = 200  # notices in flight
BACKLOG = 2_000  # messages waiting in any one queue before we pause: a flood would only grow old there
EXCHANGE, KEY = "inbound", "booking.notice"
_ID = uuid.UUID("2b6a3e5c-8f0e-5f64-9b43-4f1c1f8f2d10")


class Depths:
    """How many messages wait in each of the system's queues."""

    def __init__(self, amqp_url: str, queues: tuple[str, ...]) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self._channel = self._connection.channel()
        self.queues = queues

    def now(self) -> dict[str, int]:
        counted = (self._channel.queue_declare(queue, passive=True) for queue in self.queues)
        return {answer.method.queue: answer.method.message_count for answer in counted}

    def close(self) -> None:
        self._connection.close()


def replay(
    path: Path,
    *,
    amqp_url: str,
    state_folder: Path,
    limit: int | None,
    rate: float | None,
    seed: int,
    say: Callable[[str], None],
    progress: bool = True,
) -> None:
    """Set up the hotels, then publish what has not been published yet; can be stopped and started again."""
    rows = demand.read(path, limit)
    client = Client(amqp_url, deadline=10)
    for hotel in demand.properties(rows):
        client.ask(hotel, context=_context())
    client.close()
    state = State(state_folder, path, limit, seed, amqp_url)
    if state.sent:
        say(f"Going on after {state.sent:,} notices sent before.")
    depths = Depths(amqp_url, ("bookings.notices", *(f"{s}.inbox" for s in ("profiles", "bookings", "billing"))))
    todo = islice(demand.notices(rows, seed), state.sent, None)
    with tqdm(total=2 * len(rows), initial=state.sent, unit="notice", disable=not progress) as bar:
        publisher: Publisher | None = None
        started, sent_here = time.monotonic(), 0
        for window in _windows(todo):
            while max(depths.now().values()) > BACKLOG:
                time.sleep(0.1)
            publisher = _send(publisher, amqp_url, window)
            state.advance(len(window))
            bar.update(len(window))
            sent_here += len(window)
            if rate and (ahead := sent_here / rate - (time.monotonic() - started)) > 0:
                time.sleep(ahead)
    if publisher is not None:
        publisher.close()
    depths.close()
    say(f"Sent {state.sent:,} notices of {len(rows):,} bookings.")


def quiet(amqp_url: str, in_databases: Callable[[], tuple[int, int]], seconds: float) -> bool:
    """Wait until nothing is on its way any more, three looks in a row.

    Queues are empty (those that wait to try again, too), outboxes published, and no message was handled in between:
    `in_databases` answers how many events are unpublished, and how many messages were ever announced or handled.
    """
    services = (*config.SERVICES, config.VIEW)
    waits = tuple(topology.wait_name(delay) for delay in config.retry_delays())
    depths = Depths(amqp_url, ("bookings.notices", *(f"{name}.inbox" for name in services), *waits))
    until, still, before = time.monotonic() + seconds, 0, -1
    try:
        while still < 3 and time.monotonic() < until:
            unpublished, ever = in_databases()
            still = still + 1 if not any(depths.now().values()) and not unpublished and ever == before else 0
            before = ever
            time.sleep(1)
    finally:
        depths.close()
    return still >= 3


def report(amqp_url: str, parked: Callable[[], Counter[str]], say: Callable[[str], None]) -> None:
    """What became of the notices of this source, by state and reason, each with what it means."""
    client = Client(amqp_url, deadline=30)
    counted = client.ask(CountNotices(source=demand.SOURCE), context=_context())
    client.close()
    for line in counted.counts:
        say(f"{line.state:>9} {line.count:>9,}  {line.why or ''}".rstrip())
        if line.why:
            say(f"{'':21}{explained(line.why)}")
    refused = parked()
    for reason, count in sorted(refused.items()):
        say(f"{'refused':>9} {count:>9,}  {reason}")
    if refused:
        say(f"{'':21}Not well formed, so not kept as notices: they stand in `foyer parked list bookings`.")


class State:
    """How many notices of this very plan have been confirmed by this very broker.

    At most one window may be confirmed and not be counted yet: it is sent again after a crash, under the same ids.
    """

    def __init__(self, folder: Path, path: Path, limit: int | None, seed: int, amqp_url: str) -> None:
        broker = urlsplit(amqp_url)
        plan = f"{path.name}:{path.stat().st_size}:{limit}:{seed}:{broker.hostname}:{broker.port}{broker.path}"
        self._file = folder / f"import-{hashlib.sha256(plan.encode()).hexdigest()[:16]}.json"
        self.sent = json.loads(self._file.read_text())["sent"] if self._file.exists() else 0

    def advance(self, count: int) -> None:
        self.sent += count
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        with fresh.open("w") as written:
            json.dump({"sent": self.sent}, written)
            written.flush()
            os.fsync(written.fileno())
        fresh.replace(self._file)


def _windows(todo: Iterator[tuple[demand.Row, BookingNotice]]) -> Iterator[list[BookingNotice]]:
    while window := [notice for _, notice in islice(todo, WINDOW)]:
        yield window


def _send(publisher: Publisher | None, amqp_url: str, window: list[BookingNotice]) -> Publisher:
    """Publish until every notice of the window is confirmed; a notice sent twice is applied once."""
    left = [_message(at, notice) for at, notice in enumerate(window)]
    while left:
        try:
            publisher = publisher or Publisher(amqp_url)
            publisher.send(left)
            outcome = publisher.settle()
        except BrokerLost:
            publisher = None
            time.sleep(1)
            continue
        if outcome.returned:
            raise RuntimeError("No queue takes booking notices: is the topology declared?")
        done = {message.key for message in outcome.confirmed}
        left = [message for message in left if message.key not in done]
        if outcome.fault is not None:
            publisher = None
    assert publisher is not None
    return publisher


def _message(at: int, notice: BookingNotice) -> Message:
    name = f"{notice.source}/{notice.external_id}/{notice.revision}"
    properties = pika.BasicProperties(
        message_id=str(uuid.uuid5(_ID, name)),
        content_type="application/json",
        delivery_mode=2,
        type="booking.notice.v1",
        app_id=notice.source,
    )
    return Message(at, str(at), EXCHANGE, KEY, wire.text(notice).encode(), properties)


def _context() -> Context:
    return Context(actor="system:import", roles=("admin",))
