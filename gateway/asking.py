"""From a route to a service and back: one deadline per request, the caller's context, the idempotency key."""

from __future__ import annotations

import hmac
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final, Protocol, TypeVar

from flask import Response, current_app, g, request

from gateway.access.callers import secret_of
from gateway.outside import text
from gateway.problems import Refused
from services.kit import wire
from services.kit.context import Context
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem, Refusal, Unavailable

R = TypeVar("R")

DEADLINE: Final = 2.0  # seconds for all that one request asks
_LEAST: Final = 0.05  # seconds left for an ask that comes late in its request
# Threads that may wait for services at once, of the 128 that the server has beside those of streams: the others keep
# answering health questions and fresh views while a service is silent.
_AT_ONCE: Final = 96
_PATIENCE: Final = 0.25  # seconds to wait for one of these places

_KEY = re.compile(r"[\x20-\x7e]{1,255}")
# Fixed for ever: it is part of the id of every command that came with a key.
_COMMANDS = uuid.UUID("b6f3c1f6-53d5-5a3e-8a0c-5a7e7d4a9c11")


class Asker(Protocol):
    """What the gateway needs of `services.kit.client.Client`."""

    def ask(
        self,
        request: wire.Request[R],
        *,
        context: Context,
        command_id: uuid.UUID | str | None = None,
        digest: str | None = None,
        deadline: float | None = None,
    ) -> R: ...

    def ask_all(
        self, requests: Sequence[wire.Request[Any]], *, context: Context, deadline: float | None = None
    ) -> list[Any]: ...


class Asking:
    """The process's one way to the services, for all its threads."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._places = BoundedSemaphore(_AT_ONCE)

    def ask(
        self, said: wire.Request[R], context: Context, command_id: uuid.UUID | None, digest: str | None, deadline: float
    ) -> R:
        with self._place():
            return self._asker.ask(said, context=context, command_id=command_id, digest=digest, deadline=deadline)

    def ask_all(self, said: Sequence[wire.Request[Any]], context: Context, deadline: float) -> list[Any]:
        with self._place():
            return self._asker.ask_all(said, context=context, deadline=deadline)

    @contextmanager
    def _place(self) -> Any:
        if not self._places.acquire(timeout=_PATIENCE):
            raise Unavailable("Too many requests are waiting for answers.")
        try:
            yield
        finally:
            self._places.release()


def ask(said: wire.Request[R], *, renamed: Mapping[str, str] | None = None) -> R:
    """The answer to a query. `renamed` gives the outside's names of the contract's fields, for pointers."""
    return _asked(said, None, None, renamed)


def command(
    said: wire.Request[R], *, renamed: Mapping[str, str] | None = None, key_demanded: bool = False, part: str = ""
) -> R:
    """Have something done, under the id that the caller's Idempotency-Key stands for.

    `part` tells several commands of one request from one another.
    """
    return _asked(said, _command_id(key_demanded, part), _digest(), renamed)


def ask_within(said: wire.Request[R], seconds: float) -> R:
    """As `ask`, for a request that asks for longer than others may: each of its questions has this long."""
    return _asking().ask(said, g.context, None, None, seconds)


def command_within(said: wire.Request[R], seconds: float) -> R:
    """As `ask_within`, for what is done: the same again has no other effect by its own content."""
    return _asking().ask(said, g.context, new_id(), None, seconds)


def ask_all(*said: wire.Request[Any]) -> list[Any]:
    """For each request its answer or its refusal, asked at once."""
    return _asking().ask_all(said, g.context, _left())


def ask_all_within(seconds: float, *said: wire.Request[Any]) -> list[Any]:
    """As `ask_all`, for what an answer is better with and good without: it waits no longer than this."""
    return _asking().ask_all(said, g.context, min(seconds, _left()))


def answered(found: Any) -> Any:
    """One of the results of `ask_all`; raises where it is a refusal."""
    if isinstance(found, Refusal):
        raise found
    return found


def reply(
    body: Any, status: int = 200, *, headers: Mapping[str, str] | None = None, version: int | None = None
) -> Response:
    """A contract or ready values as the response; `version` becomes the ETag."""
    response = Response(text(body), status, mimetype="application/json")
    response.headers.update(headers or {})
    if version is not None:
        response.set_etag(str(version))
    return response


def versioned(found: Any, *, at: str | None = None) -> Response:
    """A contract that people change, with its version as the ETag; 201 where it was made just now, and is `at`."""
    return reply(found, 201 if at else 200, headers={"Location": at} if at else None, version=found.version)


def _asking() -> Asking:
    asking: Asking = current_app.extensions["foyer"].asking
    return asking


def _asked(
    said: wire.Request[R], command_id: uuid.UUID | None, digest: str | None, renamed: Mapping[str, str] | None
) -> R:
    try:
        return _asking().ask(said, g.context, command_id, digest, _left())
    except Invalid as refusal:
        if not renamed:
            raise
        raise type(refusal)(
            refusal.detail, errors=[_outside(e, renamed) for e in refusal.errors], facts=refusal.facts
        ) from None


def _outside(fault: Problem, renamed: Mapping[str, str]) -> Problem:
    first, slash, rest = fault.pointer.removeprefix("/").partition("/")
    if first not in renamed:
        return fault
    steps = [step for step in (renamed[first], rest) if step]
    return Problem("".join(f"/{step}" for step in steps), fault.detail)


def _left() -> float:
    """Seconds that this request may still wait."""
    spent: float = time.perf_counter() - g.started
    return max(_LEAST, DEADLINE - spent)


def _command_id(demanded: bool, part: str) -> uuid.UUID:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        if demanded:
            raise Refused(
                400,
                "idempotency-key-missing",
                "Value moves here: send an Idempotency-Key, and the same one when you try again.",
            )
        return new_id()
    if not _KEY.fullmatch(key):
        raise Refused(400, "idempotency-key-invalid", "An Idempotency-Key has 1 to 255 printable characters.")
    whole = uuid.uuid5(_COMMANDS, f"{g.caller.key_id} {key}")
    return uuid.uuid5(whole, part) if part else whole


def _digest() -> str | None:
    """Of what the caller said: what the gateway adds to it (a name from a card) may differ when it is said again.

    Nobody who reads the digests that services keep shall try guesses at a document's number on them: it is made under
    the caller's API key.
    """
    if "Idempotency-Key" not in request.headers:
        return None
    said = wire.compact([request.path, g.get("body")], sort=True)
    return hmac.digest(secret_of(request.environ), said.encode("utf-8", "surrogatepass"), "sha256").hex()


__all__ = [
    "Asker", "Asking", "answered", "ask", "ask_all", "ask_all_within", "ask_within", "command", "command_within",
    "reply", "versioned",
]  # fmt: skip
