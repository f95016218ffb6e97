"""What a process says about itself over HTTP: ``/livez``, ``/readyz`` and ``/metrics``.

Answered by threads of its own, outside the pool of workers, so that a busy or stuck service still answers
at once; in an eventlet process the threads are green, and an answer proves that the process still loops.
The checks run beside the requests, never in them: a database that hangs makes the service unready, not
its health page slow.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

from services.kit import config, metrics

Check = Callable[[], object]  # raises, or answers False, where something is missing

_UNREADY_PAUSE, _READY_PAUSE = 0.2, 2.0  # seconds between two rounds of checks
_STALE = 10.0  # seconds after which a check that has not come back counts as failed
_PATIENCE = 5.0  # seconds for a client to send its request

log = logging.getLogger(__name__)


class Health:
    """The checks of a process and their last outcomes, and the listener that tells them."""

    def __init__(self, checks: Mapping[str, Check], alive: Callable[[], bool] | None = None) -> None:
        """`alive` says whether the main loop still turns, where it does not share its thread with this."""
        self.checks = dict(checks)
        self._alive = alive
        self._failing: list[str] = sorted(self.checks)
        self._checked_at = time.monotonic()
        self._at_work = ""
        self._listener: socket.socket | None = None
        self._stopped = threading.Event()

    def start(self, port: int, host: str | None = None) -> int:
        """Listen, and answer the port; 0 lets the system choose one."""
        self._listener = socket.create_server((host or config.health_host(), port), backlog=64)
        threading.Thread(target=self._accept, args=(self._listener,), name="health", daemon=True).start()
        threading.Thread(target=self._check, name="health checks", daemon=True).start()
        return int(self._listener.getsockname()[1])

    def stop(self) -> None:
        self._stopped.set()
        if self._listener is not None:
            self._listener.close()

    def failing(self) -> list[str]:
        """Names of the checks that fail, also of the one that does not come back."""
        if self._at_work and time.monotonic() - self._checked_at > _STALE:
            return sorted({*self._failing, self._at_work})
        return self._failing

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        if path == "/livez":
            alive = self._alive is None or self._alive()
            return _json(200 if alive else 503, {"status": "alive" if alive else "stuck"})
        if path == "/readyz":
            if failing := self.failing():
                return _json(503, {"status": "unready", "failing": failing})
            return _json(200, {"status": "ready"})
        if path == "/metrics":
            return (200, *metrics.exposition())
        return _json(404, {"status": "not found"})

    def _check(self) -> None:
        while not self._stopped.is_set():
            failing = []
            for name, check in sorted(self.checks.items()):
                self._at_work, self._checked_at = name, time.monotonic()
                try:
                    if check() is False:
                        failing.append(name)
                except Exception:  # whatever it is, it is not ready; the part itself logs why
                    failing.append(name)
            self._at_work = ""
            if failing != self._failing:
                log.info("not ready: %s" if failing else "ready%s", ", ".join(failing))
            self._failing = failing
            self._stopped.wait(_UNREADY_PAUSE if failing else _READY_PAUSE)

    def _accept(self, listener: socket.socket) -> None:
        # not socketserver: it may have kept the selectors from before eventlet replaced them
        while not self._stopped.is_set():
            try:
                connection, address = listener.accept()
            except OSError:
                if self._stopped.is_set():
                    return
                time.sleep(0.1)
                continue
            threading.Thread(target=self._talk, args=(connection, address), daemon=True).start()

    def _talk(self, connection: socket.socket, address: Any) -> None:
        with connection:
            try:
                connection.settimeout(_PATIENCE)
                _Handler(connection, address, self)  # type: ignore[arg-type]
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                return


class _Handler(BaseHTTPRequestHandler):
    """One request and its answer; the connection ends with it."""

    server: Health  # type: ignore[assignment]
    server_version = "foyer"
    sys_version = ""

    def do_GET(self) -> None:  # noqa: N802
        status, content_type, body = self.server.answer(self.path.split("?", 1)[0])
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Probes come every few seconds: they are not news."""


def start(
    port: int,
    checks: Mapping[str, Check],
    *,
    alive: Callable[[], bool] | None = None,
    host: str | None = None,
) -> Health:
    """Answer health questions on `port` from now on; 0 means not at all, the checks can still be asked."""
    health = Health(checks, alive)
    if port:
        health.start(port, host)
    return health


def _json(status: int, said: Mapping[str, Any]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(said).encode() + b"\n"
