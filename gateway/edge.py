"""Around every request, before Flask: its id, the headers of every answer, its line in the log and in the metrics.

Plain WSGI, because the complete guest view is answered from here without Flask where it is fresh.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from flask import Flask, Response, g, request
from prometheus_client import Histogram

REQUEST_ID: Final = "foyer.request_id"
STARTED: Final = "foyer.started"
ROUTE: Final = "foyer.route"
ACTOR: Final = "foyer.actor"
LIMITS: Final = "foyer.limits"  # headers that tell a caller what is left
STREAMED: Final = "foyer.streamed"

Answer = Iterable[bytes]
StartResponse = Callable[..., Any]
ShortCut = Callable[[dict[str, Any], StartResponse], Answer | None]

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DRAIN_BYTES: Final = 32 * 1024 * 1024
_DRAIN_SECONDS: Final = 2.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
_HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]
_NOT_KEPT = ("Cache-Control", "no-store")

_seconds = Histogram(
    "foyer_http_seconds",
    "Seconds until a request was answered",
    ("method", "route", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


class Edge:
    """Wraps the application; `short_cut` may answer a request by itself, None leaves it to Flask."""

    def __init__(self, app: Flask, short_cut: ShortCut, log: TextIO | None = None) -> None:
        self._flask = app.wsgi_app
        self._short_cut = short_cut
        self._log = log
        self._observed: dict[tuple[str, str, str], Any] = {}
        app.before_request(_take_over)
        app.after_request(_name_route)
        app.wsgi_app = self  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Answer:
        started = environ[STARTED] = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        request_id = environ[REQUEST_ID] = given if _ID.fullmatch(given) else uuid.uuid4().hex

        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
            if status[0] in "45" and ("CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ):
                _drain(environ["wsgi.input"])
            names = {name for name, _ in headers}
            headers = [*headers, ("X-Request-Id", request_id), *_HEADERS, *environ.get(LIMITS, ())]
            headers += [header for header in (_NOT_KEPT, _POLICY) if header[0] not in names]
            self._account(environ, status[:3], time.perf_counter() - started)
            return start_response(status, headers, *fault)

        answer = self._short_cut(environ, start)
        return answer if answer is not None else _whole(self._flask(environ, start), environ)

    def _account(self, environ: dict[str, Any], status: str, seconds: float) -> None:
        method = environ["REQUEST_METHOD"]
        route = environ.get(ROUTE, "-")
        key = (method if method in _METHODS else "-", route, status)
        child = self._observed.get(key)
        if child is None:
            child = self._observed[key] = _seconds.labels(*key)
        child.observe(seconds)
        if self._log is not None:
            self._log.write(_line(environ, key[0], route, status, seconds))
            self._log.flush()


def _whole(answer: Any, environ: dict[str, Any]) -> Answer:
    """In one piece, unless it is a stream: granian takes a list as it is, and asks for pieces one by one."""
    if environ.get(STREAMED):
        return answer  # type: ignore[no-any-return]
    body = list(answer)
    answer.close()
    return body


def _drain(body: Any) -> None:
    """Take in what was refused unread: a client that is still sending would not hear the answer."""
    end = time.monotonic() + _DRAIN_SECONDS
    left = _DRAIN_BYTES
    while left > 0 and time.monotonic() < end:
        part = body.read(min(left, 65_536))
        if not part:
            return
        left -= len(part)


def _take_over() -> None:
    g.request_id = request.environ[REQUEST_ID]
    g.started = request.environ[STARTED]


def _name_route(response: Response) -> Response:
    if request.url_rule is not None:
        request.environ[ROUTE] = request.url_rule.rule
    if response.is_streamed:
        request.environ[STREAMED] = True
    return response


def _line(environ: dict[str, Any], method: str, route: str, status: str, seconds: float) -> str:
    """A line of the access log: without query string and body, and where no route matched, without the path."""
    path = json.dumps(environ.get("PATH_INFO", "") if route != "-" else "-")
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return (
        f'{{"time":"{now}","level":"INFO","logger":"foyer.access","service":"gateway","method":"{method}",'
        f'"path":{path},"route":"{route}","status":{status},"ms":{seconds * 1000:.2f},'
        f'"request_id":"{environ[REQUEST_ID]}","actor":"{environ.get(ACTOR, "nobody")}"}}\n'
    )
