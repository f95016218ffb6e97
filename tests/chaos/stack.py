"""A whole stack as `make run` starts it, in a folder of its own, with processes one can kill."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import psycopg
from pika.exceptions import AMQPError

from deploy.local import processes
from deploy.local.home import CHECKOUT
from services.kit import config

SERVICES = config.SERVICES
RETRY_DELAYS = "0.2,0.5,1,2,5"


def eventually(fact: Callable[[], Any], seconds: float, what: str) -> Any:
    """Wait until `fact` answers something true; what cannot be reached meanwhile is not true yet."""
    until = time.monotonic() + seconds
    while True:
        try:
            found = fact()
        except (OSError, psycopg.Error, AMQPError):
            found = None
        if found:
            return found
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        threading.Event().wait(0.1)


class Stack:
    def __init__(self, home: Path) -> None:
        self.home = home
        mine = {k: v for k, v in os.environ.items() if not k.startswith("FOYER_")}
        self.output = (home.parent / "run.out").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "run"],
            cwd=CHECKOUT,
            env={**mine, "FOYER_HOME": str(home), "FOYER_RETRY_DELAYS": RETRY_DELAYS},
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,  # where the tests are ended in the middle, nothing is left
        )
        eventually(self._running, 180, "the stack runs")
        said = json.loads((home / "run.json").read_text())
        self.url, self.key, self.amqp_url = said["url"], said["api_key"], said["amqp_url"]
        lines = (line.removeprefix("export ") for line in (home / "env").read_text().splitlines())
        self.env = dict(shlex.split(line)[0].split("=", 1) for line in lines)
        self.env["FOYER_RETRY_DELAYS"] = RETRY_DELAYS

    def _running(self) -> bool:
        assert self.process.poll() is None, (self.home.parent / "run.out").read_text()
        return (self.home / "run.state").exists() and (self.home / "run.state").read_text() == "running"

    def stop(self) -> list[processes.Process]:
        """SIGTERM to the top process; answers what is left afterwards."""
        self.process.terminate()
        self.process.wait(60)
        self.output.close()
        return processes.of_home(self.home)

    def kill(self, role: str) -> None:
        """kill -9 of a process; the supervisor starts it again."""
        found = [each for each in processes.of_home(self.home) if each.role == role]
        assert found, f"no process is {role}"
        for each in found:
            each.tell(signal.SIGKILL)

    def rows(self, service: str, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.env[f"FOYER_{service.upper()}_DB_URL"], connect_timeout=3) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]

    def one(self, service: str, statement: str) -> Any:
        return self.rows(service, statement)[0][0]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def publish(self, notices: list[dict[str, Any]]) -> None:
        """Each notice until the broker has confirmed it, over as many connections as it takes."""
        left = list(notices)
        until = time.monotonic() + 60
        while left:
            assert time.monotonic() < until, "the broker does not take notices"
            try:
                with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
                    channel = connection.channel()
                    channel.confirm_delivery()
                    while left:
                        properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
                        channel.basic_publish(
                            "inbound", "booking.notice", json.dumps(left[0]).encode(), properties, mandatory=True
                        )
                        left.pop(0)
            except (AMQPError, OSError):
                threading.Event().wait(0.2)

    def in_queues(self) -> int:
        """Messages waiting anywhere but set aside."""
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            names = ["bookings.notices", *(f"{service}.inbox" for service in (*SERVICES, "view"))]
            names += [f"foyer.wait.{ms}" for ms in (200, 500, 1000, 2000, 5000)]
            return sum(channel.queue_declare(name, passive=True).method.message_count for name in names)

    def parked(self) -> int:
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            channel = connection.channel()
            names = [f"{service}.parked" for service in (*SERVICES, "view")]
            return sum(channel.queue_declare(name, passive=True).method.message_count for name in names)

    def in_outboxes(self) -> int:
        return sum(self.one(s, "SELECT count(*) FROM outbox WHERE published_at IS NULL") for s in SERVICES)
