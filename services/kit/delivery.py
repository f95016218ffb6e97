"""One message on its way through a door, with what became of it."""

from __future__ import annotations

import hashlib
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.kit import context, metrics, wire
from services.kit.context import Context
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Refusal

_log = logging.getLogger(__name__)
_DIGEST = re.compile("[0-9a-f]{64}")
_NO_DIGITS = bytes.maketrans(b"0123456789", b"#" * 10)
MOST_BYTES = 1 << 20  # of what another system publishes


class Delivery:
    """One message on its way through a door, with what became of it."""

    def __init__(self, message: Any = None) -> None:
        self.message = message
        self.headers: Mapping[str, Any] = (message.headers or {}) if message is not None else {}
        self.properties: Mapping[str, Any] = message.properties if message is not None else {}
        self.context = Context.from_headers(self.headers)
        self.reply: str | None = None
        self.refusal: Refusal | None = None
        self.fault: BaseException | None = None
        self.redact: Callable[[bytes], bytes] | None = None

    @property
    def body(self) -> bytes:
        raw = self.message.body
        return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else bytes(raw)

    @property
    def kept(self) -> bytes:
        """The body as it may stand in another queue: without what its door says must not be kept.

        Where that cannot be told, or would take long, without digits: so nothing is lost but numbers.
        """
        if self.redact is None:
            return self.body
        try:
            if len(self.body) <= MOST_BYTES:
                return self.redact(self.body)
        except Exception as fault:
            _log.error("A message could not be redacted: %s", type(fault).__name__, extra={"stack": stack(fault)})
        return self.body.translate(_NO_DIGITS)

    def argument(self) -> Any:
        """The one argument of a call in nameko's RPC protocol."""
        body = wire.parse(self.body)
        if not isinstance(body, dict) or not isinstance(body.get("args"), list) or len(body["args"]) != 1:
            raise Invalid("A call has exactly one argument.")
        return body["args"][0]

    def command_id(self) -> uuid.UUID:
        said = self.headers.get("foyer-command-id")
        return _uuid(said) if said else new_id()

    def command_digest(self) -> bytes | None:
        """What the caller says tells this command's content from another's."""
        said = str(self.headers.get("foyer-command-digest") or "")
        return bytes.fromhex(said) if _DIGEST.fullmatch(said) else None

    def message_id(self) -> uuid.UUID:
        return _uuid(self.properties.get("message_id"))

    def carry(self, service: Any, door: Any) -> None:
        """Run the door; never raises: what happened stays on the delivery for whoever settles it."""
        context.current.set(self.context)
        context.cause.set(str(self.properties.get("message_id") or "") or None)
        started = time.perf_counter()
        outcome = "done"
        try:
            self.reply = door.run(service, self)
        except Refusal as refusal:
            outcome = "refused"
            self.refusal = refusal
            metrics.refused(service.name, door.name, refusal.code())
        except Exception as fault:
            outcome = "failed"
            self.fault = fault
            _log.error("%s failed: %s", door.name, type(fault).__name__, extra={"stack": stack(fault)})
        metrics.observe(service.name, door.kind, door.name, outcome, time.perf_counter() - started)

    def give_way(self) -> bool:
        """The world is broken, not the message: the database or another service does not answer."""
        if isinstance(self.fault, DBAPIError):
            return self.fault.connection_invalidated or isinstance(self.fault, OperationalError | InterfaceError)
        return isinstance(self.fault, PoolTimeout) or (self.refusal is not None and self.refusal.kind == "unavailable")


def stack(fault: BaseException) -> list[str]:
    """Where it went wrong: exception types and code lines, outermost first; never values or messages."""
    lines = [f"{f.filename.rsplit('/', 2)[-1]}:{f.lineno} {f.name}" for f in traceback.extract_tb(fault.__traceback__)]
    return [*lines[-12:], type(fault).__name__]


def digest(fault: BaseException) -> str:
    """A short name for this kind of failure, equal for equal stacks."""
    return hashlib.blake2b("\n".join(stack(fault)).encode(), digest_size=6).hexdigest()


def _uuid(said: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(said))
    except ValueError:
        raise Invalid("The message's id is not a UUID.") from None
