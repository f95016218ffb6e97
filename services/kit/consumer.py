"""How messages reach a door over nameko, and how each is settled: replied to, acknowledged, tried again or parked.

A message is taken off its queue only after its work is committed or it stands safely in another queue (a wait queue or
the parked one). nameko's extension points are subclassed; its own rules lose messages in the cases named below.
"""

from __future__ import annotations

import functools
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import eventlet
from amqp.basic_message import Message as AmqpMessage
from kombu.entity import Queue
from nameko.amqp.publish import Publisher
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import DependencyProvider, Entrypoint, ProviderCollector, SharedExtension
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer
from nameko.timer import Timer

from services.kit import config, metrics, topology
from services.kit.db import Database
from services.kit.delivery import Delivery, digest
from services.kit.gathering import GATHERED, TOGETHER, Item, Waiting
from services.kit.refusal import Broken

_log = logging.getLogger(__name__)

RECONNECT_AT_MOST = 2  # seconds between attempts to reach the broker
LINGER = 0.02  # seconds in which events gather that will share a transaction
BREATH = 0.001  # the same for calls, whose answers somebody waits for
PUBLISH_DEADLINE = 10  # seconds to bring a message to another queue


class DatabaseProvider(DependencyProvider):
    """Injects the service's `Database`; one per process."""

    def setup(self) -> None:
        url = config.database_url(self.container.service_name)
        self.database = Database(url, pool_size=self.container.max_workers)

    def get_dependency(self, worker_ctx: Any) -> Database:
        return self.database

    def stop(self) -> None:
        self.database.close()


