"""The four doors of a service (and the inbound one): what happens around a method, so that it holds only its own story.

A door is a method of a `Service` that takes a transaction and one contract. From the bus it is reached through
`services.kit.calls` or `services.kit.consumer`; in a test, or from code, it is called with the contract alone and
opens the transaction itself.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from types import UnionType
from typing import Any, ClassVar, Literal, cast, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Connection

from services.kit import calls, commands, consumer, context, tables, wire
from services.kit.commands import Command
from services.kit.context import Context
from services.kit.db import Tx, lock_key
from services.kit.delivery import MOST_BYTES, Delivery
from services.kit.gathering import Item, share_events
from services.kit.ids import new_id
from services.kit.refusal import Invalid

DoorKind = Literal["query", "command", "subscribe", "inbound", "every"]
KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Door:
    """What a door declares about itself; stands on the method as `foyer_door`, for the topology and the documents."""

    kind: DoorKind
    name: str
    event: type[wire.Event] | None = None
    notice: type | None = None
    key: str | None = None
    seconds: float | None = None
    run: Callable[[Any, Delivery], str | None] | None = None
    work: Callable[[Any, Tx, Any], None] | None = None
    share: Callable[[Any, Sequence[Item]], Sequence[Item]] | None = None
    redact: Callable[[bytes], bytes] | None = None
    media_type: str = "application/json"
    drinks: str | None = None

    def queue(self, service: str) -> str:
        """The queue this door drinks from: ``bookings.notices`` for the key ``booking.notice``, else the inbox."""
        if not self.key:
            return f"{service}.inbox"
        return f"{service}.{self.drinks or self.key.split('.')[-1] + 's'}"


def query(method: Callable[..., Any]) -> Callable[..., Any]:
    """RPC that reads: every statement runs in a read-only transaction of its own."""
    argument, reply = _types(method)

    def answer(service: Service, request: Any, given: Context) -> str:
        with service.db.reading(given) as tx:
            return wire.text(method(service, tx, request))

    def run(service: Service, delivery: Delivery) -> str:
        request: Any = wire.load(argument(), delivery.argument(), strict=True)
        return answer(service, request, delivery.context)

    @wraps(method)
    def door(self: Any, request: Any) -> Any:
        return wire.load(reply(), json.loads(answer(self, request, _context(self))))

    return calls.rpc(_declare(door, Door("query", method.__name__, run=run)))


def command(
    method: Callable[..., Any] | None = None, *, together: bool = False, apart: bool = False
) -> Callable[..., Callable[..., Any]]:
    """RPC that changes: one transaction, its reply stored under the command id, committed before the reply leaves.

    `together`: the method takes all requests that wait at this moment, and yields for each, in their order, its reply
    or a Refusal. It asks nobody else. Where it raises, each goes through it alone. What it announces between two
    replies goes out in the context of the later one.

    `apart`: the method does its work in transactions of its own, each of which may be repeated, and uses the one it is
    given for nothing: this only stores the reply.
    """
    if method is None:
        return lambda given: command(given, together=together, apart=apart)
    argument, reply = _types(method)

    def carry(service: Service, tx: Tx, requests: Sequence[Any]) -> Iterable[Any]:
        return method(service, tx, requests) if together else (method(service, tx, requests[0]),)

    def load(delivery: Delivery) -> Any:
        return wire.load(argument(), delivery.argument(), strict=True)

    def run(service: Service, delivery: Delivery) -> str:
        asked = Command.of(method.__name__, delivery.command_id(), load(delivery), delivery.command_digest())
        return commands.carry_out(service, carry, asked, delivery.context, apart=apart)

    def share(service: Service, batch: Sequence[Item]) -> Sequence[Item]:
        return commands.share(service, batch, carry, load)

    @wraps(method)
    def door(self: Service, request: Any, command_id: uuid.UUID | None = None) -> Any:
        asked = Command.of(method.__name__, command_id or new_id(), request)
        return wire.load(reply(), json.loads(commands.carry_out(self, carry, asked, _context(self), apart=apart)))

    declared = Door("command", method.__name__, run=run, share=share if together else None)
    return calls.rpc(_declare(door, declared))


def subscribe(
    event: type[wire.Event], *, together: bool = False, looks_first: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hear an event of another service: handled once, acknowledged after the commit, tried again, then parked.

    `together`: the handler touches only rows of its own aggregate and asks nobody, so that under load it may share a
    transaction with others of its kind. `looks_first`: what it does before its first statement must not be done for a
    repeat, so whether it is one is looked up before.
    """
    return _hearing("subscribe", event, event, None, together, looks_first)


