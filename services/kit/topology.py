"""What must exist on the broker before any service starts, derived from the contracts and the doors.

Declared first, so that an event for a service that has never run yet waits for it. Queues for calls
(``rpc-…``) are left to the services themselves: an ask for one that does not exist is returned at once.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import shlex
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import ChannelClosedByBroker

from services.kit import config, wire

RPC = "nameko-rpc"
INBOUND = "inbound"
UNHEARD = "foyer.unheard"

_QUORUM: Mapping[str, Any] = {"x-queue-type": "quorum"}
DELIVERIES = 20
# Reading a parked message counts as a delivery. RabbitMQ 4 would give a queue without this argument a limit
# of 20; RabbitMQ 3.10 takes -1, but drops a message at its first return: so a number that nobody reaches.
_PARKED = {**_QUORUM, "x-delivery-limit": 2_147_483_647}
_WAITING = {
    **_QUORUM,
    "x-dead-letter-exchange": "",
    # back to the queue named in its routing key, and forgotten here only after it arrived there
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
# Events that no service subscribes to yet go here: the broker would return them to the relay as unroutable,
# and an outbox full of those would hide the ones that are really lost. Bounded, as nobody empties it.
_UNHEARD = {**_QUORUM, "x-max-length": 10_000, "x-overflow": "drop-head", "x-message-ttl": 7 * 86_400_000}


@dataclass(frozen=True, order=True)
class Exchange:
    name: str
    kind: str


@dataclass(frozen=True, order=True)
class Queue:
    name: str
    arguments: Mapping[str, Any] = field(compare=False, hash=False)


@dataclass(frozen=True, order=True)
class Binding:
    exchange: str
    queue: str
    key: str


@dataclass(frozen=True)
class Topology:
    """All that is declared, in the order of the names; `gone` are bindings that an earlier version needed."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    gone: tuple[Binding, ...] = ()

    def names(self) -> Names:
        return Names(
            frozenset(e.name for e in self.exchanges),
            frozenset(q.name for q in self.queues),
            frozenset(self.bindings),
        )


@dataclass(frozen=True)
class Names:
    """What a broker has, by name."""

    exchanges: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    bindings: frozenset[Binding] = frozenset()

    def lines(self) -> list[str]:
        """For people, one thing per line."""
        return [
            *(f"exchange {name}" for name in sorted(self.exchanges)),
            *(f"queue    {name}" for name in sorted(self.queues)),
            *(f"binding  {b.exchange} → {b.queue} ({b.key or 'all'})" for b in sorted(self.bindings)),
        ]


class DeclaredOtherwise(Exception):
    """The broker has something of this name with other properties: it must be drained and deleted first."""


# ── from the code ───────────────────────────────────────────────────────────────────────────────────────────


def service_class(name: str) -> type:
    """The class behind a process's name: ``bookings``, or ``view``, which lives in the gateway."""
    path = "gateway.view.service" if name == config.VIEW else f"services.{name}.service"
    found: type = getattr(importlib.import_module(path), f"{name.capitalize()}Service")
    return found


def service_classes() -> list[type]:
    return [service_class(name) for name in (*config.SERVICES, config.VIEW)]


def contract_modules() -> list[ModuleType]:
    package = importlib.import_module("services.contracts")
    return [
        importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
    ]


def subscriptions(service: type) -> list[type[wire.Event]]:
    """The events a service class subscribes to, each once, in the order of their names."""
    heard = {door.event for door in _doors(service) if door.kind == "subscribe"}
    return sorted(heard, key=lambda event: event.__name__)


def inbound_queues(service: type) -> list[tuple[str, str]]:
    """Queue and routing key of each door of a service class for other systems."""
    name = service.name  # type: ignore[attr-defined]
    return sorted({(door.queue(name), door.key) for door in _doors(service) if door.kind == "inbound"})


def wait_name(seconds: float) -> str:
    """Exchange and queue in which a message waits this long for its next attempt."""
    return f"foyer.wait.{int(seconds * 1000)}"


