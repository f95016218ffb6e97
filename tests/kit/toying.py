"""The toy service as a process, and what its tests look at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import sqlalchemy as sa

from services.kit.context import Context
from services.kit.db import Database

HERE = Path(__file__).parents[2]


def eventually(fact: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait until `fact` is true, and answer it."""
    until = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < until, "it did not become true"
        threading.Event().wait(0.02)
    return found


def effects(db: Database, what: str) -> int:
    with db.reading(Context()) as tx:
        return tx.execute(sa.text("SELECT count(*) FROM effects WHERE what = :w"), {"w": what}).scalar()


def something() -> str:
    return uuid.uuid4().hex


class Running:
    """The toy service as a process, and a channel to speak to it."""

    def __init__(self, amqp_url: str, database_url: str) -> None:
        self.amqp_url = amqp_url
        self.env = {
            **os.environ,
            "FOYER_AMQP_URL": amqp_url,
            "FOYER_CONSENT_DB_URL": database_url,
            "FOYER_RETRY_DELAYS": "0.05,0.05",
            "PYTHONWARNINGS": "ignore",
        }
        self.connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        dead = {"x-queue-type": "quorum", "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "consent.parked"}
        for queue in ("consent.inbox", "consent.notices"):
            self.channel.queue_declare(queue, durable=True, arguments=dead)
        self.channel.queue_declare("consent.parked", durable=True, arguments={"x-queue-type": "quorum"})
        self.channel.exchange_declare("foyer.wait.50", "fanout", durable=True)
        waiting = {"x-queue-type": "quorum", "x-message-ttl": 50, "x-dead-letter-exchange": ""}
        self.channel.queue_declare("foyer.wait.50", durable=True, arguments=waiting)
        self.channel.queue_bind("foyer.wait.50", "foyer.wait.50")
        self.channel.exchange_declare("nameko-rpc", "topic", durable=True)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.toy"], cwd=HERE, env=self.env, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.connection.close()

    def publish(self, queue: str, body: bytes | dict, **properties: Any) -> None:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        said = {"content_type": "application/json", "delivery_mode": 2, **properties}
        self.channel.basic_publish("", queue, body, pika.BasicProperties(**said), mandatory=True)

    def event(self, what: str, then: str = "", message_id: str | None = None, topic: str = "effect.wanted") -> None:
        self.publish(
            "consent.inbox",
            {"what": what, "then": then},
            type=f"{topic}.v1",
            message_id=message_id or str(uuid.uuid4()),
        )

    def parked(self) -> tuple[dict[str, Any], bytes]:
        """The next parked message: its headers and body. Takes it out."""

        def get() -> Any:
            found = self.channel.basic_get("consent.parked", auto_ack=True)
            return found if found[0] else None

        _, properties, body = eventually(get)
        return properties.headers, body

    def left_in(self, queue: str) -> int:
        return self.channel.queue_declare(queue, passive=True).method.message_count
