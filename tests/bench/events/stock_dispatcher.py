"""The peer: a nameko service whose workers dispatch events as fast as they can, each one event after the other."""

import tests.bench.stock  # noqa: F401, I001

import sys
import time

from nameko.containers import ServiceContainer
from nameko.events import EventDispatcher
from nameko.testing.services import dummy

from tests.bench.events import BODY, ROUTING_KEY
from tests.bench.party import serve
from tests.bench.rounds import Run


class BenchService:
    name = "bench"  # so that its exchange is bench.events
    dispatch = EventDispatcher()

    @dummy
    def announce(self, until: float, done: list[int]) -> None:
        while time.perf_counter() < until:
            self.dispatch(ROUTING_KEY, BODY)
            done[0] += 1


def main(amqp_url: str, workers: int) -> None:
    container = ServiceContainer(BenchService, config={"AMQP_URI": amqp_url, "max_workers": workers})
    container.start()
    (entrypoint,) = container.entrypoints

    def answer(seconds: float) -> Run:
        done = [0]
        started = time.perf_counter()
        for _ in range(workers):
            container.spawn_worker(entrypoint, (started + seconds, done), {})
        container._worker_pool.waitall()
        return Run(done[0], time.perf_counter() - started)

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
