"""The gateway as it really runs: granian, the broker, the database; services silent, unknown and returning."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pika
import pytest

from deploy.local.home import free_port
from gateway.access import keys
from services.contracts.bookings import Properties
from services.kit import wire

pytestmark = pytest.mark.servers


@contextmanager
def process(environment: dict[str, str]) -> Iterator[str]:
    """A granian of its own; its address."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "gateway.app:create_app",
        "--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "128", "--no-ws",
    ]  # fmt: skip
    running = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.extend(running.stdout or ()), daemon=True)
    reader.start()
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url), said)
        yield url
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def wait_until(holds, why=(), seconds=30.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def answers(url):
    try:
        return httpx.get(f"{url}/livez").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def address(databases, amqp_url):
    environment = {"FOYER_AMQP_URL": amqp_url, "FOYER_GATEWAY_DB_URL": databases.url("gateway")}
    with process(environment) as url:
        yield url


@pytest.fixture
def gateway(gateway_db, address):
    key = keys.create(gateway_db, "a test", ["read", "write"])
    with httpx.Client(base_url=address, timeout=10, headers={"Authorization": f"Bearer {key}"}) as client:
        yield client


@pytest.fixture
def broker(amqp_url):
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    channel.exchange_declare("nameko-rpc", "topic", durable=True)
    yield channel
    channel.queue_delete("rpc-bookings")
    connection.close()


def a_queue_of_bookings(channel):
    """What a service that has died leaves behind."""
    channel.queue_declare("rpc-bookings", durable=True)
    channel.queue_bind("rpc-bookings", "nameko-rpc", "bookings.*")


def timed(client, address):
    started = time.monotonic()
    answer = client.get(address)
    return answer, time.monotonic() - started


def test_a_service_that_has_never_run_is_told_at_once(gateway):
    wait_until(lambda: gateway.get("/readyz").status_code == 200)
    answer, seconds = timed(gateway, "/v1/properties")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert seconds < 0.5


def test_a_dead_service_is_told_after_one_deadline_while_the_process_says_that_it_lives(gateway, broker):
    a_queue_of_bookings(broker)
    wait_until(lambda: gateway.get("/readyz").status_code == 200)
    with ThreadPoolExecutor(40) as clients:
        asked = [clients.submit(timed, gateway, "/v1/properties") for _ in range(40)]
        time.sleep(0.3)
        lives = sorted(timed(gateway, "/livez")[1] for _ in range(5))
        answered = [future.result() for future in asked]
    assert {answer.status_code for answer, _ in answered} == {504}
    assert max(seconds for _, seconds in answered) < 2 * 2.1  # one deadline each, none after another's
    assert lives[2] < 0.1


def test_a_service_that_returned_is_asked_again_at_once(gateway, broker, amqp_url):
    a_queue_of_bookings(broker)
    assert gateway.get("/v1/properties").status_code == 504

    def answer(channel, method, properties, body):
        assert wire.parse(body) == {"args": [{"property": None}], "kwargs": {}}
        said = f'{{"result":{wire.text(Properties(items=()))},"error":null}}'
        channel.basic_publish(
            "", properties.reply_to, said, pika.BasicProperties(correlation_id=properties.correlation_id)
        )

    broker.basic_consume("rpc-bookings", answer, auto_ack=True)
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(gateway.get, "/v1/properties")
        while not asked.done():
            broker.connection.process_data_events(0.05)
    assert asked.result().json() == {"items": [], "next": None}


def test_without_a_broker_the_process_lives_refuses_quickly_and_is_not_ready(gateway_db, databases):
    key = keys.create(gateway_db, "a test", ["read"])
    nobody = f"amqp://foyer:x@127.0.0.1:{free_port()}/foyer"
    environment = {"FOYER_AMQP_URL": nobody, "FOYER_GATEWAY_DB_URL": databases.url("gateway")}
    headers = {"Authorization": f"Bearer {key}"}
    with process(environment) as url, httpx.Client(base_url=url, headers=headers, timeout=10) as client:
        answer, seconds = timed(client, "/v1/properties")
        assert answer.status_code == 503
        assert seconds < 2.1
        assert client.get("/readyz").json() == {"status": "unready", "failing": ["broker"]}
        assert timed(client, "/livez")[1] < 0.1


def test_a_large_body_without_a_length_is_refused(gateway):
    def chunks():
        for _ in range(40):
            yield b" " * 65_536

    answer = gateway.post("/v1/profiles", content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert gateway.get("/livez").status_code == 200
