"""The whole of Foyer for one test process: every process of `make run`, on this test process's databases and vhost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
from pika.exceptions import ChannelClosedByBroker

from deploy.local import app
from deploy.local.home import CHECKOUT, Home
from deploy.local.programs import Program
from services.kit import config, topology
from tests.databases import Databases

SCOPES = "read,write,inbound,admin"
# Shorter than in production, so that a message that failed is not waited for.
RETRY_DELAYS = "0.2,0.5,1,2,5"


class System:
    """Processes by their names (services, ``view``, ``relay``, ``gateway``), each to be killed and started again.

    `url` and `api_key` open the gateway, `amqp_url` the broker; `databases` looks at the services' tables.
    """

    def __init__(self, folder: Path, databases: Databases, amqp_url: str) -> None:
        self.databases, self.amqp_url = databases, amqp_url
        self.home = Home(folder).create()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FOYER_")},
            **databases.environment(),
            "FOYER_AMQP_URL": amqp_url,
            "FOYER_RETRY_DELAYS": RETRY_DELAYS,
        }
        port = self.home.port("gateway")
        self.url = f"http://127.0.0.1:{port}"
        self.programs = {each.name: each for each in app.programs(self.home, self.environment, port)}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.api_key = ""

    def begin(self) -> System:
        """Declare the topology, start everything, wait until all of it is ready, and make a key."""
        self.foyer("topology")
        for name in self.programs:
            self.start(name)
        self.wait_ready()
        self.api_key = self.foyer("keys", "create", "--name", "tests", "--scopes", SCOPES, "--rate", "0").split()[-1]
        return self

    def end(self) -> None:
        """Stop everything; what does not stop in time is killed."""
        for process in self.processes.values():
            process.terminate()
        until = time.monotonic() + 10
        for process in self.processes.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, name: str) -> None:
        program: Program = self.programs[name]
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                program.command,
                env={**self.environment, **program.environment, "FOYER_RETRY_DELAYS": RETRY_DELAYS},
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str, sign: int = signal.SIGKILL) -> int:
        """Send a signal, wait for the end of the process and of its workers, and answer its status."""
        process = self.processes[name]
        process.send_signal(sign)
        status = process.wait(60)
        until = time.monotonic() + 60
        while self._listens(name):  # a worker outlives a killed gateway for a moment, and would say that it is ready
            assert time.monotonic() < until, f"{name} was ended and still listens"
            time.sleep(0.05)
        return status

    def restart(self, name: str, sign: int = signal.SIGKILL) -> None:
        """Kill it and start it again, without waiting until it is ready."""
        self.kill(name, sign)
        self.start(name)

    def wait_ready(self, *names: str, timeout: float = 180) -> None:
        """Wait until these processes, or all, say that they can serve."""
        until = time.monotonic() + timeout
        for name in names or self.programs:
            while not self._ready(name):
                process = self.processes[name]
                if process.poll() is not None:
                    raise AssertionError(f"{name} ended with {process.returncode}:\n{self.log(name)[-4000:]}")
                if time.monotonic() > until:
                    raise AssertionError(f"{name} is not ready after {timeout:g} s:\n{self.log(name)[-4000:]}")
                time.sleep(0.05)

    def log(self, name: str) -> str:
        return self._log(name).read_text(errors="replace") if self._log(name).exists() else ""

    def foyer(self, *words: str) -> str:
        """Run one of Foyer's commands on this system and answer what it prints; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "foyer", *words],
            env=self.environment,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"foyer {' '.join(words)}: {done.stderr or done.stdout}"
        return done.stdout

    # ── what a client and another system do ──────────────────────────────────────────────────────────────────

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """One HTTP call with the key: status and JSON (or text) of the answer."""
        status, said, _ = self.call_in_full(method, path, body, headers)
        return status, said

    def call_in_full(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Message[str, str]]:
        """The same with the answer's headers."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.api_key}",
                **({"Content-Type": "application/json"} if body is not None else {}),
                **(headers or {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, _content(answer.read()), answer.headers
        except urllib.error.HTTPError as refused:
            return refused.code, _content(refused.read()), refused.headers

    def publish(self, body: Any, *, exchange: str = "inbound", key: str = "booking.notice", **properties: Any) -> None:
        """Publish one message as another system would, confirmed; `body` is text, bytes or JSON values."""
        self.publish_all([body], exchange=exchange, key=key, **properties)

    def publish_all(
        self, bodies: list[Any], *, exchange: str = "inbound", key: str = "booking.notice", **properties: Any
    ) -> None:
        """Publish several, each confirmed, with a message id of its own where none is given."""
        given = {"content_type": "application/json", "delivery_mode": 2, **properties}
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for body in bodies:
                raw = (
                    body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
                )
                named = pika.BasicProperties(**{"message_id": str(uuid.uuid4()), **given})
                channel.basic_publish(exchange, key, raw, named, mandatory=True)

    # ── looking at it from outside ───────────────────────────────────────────────────────────────────────────

    def rows(self, service: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a service's own tables, read past the service."""
        return self.databases.admin(service).execute(statement, parameters or None).fetchall()

    def waiting(self) -> dict[str, int]:
        """Messages in every queue of ours that holds any; parked ones too. What a consumer holds is not counted."""
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            found = {}
            for queue in topology.derive(delays=[float(d) for d in RETRY_DELAYS.split(",")]).queues:
                try:
                    count = channel.queue_declare(queue.name, passive=True).method.message_count
                except ChannelClosedByBroker:
                    channel, count = connection.channel(), 0
                if count:
                    found[queue.name] = count
            return found

    def parked(self) -> dict[str, int]:
        """Messages set aside, by queue."""
        return {name: count for name, count in self.waiting().items() if name.endswith(".parked")}

    def wait_quiet(self, timeout: float = 180) -> None:
        """Wait until nothing is on its way: outboxes published, queues empty but for parked ones, no more changes."""
        until, before = time.monotonic() + timeout, None
        while True:
            moving = {q: n for q, n in self.waiting().items() if not q.endswith((".parked", ".unheard"))}
            counted = {service: self.rows(service, _MESSAGES)[0] for service in config.SERVICES}
            unpublished = {service: row[0] for service, row in counted.items() if row[0]}
            if not moving and not unpublished and counted == before:
                return
            if time.monotonic() > until:
                raise AssertionError(f"Not quiet after {timeout:g} s: queues {moving}, outboxes {unpublished}")
            before = counted
            time.sleep(0.2)

    def _ready(self, name: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port(name)}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _listens(self, name: str) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port(name))) == 0

    def _port(self, name: str) -> int:
        return int(self.programs[name].environment.get("FOYER_HEALTH_PORT") or urlsplit(self.url).port or 0)

    def _log(self, name: str) -> Path:
        return self.home.log / f"{name}.log"


def _content(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


_MESSAGES = """
    SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL),
           (SELECT count(*) FROM outbox), (SELECT count(*) FROM inbox)
"""