def inbox_name(service: str) -> str:
    return f"{service}.inbox"


def parked_name(service: str) -> str:
    return f"{service}.parked"


def derive(
    services: Iterable[type] | None = None,
    contracts: Iterable[ModuleType] | None = None,
    delays: Sequence[float] | None = None,
) -> Topology:
    """The topology of these services and contracts; of the whole system where nothing is given."""
    services = service_classes() if services is None else list(services)
    contracts = contract_modules() if contracts is None else list(contracts)
    delays = config.retry_delays() if delays is None else delays
    heard = {service.name: subscriptions(service) for service in services}  # type: ignore[attr-defined]
    events = {e for module in contracts for e in wire.events_of(module)}
    events.update(e for subscribed in heard.values() for e in subscribed)

    exchanges = {Exchange(RPC, "topic"), Exchange(INBOUND, "topic")}
    exchanges.update(Exchange(event.exchange(), "topic") for event in events)
    queues = {Queue(UNHEARD, _UNHEARD)}
    bindings: set[Binding] = set()
    for service in services:
        name = service.name  # type: ignore[attr-defined]
        # every service has one: a call that cannot be answered is parked too
        queues.add(Queue(parked_name(name), _PARKED))
        if heard[name]:
            queues.add(Queue(inbox_name(name), _work(name)))
        bindings.update(Binding(e.exchange(), inbox_name(name), e.routing_key()) for e in heard[name])
        for queue, key in inbound_queues(service):
            queues.add(Queue(queue, _work(name)))
            bindings.add(Binding(INBOUND, queue, key))
    for seconds in delays:
        name = wait_name(seconds)
        exchanges.add(Exchange(name, "fanout"))
        queues.add(Queue(name, {**_WAITING, "x-message-ttl": int(seconds * 1000)}))
        bindings.add(Binding(name, name, ""))

    listened = {e for subscribed in heard.values() for e in subscribed}
    unheard = {e: Binding(e.exchange(), UNHEARD, e.routing_key()) for e in events}
    bindings.update(binding for e, binding in unheard.items() if e not in listened)
    gone = (binding for e, binding in unheard.items() if e in listened)
    return Topology(tuple(sorted(exchanges)), tuple(sorted(queues)), tuple(sorted(bindings)), tuple(sorted(gone)))


def _work(service: str) -> dict[str, Any]:
    """A queue that a service works on: whatever it rejects or cannot take is parked."""
    return {
        **_QUORUM,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": parked_name(service),
        "x-delivery-limit": DELIVERIES,
    }


def _doors(service: type) -> Iterator[Any]:
    for _, method in inspect.getmembers(service, callable):
        if (door := getattr(method, "foyer_door", None)) is not None:
            yield door


# ── to the broker ───────────────────────────────────────────────────────────────────────────────────────────


def declare(amqp_url: str, topology: Topology | None = None) -> Topology:
    """Declare everything, idempotently; raises DeclaredOtherwise naming what is there with other properties.

    Waits some seconds for a broker that is just starting. Removes nothing but the bindings of events to the
    queue for unheard ones, once they have a subscriber.
    """
    topology = topology or derive()
    parameters = pika.URLParameters(amqp_url)
    parameters.connection_attempts = 10
    parameters.retry_delay = 1
    with pika.BlockingConnection(parameters) as connection:
        faults = [*_declare_exchanges(connection, topology), *_declare_queues(connection, topology)]
        if faults:
            raise DeclaredOtherwise("\n".join(faults))
        channel = connection.channel()
        for binding in topology.bindings:
            channel.queue_bind(binding.queue, binding.exchange, binding.key)
        for binding in topology.gone:
            channel.queue_unbind(binding.queue, binding.exchange, binding.key)
    return topology


def _declare_exchanges(connection: BlockingConnection, topology: Topology) -> Iterator[str]:
    channel = connection.channel()
    for exchange in topology.exchanges:
        try:
            channel.exchange_declare(exchange.name, exchange.kind, durable=True)
        except ChannelClosedByBroker as fault:
            yield _fault("exchange", exchange.name, fault)
            channel = connection.channel()


