"""Ours: journals posted by the ledger's own function through kit's Database, by as many green threads as clients."""

import tests.bench.rpc.green  # noqa: F401, I001

import sys
import time
from typing import Any
from uuid import UUID

import eventlet

from services.billing import store
from services.billing.domain import Entry
from services.billing.store import Journal
from services.kit.context import Context
from services.kit.db import Database, Tx
from tests.bench.party import serve
from tests.bench.rounds import Run

CONTEXT = Context(actor="bench")
AMOUNT = 30000


def main(url: str, clients: int, first: int, guests: int) -> None:
    database = Database(url, pool_size=clients)

    def client(which: int, until: float, took: list[float]) -> None:
        guest = which
        while (started := time.perf_counter()) < until:
            guest = (guest + clients) % guests
            profile_id = UUID(int=first + guest)
            entries = (
                Entry("guests", AMOUNT, "EUR", profile_id),
                Entry("deferred-revenue", -AMOUNT, "EUR"),
            )

            def work(tx: Tx, entries: Any = entries) -> None:
                store.post(tx, Journal("adjustment", entries))

            database.writing(CONTEXT, work)
            took.append(time.perf_counter() - started)

    def answer(seconds: float) -> Run:
        took: list[float] = []
        began = time.perf_counter()
        at_work = [eventlet.spawn(client, which, began + seconds, took) for which in range(clients)]
        for each in at_work:
            each.wait()
        return Run.of(took, time.perf_counter() - began)

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:]))
