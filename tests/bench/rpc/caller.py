"""Foyer's client shared by 32 threads, as in the gateway."""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from services.kit.client import Client
from services.kit.context import Context
from services.kit.refusal import Unavailable
from tests.bench.echo import Say
from tests.bench.party import serve
from tests.bench.rounds import Run
from tests.bench.rpc import IN_FLIGHT

CONTEXT = Context(actor="key:bench")


def main(amqp_url: str) -> None:
    client = Client(amqp_url, deadline=10)

    def ask(text: str) -> str:
        return client.ask(Say(text=text), context=CONTEXT).text

    def ask_bare(text: str) -> str:
        return str(client.ask_raw("bare_echo", "say", {"text": text}, context=CONTEXT)["text"])

    def answer(seconds: float = 0, bare: bool = False, look_for_nobody: bool = False) -> Any:
        return unknown(client) if look_for_nobody else talk(ask_bare if bare else ask, seconds)

    serve(answer)


def talk(say: Callable[[str], str], seconds: float) -> Run:
    """Ask in 32 threads; one that is not answered right stops, and the count shows it."""
    latencies: list[float] = []
    begun = time.perf_counter()

    def loop() -> None:
        while (started := time.perf_counter()) < begun + seconds:
            assert say("hello") == "hello"
            latencies.append(time.perf_counter() - started)

    threads = [threading.Thread(target=loop) for _ in range(IN_FLIGHT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Run.of(latencies, time.perf_counter() - begun)


def unknown(client: Client) -> float | None:
    """Seconds until it is known that a service is not there."""
    started = time.perf_counter()
    try:
        client.ask_raw("nobody", "say", {}, context=CONTEXT)
    except Unavailable:
        return time.perf_counter() - started
    return None


if __name__ == "__main__":
    main(sys.argv[1])
