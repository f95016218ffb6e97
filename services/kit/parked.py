"""Messages that services have set aside: to be looked at, sent again once the cause is mended, or dropped.

Reading takes messages off the queue and gives all of them back in the end, in their old places; while one person
reads, another sees nothing.
"""

from __future__ import annotations

import hashlib
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import ChannelClosedByBroker, NackError, UnroutableError

from services.kit import config
from services.kit.topology import parked_name

# Said about the parking, or about a life in queues that begins anew; and not to be believed of a foreign sender.
_NOTES = frozenset({"foyer-queue", "foyer-handler", "foyer-reason", "foyer-stack", "foyer-parked-at", "foyer-attempt"})
_NOT_FOUND = 404
_ALL = sys.maxsize
_PATIENCE = 5.0  # seconds for the next message to come


@dataclass(frozen=True)
class Parked:
    """One parked message; `position` counts from 1 at the oldest. `body` may hold personal data: show it knowingly.

    `message_id` is a digest of the body where the sender gave none.
    """

    service: str
    position: int
    message_id: str
    type: str
    reason: str
    queue: str
    attempts: int
    parked_at: str
    properties: dict[str, Any] = field(repr=False)
    headers: dict[str, Any] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Sent:
    """What a replay did: message ids sent again, and those that stay, with why."""

    again: tuple[str, ...]
    stay: tuple[tuple[str, str], ...]


# Told what is parked, a decision says whether the message may be forgotten there.
_Decision = Callable[[Parked], bool]


def list(
    amqp_url: str, services: Sequence[str] | None = None, limit: int = 1000
) -> tuple[Parked, ...]:  # the command's own word
    """What is parked, oldest first, at most `limit` of each service."""
    found: tuple[Parked, ...] = ()
    for service in services or _services():
        found += _go_through(amqp_url, service, lambda _parked: False, limit)
    return found


def show(amqp_url: str, message_id: str, service: str | None = None) -> Parked | None:
    """One parked message, whole; None where there is none of this id."""
    for name in [service] if service else _services():
        for parked in _go_through(amqp_url, name, lambda _parked: False):
            if parked.message_id == message_id:
                return parked
    return None


def replay(amqp_url: str, service: str, *, message_id: str = "", reason: str = "", everything: bool = False) -> Sent:
    """Send messages back to the queues they came from, as if they had never been tried.

    The one of this id, or all whose reason contains this text, or everything; raises ValueError where none is said.
    What was already handled is recognised by its message id and does nothing.
    """
    chosen = _chosen(message_id, reason, everything)
    again: dict[str, None] = {}
    stay: dict[str, str] = {}

    with _connected(amqp_url) as connection:
        publishing = connection.channel()
        publishing.confirm_delivery()

        def send(parked: Parked) -> bool:
            if not chosen(parked):
                return False
            if not parked.queue.startswith(f"{service}.") and parked.queue != f"rpc-{service}":
                stay[parked.message_id] = "It does not say which queue of the service it came from."
                return False
            try:
                publishing.basic_publish("", parked.queue, parked.body, _afresh(parked), mandatory=True)
            except UnroutableError:
                stay[parked.message_id] = f"There is no queue {parked.queue}."
            except NackError:
                stay[parked.message_id] = f"The queue {parked.queue} cannot take it now."
            else:
                again[parked.message_id] = None
                return True
            return False

        _go_through(amqp_url, service, send)
    return Sent(tuple(again), tuple(stay.items()))


def drop(amqp_url: str, service: str, *, message_id: str = "", reason: str = "", everything: bool = False) -> int:
    """Forget messages for ever, chosen as by `replay`; returns how many."""
    chosen = _chosen(message_id, reason, everything)
    return sum(chosen(parked) for parked in _go_through(amqp_url, service, chosen))


