"""How calls reach a door over nameko, and how each is answered; those of a turn are answered in one write."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from amqp.basic_message import Message as AmqpMessage
from nameko.exceptions import ContainerBeingKilled
from nameko.rpc import Rpc, RpcConsumer

from services.kit.consumer import Messages
from services.kit.delivery import Delivery
from services.kit.gathering import TOGETHER, Item, Waiting, settled_already
from services.kit.refusal import Broken

_log = logging.getLogger(__name__)

BREATH = 0.001  # seconds in which calls gather that will share a transaction; somebody waits for their answers


class Calls(RpcConsumer):
    """nameko's RPC queue, with replies sent without confirms on the consuming channel (the caller has a deadline)."""

    queue_consumer = Messages()

    @property
    def sharing_key(self) -> Any:
        return Calls

    @property
    def at_once(self) -> int:
        """Those of a turn and those of the next: what the broker holds back meanwhile comes too late to share it."""
        workers = int(self.container.max_workers)
        return max(workers, 2 * TOGETHER) if any(p.door.share for p in self._providers) else workers

    def handle_message(self, message: Any) -> None:
        delivery = Delivery(message)
        name = str(message.delivery_info.get("routing_key", "")).rpartition(".")[2]
        entry = next((p for p in self._providers if p.method_name == name), None)
        if not delivery.properties.get("reply_to"):
            # nameko would die of it, and the next process too: nobody waits for an answer, people should look
            queue = self.queue.name
            self.queue_consumer.park(delivery, queue, name[:80], "A call without reply_to.", "no-reply-to")
        elif entry is None:
            delivery.fault = LookupError()
            self.answer(delivery)
        else:
            entry.handle_call(delivery)

    def answer_all(self, turn: Sequence[Item]) -> None:
        """For one turn in one write: each message apart is a system call here and a read by the broker."""
        try:
            with in_one_write(turn[0][1].message.channel.connection):
                for _, delivery in turn:
                    self.answer(delivery)
        except (OSError, AttributeError, *self.queue_consumer.connection_errors) as gone:
            _log.warning("Replies could not be sent (%s); the calls will come again", type(gone).__name__)

    def answer(self, delivery: Delivery) -> None:
        """Reply, then acknowledge; a reply that cannot be sent is the caller's deadline's business."""
        message, sent_to = delivery.message, str(delivery.properties["reply_to"])
        if delivery.reply is not None:
            body = f'{{"result":{delivery.reply},"error":null}}'
        else:
            refusal = delivery.refusal or Broken("The service could not do this.")
            error = {
                "exc_type": type(refusal).__name__,
                "exc_path": "",
                "exc_args": [],
                "value": refusal.detail,
            }
            body = json.dumps({"result": None, "error": {**error, "refusal": refusal.to_wire()}})
        reply = AmqpMessage(
            body.encode("utf-8", "surrogatepass"),
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=delivery.properties.get("correlation_id"),
            delivery_mode=1,
        )
        exchange = "" if sent_to.startswith("amq.") else "nameko-rpc"
        try:
            message.channel.basic_publish(reply, exchange=exchange, routing_key=sent_to)
        except (OSError, AttributeError, *self.queue_consumer.connection_errors) as gone:
            _log.warning("A reply could not be sent (%s)", type(gone).__name__)
        self.queue_consumer.ack_message(message)


class Call(Rpc):
    """The entrypoint of a query or a command."""

    rpc_consumer = Calls()

    def __init__(self, door: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.door = door
        self._waiting = Waiting(self._worker, lambda turn: self.rpc_consumer.answer_all(turn), TOGETHER, BREATH)

    def handle_call(self, delivery: Delivery) -> None:
        def answer(*_result: Any) -> tuple[None, None]:
            self.rpc_consumer.answer(delivery)
            return None, None

        try:
            if self.door.share:
                self._waiting.add(self, delivery)
            else:
                self.container.spawn_worker(self, (delivery,), {}, handle_result=answer)
        except ContainerBeingKilled:
            self.rpc_consumer.requeue_message(delivery.message)

    def _worker(self, _: Call, turn: Delivery) -> None:
        self.container.spawn_worker(self, (turn,), {}, handle_result=settled_already)


def rpc(door: Callable[..., Any]) -> Callable[..., Any]:
    return Call.decorator(door=door.foyer_door)(door)  # type: ignore[attr-defined]


@contextmanager
def in_one_write(connection: Any) -> Iterator[None]:
    """All that is sent on py-amqp's connection meanwhile; it writes each message to the socket by itself."""
    transport, gathered = connection.transport, bytearray()
    write = transport._write
    transport._write = gathered.extend  # a copy: py-amqp fills the same buffer again
    try:
        yield
    finally:
        transport._write = write
        write(gathered)
