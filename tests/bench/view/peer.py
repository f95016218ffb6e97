"""The limit of goal 3: granian and psycopg, one row by its key, nothing around it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

_own = threading.local()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    found = _connection().execute(
        "SELECT body FROM whole_views WHERE profile_id = %s::uuid", [environ["PATH_INFO"][1:]], binary=True
    )
    row = found.fetchone()
    body = row[0].encode() if row else b"{}"
    start_response(
        "200 OK" if row else "404 Not Found",
        [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
    )
    return [body]


def _connection() -> psycopg.Connection[Any]:
    """One for each thread."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["BENCH_DB_URL"], autocommit=True, prepare_threshold=0)
    connection: psycopg.Connection[Any] = _own.connection
    return connection
