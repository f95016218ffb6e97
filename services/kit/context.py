"""Who asks, under which request: travels in message headers, into the outbox and into every log line."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


def _new_trace() -> str:
    """A W3C trace context header: version, trace id, parent id, flags."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


@dataclass(frozen=True)
class Context:
    """`actor` is an opaque id (``key:…``, ``staff:…``, ``service:billing``), never a name or an address."""

    actor: str = "system"
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    roles: tuple[str, ...] = ()
    trace: str = field(default_factory=_new_trace)

    def headers(self) -> dict[str, str]:
        return {
            "foyer-actor": self.actor,
            "foyer-request-id": self.request_id,
            "foyer-roles": ",".join(self.roles),
            "traceparent": self.trace,
        }

    @classmethod
    def from_headers(cls, headers: Mapping[str, Any]) -> Context:
        """What is missing is made anew; what is there is cut to a bounded length, as it may come from outside."""
        given = {
            "actor": headers.get("foyer-actor"),
            "request_id": headers.get("foyer-request-id"),
            "trace": headers.get("traceparent"),
        }
        roles = str(headers.get("foyer-roles") or "")[:500]
        known: dict[str, Any] = {name: str(said)[:120] for name, said in given.items() if said}
        return cls(roles=tuple(r for r in roles.split(",") if r), **known)


current: ContextVar[Context | None] = ContextVar("foyer_context", default=None)

# The id of the message being handled: what handlers ask of other services is repeated under the same ids with it.
cause: ContextVar[str | None] = ContextVar("foyer_cause", default=None)
