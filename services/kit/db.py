"""A service's own database: one lazy transaction per message, with what it announces written into it.

The transaction begins with the first statement, not with the message: so a handler asks other services first and
holds no lock and no connection while it waits for them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from psycopg.adapt import Dumper, PyFormat
from psycopg.types.numeric import IntBinaryDumper, IntDumper
from sqlalchemy.engine import Connection, CursorResult, Engine
from sqlalchemy.exc import DBAPIError

from services.kit import wire
from services.kit.context import Context
from services.kit.ids import new_id

# Retried with a fresh transaction: serialization failure, deadlock.
_AGAIN = {"40001", "40P01"}
_MOST_BEGINNINGS = 100  # far more than a transaction comes to need other locks
_NOTIFY_EVERY = 0.03  # seconds; the relay keeps looking for longer than this after each wake-up

open_transaction: ContextVar[bool] = ContextVar("foyer_open_transaction", default=False)


class Again(Exception):
    """The transaction cannot go on as it began: it is rolled back and begun anew, with the locks it came to need."""


def lock_key(of: bytes) -> int:
    """A signed 64-bit key for PostgreSQL's advisory locks."""
    return int.from_bytes(hashlib.blake2b(of, digest_size=8).digest(), "big", signed=True)


class Tx:
    """What a door hands to a method: statements, announcements, the context and the clock of one transaction."""

    def __init__(
        self,
        engine: Engine,
        context: Context,
        on_begin: Callable[[Connection], None] | None = None,
        wanted: frozenset[int] = frozenset(),
    ) -> None:
        self.context = context
        self.wanted = wanted  # locks: those that are held, and those to take with the next one
        self._held: set[int] = set()
        self.now = datetime.now(UTC)
        self.announced: list[dict[str, Any]] = []
        self.carried_out: list[dict[str, Any]] = []  # commands with their replies
        self.committing = False
        self._engine = engine
        self._on_begin = on_begin
        self._connection: Connection | None = None
        self._fresh = True  # nothing has been executed: on another connection it would be the same

    def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        try:
            result = self.connection().execute(statement, parameters)
        except DBAPIError as fault:
            if not (fault.connection_invalidated and self._fresh and self._on_begin is None):
                raise
            self.close()  # a pooled connection of before a restart of the database; the pool is emptied by now
            result = self.connection().execute(statement, parameters)
        self._fresh = False
        return result

    def connection(self) -> Connection:
        """The connection, beginning the transaction if nothing has yet."""
        if self._connection is None:
            self._connection = self._engine.connect()
            open_transaction.set(True)
            if self._on_begin is not None:
                self._on_begin(self._connection)
        return self._connection

    def lock(self, keys: Iterable[int]) -> None:
        """Hold these advisory locks until the end of the transaction.

        Whoever takes locks here deadlocks with nobody, if it writes nothing before its first ones: these are waited
        for, in order. Later ones are taken only if they are free, else the transaction begins anew (Again) with all
        that it came to want as its first.
        """
        missing = sorted(({*keys} | self.wanted) - self._held)
        if missing:
            took = self.execute(_TRY_ALL if self._held else _LOCK_ALL, {"keys": missing}).scalar()
            self.took(missing, bool(took))

    def may_wait_for(self, key: int) -> bool:
        """Whether a statement that reads as well may wait for this lock, or must try it; it says by `took` whether."""
        if self.wanted - self._held:
            self.lock([key])
        return key in self._held or not self._held

    def took(self, keys: Iterable[int], took: bool) -> None:
        """A statement took these locks, or one of them was not free."""
        self.wanted |= {*keys}
        if not took:
            raise Again
        self._held |= {*keys}

    def announce(self, event: wire.Event) -> None:
        """Tell the other services, once this transaction is committed."""
        self.announced.append(
            {
                "event_id": str(new_id()),
                "routing_key": event.routing_key(),
                "exchange": event.exchange(),
                "aggregate_id": event.aggregate_id,
                "body": wire.text(event),
                "headers": {**self.context.told(), "foyer-said-at": self.now.isoformat()},
            }
        )

    def commit(self) -> None:
        connection = self.connection()
        if self.announced or self.carried_out:
            kept = {"events": wire.compact(self.announced), "commands": wire.compact(self.carried_out)}
            connection.execute(_KEEP, kept)
        self.committing = True
        connection.commit()

    def close(self) -> None:
        """Give the connection back; what was not committed is rolled back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            open_transaction.set(False)


_LOCK_ALL = sa.text(
    "SELECT count(pg_advisory_xact_lock(key)) >= 0 FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key OFFSET 0) AS k"
)
_TRY_ALL = sa.text("SELECT bool_and(pg_try_advisory_xact_lock(key)) FROM unnest(CAST(:keys AS bigint[])) AS k (key)")
# One statement for any number of both; events get their `seq` in the order of the announcements.
_KEEP = sa.text(
    """
    WITH carried_out AS (
        INSERT INTO commands (command_id, name, body_hash, reply)
        SELECT command_id, name, decode(body_hash, 'hex'), reply
        FROM jsonb_to_recordset(CAST(:commands AS jsonb)) AS c (command_id uuid, name text, body_hash text, reply text)
    )
    INSERT INTO outbox (event_id, routing_key, exchange, aggregate_id, body, headers)
    SELECT event_id, routing_key, exchange, aggregate_id, body, headers
    FROM jsonb_to_recordset(CAST(:events AS jsonb))
         AS e (event_id uuid, routing_key text, exchange text, aggregate_id text, body text, headers jsonb)
    """
)


class Database:
    """The pools of one service: one for transactions, one for reads (each statement its own read-only transaction)."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": 5,
            "pool_pre_ping": False,
            "hide_parameters": True,
            "json_serializer": wire.compact,
        }
        arguments = {"connect_timeout": 5, "application_name": "foyer", "prepare_threshold": 1}
        self.engine = sa.create_engine(url, connect_args=arguments, **options)
        self._readers = sa.create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            connect_args={**arguments, "options": "-c default_transaction_read_only=on"},
            **options,
        )
        for engine in (self.engine, self._readers):
            sa.event.listen(engine, "connect", _send_whole_numbers)
            sa.event.listen(engine, "handle_error", _forget_dead_connections)
        self._notified = 0.0

    @contextmanager
    def reading(self, context: Context) -> Iterator[Tx]:
        """For queries: statements that cannot write, each seeing what is committed when it runs."""
        tx = Tx(self._readers, context)
        try:
            yield tx
        finally:
            tx.close()

    def writing(
        self,
        context: Context,
        work: Callable[[Tx], Any],
        on_begin: Callable[[Connection], None] | None = None,
        before_commit: Callable[[Tx, Any], None] | None = None,
    ) -> Any:
        """Run `work` in one transaction and commit it.

        Again, up to three times, where it lost a deadlock, or its connection before the commit; and as often as it
        came to need another lock.
        """
        attempt, begun, wanted = 0, 0, frozenset[int]()
        while True:
            tx = Tx(self.engine, context, on_begin, wanted)
            try:
                result = work(tx)
                if before_commit is not None:
                    before_commit(tx, result)
                tx.commit()
            except Again:
                begun += 1
                if begun == _MOST_BEGINNINGS:
                    raise
                wanted = tx.wanted
            except DBAPIError as fault:
                lost = fault.connection_invalidated and not tx.committing
                if attempt == 3 or not (lost or _worth_repeating(fault)):
                    raise
                attempt += 1
            else:
                if tx.announced:
                    self._wake_relay()
                return result
            finally:
                tx.close()

    def _wake_relay(self) -> None:
        """NOTIFY after the commit, not in it (there it would serialise all commits), and not more often than needed."""
        now = time.monotonic()
        if now - self._notified >= _NOTIFY_EVERY:
            self._notified = now
            try:
                with self._readers.connect() as connection:
                    connection.execute(_NOTIFY)
            except DBAPIError:
                return  # committed all the same; the relay looks by itself every second

    def ping(self) -> None:
        """One trip to the database; raises where it does not answer."""
        with self._readers.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()
        self._readers.dispose()


