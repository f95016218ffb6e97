"""The peer: a nameko service whose ten workers dispatch events as fast as they can."""

import tests.bench.stock  # noqa: F401, I001

import sys
import time

from nameko.containers import ServiceContainer
from nameko.events import EventDispatcher
from nameko.testing.services import dummy

from tests.bench.events import BODY, ROUTING_KEY
from tests.bench.party import serve
from tests.bench.rounds import Run
from tests.bench.rpc import WORKERS


class BenchService:
    name = "bench"  # so that its exchange is bench.events
    dispatch = EventDispatcher()

    @dummy
    def announce(self, until: float, done: list[int]) -> None:
        while time.perf_counter() < until:
            self.dispatch(ROUTING_KEY, BODY)
            done[0] += 1


def main(amqp_url: str) -> None:
    container = ServiceContainer(BenchService, config={"AMQP_URI": amqp_url, "max_workers": WORKERS})
    container.start()
    (entrypoint,) = container.entrypoints

    def answer(seconds: float) -> Run:
        done = [0]
        started = time.perf_counter()
        for _ in range(WORKERS):
            container.spawn_worker(entrypoint, (started + seconds, done), {})
        container._worker_pool.waitall()
        return Run(done[0], time.perf_counter() - started)

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
