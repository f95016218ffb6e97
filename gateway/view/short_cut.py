"""A fresh guest view without Flask and SQLAlchemy: one SELECT whose texts are the answer.

Whatever is not a plain GET of a fresh view by a caller who may read takes the long way, which also does all refusing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from gateway.access.callers import Callers
from gateway.edge import ROUTE
from gateway.problems import Refused
from gateway.view.sections import SECTIONS
from gateway.view.store import FRESH

_PATH = re.compile(r"/v1/profiles/([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})/view")
_ROUTE: Final = "/v1/profiles/<uuid:profile_id>/view"
_CONNECTIONS: Final = 16

# The sections' texts and marks, side by side; nothing where one is missing or old.
_READ: Final = f"""
    SELECT string_agg('"' || section || '":' || body, ','),
           string_agg(
               '"' || section || '":{{"as_of":"'
               || to_char(as_of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","stale":false}}', ',')
    FROM sections WHERE profile_id = %s
    HAVING count(*) FILTER (WHERE {FRESH}) = %s
"""  # noqa: S608 constants


class FreshViews:
    """Answers views from the store on a few connections of its own."""

    def __init__(self, url: str, callers: Callers) -> None:
        self._url = url
        self._callers = callers
        self._idle: deque[psycopg.Connection[Any]] = deque()
        self._more = BoundedSemaphore(_CONNECTIONS)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes] | None:
        if environ["REQUEST_METHOD"] != "GET":
            return None
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None:
            return None
        try:
            caller = self._callers.enter(environ)
        except (Refused, SQLAlchemyError):
            return None
        if "read" not in caller.scopes or caller.properties is not None:
            return None
        view = self._read(found[1])
        if view is None:
            return None
        environ[ROUTE] = _ROUTE
        body = view.encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _read(self, profile_id: str) -> str | None:
        """The whole view, or None where it is not fresh, or where no connection is to be had at once."""
        try:
            connection = self._idle.pop()
        except IndexError:
            if not self._more.acquire(blocking=False):
                return None
            connection = None
        try:
            connection = connection or self._connect()
            row = connection.execute(_READ, (profile_id, len(SECTIONS)), prepare=True).fetchone()
        except psycopg.Error:
            self._more.release()
            if connection is not None:
                connection.close()
            return None
        self._idle.append(connection)
        if row is None:
            return None
        return f'{{{row[0]},"sections":{{{row[1]}}}}}'

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=2,
            application_name="foyer views",
            options="-c default_transaction_read_only=on",
        )
