"""Whether this process lives (`/livez`), can serve (`/readyz`), and what it counts (`/metrics`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

from flask import Blueprint, Response

from gateway.access.callers import PUBLIC, needs
from services.kit import metrics

Check = Callable[[], object]  # raises, or answers False, where something is missing

_PATIENCE: Final = 1.0  # seconds; a check that takes longer has failed


def blueprint(checks: Mapping[str, Check]) -> Blueprint:
    pages = Blueprint("health", __name__)
    # beside the requests: a check that hangs must not hold the answer
    threads = ThreadPoolExecutor(2 * len(checks) or 1, thread_name_prefix="ready")

    @pages.get("/livez")
    @needs(PUBLIC)
    def livez() -> Response:
        return _said(200, {"status": "alive"})

    @pages.get("/readyz")
    @needs(PUBLIC)
    def readyz() -> Response:
        running = {threads.submit(check): name for name, check in checks.items()}
        wait(running, timeout=_PATIENCE)
        failing = [n for f, n in running.items() if not f.done() or f.exception() or f.result() is False]
        if failing:
            return _said(503, {"status": "unready", "failing": sorted(failing)})
        return _said(200, {"status": "ready"})

    @pages.get("/metrics")
    @needs(PUBLIC)
    def counted() -> Response:
        content_type, body = metrics.exposition()
        return Response(body, content_type=content_type)

    return pages


def _said(status: int, body: Mapping[str, object]) -> Response:
    return Response(json.dumps(body) + "\n", status, mimetype="application/json")