class Messages(QueueConsumer):
    """nameko's consumer, taking raw messages: what cannot be decoded is ours to park, not kombu's to acknowledge."""

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        for provider in self._providers:
            consumer = consumer_cls(queues=[provider.queue], on_message=functools.partial(self._arrived, provider))
            consumer.qos(prefetch_count=getattr(provider, "at_once", self.prefetch_count))
            self._consumers[provider] = consumer
        return self._consumers.values()

    def _arrived(self, provider: Any, message: Any) -> None:
        if self.container._worker_pool.free() > 0:
            provider.handle_message(message)
        else:  # waits for a free worker, while this loop goes on answering heartbeats
            self.container.spawn_managed_thread(functools.partial(provider.handle_message, message))

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """As kombu's, with a backoff that never grows long: consumers are back soon after the broker is."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error,
                None,
                interval_start=0.2,
                interval_step=0.4,
                interval_max=RECONNECT_AT_MOST,
            )
            yield connection

    def on_connection_error(self, exc: BaseException, interval: float) -> None:
        _log.warning("The broker does not answer (%s); trying again in %.1f s", type(exc).__name__, interval)

    def settle(self, message: Any, verb: str) -> None:
        """Acknowledge or reject, unless the connection is gone: then the broker delivers it again by itself."""
        try:
            if message.channel.connection:
                message.ack() if verb == "ack" else message.reject(requeue=verb == "requeue")
        except (OSError, *self.connection_errors, *self.channel_errors) as gone:
            _log.warning("A message could not be settled (%s); it will come again", type(gone).__name__)

    def ack_message(self, message: Any) -> None:
        self.settle(message, "ack")

    def requeue_message(self, message: Any) -> None:
        self.settle(message, "requeue")

    def forward(self, delivery: Delivery, exchange: str, routing_key: str, headers: Mapping[str, Any]) -> bool:
        """Publish a copy with a confirm; says whether it stands there."""
        kept = {k: v for k, v in delivery.headers.items() if k.startswith("foyer-") or k == "traceparent"}
        given = delivery.properties
        properties = {k: given[k] for k in ("message_id", "type", "app_id", "timestamp") if given.get(k)}
        publisher = Publisher(self.amqp_uri, use_confirms=True, mandatory=True)
        try:
            with eventlet.Timeout(PUBLISH_DEADLINE):
                publisher.publish(
                    delivery.kept,
                    exchange=exchange,
                    routing_key=routing_key,
                    headers={**kept, **headers},
                    serializer=None,
                    content_type=given.get("content_type") or "application/octet-stream",
                    content_encoding=given.get("content_encoding") or "utf-8",
                    **properties,
                )
        except (Exception, eventlet.Timeout) as fault:
            _log.error("A message could not be moved to %s (%s)", routing_key, type(fault).__name__)
            return False
        return True

    def park(self, delivery: Delivery, queue: str, name: str, reason: str, kind: str, where: str = "") -> None:
        """Set a message aside with its reason, to be listed and replayed, and take it off its queue."""
        service = self.container.service_name
        headers = {
            "foyer-queue": queue,
            "foyer-handler": name,
            "foyer-reason": reason[:1000],
            "foyer-stack": where,
            "foyer-parked-at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        while not self.forward(delivery, "", f"{service}.parked", headers):
            if delivery.redact is None or not delivery.message.channel.connection:
                self.settle(delivery.message, "reject")  # the queue's own dead-lettering brings it to the same place
                return
            eventlet.sleep(1)  # but as it came: so this one is held until it can be moved
        metrics.parked(service, name, kind)
        _log.error("%s parked a message: %s", name, kind)
        self.ack_message(delivery.message)


class _Source(SharedExtension, ProviderCollector):
    """One queue that doors of a service drink from."""

    messages = Messages()
    queue_name: str
    queue: Any = None

    def __init__(self) -> None:
        super().__init__()
        # Also those that have unregistered: while a service stops, they do so one by one, and messages still arrive.
        self._hearings: list[Hearing] = []

    def register_provider(self, provider: Hearing) -> None:
        super().register_provider(provider)
        self._hearings.append(provider)

    @property
    def at_once(self) -> int:
        """How many messages may be in our hands: half of the workers, as somebody waits for the answers to calls."""
        return max(1, int(self.container.max_workers) // 2)

    def setup(self) -> None:
        if self.queue is None:
            # declared by `foyer topology` before any service starts
            self.queue = Queue(self.queue_name, no_declare=True)  # type: ignore[no-untyped-call]
            self.messages.register_provider(self)

    def stop(self) -> None:
        if not self._providers_registered:
            self.messages.unregister_provider(self)

    def unregister_provider(self, provider: Any) -> None:
        if self._providers == {provider}:
            self.messages.unregister_provider(self)
        super().unregister_provider(provider)

    def door_for(self, delivery: Delivery) -> Hearing | None:
        raise AssertionError("said by the subclass")

    def handle_message(self, message: Any) -> None:
        delivery = Delivery(message)
        hearing = self.door_for(delivery)
        if hearing is None:
            said = delivery.properties.get("type")
            self.messages.park(delivery, self.queue_name, "", "Nobody here hears this type of message.", "unheard")
            _log.error("Nobody hears messages of type %.80s", said)
            return
        delivery.redact = hearing.door.redact
        try:
            if delivery.redact and _whole(delivery.headers.get("x-delivery-count")) >= topology.DELIVERIES - 1:
                # once more, and the broker would park it as it came
                why = (self.queue_name, hearing.method_name, "Delivered again and again, and never settled.", "poison")
                self.container.spawn_managed_thread(functools.partial(self.messages.park, delivery, *why))
            else:
                self._hand_over(hearing, delivery)
        except ContainerBeingKilled:
            self.messages.requeue_message(message)

    def _hand_over(self, hearing: Hearing, delivery: Delivery) -> None:
        settle = functools.partial(self._settle, hearing, delivery)
        self.container.spawn_worker(hearing, (delivery,), {}, handle_result=settle)

    def _settle(self, hearing: Hearing, delivery: Delivery, *_result: Any) -> tuple[None, None]:
        service, name = self.container.service_name, hearing.method_name
        refusal, fault = delivery.refusal, delivery.fault
        if refusal is None and fault is None:
            self.messages.ack_message(delivery.message)
            return None, None
        if refusal is not None and refusal.permanent:
            reason = "; ".join([refusal.detail, *(f"{e.pointer}: {e.detail}" for e in refusal.errors)])
            self.messages.park(delivery, self.queue_name, name, reason, refusal.code())
            return None, None
        delays = config.retry_delays()
        attempt = _whole(delivery.headers.get("foyer-attempt"))
        if attempt >= len(delays) and not delivery.give_way():
            cause = fault or refusal or Broken()
            reason = f"{type(cause).__name__} after {attempt + 1} attempts"
            self.messages.park(delivery, self.queue_name, name, reason, type(cause).__name__, digest(cause))
            return None, None
        wait = topology.wait_name(delays[min(attempt, len(delays) - 1)])
        if self.messages.forward(delivery, wait, self.queue_name, {"foyer-attempt": attempt + 1}):
            metrics.retried(service, name)
            self.messages.ack_message(delivery.message)
        else:
            eventlet.sleep(1)  # the broker is in trouble: neither lose the message nor spin on it
            self.messages.requeue_message(delivery.message)
        return None, None


class Inbox(_Source):
    """The queue of events a service has subscribed to; the message's type names the door."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = Waiting(self._worker, self._settle_all, GATHERED, LINGER)

    @property
    def queue_name(self) -> str:  # type: ignore[override]
        return f"{self.container.service_name}.inbox"

    @property
    def at_once(self) -> int:
        """More where all share transactions: one worker handles them, and wants something to gather."""
        return GATHERED if all(h.door.share for h in self._hearings) else super().at_once

    def _hand_over(self, hearing: Hearing, delivery: Delivery) -> None:
        """A door that shares its transactions gets what waits at that moment; one worker at a time does it."""
        if hearing.door.share:
            self._waiting.add(hearing, delivery)
        else:
            super()._hand_over(hearing, delivery)

    def _settle_all(self, turn: Sequence[Item]) -> None:
        for hearing, delivery in turn:
            self._settle(hearing, delivery)

    def _worker(self, hearing: Hearing, turn: Delivery) -> None:
        self.container.spawn_worker(hearing, (turn,), {}, handle_result=_settled_already)

    def door_for(self, delivery: Delivery) -> Hearing | None:
        said = delivery.properties.get("type")
        return next((h for h in self._hearings if h.door.event.routing_key() == said), None)


