"""Before a route is reached: who calls, whether they may, and whether what they send can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from flask import Flask, current_app, g, request
from werkzeug.exceptions import NotFound

from gateway.access.callers import PUBLIC, Callers, admit
from gateway.problems import Refused, invalid
from services.kit import context
from services.kit.context import Context

MAX_BODY: Final = 1024 * 1024  # bytes

F = TypeVar("F", bound=Callable[..., Any])

_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Admission:
    def __init__(self, app: Flask, callers: Callers) -> None:
        self._callers = callers
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
        app.before_request(self.enter)

    def enter(self) -> None:
        """Refuses with 401, 403, 404, 405, 413, 415, 422 or 429."""
        _speak_as(Context(actor="nobody", request_id=g.request_id))
        if request.endpoint is None:
            raise request.routing_exception or NotFound
        view = current_app.view_functions[request.endpoint]
        scope = getattr(view, "scope", None)
        if scope != PUBLIC and request.method != "OPTIONS":
            self._admit(scope, getattr(view, "by_property", False))
        _check_path(request.view_args or {})
        if request.method in ("POST", "PUT", "PATCH"):
            _check_body(getattr(view, "takes", ()), getattr(view, "most_bytes", MAX_BODY))

    def _admit(self, scope: str | None, by_property: bool) -> None:
        headers = request.headers
        caller = self._callers.enter(request.environ)
        trace = headers.get("traceparent", "")
        told: dict[str, Any] = {"trace": trace} if _TRACE.fullmatch(trace) else {}
        g.caller = caller
        who = Context(actor=caller.actor, request_id=g.request_id, roles=caller.scopes, **told)
        _speak_as(who if caller.properties is None else replace(who, properties=caller.properties))
        if scope is None:
            raise Refused(403, "forbidden", "This address is open to nobody.")
        admit(caller, scope, by_property=by_property)


def _speak_as(who: Context) -> None:
    """For what is asked of services, and for lines in the log."""
    g.context = who
    context.current.set(who)


def takes(*media_types: str, most: int = MAX_BODY) -> Callable[[F], F]:
    """Declare what a route's body is, where it is not JSON, and how many bytes it may have."""

    def declare(view: F) -> F:
        view.takes = media_types  # type: ignore[attr-defined]
        view.most_bytes = most  # type: ignore[attr-defined]
        return view

    return declare


def _check_path(said: Mapping[str, Any]) -> None:
    """No id and no code has characters that cannot be seen, and PostgreSQL takes no NUL."""
    hidden = {name: ["Only printable characters."] for name, value in said.items() if not str(value).isprintable()}
    if hidden:
        raise invalid(hidden)


def _check_body(taken: Sequence[str], most: int) -> None:
    length = request.content_length
    if length is not None and length > most:
        raise Refused(413, "content-too-large", f"A body has at most {most} bytes.")
    fits = request.mimetype in taken if taken else request.is_json
    if (length or request.headers.get("Transfer-Encoding")) and not fits:
        raise Refused(415, "unsupported-media-type", f"Send the body as {' or '.join(taken) or 'application/json'}.")