def inbound(
    key: str,
    notice: type | None = None,
    *,
    read: Callable[[bytes], Any] | None = None,
    redact: Callable[[bytes], bytes] | None = None,
    media_type: str = "application/json",
    drinks: str | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hear what other systems publish on the exchange ``inbound`` with this key; unknown fields are ignored.

    `notice` is the contract of the JSON body. Of another format, `read` makes of the body what the method takes, and
    raises a Refusal where it cannot. `redact` answers the body without what must never be kept (the same body where
    there is nothing of it): so it is parked and so it waits for another attempt, and it must still be readable by
    this door, as it will be. `drinks` names its queue, where the last word of the key is that of another door's.
    """
    return _hearing("inbound", notice, None, key, read=read, redact=redact, media_type=media_type, drinks=drinks)


def _hearing(
    kind: DoorKind,
    contract: type | None,
    event: type[wire.Event] | None,
    key: str | None,
    together: bool = False,
    looks_first: bool = False,
    read: Callable[[bytes], Any] | None = None,
    **declared_by_inbound: Any,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def heard_from(body: bytes) -> Any:
        return wire.load(cast(type, contract), wire.parse(body))

    take = read or heard_from

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        handler = method.__name__

        def handle(service: Service, heard: Any, given: Context, message_id: uuid.UUID) -> None:
            row = {"event_id": message_id, "handler": handler}
            if looks_first and _is_done(service, row, given):
                return

            # another system's message ids prove nothing: an inbound door knows its repeats by their content
            def remember(connection: Connection) -> None:
                if connection.execute(_INBOX_INSERT, row).first() is None:
                    raise _Done

            try:
                service.db.writing(given, lambda tx: method(service, tx, heard), remember if event else None)
            except _Done:
                return

        def run(service: Service, delivery: Delivery) -> None:
            if key and len(delivery.body) > MOST_BYTES:
                raise Invalid(f"Larger than {MOST_BYTES:,} bytes.")
            heard = take(delivery.body)
            message_id = delivery.message_id() if event else new_id()
            handle(service, heard, delivery.context, message_id)

        @wraps(method)
        def door(self: Service, heard: Any, message_id: uuid.UUID | None = None) -> None:
            handle(self, heard, _context(self), message_id or new_id())

        notice = None if event else contract
        share = share_events if together else None
        declared = Door(kind, handler, event, notice, key, run=run, work=method, share=share, **declared_by_inbound)
        return consumer.hear(_declare(door, declared))

    return decorate


def every(*, seconds: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run once per interval, whatever the number of replicas: an advisory lock and the time of the last run decide."""

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        def due(tx: Tx) -> bool:
            key = lock_key(f"every:{method.__name__}".encode())
            row = {"key": key, "name": method.__name__, "seconds": seconds}
            return bool(tx.execute(_TIMER_DUE, row).scalar())

        def work(service: Service, tx: Tx) -> None:
            if due(tx):
                method(service, tx)

        def run(service: Service, _delivery: Delivery) -> None:
            given = _context(service)
            service.db.writing(given, lambda tx: work(service, tx))

        @wraps(method)
        def door(self: Service) -> None:
            self.db.writing(_context(self), lambda tx: method(self, tx))

        declared = _declare(door, Door("every", method.__name__, seconds=seconds, run=run))
        return consumer.tick(declared, interval=seconds)

    return decorate


def _is_done(service: Service, row: dict[str, Any], given: Context) -> bool:
    with service.db.reading(given) as tx:
        return tx.execute(_INBOX_ROW, row).first() is not None


class _Done(Exception):
    """This event has been handled before."""


def _types(method: Callable[..., Any]) -> tuple[Callable[[], type], Callable[[], type]]:
    """The request and reply types from the method's annotations, resolved when first needed."""
    found: dict[str, type] = {}

    def hint(name: str) -> type:
        if not found:
            hints = get_type_hints(method)
            found["reply"] = _one(hints.pop("return"))
            hints.pop("tx", None)
            (argument,) = hints.values()
            found["argument"] = _one(argument)
        return found[name]

    return lambda: hint("argument"), lambda: hint("reply")


def _one(hint: Any) -> Any:
    """``Sequence[Ask]`` → ``Ask``; ``Iterator[Reply | Refusal]`` → ``Reply``"""
    return _one(get_args(hint)[0]) if get_origin(hint) in (Sequence, Iterator, UnionType) else hint


def _declare(direct: Callable[..., Any], declared: Door) -> Callable[..., Any]:
    """The method as nameko sees it: a delivery goes through the door by the bus, anything else directly."""

    @wraps(direct)
    def door(self: Service, *given: Any, **more: Any) -> Any:
        if given and isinstance(given[0], Delivery):
            return given[0].carry(self, declared)
        return direct(self, *given, **more)

    door.foyer_door = declared  # type: ignore[attr-defined]
    return door


def _context(service: Service) -> Context:
    return context.current.get() or Context(actor=f"service:{service.name}")


_INBOX_ROW = sa.select(tables.inbox.c.event_id).where(
    tables.inbox.c.event_id == sa.bindparam("event_id"), tables.inbox.c.handler == sa.bindparam("handler")
)
_INBOX_INSERT = pg_insert(tables.inbox).on_conflict_do_nothing().returning(tables.inbox.c.handler)
_TIMER_DUE = sa.text(
    "INSERT INTO timers AS t (name, ran_at) SELECT :name, now() WHERE pg_try_advisory_xact_lock(:key)"
    " ON CONFLICT (name) DO UPDATE SET ran_at = now()"
    # a tenth of the interval for the clocks and timers of the replicas to differ
    " WHERE t.ran_at <= now() - make_interval(secs => :seconds * 0.9) RETURNING true"
)
_TIDY = (
    sa.delete(tables.outbox).where(tables.outbox.c.published_at < sa.bindparam("before")),
    sa.delete(tables.inbox).where(tables.inbox.c.handled_at < sa.bindparam("before")),
    sa.delete(tables.commands).where(tables.commands.c.done_at < sa.bindparam("before")),
)


class Service:
    """What every service has: its name, its database, and a broom for old messages."""

    name: ClassVar[str]
    db: Any = consumer.DatabaseProvider()

    @every(seconds=3600)
    def tidy_messages(self, tx: Tx) -> None:
        """Forget messages handled, commands done and events published more than seven days ago."""
        old = {"before": tx.now - KEPT}
        for statement in _TIDY:
            tx.execute(statement, old)


def doors_of(service: type[Service]) -> list[Door]:
    """Every door a service class declares, by name."""
    found = (getattr(getattr(service, name), "foyer_door", None) for name in sorted(dir(service)))
    return [door for door in found if door is not None]
