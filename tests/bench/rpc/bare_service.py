"""The echo without a framework: the protocol in plain pika, one request after the other."""

import json
import sys
import threading
from typing import Any

import pika

from tests.bench.party import serve


def answer(channel: Any, _: Any, properties: pika.BasicProperties, body: bytes) -> None:
    said = json.dumps({"result": json.loads(body)["args"][0], "error": None})
    given = pika.BasicProperties(correlation_id=properties.correlation_id, content_type="application/json")
    channel.basic_publish("", properties.reply_to, said, given)


def main(amqp_url: str) -> None:
    channel = pika.BlockingConnection(pika.URLParameters(amqp_url)).channel()
    channel.exchange_declare("nameko-rpc", "topic", durable=True)
    channel.queue_declare("rpc-bare_echo", durable=True)
    channel.queue_bind("rpc-bare_echo", "nameko-rpc", "bare_echo.*")
    channel.basic_consume("rpc-bare_echo", answer, auto_ack=True)
    threading.Thread(target=channel.start_consuming, daemon=True).start()
    serve()


if __name__ == "__main__":
    main(sys.argv[1])