class Notices(_Source):
    """A queue other systems publish to; whatever arrives is for its one door."""

    def __init__(self, queue_name: str = "") -> None:
        super().__init__()
        self.queue_name = queue_name

    @property
    def sharing_key(self) -> Any:
        return type(self), self.queue_name

    def door_for(self, delivery: Delivery) -> Hearing | None:
        return next(iter(self._hearings), None)


class Hearing(Entrypoint):
    """The entrypoint of an event handler or of an inbound door."""

    inbox = Inbox()

    def __init__(self, door: Any = None, **options: Any) -> None:
        self.door = door
        super().__init__(**options)

    def setup(self) -> None:
        self.inbox.register_provider(self)

    def stop(self) -> None:
        self.inbox.unregister_provider(self)


class Calls(RpcConsumer):
    """nameko's RPC queue, with replies sent without confirms on the consuming channel (the caller has a deadline)."""

    queue_consumer = Messages()

    @property
    def sharing_key(self) -> Any:
        return Calls

    @property
    def at_once(self) -> int:
        """Those of a turn and those of the next: what the broker holds back meanwhile comes too late to share it."""
        workers = int(self.container.max_workers)
        return max(workers, 2 * TOGETHER) if any(p.door.share for p in self._providers) else workers

    def handle_message(self, message: Any) -> None:
        delivery = Delivery(message)
        name = str(message.delivery_info.get("routing_key", "")).rpartition(".")[2]
        entry = next((p for p in self._providers if p.method_name == name), None)
        if not delivery.properties.get("reply_to"):
            # nameko would die of it, and the next process too: nobody waits for an answer, people should look
            queue = self.queue.name
            self.queue_consumer.park(delivery, queue, name[:80], "A call without reply_to.", "no-reply-to")
        elif entry is None:
            delivery.fault = LookupError()
            self.answer(delivery)
        else:
            entry.handle_call(delivery)

    def answer_all(self, turn: Sequence[Item]) -> None:
        """For one turn in one write: each message apart is a system call here and a read by the broker."""
        try:
            with in_one_write(turn[0][1].message.channel.connection):
                for _, delivery in turn:
                    self.answer(delivery)
        except (OSError, AttributeError, *self.queue_consumer.connection_errors) as gone:
            _log.warning("Replies could not be sent (%s); the calls will come again", type(gone).__name__)

    def answer(self, delivery: Delivery) -> None:
        """Reply, then acknowledge; a reply that cannot be sent is the caller's deadline's business."""
        message, sent_to = delivery.message, str(delivery.properties["reply_to"])
        if delivery.reply is not None:
            body = f'{{"result":{delivery.reply},"error":null}}'
        else:
            refusal = delivery.refusal or Broken("The service could not do this.")
            error = {
                "exc_type": type(refusal).__name__,
                "exc_path": "",
                "exc_args": [],
                "value": refusal.detail,
            }
            body = json.dumps({"result": None, "error": {**error, "refusal": refusal.to_wire()}})
        reply = AmqpMessage(
            body.encode("utf-8", "surrogatepass"),
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=delivery.properties.get("correlation_id"),
            delivery_mode=1,
        )
        exchange = "" if sent_to.startswith("amq.") else "nameko-rpc"
        try:
            message.channel.basic_publish(reply, exchange=exchange, routing_key=sent_to)
        except (OSError, AttributeError, *self.queue_consumer.connection_errors) as gone:
            _log.warning("A reply could not be sent (%s)", type(gone).__name__)
        self.queue_consumer.ack_message(message)


