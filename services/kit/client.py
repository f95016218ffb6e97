"""Asking services over RabbitMQ from any process, in nameko's RPC protocol, without nameko or eventlet.

One connection, driven by one thread, carries the calls of all threads. Requests are transient and unconfirmed: a
lost one shows by its deadline, and `mandatory` says at once that a service has never been there. Replies come back
on RabbitMQ's direct reply-to, which needs no queue.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import orjson
import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.spec import BasicProperties

from services.kit import wire
from services.kit.context import Context
from services.kit.link import Connection
from services.kit.refusal import Broken, DeadlinePassed, Invalid, Refusal, Unavailable

R = TypeVar("R")

EXCHANGE = "nameko-rpc"
REPLY_TO = "amq.rabbitmq.reply-to"

_HEARTBEAT = 10  # seconds; half of it is how long a silent network goes unnoticed
_HANDSHAKE = 2.0  # seconds for TCP and AMQP together
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5  # seconds between two attempts to connect

log = logging.getLogger(__name__)


class _Call:
    """One request on its way. `done` is held until there is an `outcome`: the reply's body or a refusal."""

    __slots__ = ("body", "done", "expires", "id", "outcome", "properties", "routing_key", "sent")

    def __init__(
        self, call_id: str, routing_key: str, body: bytes, properties: BasicProperties, expires: float
    ) -> None:
        self.id = call_id
        self.routing_key = routing_key
        self.body = body
        self.properties = properties
        self.expires = expires
        self.sent = False
        self.outcome: bytes | Refusal = b""
        self.done = threading.Lock()
        self.done.acquire()


class Client:
    """Asks services and waits for their replies; safe to share between threads, connected by its first call.

    It holds nothing before that, so it may be made before a process forks. `deadline` is in seconds, `name` says to
    whoever looks at the broker which process this is.
    """

    def __init__(self, amqp_url: str, *, deadline: float = 2.0, name: str = "foyer") -> None:
        self._deadline = deadline
        self._name = name
        self._parameters = pika.URLParameters(amqp_url)
        self._parameters.connection_attempts = 1
        self._parameters.socket_timeout = self._parameters.stack_timeout = _HANDSHAKE
        self._parameters.heartbeat = _HEARTBEAT
        self._parameters.client_properties = {"connection_name": f"{name} asks"}
        self._waiting: dict[str, _Call] = {}  # by correlation id; whoever pops a call gives it its outcome
        self._starting = threading.Lock()
        self._link: _Link | None = None
        self._closed = False

    def ask(
        self,
        request: wire.Request[R],
        *,
        context: Context,
        command_id: uuid.UUID | str | None = None,
        digest: str | None = None,
        deadline: float | None = None,
    ) -> R:
        """The service's reply; raises its Refusal; Unavailable, DeadlinePassed or Broken without one.

        `digest`, 64 hexadecimal digits, tells the content of one command from that of another with the same id; without
        it, the request itself does.
        """
        service, method = request.rpc_service(), request.rpc_method()
        call = self._send(service, method, wire.text(request), context, command_id, deadline, digest)
        return reply(request, self._result(call))

    def ask_all(
        self, requests: Iterable[wire.Request[Any]], *, context: Context, deadline: float | None = None
    ) -> list[Any]:
        """For each request, in order, its reply or Refusal; all are sent before the first is waited for."""
        requests = list(requests)
        calls = [self._send(r.rpc_service(), r.rpc_method(), wire.text(r), context, None, deadline) for r in requests]
        answers: list[Any] = []
        for request, call in zip(requests, calls, strict=True):
            try:
                answers.append(reply(request, self._result(call)))
            except Refusal as refusal:
                answers.append(refusal)
        return answers

    def ask_raw(
        self,
        service: str,
        method: str,
        body: Mapping[str, Any],
        *,
        context: Context,
        command_id: uuid.UUID | str | None = None,
        deadline: float | None = None,
    ) -> Any:
        """As `ask`, for JSON values on both sides."""
        return self._result(self._send(service, method, wire.compact(body), context, command_id, deadline))

    def ping(self) -> bool:
        """Whether calls can be sent at this moment; begins to connect where nothing was asked yet."""
        return (self._link or self._start()).is_ready()

    def close(self) -> None:
        """Disconnect; calls still waiting are refused as Unavailable."""
        with self._starting:
            self._closed = True
            link, self._link = self._link, None
        if link is not None:
            link.stop()

    def _send(
        self,
        service: str,
        method: str,
        argument: str,
        context: Context,
        command_id: uuid.UUID | str | None,
        deadline: float | None,
        digest: str | None = None,
    ) -> _Call:
        seconds = self._deadline if deadline is None else deadline
        call_id = uuid.uuid4().hex
        headers = context.headers()
        headers["foyer-command-id"] = command = str(command_id or uuid.UUID(call_id))
        if digest:
            headers["foyer-command-digest"] = digest
        routing_key = f"{service}.{method}"
        properties = BasicProperties(
            content_type="application/json",
            content_encoding="utf-8",  # kombu takes a body without it for bytes
            headers=headers,
            delivery_mode=1,
            # whoever carries the command out repeats what it asks under ids made of this one
            message_id=command,
            type=routing_key,
            timestamp=int(time.time()),
            app_id=self._name,
            correlation_id=call_id,
            reply_to=REPLY_TO,
            expiration=str(max(1, int(seconds * 1000))),
        )
        said = f'{{"args":[{argument}],"kwargs":{{}}}}'.encode()
        call = _Call(call_id, routing_key, said, properties, time.monotonic() + seconds)
        link = self._link or self._start()
        self._waiting[call_id] = call
        link.send(call)
        return call

    def _start(self) -> _Link:
        with self._starting:
            if self._closed:
                raise Unavailable("This process is stopping.")
            if self._link is None:
                self._link = _Link(self._parameters, self._waiting)
            return self._link

    def _result(self, call: _Call) -> Any:
        if not call.done.acquire(timeout=max(0.0, call.expires - time.monotonic())):
            if self._waiting.pop(call.id, None) is not None:
                service = call.routing_key.partition(".")[0]
                if call.sent:
                    raise DeadlinePassed(f"{service} did not answer in time.")
                raise Unavailable("The message broker could not be reached in time.")
            call.done.acquire()  # it is being given its outcome at this moment
        if isinstance(call.outcome, Refusal):
            raise call.outcome
        return _read(call.outcome)