def _worth_repeating(fault: DBAPIError) -> bool:
    """A lost deadlock, or the same command committed by a twin between our look-up and our insert."""
    diagnosis = getattr(fault.orig, "diag", None)
    return getattr(fault.orig, "sqlstate", None) in _AGAIN or (
        diagnosis is not None and diagnosis.constraint_name == "commands_pkey"
    )


_NOTIFY = sa.text("SELECT pg_notify('outbox', '')")


class _WholeNumber(IntDumper):
    """Sends a number as `integer`, beyond 32 bits as `bigint`, beyond 64 as `numeric`.

    psycopg alone sends one of up to 16 bits as `smallint`, and two of these add up to a `smallint`: 30,000 + 30,000
    fails. Not all are a `bigint`, as that cannot be added to a `date`.
    """

    def upgrade(self, obj: int, format: PyFormat) -> Dumper:
        return super().upgrade(obj if abs(obj) >> 16 else 1 << 16, format)


class _WholeNumberInBinary(_WholeNumber, IntBinaryDumper):
    """The same for parameters; within an array numbers are sent as text."""


def _send_whole_numbers(connection: Any, _record: object) -> None:
    for dumper in (_WholeNumber, _WholeNumberInBinary):
        connection.adapters.register_dumper(int, dumper)


def _forget_dead_connections(fault: sa.engine.ExceptionContext) -> None:
    """After a database restart every pooled connection is dead: drop them all at the first sign."""
    if fault.is_disconnect:
        fault.invalidate_pool_on_disconnect = True
