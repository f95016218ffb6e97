"""What is declared on the broker, and what is found there besides."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import ModuleType

import pika
import pytest

from services.kit import topology, wire
from services.kit.doors import Service, inbound, subscribe
from services.kit.topology import Binding, Exchange, Names
from services.kit.wire import Event, event


@event
class RoomCleaned(Event):
    aggregate = "room_id"
    room_id: str


@event
class TowelLost(Event):
    aggregate = "room_id"
    room_id: str


@wire.value
class LaundryNotice:
    room_id: str


class FloorsService(Service):
    name = "floors"

    @subscribe(RoomCleaned)
    def open_room(self, tx, event):
        """Hears one of the two events."""

    @subscribe(RoomCleaned)
    def count_rooms(self, tx, event):
        """Two doors may hear the same."""

    @inbound("laundry.notice", LaundryNotice)
    def receive(self, tx, notice):
        """Hears another system."""


class SilentService(Service):
    name = "silent"


OWNER = RoomCleaned.owner()


CONTRACTS = ModuleType(__name__)
vars(CONTRACTS).update(RoomCleaned=RoomCleaned, TowelLost=TowelLost)


@pytest.fixture
def declared(amqp_url):
    found = topology.derive([FloorsService, SilentService], [CONTRACTS], [1, 0.25])
    topology.declare(amqp_url, found)
    yield found
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        for queue in found.queues:
            channel.queue_delete(queue.name)
        for exchange in found.exchanges:
            channel.exchange_delete(exchange.name)


@pytest.fixture
def channel(amqp_url):
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        yield connection.channel()


def arrives(channel, queue):
    """The next message of a queue; a wait queue gives it back after a while."""
    for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=10):
        channel.cancel()
        return method, properties, body
    return None


def test_a_subscription_becomes_a_binding_to_the_inbox_of_its_service():
    found = topology.derive([FloorsService], [CONTRACTS], [])

    assert Binding(f"{OWNER}.events", "floors.inbox", "room.cleaned.v1") in found.bindings
    assert Exchange(f"{OWNER}.events", "topic") in found.exchanges


def test_an_inbound_door_gets_a_queue_of_its_own():
    found = topology.derive([FloorsService], [CONTRACTS], [])

    assert Binding("inbound", "floors.notices", "laundry.notice") in found.bindings


def test_queue_names_and_arguments_are_pinned():
    found = topology.derive([FloorsService, SilentService], [CONTRACTS], [1, 0.25])
    work = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "floors.parked",
        "x-delivery-limit": 20,
    }
    waiting = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    parked = {"x-queue-type": "quorum", "x-delivery-limit": 2_147_483_647}

    assert {queue.name: queue.arguments for queue in found.queues} == {
        "floors.inbox": work,
        "floors.notices": work,
        "floors.parked": parked,
        "silent.parked": parked,
        "foyer.wait.1000": {**waiting, "x-message-ttl": 1000},
        "foyer.wait.250": {**waiting, "x-message-ttl": 250},
        "foyer.unheard": {
            "x-queue-type": "quorum",
            "x-max-length": 10_000,
            "x-overflow": "drop-head",
            "x-message-ttl": 604_800_000,
        },
    }


def test_a_renamed_handler_changes_no_queue():
    class RenamedService(Service):
        name = "floors"

        @subscribe(RoomCleaned)
        def open_the_room(self, tx, event):
            """The method has another name than it had."""

        @inbound("laundry.notice", LaundryNotice)
        def take(self, tx, notice):
            """So has this one."""

    before = topology.derive([FloorsService], [CONTRACTS], [])
    after = topology.derive([RenamedService], [CONTRACTS], [])

    assert before.names() == after.names()


def test_every_event_of_the_contracts_has_a_queue():
    found = topology.derive()
    routed = {(b.exchange, b.key) for b in found.bindings}
    events = [e for module in topology.contract_modules() for e in wire.events_of(module)]

    assert len(events) > 10
    assert {(e.exchange(), e.routing_key()) for e in events} <= routed


def test_every_subscription_of_every_service_reaches_its_inbox():
    found = topology.derive()
    wanted = {
        Binding(e.exchange(), f"{service.name}.inbox", e.routing_key())
        for service in topology.service_classes()
        for e in topology.subscriptions(service)
    }

    assert wanted
    assert wanted <= set(found.bindings)
    assert Binding("inbound", "bookings.notices", "booking.notice") in found.bindings


def test_every_queue_that_is_named_anywhere_is_declared():
    found = topology.derive()
    names = found.names()
    dead_letters = {q.arguments.get("x-dead-letter-routing-key") for q in found.queues} - {None}

    assert {b.queue for b in found.bindings} <= names.queues
    assert {b.exchange for b in found.bindings} <= names.exchanges
    assert dead_letters <= names.queues


def test_call_queues_are_left_to_the_services():
    assert not [q for q in topology.derive().queues if q.name.startswith("rpc-")]


def test_declaring_twice_changes_nothing(amqp_url, declared):
    assert topology.declare(amqp_url, declared) == declared


def test_what_exists_with_other_arguments_is_named(amqp_url, declared, channel):
    channel.queue_delete("floors.inbox")
    channel.queue_declare("floors.inbox", durable=True)
    channel.exchange_delete("inbound")
    channel.exchange_declare("inbound", "fanout", durable=True)

    with pytest.raises(topology.DeclaredOtherwise) as said:
        topology.declare(amqp_url, declared)

    assert "queue floors.inbox" in str(said.value)
    assert "exchange inbound" in str(said.value)


def test_an_event_waits_for_a_service_that_never_ran(declared, channel):
    channel.confirm_delivery()
    channel.basic_publish(f"{OWNER}.events", "room.cleaned.v1", b"{}", mandatory=True)

    assert arrives(channel, "floors.inbox")[2] == b"{}"


def test_an_event_nobody_subscribes_to_is_kept_aside(declared, channel):
    channel.confirm_delivery()
    channel.basic_publish(f"{OWNER}.events", "towel.lost.v1", b"{}", mandatory=True)

    assert arrives(channel, "foyer.unheard")[2] == b"{}"


def test_an_event_that_finds_a_subscriber_is_no_longer_kept_aside(amqp_url, declared, channel):
    class LaundryService(Service):
        name = "silent"

        @subscribe(TowelLost)
        def buy_towel(self, tx, event):
            """Now somebody hears it."""

    topology.declare(amqp_url, topology.derive([FloorsService, LaundryService], [CONTRACTS], [1, 0.25]))
    channel.confirm_delivery()
    channel.basic_publish(f"{OWNER}.events", "towel.lost.v1", b"{}", mandatory=True)

    assert arrives(channel, "silent.inbox")[2] == b"{}"
    assert channel.queue_declare("foyer.unheard", passive=True).method.message_count == 0
    channel.queue_delete("silent.inbox")


def test_a_waiting_message_comes_back_to_the_queue_it_names(declared, channel):
    channel.confirm_delivery()
    properties = pika.BasicProperties(message_id="one", headers={"foyer-attempt": 1}, delivery_mode=2)
    channel.basic_publish("foyer.wait.250", "floors.inbox", b"{}", properties, mandatory=True)
    _, came, _ = arrives(channel, "floors.inbox")

    assert came.message_id == "one"
    assert came.headers["foyer-attempt"] == 1


def test_a_rejected_message_is_parked(declared, channel):
    channel.confirm_delivery()
    channel.basic_publish("", "floors.inbox", b"{}", mandatory=True)
    method, _, _ = next(channel.consume("floors.inbox"))
    channel.basic_reject(method.delivery_tag, requeue=False)
    channel.cancel()

    assert arrives(channel, "floors.parked")[2] == b"{}"


def test_a_message_that_kills_its_readers_is_parked_in_the_end(declared, channel):
    channel.confirm_delivery()
    channel.basic_publish("", "floors.inbox", b"{}", mandatory=True)
    deliveries = 0
    for method, _, _ in channel.consume("floors.inbox", inactivity_timeout=2):
        if method is None:
            break
        deliveries += 1
        channel.basic_reject(method.delivery_tag, requeue=True)
    channel.cancel()

    assert deliveries == 21  # the first one, and the limit of twenty more
    assert arrives(channel, "floors.parked")[2] == b"{}"


def test_a_parked_message_is_still_there_after_many_readings(declared, channel):
    channel.confirm_delivery()
    channel.basic_publish("", "floors.parked", b"{}", mandatory=True)
    for _ in range(60):
        method, _, _ = next(channel.consume("floors.parked", inactivity_timeout=10))
        channel.basic_reject(method.delivery_tag, requeue=True)
    channel.cancel()

    assert arrives(channel, "floors.parked")[2] == b"{}"


def test_strangers_are_ours_by_name_and_not_in_the_code():
    found = topology.derive([FloorsService], [CONTRACTS], [1])
    ours = found.names()
    old = Binding(f"{OWNER}.events", "floors.inbox", "room.painted.v1")
    present = Names(
        ours.exchanges | {"amq.topic", "spa.events", "monitoring"},
        ours.queues | {"rpc-floors", "rpc-spa", "floors.old", "somebody-elses"},
        ours.bindings
        | {old, Binding("nameko-rpc", "rpc-floors", "floors.*"), Binding("", "floors.inbox", "floors.inbox")},
    )

    assert topology.strangers(found, present) == Names(
        frozenset({"spa.events"}), frozenset({"rpc-spa", "floors.old"}), frozenset({old})
    )


def test_the_broker_is_looked_at_through_rabbitmqctl(amqp_url, declared, channel, monkeypatch):
    monkeypatch.setenv("FOYER_RABBITMQCTL", os.environ["FOYER_TEST_RABBITMQCTL"])
    before = topology.strangers(declared, topology.look(amqp_url))  # of other tests
    channel.queue_declare("floors.old", durable=True)
    present = topology.look(amqp_url)
    channel.queue_delete("floors.old")

    assert declared.names().queues <= present.queues
    assert declared.names().bindings <= present.bindings
    found = topology.strangers(declared, present)
    assert found.queues - before.queues == {"floors.old"}
    assert (found.exchanges, found.bindings) == (before.exchanges, before.bindings)


class ManagementApi(BaseHTTPRequestHandler):
    """Answers as the broker's management plugin does, to who knows the password."""

    said = {
        "/api/exchanges/a%2Fb": [{"name": "", "type": "direct"}, {"name": "spa.events", "type": "topic"}],
        "/api/queues/a%2Fb": [{"name": "floors.old", "messages": 3}],
        "/api/bindings/a%2Fb": [{"source": "spa.events", "destination": "floors.old", "routing_key": "x"}],
    }

    def do_GET(self):
        allowed = self.headers["Authorization"] == "Basic Zm95ZXI6cC93"  # foyer:p/w
        self.send_response(200 if allowed and self.path in self.said else 401)
        self.end_headers()
        self.wfile.write(json.dumps(self.said.get(self.path)).encode())

    def log_message(self, *_arguments):
        """Nothing to say in a test."""


def test_the_broker_is_looked_at_through_the_management_api(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), ManagementApi) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("FOYER_RABBITMQ_API", f"http://127.0.0.1:{server.server_port}/")
        present = topology.look("amqp://foyer:p%2Fw@localhost/a%2Fb")
        server.shutdown()

    assert present == Names(
        frozenset({"", "spa.events"}),
        frozenset({"floors.old"}),
        frozenset({Binding("spa.events", "floors.old", "x")}),
    )


def test_without_a_way_to_look_it_says_so(monkeypatch):
    monkeypatch.delenv("FOYER_RABBITMQCTL", raising=False)
    monkeypatch.delenv("FOYER_RABBITMQ_API", raising=False)

    assert topology.look("amqp://localhost/foyer") is None
