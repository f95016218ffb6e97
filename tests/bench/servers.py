"""The servers a contest runs on: a vhost and databases of its own, removed afterwards."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.databases import Databases


def _given(name: str) -> str:
    if not os.environ.get(name):
        print("The benchmarks need PostgreSQL and RabbitMQ: `make bench` starts throw-away ones.", file=sys.stderr)
        raise SystemExit(2)
    return os.environ[name]


@contextmanager
def amqp_url() -> Iterator[str]:
    """The broker's address with an empty vhost."""
    name = f"bench{os.getpid()}"
    url = _given("FOYER_TEST_AMQP_URL")
    user = url.split("://", 1)[1].split(":", 1)[0]
    _rabbitmqctl("add_vhost", name)
    _rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
    try:
        yield url.rsplit("/", 1)[0] + "/" + name
    finally:
        _rabbitmqctl("delete_vhost", name)


@contextmanager
def databases() -> Iterator[Databases]:
    made = Databases(_given("FOYER_TEST_DB_URL"), f"bench{os.getpid()}")
    try:
        yield made
    finally:
        made.drop()


def _rabbitmqctl(*arguments: str) -> None:
    command = [*shlex.split(_given("FOYER_TEST_RABBITMQCTL")), *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
