"""Publishes many messages at once with the broker's confirms, from one thread that also waits for its database.

pika's blocking connection waits for the confirm of each message; this one drives pika's event loop itself, so that a
window of messages is in flight and the caller still sees a plain function.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

import pika
from pika.adapters.select_connection import IOLoop
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ChannelWrongStateError,
    ConnectionClosedByBroker,
    ShortStringTooLong,
    UnsupportedAMQPFieldException,
)

from services.kit.link import Connection

_CONNECT = 5.0  # seconds until an attempt to connect is given up
_STALLED = 15.0  # seconds without a confirm after which the connection is taken for dead
_BLOCKED = 60.0  # seconds an alarm of the broker may last before we connect anew
_HEARTBEAT = 60  # seconds; longer than any statement of the caller may take between two turns of the loop
_SHUTTING_DOWN = 320  # the broker's reason when it closes connections for its own sake


class Message(NamedTuple):
    """`line`: messages of one line are sent one after the other, each when the one before it is confirmed."""

    key: int
    line: str
    exchange: str
    routing_key: str
    body: bytes
    properties: pika.BasicProperties


class BrokerLost(Exception):
    """The connection is gone; `blamed` says that the broker closed it because of what it was sent."""

    def __init__(self, reason: object, *, blamed: bool = False) -> None:
        super().__init__(str(reason) or type(reason).__name__)
        self.blamed = blamed


class Stalled(BrokerLost):
    """The broker takes messages and confirms none of those that are in flight."""


@dataclass
class Outcome:
    """What became of messages; one in none of the lists was not sent, or nobody knows what became of it."""

    confirmed: list[Message] = field(default_factory=list)
    returned: list[Message] = field(default_factory=list)  # no queue takes it
    refused: list[Message] = field(default_factory=list)  # a queue could not take it now
    fault: BrokerLost | None = None


class Publisher:
    """One connection; used by one thread, but for `drain`. Of no use any more once BrokerLost was raised."""

    def __init__(self, amqp_url: str) -> None:
        self.blocked = False
        self.draining = False  # once set, nothing more leaves, and only what is in flight is waited for
        self._loop = IOLoop()
        self._fault: BrokerLost | None = None
        self._channel: Any = None
        self._known: set[str] = set()
        self._tag = 0
        self._settled_at = 0.0
        self._flight: dict[int, Message] = {}
        self._lines: dict[str, deque[Message]] = {}
        self._behind = 0
        self._enough = 0
        self._broken: set[str] = set()
        self._undeliverable: set[str | None] = set()
        self._outcome = Outcome()
        parameters = pika.URLParameters(amqp_url)
        parameters.heartbeat = _HEARTBEAT
        parameters.blocked_connection_timeout = _BLOCKED
        parameters.socket_timeout = parameters.stack_timeout = _CONNECT
        parameters.connection_attempts = 1
        self._connection = Connection(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_gone,
            on_close_callback=self._on_gone,
            custom_ioloop=self._loop,
        )
        self._run(_CONNECT)
        if self._channel is None:
            fault = self._fault or BrokerLost("no answer")
            self.close()
            raise fault

    def send(self, messages: Sequence[Message]) -> None:
        """Send these, or queue them in their lines; `settle` says what became of them."""
        missing = self._missing({message.exchange for message in messages})
        with self._connection.in_one_write():
            for message in messages:
                if message.line in self._broken or self.draining:
                    continue
                if message.line in self._lines:
                    self._lines[message.line].append(message)
                    self._behind += 1
                elif message.exchange in missing:
                    self._break(message, self._outcome.returned)
                else:
                    self._lines[message.line] = deque()
                    self._send(message)

    def settle(self, left: int = 0) -> Outcome:
        """Wait until no more than `left` messages are under way; what has become of the others since last time.

        Behind a message that was not confirmed the rest of its line is dropped, also of what is sent later, until
        nothing is under way any more.
        """
        self._settled_at, self._enough = time.monotonic(), left
        while len(self._flight) + self._behind > left and self._fault is None:
            self._run(1.0)
            if not self.blocked and time.monotonic() - self._settled_at > _STALLED:
                self._fault = Stalled("no confirm came")
        if not self._flight:
            self._broken.clear()
        outcome, self._outcome = self._outcome, Outcome()
        outcome.fault = self._fault
        return outcome

    def wait(self, seconds: float, descriptor: int) -> None:
        """Wait until something can be read from `descriptor`, or `drain`, or for so long; raises BrokerLost."""
        self._loop.add_handler(descriptor, lambda _fd, _events: self._loop.stop(), self._loop.READ)
        try:
            self._run(seconds)
        finally:
            self._loop.remove_handler(descriptor)
        if self._fault is not None:
            raise self._fault

    def drain(self) -> None:
        """From any thread: send nothing more, end a `wait`, let `settle` wait for what is in flight only."""
        self.draining = True
        with suppress(OSError, AttributeError):  # it may be closing at this moment
            self._loop.add_callback_threadsafe(self._loop.stop)

    def unsettled(self) -> Iterable[Message]:
        """Messages sent whose confirm has not come."""
        return self._flight.values()

    def close(self) -> None:
        if self._connection.is_open:
            self._connection.close()
            self._run(1.0)
        self._loop.close()

    def _run(self, seconds: float) -> None:
        timer = self._loop.call_later(seconds, self._loop.stop)
        self._loop.start()
        self._loop.remove_timeout(timer)

    def _send(self, message: Message) -> None:
        try:
            if not self._channel.is_open:
                raise ChannelWrongStateError("Channel is closed.")
            self._connection.publish(
                self._channel.channel_number, message.exchange, message.routing_key, message.properties, message.body
            )
        except (ShortStringTooLong, UnsupportedAMQPFieldException):
            self._break(message, self._outcome.returned)
        except AMQPError as fault:
            self._on_gone(None, fault)
        else:
            self._tag += 1
            self._flight[self._tag] = message

    def _missing(self, exchanges: set[str]) -> set[str]:
        """Exchanges that do not exist: a message to one would close the channel and take the window with it."""
        missing: set[str] = set()
        for name in exchanges - self._known:
            answers: list[bool] = []
            self._ask_for(name, answers)
            while not answers and self._fault is None:
                self._run(_CONNECT)
            if answers == [True]:
                self._known.add(name)
            else:
                missing.add(name)
        return missing

    def _ask_for(self, exchange: str, answers: list[bool]) -> None:
        def there(_frame: Any) -> None:
            answers.append(True)
            channel.close()
            self._loop.stop()

        def closed(_channel: Any, _reason: Exception) -> None:
            if not answers:
                answers.append(False)
                self._loop.stop()

        def opened(_channel: Any) -> None:
            channel.exchange_declare(exchange, passive=True, callback=there)

        channel = self._connection.channel(on_open_callback=opened)
        channel.add_on_close_callback(closed)

    def _on_open(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        def confirming(_frame: Any) -> None:
            self._channel = channel
            self._loop.stop()

        channel.add_on_close_callback(self._on_gone)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=confirming)

    def _on_gone(self, _which: Any, reason: Any) -> None:
        if self._fault is None:
            blamed = isinstance(reason, ChannelClosedByBroker | ConnectionClosedByBroker)
            blamed = blamed and reason.reply_code != _SHUTTING_DOWN
            self._fault = BrokerLost(reason, blamed=blamed)
        self._loop.stop()

    def _on_blocked(self, _connection: Any, _frame: Any) -> None:
        self.blocked = True

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self.blocked = False
        self._settled_at = time.monotonic()

    def _on_return(self, _channel: Any, _method: Any, properties: pika.BasicProperties, _body: bytes) -> None:
        self._undeliverable.add(properties.message_id)  # its confirm follows

    def _on_confirm(self, frame: Any) -> None:
        said = frame.method
        taken = said.INDEX == pika.spec.Basic.Ack.INDEX
        tags = [said.delivery_tag]
        if said.multiple:
            tags = list(takewhile(lambda tag: tag <= said.delivery_tag, self._flight))  # in the order sent
        for tag in tags:
            self._settle(self._flight.pop(tag), taken)
        self._settled_at = time.monotonic()
        if len(self._flight) + self._behind <= self._enough:
            self._loop.stop()

    def _settle(self, message: Message, taken: bool) -> None:
        if not taken:
            self._break(message, self._outcome.refused)
        elif message.properties.message_id in self._undeliverable:
            self._undeliverable.discard(message.properties.message_id)
            self._break(message, self._outcome.returned)
        else:
            self._outcome.confirmed.append(message)
            line = self._lines[message.line]
            if line and not self.draining:
                self._behind -= 1
                self._send(line.popleft())
            else:
                self._drop(message.line)

    def _break(self, message: Message, among: list[Message]) -> None:
        """This message is not delivered, so what stands behind it must wait for it."""
        among.append(message)
        self._broken.add(message.line)
        self._drop(message.line)

    def _drop(self, line: str) -> None:
        self._behind -= len(self._lines.pop(line, ()))