def _declare_queues(connection: BlockingConnection, topology: Topology) -> Iterator[str]:
    channel: BlockingChannel = connection.channel()
    for queue in topology.queues:
        try:
            channel.queue_declare(queue.name, durable=True, arguments=dict(queue.arguments))
        except ChannelClosedByBroker as fault:
            yield _fault("queue", queue.name, fault)
            channel = connection.channel()


def _fault(kind: str, name: str, fault: ChannelClosedByBroker) -> str:
    return f"The {kind} {name} exists on the broker with other properties: {fault.reply_text}"


# ── what the broker has besides ─────────────────────────────────────────────────────────────────────────────


def look(amqp_url: str) -> Names | None:
    """What the vhost has, from the management API or rabbitmqctl; None where neither is configured.

    FOYER_RABBITMQ_API is the API's address (``http://user:password@host:15672``; the user of the broker's own
    address where it names none); FOYER_RABBITMQCTL is a command line that runs rabbitmqctl. Raises OSError
    where it does not answer.
    """
    vhost = unquote(urlsplit(amqp_url).path[1:]) or "/"
    if api := config.setting("FOYER_RABBITMQ_API", ""):
        parts = {kind: _fetch(api, amqp_url, kind, vhost) for kind in ("exchanges", "queues", "bindings")}
        return _present(parts, "source", "destination")
    if command := config.setting("FOYER_RABBITMQCTL", ""):
        columns = {
            "exchanges": ["name"],
            "queues": ["name"],
            "bindings": ["source_name", "destination_name", "routing_key"],
        }
        parts = {kind: _run(command, kind, vhost, names) for kind, names in columns.items()}
        return _present(parts, "source_name", "destination_name")
    return None


def strangers(topology: Topology, present: Names) -> Names:
    """What the broker has under our names that the code has not: of earlier versions, or made by hand."""
    ours = topology.names()
    services = {q.removesuffix(".parked") for q in ours.queues if q.endswith(".parked")}
    calls = {f"rpc-{service}" for service in services}
    prefixes = ("foyer.", "rpc-", *(f"{service}." for service in services))

    def mine(name: str) -> bool:
        known = name in ours.exchanges or name in ours.queues
        return known or name.startswith(prefixes) or name.endswith((".events", ".inbox", ".parked"))

    return Names(
        frozenset(e for e in present.exchanges - ours.exchanges if mine(e)),
        frozenset(q for q in present.queues - ours.queues - calls if mine(q)),
        frozenset(
            b
            for b in present.bindings - ours.bindings
            if b.exchange and b.queue not in calls and (mine(b.exchange) or mine(b.queue))
        ),
    )


def _present(parts: Mapping[str, list[dict[str, Any]]], source: str, destination: str) -> Names:
    return Names(
        frozenset(found["name"] for found in parts["exchanges"]),
        frozenset(found["name"] for found in parts["queues"]),
        frozenset(Binding(b[source], b[destination], b["routing_key"]) for b in parts["bindings"]),
    )


def _fetch(api: str, amqp_url: str, kind: str, vhost: str) -> list[dict[str, Any]]:
    address = urlsplit(api)
    user = address if address.username else urlsplit(amqp_url)
    login = f"{unquote(user.username or '')}:{unquote(user.password or '')}".encode()
    bare = address._replace(netloc=address.netloc.rsplit("@", 1)[-1])
    request = urllib.request.Request(
        f"{urlunsplit(bare).rstrip('/')}/api/{kind}/{quote(vhost, safe='')}",
        headers={"Authorization": f"Basic {b64encode(login).decode()}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found


def _run(command: str, kind: str, vhost: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    line = [*shlex.split(command), "-q", f"list_{kind}", "-p", vhost, "--formatter", "json", *columns]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise OSError(f"rabbitmqctl could not list the {kind}: {(done.stderr or done.stdout).strip()[:500]}")
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found