class _Link:
    """The connection and its thread. Everything but `send` and `stop` runs in that thread."""

    def __init__(self, parameters: pika.URLParameters, waiting: dict[str, _Call]) -> None:
        self._parameters = parameters
        self._waiting = waiting
        self._unsent: deque[_Call] = deque()
        self._woken = False
        self._stopping = False
        self._connection: pika.SelectConnection | None = None
        self._channel: Channel | None = None  # only while calls can be published and answered
        self._blocked = False
        self._pause = 0.0
        self._tried_at = 0.0
        self._retry: object | None = None
        self._reachable = True  # as last logged
        self._loop = IOLoop()
        self._loop.add_callback_threadsafe(self._connect)
        self._thread = threading.Thread(target=self._run, name="foyer-asks", daemon=True)
        self._thread.start()

    def send(self, call: _Call) -> None:
        """Publish `call` as soon as possible; called by any thread."""
        self._unsent.append(call)
        if self._stopping:
            self._refuse_all("This process is stopping.")
        elif not self._woken:  # one wake-up carries all calls that gathered meanwhile
            self._woken = True
            self._loop.add_callback_threadsafe(self._publish)

    def is_ready(self) -> bool:
        return self._channel is not None and not self._blocked

    def stop(self) -> None:
        self._stopping = True
        self._loop.add_callback_threadsafe(self._disconnect)
        self._thread.join(timeout=2)
        self._refuse_all("This process is stopping.")

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._loop.start()
            except Exception:
                # A fault of ours or of pika's must not end the only thread that can answer: start anew.
                log.exception("the connection for asks failed")
                self._loop = IOLoop()
                self._lost("The connection to the message broker failed.")

    # connecting

    def _connect(self) -> None:
        self._retry = None
        self._tried_at = time.monotonic()
        self._connection = Connection(
            self._parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._not_opened,
            on_close_callback=self._connection_closed,
            custom_ioloop=self._loop,
        )

    def _opened(self, connection: pika.SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._on_return)
        # As nameko declares it: without the exchange, the first publish would close the channel.
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.basic_consume(REPLY_TO, self._on_reply, auto_ack=True, callback=lambda _: self._ready(channel))

    def _ready(self, channel: Channel) -> None:
        self._channel = channel
        self._blocked = False
        self._pause = 0.0
        if not self._reachable:
            self._reachable = True
            log.info("the message broker is back")
        self._publish()

    def _not_opened(self, _: pika.SelectConnection, fault: BaseException) -> None:
        self._lost("The message broker cannot be reached.", type(fault).__name__)

    def _connection_closed(self, _: pika.SelectConnection, fault: BaseException) -> None:
        # what was not sent yet waits for the next attempt, which begins at once
        self._lost("The connection to the message broker was lost.", type(fault).__name__, sent_only=True)

    def _channel_closed(self, channel: Channel, fault: BaseException) -> None:
        self._channel = None
        connection = self._connection
        if connection is not None and connection.is_open:  # the broker closed the channel only
            log.warning("the broker closed the channel for asks: %s", fault)
            connection.close()

    def _lost(self, detail: str, reason: str = "", *, sent_only: bool = False) -> None:
        """Refuse what was on its way and try again, soon at first."""
        self._connection = self._channel = None
        if self._stopping:
            self._loop.stop()
            return
        if self._reachable:
            self._reachable = False
            log.warning("the message broker is not reachable (%s); trying on", reason)
        self._refuse_all(detail, sent_only=sent_only)
        self._retry = self._loop.call_later(self._pause, self._connect)
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)

    def _disconnect(self) -> None:
        if self._connection is not None and not (self._connection.is_closing or self._connection.is_closed):
            self._connection.close()
        else:
            self._loop.stop()

    # calls

    def _publish(self) -> None:
        """Publish what waits; without a connection it waits for the outcome of the present attempt."""
        self._woken = False
        channel, unsent = self._channel, self._unsent
        if channel is None or not channel.is_open:
            if self._retry is not None and time.monotonic() - self._tried_at >= _FIRST_PAUSE:
                self._loop.remove_timeout(self._retry)
                self._connect()
            return
        if self._blocked:
            self._refuse_all("The message broker takes no messages at present.")
            return
        while unsent:
            call = unsent.popleft()
            if call.id in self._waiting:
                call.sent = True
                channel.basic_publish(EXCHANGE, call.routing_key, call.body, call.properties, mandatory=True)

    def _on_reply(self, _: Channel, __: Any, properties: BasicProperties, body: bytes) -> None:
        call = self._waiting.pop(properties.correlation_id, None)
        if call is not None:
            call.outcome = body
            call.done.release()

    def _on_return(self, _: Channel, method: Any, properties: BasicProperties, __: bytes) -> None:
        """No queue is bound for this service: it has never run here."""
        call = self._waiting.pop(properties.correlation_id, None)
        if call is not None:
            call.outcome = Unavailable(f"{method.routing_key.partition('.')[0]} is not running.")
            call.done.release()

    def _on_blocked(self, *_: Any) -> None:
        """The broker has an alarm: it will not read what we publish before that is over."""
        self._blocked = True
        log.warning("the message broker takes no messages at present")
        self._refuse_all("The message broker takes no messages at present.")

    def _on_unblocked(self, *_: Any) -> None:
        self._blocked = False
        log.info("the message broker takes messages again")

    def _refuse_all(self, detail: str, *, sent_only: bool = False) -> None:
        if not sent_only:
            self._unsent.clear()
        for call_id, call in list(self._waiting.items()):
            if (call.sent or not sent_only) and self._waiting.pop(call_id, None) is not None:
                call.outcome = Unavailable(detail)
                call.done.release()


def _read(body: bytes) -> Any:
    """The result in a reply of nameko's protocol; raises the refusal in it. No other error's text is told."""
    try:
        said = orjson.loads(body)
        error = said["error"]
        if error is None:
            return said["result"]
        refusal = error.get("refusal")
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Broken from None
    if isinstance(refusal, Mapping):
        raise Refusal.from_wire(refusal)
    raise Broken


def reply(request: wire.Request[R], result: Any) -> R:
    """The result of a call as the reply that `request` names; Broken where it does not fit."""
    try:
        return wire.load(request.reply_type(), result)
    except Invalid as fault:
        where = ", ".join(problem.pointer for problem in fault.errors)
        log.error(
            "%s.%s: the reply does not fit its contract at %s",
            request.rpc_service(),
            request.rpc_method(),
            where,
        )
        raise Broken from None