class Call(Rpc):
    """The entrypoint of a query or a command."""

    rpc_consumer = Calls()

    def __init__(self, door: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.door = door
        self._waiting = Waiting(self._worker, lambda turn: self.rpc_consumer.answer_all(turn), TOGETHER, BREATH)

    def handle_call(self, delivery: Delivery) -> None:
        def answer(*_result: Any) -> tuple[None, None]:
            self.rpc_consumer.answer(delivery)
            return None, None

        try:
            if self.door.share:
                self._waiting.add(self, delivery)
            else:
                self.container.spawn_worker(self, (delivery,), {}, handle_result=answer)
        except ContainerBeingKilled:
            self.rpc_consumer.requeue_message(delivery.message)

    def _worker(self, _: Call, turn: Delivery) -> None:
        self.container.spawn_worker(self, (turn,), {}, handle_result=_settled_already)


class Tick(Timer):
    """The entrypoint of a timer."""

    def handle_timer_tick(self) -> None:
        self.container.spawn_worker(self, (Delivery(),), {}, handle_result=self.handle_result)


class Noticing(Hearing):
    """The entrypoint of an inbound door, on a queue of its own."""

    def bind(self, container: Any, method_name: str) -> Any:
        self.inbox = Notices(self.door.queue(container.service_name))
        return super().bind(container, method_name)


def rpc(door: Callable[..., Any]) -> Callable[..., Any]:
    return Call.decorator(door=door.foyer_door)(door)  # type: ignore[attr-defined]


def hear(door: Callable[..., Any]) -> Callable[..., Any]:
    declared = door.foyer_door  # type: ignore[attr-defined]
    return (Noticing if declared.key else Hearing).decorator(door=declared)(door)


def tick(door: Callable[..., Any], interval: float) -> Callable[..., Any]:
    return Tick.decorator(interval=interval, eager=True)(door)


@contextmanager
def in_one_write(connection: Any) -> Iterator[None]:
    """All that is sent on py-amqp's connection meanwhile; it writes each message to the socket by itself."""
    transport, gathered = connection.transport, bytearray()
    write = transport._write
    transport._write = gathered.extend  # a copy: py-amqp fills the same buffer again
    try:
        yield
    finally:
        transport._write = write
        write(gathered)


def _settled_already(*_result: Any) -> tuple[None, None]:
    """Each message of a turn is settled within it."""
    return None, None


def _whole(said: Any) -> int:
    return said if isinstance(said, int) and said >= 0 else 0
