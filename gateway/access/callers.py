"""Who calls: a bearer key turned into a caller with scopes, remembered for seconds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from gateway.access import keys
from gateway.problems import Refused
from services.kit.db import Database

KNOWN_FOR: Final = 10.0  # seconds a key may still be used after it was revoked
UNKNOWN_FOR: Final = 1.0  # seconds a wrong key is refused without looking again
_AT_MOST: Final = 10_000  # entries; guessing must not fill the memory

PUBLIC: Final = ""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Caller:
    """`actor` is what other services are told of the caller."""

    key_id: uuid.UUID
    actor: str
    scopes: tuple[str, ...]


class Callers:
    """Looks keys up by their hash, so that no comparison takes longer the more of a guess is right."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._seen: dict[bytes, tuple[float, Caller | None]] = {}

    def of(self, authorization: str | None) -> Caller:
        """The caller an ``Authorization`` header names; refuses with 401."""
        scheme, _, text = (authorization or "").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text.startswith(keys.PREFIX) or len(text) > 200:
            raise _unauthorized("Give an API key: Authorization: Bearer foyer_…")
        hashed = keys.digest(text)
        now = self._clock()
        seen = self._seen.get(hashed)
        if seen is None or seen[0] <= now:
            seen = self._look_up(hashed, now)
        if seen[1] is None:
            raise _unauthorized("This API key is not known or was revoked.")
        return seen[1]

    def _look_up(self, hashed: bytes, now: float) -> tuple[float, Caller | None]:
        key = keys.find(self._database, hashed)
        if key is None:
            found: tuple[float, Caller | None] = (now + UNKNOWN_FOR, None)
        else:
            found = (now + KNOWN_FOR, Caller(key.id, f"key:{key.id}", key.scopes))
        if len(self._seen) >= _AT_MOST:
            self._seen.clear()
        self._seen[hashed] = found
        return found


def needs(scope: str) -> Callable[[F], F]:
    """Declare the scope a route needs; ``PUBLIC`` for none. A route that says nothing is open to nobody."""

    def declare(view: F) -> F:
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return declare


def admit(caller: Caller, scope: str) -> None:
    """Refuses with 403 a caller who lacks the scope."""
    if scope not in caller.scopes:
        raise Refused(403, "forbidden", f"This API key lacks the scope {scope}.")


def _unauthorized(detail: str) -> Refused:
    return Refused(401, "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="foyer"'})
