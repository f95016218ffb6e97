"""The service `echo` in a thread: speaks nameko's RPC protocol to whoever asks, by plain pika."""

from __future__ import annotations

import json
import threading
from typing import Any

import pika

from tests.kit.echo import TooLoud

QUEUE = "rpc-echo"


class Responder:
    """Answers until it is left. `heard` are the (method name, properties, body) of all requests, in order."""

    def __init__(self, amqp_url: str) -> None:
        self.heard: list[tuple[str, pika.BasicProperties, Any]] = []
        self._connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self._channel = self._connection.channel()
        self._channel.exchange_declare("nameko-rpc", "topic", durable=True)
        self._channel.queue_declare(QUEUE, durable=True)
        self._channel.queue_bind(QUEUE, "nameko-rpc", "echo.*")
        self._channel.queue_purge(QUEUE)
        self._channel.basic_consume(QUEUE, self._answer, auto_ack=True)
        self._thread = threading.Thread(target=self._channel.start_consuming, daemon=True)

    def __enter__(self) -> Responder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join(5)
        self._connection.close()

    def _answer(self, channel: Any, delivery: Any, properties: pika.BasicProperties, body: bytes) -> None:
        method = delivery.routing_key.partition(".")[2]
        said = json.loads(body)
        self.heard.append((method, properties, said))
        text = said["args"][0]["text"]
        answers = {
            "say": {"result": {"text": text}, "error": None},
            "say_twice": {"result": {"text": f"{text} {text}"}, "error": None},
            "shout": {
                "result": None,
                "error": {"refusal": TooLoud(facts={"room": "101"}).to_wire()},
            },
            "stumble": {
                "result": None,
                "error": {"exc_type": "KeyError", "exc_path": "builtins.KeyError", "value": text, "exc_args": []},
            },
            "mumble": {"result": {"words": text}, "error": None},
        }
        if method in answers:
            channel.basic_publish(
                "",
                properties.reply_to,
                json.dumps(answers[method]),
                pika.BasicProperties(correlation_id=properties.correlation_id, content_type="application/json"),
            )
