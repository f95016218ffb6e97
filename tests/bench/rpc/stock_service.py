"""The echo as nameko's documentation writes it."""

import tests.bench.stock  # noqa: F401, I001

import sys

from nameko.containers import ServiceContainer
from nameko.rpc import rpc

from tests.bench.party import serve
from tests.bench.rpc import WORKERS


class StockEchoService:
    name = "stock_echo"

    @rpc
    def say(self, text: str) -> dict[str, str]:
        return {"text": text}


if __name__ == "__main__":
    ServiceContainer(StockEchoService, config={"AMQP_URI": sys.argv[1], "max_workers": WORKERS}).start()
    serve()
