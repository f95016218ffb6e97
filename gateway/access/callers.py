"""Who calls: a bearer key turned into a caller with scopes, remembered for seconds, who may call only so often."""

from __future__ import annotations

import base64
import ipaddress
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from gateway.access import keys
from gateway.access.limits import BURST_SECONDS, Buckets, Turn
from gateway.edge import ACTOR, LIMITS
from gateway.problems import Refused
from services.kit.db import Database

KNOWN_FOR: Final = 10.0  # seconds a key may still be used after it was revoked
UNKNOWN_FOR: Final = 1.0  # seconds a wrong key is refused without looking again
_AT_MOST: Final = 10_000  # entries; guessing must not fill the memory
# Keys never seen before that one address may try: a hundred at once, two per second.
_GUESSES: Final = 2.0
_GUESSES_SECONDS: Final = 50.0
_CALLER: Final = "foyer.caller"

PUBLIC: Final = ""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Caller:
    """`actor` is what other services are told of the caller. `rate`: calls per second, 0 for any number.

    `properties` are the ids of the only ones whose rows the caller may see and change; None for all of them.
    """

    key_id: uuid.UUID
    actor: str
    scopes: tuple[str, ...]
    rate: int = 0
    properties: tuple[str, ...] | None = None


class Callers:
    """Looks keys up by their hash, so that no comparison takes longer the more of a guess is right.

    `proxies` stand before the gateway, each of which adds to X-Forwarded-For who called it.
    """

    def __init__(self, database: Database, *, proxies: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._proxies = proxies
        self._clock = clock
        self._seen: dict[bytes, tuple[float, Caller | None]] = {}
        self._calls = Buckets(clock=clock)
        self._guesses = Buckets(clock=clock)

    def enter(self, environ: dict[str, Any]) -> Caller:
        """The caller of a request, who takes one turn with it however often this is asked. Refuses with 401, 429."""
        entered = environ.get(_CALLER)
        if entered is None:
            entered = environ[_CALLER] = self._entered(environ)
        if isinstance(entered, Refused):
            raise entered
        return entered

    def _entered(self, environ: dict[str, Any]) -> Caller | Refused:
        try:
            caller = self.named(environ)
        except Refused as refused:
            return refused
        environ[ACTOR] = caller.actor
        if not caller.rate:
            return caller
        turn = self._calls.take(caller.key_id, caller.rate)
        environ[LIMITS] = _told(caller.rate, turn)
        return _too_many("This API key has used up its calls for the moment.", turn) if turn.wait else caller

    def named(self, environ: dict[str, Any]) -> Caller:
        """The caller of a request, who takes no turn; refuses as `of` does."""
        return self.of(_bearer(environ.get("HTTP_AUTHORIZATION")), self._address(environ))

    def of(self, authorization: str | None, address: str = "") -> Caller:
        """The caller an ``Authorization`` header names; refuses with 401, and with 429 who tries key after key."""
        scheme, _, text = (authorization or "").partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text.startswith(keys.PREFIX) or len(text) > 200:
            raise _unauthorized("Give an API key: Authorization: Bearer foyer_…")
        hashed = keys.digest(text)
        now = self._clock()
        seen = self._seen.get(hashed)
        if seen is None:
            # whose key was good before is never held up by a neighbour who guesses
            turn = self._guesses.take(_network(address), _GUESSES, _GUESSES_SECONDS)
            if turn.wait:
                raise _too_many("Too many unknown API keys came from this address.", turn)
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
            limit = None if key.properties is None else tuple(str(each) for each in key.properties)
            found = (now + KNOWN_FOR, Caller(key.id, f"key:{key.id}", key.scopes, key.rate, limit))
        if len(self._seen) >= _AT_MOST:
            self._seen = {known: seen for known, seen in self._seen.items() if seen[1] is not None}
        self._seen[hashed] = found
        return found

    def _address(self, environ: dict[str, Any]) -> str:
        if self._proxies:
            hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
            if len(hops) >= self._proxies:
                return str(hops[-self._proxies]).strip()
        return str(environ.get("REMOTE_ADDR", ""))


def needs(scope: str, *, by_property: bool = False) -> Callable[[F], F]:
    """Declare the scope a route needs; ``PUBLIC`` for none. A route that says nothing is open to nobody.

    `by_property`: whoever is limited to some properties may call it, too, as all that it answers and changes is looked
    at with `services.kit.scope`, or is the whole organisation's. A route that does not say so is closed to them.
    """

    def declare(view: F) -> F:
        view.scope = scope  # type: ignore[attr-defined]
        view.by_property = by_property  # type: ignore[attr-defined]
        return view

    return declare


def admit(caller: Caller, scope: str, *, by_property: bool) -> None:
    """Refuses with 403 a caller who lacks the scope, or is limited to properties where that cannot be kept to."""
    if scope not in caller.scopes:
        raise Refused(403, "forbidden", f"This API key lacks the scope {scope}.")
    if caller.properties is not None and not by_property:
        raise Refused(403, "forbidden", "This API key is limited to some properties; this address is not by property.")


def _network(address: str) -> str:
    """Who has one IPv6 address has 2⁶⁴ of them: the network counts."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def _told(rate: int, turn: Turn) -> list[tuple[str, str]]:
    """The fields of draft-ietf-httpapi-ratelimit-headers: what the key may do, and what is left of it."""
    return [
        ("RateLimit-Policy", f'"key";q={int(rate * BURST_SECONDS)};w={int(BURST_SECONDS)}'),
        ("RateLimit", f'"key";r={turn.left};t={math.ceil(turn.full_in)}'),
    ]


def _too_many(detail: str, turn: Turn) -> Refused:
    return Refused(429, "too-many-requests", detail, headers={"Retry-After": str(math.ceil(turn.wait))})


def secret_of(environ: dict[str, Any]) -> bytes:
    """The key that a request came with, of which only a hash is kept anywhere."""
    _, _, text = (_bearer(environ.get("HTTP_AUTHORIZATION")) or "").partition(" ")
    return text.strip().encode("utf-8", "surrogateescape")


def _bearer(authorization: str | None) -> str | None:
    """Who can only send a name and a password (RFC 7617) sends the key as the password, and any name."""
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return authorization
    try:
        return "Bearer " + base64.b64decode(text.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return None


def _unauthorized(detail: str) -> Refused:
    return Refused(401, "unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="foyer"'})
