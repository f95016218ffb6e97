"""How a command is carried out once: its reply is stored under its id, in the transaction that did its work.

The same id and content again: the stored reply. The same id, another content: CommandReused. While its twin is at
work: StillRunning. A refused or failed command stores nothing and may be tried again.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.kit import context, metrics, wire
from services.kit.context import Context
from services.kit.db import Tx, lock_key
from services.kit.delivery import Delivery
from services.kit.gathering import Item
from services.kit.refusal import CommandReused, Refusal, StillRunning

Carry = Callable[[Any, Tx, Sequence[Any]], Iterable[Any]]  # service, transaction, requests → their replies or refusals


@dataclass(frozen=True)
class Command:
    """One request with the id it is known by and the digest of its content."""

    name: str
    id: uuid.UUID
    request: Any
    digest: bytes

    @classmethod
    def of(cls, name: str, command_id: uuid.UUID, request: Any, digest: bytes | None = None) -> Command:
        """`digest` where the caller knows better what makes two commands the same than their whole content does."""
        if digest:
            return cls(name, command_id, request, digest)
        content = _without(wire.dump(request), frozenset(getattr(request, "never_kept", ())))
        said = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return cls(name, command_id, request, hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest())

    def before(self, row: Any) -> str | None:
        """The reply it was given before, if it was; refuses with CommandReused and StillRunning."""
        if row.reply is not None:
            if row.name != self.name or bytes(row.body_hash) != self.digest:
                raise CommandReused
            return str(row.reply)
        if not row.mine:
            raise StillRunning
        return None

    def keep(self, tx: Tx, reply: str) -> None:
        """With its reply, at the transaction's commit."""
        digest = self.digest.hex()
        tx.carried_out.append({"command_id": str(self.id), "name": self.name, "body_hash": digest, "reply": reply})


def _without(said: Any, names: frozenset[str]) -> Any:
    """JSON values without these fields, in every part."""
    if not names:
        return said
    if isinstance(said, dict):
        return {name: _without(value, names) for name, value in said.items() if name not in names}
    return [_without(each, names) for each in said] if isinstance(said, list) else said


def carry_out(service: Any, carry: Carry, command: Command, given: Context, *, apart: bool = False) -> str:
    """Its reply as JSON text. The look-up happens with the first statement: nothing is held while others are asked.

    `apart`: before that another look-up, as the work is committed before the first statement.
    """
    if apart:
        with service.db.reading(given) as tx:
            row = tx.execute(_FIND, {"id": command.id}).first()
        if row is not None and (reply := command.before(row)) is not None:
            return reply

    def look_up(connection: Connection) -> None:
        row = connection.execute(_LOOK_UP, _keys([command])).one()
        if (reply := command.before(row)) is not None:
            raise _Done(reply)

    def work(tx: Tx) -> str:
        (reply,) = carry(service, tx, (command.request,))
        if isinstance(reply, Refusal):
            raise reply
        return wire.text(reply)

    try:
        return str(service.db.writing(given, work, look_up, command.keep))
    except _Done as before:
        return before.reply


def share(service: Any, batch: Sequence[Item], carry: Carry, load: Callable[[Delivery], Any]) -> Sequence[Item]:
    """Carry all out in one transaction; answers those to be carried out alone: all, where it could not be committed."""
    started = time.perf_counter()
    name = batch[0][0].door.name
    alone: list[Item] = []
    found: dict[uuid.UUID, tuple[Item, Command]] = {}
    for item in batch:
        try:
            delivery = item[1]
            command = Command.of(name, delivery.command_id(), load(delivery), delivery.command_digest())
        except Refusal:
            alone.append(item)  # malformed: alone, it is refused with its reason
            continue
        if delivery.context.properties is not None:
            alone.append(item)  # what it may see must not depend on who else is asked for
        elif command.id in found:
            alone.append(item)  # its twin goes first
        else:
            found[command.id] = (item, command)
    if not found:
        return alone

    def work(tx: Tx) -> list[tuple[Delivery, str | Refusal]]:
        rows = {row.command_id: row for row in tx.execute(_LOOK_UP, _keys([c for _, c in found.values()]))}
        outcomes: list[tuple[Delivery, str | Refusal]] = []
        fresh: list[tuple[Delivery, Command]] = []
        for (_, delivery), command in found.values():
            try:
                before = command.before(rows[command.id])
            except Refusal as refusal:
                outcomes.append((delivery, refusal))
                continue
            if before is None:
                fresh.append((delivery, command))
            else:
                outcomes.append((delivery, before))
        replies = iter(carry(service, tx, [command.request for _, command in fresh]) if fresh else ())
        for delivery, command in fresh:
            tx.context = delivery.context
            context.current.set(delivery.context)
            reply = next(replies)
            if not isinstance(reply, Refusal):
                reply = wire.text(reply)
                command.keep(tx, reply)
            outcomes.append((delivery, reply))
        return outcomes

    try:
        outcomes = service.db.writing(Context(), work)
    except Exception:
        return batch
    took = (time.perf_counter() - started) / len(outcomes)
    for delivery, outcome in outcomes:
        refused = isinstance(outcome, Refusal)
        delivery.reply, delivery.refusal = (None, outcome) if refused else (outcome, None)
        if refused:
            metrics.refused(service.name, name, outcome.code())
        metrics.observe(service.name, "command", name, "refused" if refused else "done", took)
    return alone


class _Done(Exception):
    """This command has been carried out before; `reply` is what was answered then."""

    def __init__(self, reply: str) -> None:
        super().__init__()
        self.reply = reply


def _keys(commands: Sequence[Command]) -> dict[str, Any]:
    return {"ids": [c.id for c in commands], "locks": [lock_key(c.id.bytes) for c in commands]}


_FIND = sa.text("SELECT true AS mine, name, body_hash, reply FROM commands WHERE command_id = :id")
_LOOK_UP = sa.text(
    "SELECT k.id AS command_id, pg_try_advisory_xact_lock(k.lock) AS mine, c.name, c.body_hash, c.reply"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:locks AS bigint[])) AS k (id, lock)"
    " LEFT JOIN commands c ON c.command_id = k.id"
)
