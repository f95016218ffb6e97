"""The limit: pika alone, persistent messages, a thousand unconfirmed at most."""

import sys
import time
from typing import Any

import pika

from tests.bench.events import BODY, EXCHANGE, ROUTING_KEY
from tests.bench.party import serve
from tests.bench.rounds import Run

WINDOW = 1000
MESSAGE = pika.BasicProperties(content_type="application/json", delivery_mode=2, type=ROUTING_KEY, app_id="bench")


class Publishing:
    """A turn: publishes for so many seconds, half a window at a time, and waits for the last confirms."""

    def __init__(self, amqp_url: str, seconds: float) -> None:
        self._seconds = seconds
        self._sent = self._confirmed = 0
        self._connection = pika.SelectConnection(pika.URLParameters(amqp_url), on_open_callback=self._opened)

    def run(self) -> Run:
        self._connection.ioloop.start()
        return Run(self._confirmed, time.perf_counter() - self._begun)

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._begin)

    def _begin(self, channel: Any) -> None:
        self._channel = channel
        channel.confirm_delivery(self._on_confirm)
        self._begun = time.perf_counter()
        self._publish(WINDOW)

    def _publish(self, count: int) -> None:
        for _ in range(count):
            self._channel.basic_publish(EXCHANGE, ROUTING_KEY, BODY, MESSAGE, mandatory=True)
        self._sent += count

    def _on_confirm(self, frame: Any) -> None:
        self._confirmed = frame.method.delivery_tag
        waiting = self._sent - self._confirmed
        if time.perf_counter() - self._begun < self._seconds:
            if waiting <= WINDOW // 2:
                self._publish(WINDOW - waiting)
        elif not waiting:
            self._connection.close()
            self._connection.ioloop.stop()


if __name__ == "__main__":
    serve(lambda seconds: Publishing(sys.argv[1], seconds).run())
