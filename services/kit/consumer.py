"""How events and notices reach a door over nameko, and how each is settled: acknowledged, tried again or parked.

A message is taken off its queue only after its work is committed or it stands safely in another queue (a wait queue or
the parked one). nameko's extension points are subclassed; its own rules lose messages in the cases named below.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import eventlet
from kombu.entity import Queue
from nameko.amqp.publish import Publisher
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import DependencyProvider, Entrypoint, ProviderCollector, SharedExtension
from nameko.messaging import QueueConsumer
from nameko.timer import Timer

from services.kit import config, metrics, topology
from services.kit.db import Database
from services.kit.delivery import Delivery, digest
from services.kit.gathering import GATHERED, Item, Waiting, settled_already
from services.kit.refusal import Broken

_log = logging.getLogger(__name__)

RECONNECT_AT_MOST = 2  # seconds between attempts to reach the broker
LINGER = 0.02  # seconds in which events gather that will share a transaction
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
        self.container.spawn_worker(hearing, (turn,), {}, handle_result=settled_already)

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


class Tick(Timer):
    """The entrypoint of a timer."""

    def handle_timer_tick(self) -> None:
        self.container.spawn_worker(self, (Delivery(),), {}, handle_result=self.handle_result)


class Noticing(Hearing):
    """The entrypoint of an inbound door, on a queue of its own."""

    def bind(self, container: Any, method_name: str) -> Any:
        self.inbox = Notices(self.door.queue(container.service_name))
        return super().bind(container, method_name)


def hear(door: Callable[..., Any]) -> Callable[..., Any]:
    declared = door.foyer_door  # type: ignore[attr-defined]
    return (Noticing if declared.key else Hearing).decorator(door=declared)(door)


def tick(door: Callable[..., Any], interval: float) -> Callable[..., Any]:
    return Tick.decorator(interval=interval, eager=True)(door)


def _whole(said: Any) -> int:
    return said if isinstance(said, int) and said >= 0 else 0
