"""Ours: a subscribed handler with one effect, in Foyer's process for services."""

import tests.bench.rpc.green  # noqa: F401, I001

import logging
import sys
from typing import Any

import sqlalchemy as sa
from nameko.containers import ServiceContainer
from nameko.extensions import DependencyProvider

from services.kit.db import Database, Tx
from services.kit.doors import Service, subscribe
from tests.bench.echo import NoteTaken
from tests.bench.party import serve
from tests.bench.rpc import WORKERS

INSERT = sa.text("INSERT INTO notes (note_id, amount_minor, text) VALUES (:note_id, :amount_minor, :text)")


class GivenDatabase(DependencyProvider):
    """The database named on the command line: this is none of Foyer's services."""

    def setup(self) -> None:
        self.database = Database(self.container.config["DATABASE"], pool_size=self.container.max_workers)

    def get_dependency(self, worker_ctx: Any) -> Database:
        return self.database


class NotesService(Service):
    name = "bench_notes"
    db = GivenDatabase()
    tidy_messages = None  # type: ignore[assignment]

    @subscribe(NoteTaken)
    def keep_note(self, tx: Tx, event: NoteTaken) -> None:
        tx.execute(INSERT, {"note_id": event.note_id, "amount_minor": event.amount_minor, "text": event.text})


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    config = {"AMQP_URI": sys.argv[1], "DATABASE": sys.argv[2], "max_workers": WORKERS}
    ServiceContainer(NotesService, config=config).start()
    serve()