def _chosen(message_id: str, reason: str, everything: bool) -> _Decision:
    if not (message_id or reason or everything):
        raise ValueError("Say which messages: one id, a part of the reason, or everything.")

    def chosen(parked: Parked) -> bool:
        by_id = not message_id or parked.message_id == message_id
        return by_id and (not reason or reason.casefold() in parked.reason.casefold())

    return chosen


def _go_through(amqp_url: str, service: str, done: _Decision, limit: int = _ALL) -> tuple[Parked, ...]:
    """Every message that was there at the start; those that are `done` are gone afterwards, the others stay.

    At most `limit` are answered, but all are read: a quorum queue puts what is returned behind what it has.
    """
    seen: deque[Parked] = deque()
    with _connected(amqp_url) as connection:
        channel = connection.channel()
        queue = parked_name(service)
        try:
            # no more than there are now: what is sent again may fail again and be back before we are through
            waiting = kept = channel.queue_declare(queue, passive=True).method.message_count
        except ChannelClosedByBroker as fault:
            if fault.reply_code == _NOT_FOUND:
                return ()
            raise
        if not waiting:
            return ()
        # not basic_get: RabbitMQ 3.10 gives many such messages back in any order
        for position, (method, properties, body) in enumerate(channel.consume(queue, inactivity_timeout=_PATIENCE), 1):
            if method is None or position > waiting:
                break
            parked = _parked(service, position, properties, body)
            if position <= limit:
                seen.append(parked)
            if done(parked):
                channel.basic_ack(method.delivery_tag)
                kept -= 1
            if position == waiting:
                break
        channel.close()  # gives back all that was not acknowledged
        _wait_for(connection, queue, kept)
    return tuple(seen)


def _wait_for(connection: BlockingConnection, queue: str, count: int) -> None:
    """Wait until what was given back is there again: the next command should find it."""
    channel = connection.channel()
    for _ in range(100):
        if channel.queue_declare(queue, passive=True).method.message_count >= count:
            return
        connection.sleep(0.05)


def _parked(service: str, position: int, properties: Any, body: bytes) -> Parked:
    headers: dict[str, Any] = dict(properties.headers or {})
    deaths = headers.get("x-death")
    # said by the broker, where it moved the message here by itself (a reject, too many deliveries)
    death = deaths[0] if isinstance(deaths, Sequence) and deaths and isinstance(deaths[0], dict) else {}
    attempt = headers.get("foyer-attempt")
    reason = f"moved here by the broker: {death['reason']}" if "reason" in death else ""
    return Parked(
        service=service,
        position=position,
        message_id=properties.message_id or f"body-{hashlib.blake2b(body, digest_size=8).hexdigest()}",
        type=properties.type or "",
        reason=reason or str(headers.get("foyer-reason", "")),
        queue=str(death.get("queue") or headers.get("foyer-queue", "")),
        attempts=attempt + 1 if isinstance(attempt, int) else 1,
        parked_at=_instant(death["time"]) if "time" in death else str(headers.get("foyer-parked-at", "")),
        properties={name: value for name, value in vars(properties).items() if value is not None and name != "headers"},
        headers=headers,
        body=body,
    )


def _instant(said: Any) -> str:
    return said.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(said, datetime) else ""


def _afresh(parked: Parked) -> pika.BasicProperties:
    headers = {
        name: value
        for name, value in parked.headers.items()
        if (name.startswith("foyer-") and name not in _NOTES) or name == "traceparent"
    }
    kept = ("content_type", "content_encoding", "message_id", "type", "app_id", "timestamp")
    given = {name: parked.properties[name] for name in kept if name in parked.properties}
    return pika.BasicProperties(headers=headers, delivery_mode=2, **given)


def _services() -> tuple[str, ...]:
    return (*config.SERVICES, config.VIEW)


@contextmanager
def _connected(amqp_url: str) -> Iterator[BlockingConnection]:
    parameters = pika.URLParameters(amqp_url)
    parameters.blocked_connection_timeout = 30  # an alarm of the broker: fail rather than hang
    connection = pika.BlockingConnection(parameters)
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()
