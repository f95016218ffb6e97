"""Foyer's echo: a query behind its door, which needs no statement."""

import tests.bench.rpc.green  # noqa: F401, I001

import logging
import sys
from typing import Any

from nameko.containers import ServiceContainer
from nameko.extensions import DependencyProvider

from services.kit.db import Database, Tx
from services.kit.doors import Service, query
from tests.bench.echo import Said, Say
from tests.bench.party import serve
from tests.bench.rpc import WORKERS


class UnusedDatabase(DependencyProvider):
    """Connects to nothing, as the query runs no statement."""

    def setup(self) -> None:
        self.database = Database("postgresql://unused")

    def get_dependency(self, worker_ctx: Any) -> Database:
        return self.database


class EchoService(Service):
    name = "echo"
    db = UnusedDatabase()
    tidy_messages = None  # type: ignore[assignment]

    @query
    def say(self, tx: Tx, request: Say) -> Said:
        return Said(text=request.text)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    ServiceContainer(EchoService, config={"AMQP_URI": sys.argv[1], "max_workers": WORKERS}).start()
    serve()
