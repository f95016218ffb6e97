"""Who asks, under which request: travels in message headers, into the outbox and into every log line."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

MOST_PROPERTIES: Final = 100
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _new_trace() -> str:
    """A W3C trace context header: version, trace id, parent id, flags."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


@dataclass(frozen=True)
class Context:
    """`actor` is an opaque id (``key:…``, ``staff:…``, ``service:billing``), never a name or an address.

    `properties` are the ids of the only ones whose rows the caller may see and change; None for all of them.
    `said_at` is when an event was announced, as its announcer's clock had it; None for what is asked.
    """

    actor: str = "system"
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    roles: tuple[str, ...] = ()
    trace: str = field(default_factory=_new_trace)
    properties: tuple[str, ...] | None = None
    said_at: datetime | None = None

    def headers(self) -> dict[str, str]:
        """For whoever is asked in the caller's place: with what the caller is limited to."""
        if self.properties is None:
            return self.told()
        return {**self.told(), "foyer-properties": ",".join(self.properties)}

    def told(self) -> dict[str, str]:
        """For events: what follows from what was done is done for the whole organisation, whoever began it."""
        return {
            "foyer-actor": self.actor,
            "foyer-request-id": self.request_id,
            "foyer-roles": ",".join(self.roles),
            "traceparent": self.trace,
        }

    @classmethod
    def from_headers(cls, headers: Mapping[str, Any]) -> Context:
        """What is missing is made anew; what is there is cut to a bounded length, as it may come from outside.

        Of `properties` what is not an id is left out: a limit that cannot be read is never no limit.
        """
        given = {
            "actor": headers.get("foyer-actor"),
            "request_id": headers.get("foyer-request-id"),
            "trace": headers.get("traceparent"),
        }
        roles = str(headers.get("foyer-roles") or "")[:500]
        known: dict[str, Any] = {name: str(said)[:120] for name, said in given.items() if said}
        return cls(
            roles=tuple(r for r in roles.split(",") if r),
            properties=_properties(headers.get("foyer-properties")),
            said_at=_instant(headers.get("foyer-said-at")),
            **known,
        )


def _properties(said: Any) -> tuple[str, ...] | None:
    if said is None:
        return None
    return tuple(each for each in str(said)[: MOST_PROPERTIES * 37].split(",") if _ID.fullmatch(each))


def _instant(said: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(str(said)[:40]) if said else None
    except ValueError:
        return None
    return read if read and read.tzinfo else None


current: ContextVar[Context | None] = ContextVar("foyer_context", default=None)

# The id of the message being handled: what handlers ask of other services is repeated under the same ids with it.
cause: ContextVar[str | None] = ContextVar("foyer_cause", default=None)
