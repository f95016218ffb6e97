"""A stack in a folder of its own, for tests that start, kill and stop one."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from deploy.local import processes
from deploy.local.home import CHECKOUT, Home
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.run import read_state


class Stack:
    """What `make run` starts; with `servers_only`, without Foyer's own processes."""

    def __init__(self, folder: Path, servers_only: bool = True) -> None:
        self.words = ["run", "--servers-only"] if servers_only else ["run"]
        self.home = Home(folder).create()
        self.output = folder.with_suffix(".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.home.path / "run.state").unlink(missing_ok=True)
        self.process = self.call(*self.words)
        eventually(self.running_or_ended, 150, self.said)
        assert self.process.poll() is None, self.said()

    def running_or_ended(self) -> bool:
        return read_state(self.home) == "running" or self.process is None or self.process.poll() is not None

    def call(self, *words: str) -> "subprocess.Popen[bytes]":
        strange = ("FOYER_", "PYTEST_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        with open(self.output, "wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "deploy.local", *words],
                cwd=CHECKOUT,
                env={**environment, "FOYER_HOME": str(self.home.path)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def pid(self, role: str) -> int:
        """The program itself, not what it started: the oldest with this role."""
        pids = [each.pid for each in processes.of_home(self.home.path) if each.role == role]
        return min(pids, default=0)

    def connect(self, service: str) -> psycopg.Connection:
        exports = (self.home.path / "env").read_text()
        found = re.search(rf"FOYER_{service}_DB_URL=(\S+)", exports)
        assert found
        return psycopg.connect(found[1], autocommit=True)

    def broker(self) -> RabbitMQ:
        config = (self.home.path / "rabbitmq/rabbitmq.conf").read_text()
        found = re.search(r"listeners.tcp.1 = 127.0.0.1:(\d+)", config)
        assert found
        return RabbitMQ(self.home, int(found[1]), 0, 0)

    def end(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        processes.end(self.home.path, 5)


def eventually(holds: Callable[[], object], seconds: float, otherwise: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise() or "it did not happen in time"
        time.sleep(0.1)
