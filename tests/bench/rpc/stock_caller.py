"""32 green threads of a nameko service asking through its RpcProxy."""

import tests.bench.stock  # noqa: F401, I001

import sys
import time

from nameko.containers import ServiceContainer
from nameko.rpc import RpcProxy
from nameko.testing.services import dummy

from tests.bench.party import serve
from tests.bench.rounds import Run
from tests.bench.rpc import IN_FLIGHT


class StockCallerService:
    name = "stock_caller"
    echo = RpcProxy("stock_echo")

    @dummy
    def talk(self, until: float, latencies: list[float]) -> None:
        while (started := time.perf_counter()) < until:
            assert self.echo.say("hello")["text"] == "hello"
            latencies.append(time.perf_counter() - started)


def main(amqp_url: str) -> None:
    container = ServiceContainer(StockCallerService, config={"AMQP_URI": amqp_url, "max_workers": IN_FLIGHT})
    container.start()
    (entrypoint,) = container.entrypoints

    def answer(seconds: float) -> Run:
        latencies: list[float] = []
        started = time.perf_counter()
        for _ in range(IN_FLIGHT):
            container.spawn_worker(entrypoint, (started + seconds, latencies), {})
        container._worker_pool.waitall()
        return Run.of(latencies, time.perf_counter() - started)

    serve(answer)


if __name__ == "__main__":
    main(sys.argv[1])
