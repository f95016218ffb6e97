"""The stream of rooms as it is really served: granian, the broker, the database, and clients that come and go."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pytest

from deploy.local.home import free_port
from gateway.access import keys
from gateway.following import hub, log
from services.kit.context import Context
from services.kit.db import Database
from tests.kit.processes import until

pytestmark = pytest.mark.servers

CONTEXT = Context(actor="a test")
LISBON = UUID(int=1)
STREAM = "/v1/rooms/stream"


@dataclass
class Server:
    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def served(environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "gateway.app:create_app", "--host",
        "127.0.0.1", "--port", str(port), "--blocking-threads", "256",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    made = Server(f"http://127.0.0.1:{port}", process)
    try:
        until(lambda: alive(made.url))
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def environment(databases, amqp_url) -> dict[str, str]:
    return {"FOYER_AMQP_URL": amqp_url, "FOYER_GATEWAY_DB_URL": databases.url("gateway")}


@pytest.fixture(scope="module")
def server(environment) -> Iterator[Server]:
    with served(environment) as made:
        yield made


@pytest.fixture(scope="module")
def gateway_db(databases) -> Database:
    """Emptied once: a process that has clients goes on from where it was."""
    return databases.empty("gateway")


@pytest.fixture
def key(gateway_db: Database) -> str:
    return keys.create(gateway_db, "a board", ["read"], rate=0)


@dataclass
class Client:
    """Somebody who follows the rooms, in a thread of their own."""

    server: Server
    key: str
    last_id: str = ""
    begun: bool = False
    ended: bool = False
    numbers: list[str] = field(default_factory=list)
    status: int = 0
    headers: httpx.Headers = field(default_factory=httpx.Headers)

    def follow(self) -> Client:
        threading.Thread(target=self._follow, daemon=True).start()
        until(lambda: self.begun or self.ended)
        return self

    def _follow(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        try:
            with httpx.stream("GET", self.server.url + STREAM, headers=headers, timeout=30) as answer:
                self.status, self.headers = answer.status_code, answer.headers
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        self.last_id, self.begun = value, True
                    elif name == "data":
                        self.numbers.append(json.loads(value)["number"])
        except httpx.TransportError:
            pass
        self.ended = True


def record(db: Database, number: str) -> None:
    db.writing(CONTEXT, lambda tx: log.record(tx, "room.status_changed", LISBON, {"number": number}))


def sees(client: Client, *numbers: str) -> Callable[[], bool]:
    return lambda: client.numbers == [*numbers]


def test_a_change_reaches_who_follows(server, key, gateway_db):
    client = Client(server, key).follow()
    record(gateway_db, "101")
    until(sees(client, "101"))
    assert client.headers["Content-Type"].startswith("text/event-stream")
    assert client.headers["Cache-Control"] == "no-store"


def test_clients_of_two_processes_go_on_at_either_where_they_were(server, environment, key, gateway_db):
    """One gateway process ends; its client goes on at another, with nothing lost and nothing twice."""
    with served(environment) as other:
        client = Client(other, key).follow()
        record(gateway_db, "101")
        until(sees(client, "101"))
    until(lambda: client.ended)
    record(gateway_db, "102")
    client.server, client.begun, client.ended = server, False, False
    client.follow()
    record(gateway_db, "103")
    until(sees(client, "101", "102", "103"))


def test_a_process_that_is_told_to_end_ends_its_streams_and_itself(environment, key):
    with served(environment) as server:
        clients = [Client(server, key).follow() for _ in range(5)]
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(60)
        until(lambda: all(client.ended for client in clients))
    assert {client.status for client in clients} == {200}


def test_a_client_that_reads_nothing_holds_up_nobody(server, key, gateway_db):
    host, port = server.url.removeprefix("http://").split(":")
    asked = f"GET {STREAM} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    with ExitStack() as open_sockets:
        for _ in range(3):
            deaf = open_sockets.enter_context(socket.socket())
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect((host, int(port)))
            deaf.sendall(asked)
        client = Client(server, key).follow()
        numbers = [f"{n}-" + "x" * 20_000 for n in range(200)]

        def work(tx):
            for number in numbers:
                log.record(tx, "room.status_changed", LISBON, {"number": number})

        gateway_db.writing(CONTEXT, work)
        until(sees(client, *numbers))
        assert alive(server.url)


def test_one_too_many_is_refused_and_calls_are_answered_beside_all_the_streams(environment, key):
    with served(environment) as server:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=server.url, headers=headers, limits=httpx.Limits(), timeout=30) as http:
            with ExitStack() as streams:
                for _ in range(hub.MOST):
                    answer = streams.enter_context(http.stream("GET", STREAM))
                    assert answer.status_code == 200
                refused = http.get(STREAM)
                assert refused.status_code == 503
                assert refused.headers["Retry-After"] == "5"
                assert refused.json()["type"] == "/problems/unavailable"
                assert http.get("/livez").status_code == 200
            until(lambda: takes_one_more(http))


def takes_one_more(http: httpx.Client) -> bool:
    with http.stream("GET", STREAM) as answer:
        return answer.status_code == 200


def test_a_key_without_the_scope_follows_nothing(server, gateway_db):
    other = keys.create(gateway_db, "another", ["inbound"])
    assert httpx.get(server.url + STREAM, headers={"Authorization": f"Bearer {other}"}).status_code == 403


def test_what_is_no_position_is_refused_with_a_pointer(server, key):
    headers = {"Authorization": f"Bearer {key}", "Last-Event-ID": "yesterday"}
    answer = httpx.get(server.url + STREAM, headers=headers)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/Last-Event-ID"]
