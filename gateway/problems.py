"""Every error of the API as a problem document (RFC 9457): what went wrong, never how we work inside."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response, g
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from gateway import problem_types
from services.kit import wire
from services.kit.refusal import Problem, Refusal

_log = logging.getLogger(__name__)


class Refused(Exception):
    """An answer "no" that the gateway gives by itself; `code` stands in `problem_types`."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def register(app: Flask) -> None:
    """Make problem documents of all that may be raised while a request is answered."""
    app.register_error_handler(Refused, _of_ours)
    app.register_error_handler(Refusal, of_refusal)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(DBAPIError, _of_store)
    app.register_error_handler(PoolTimeout, _of_store)
    app.register_error_handler(Exception, _of_fault)


def problem(
    status: int,
    code: str,
    detail: str = "",
    *,
    errors: Iterable[Problem] = (),
    facts: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document; `more` are members of its own kind.

    ASCII only, so that pointers made of hostile field names cannot break it.
    """
    said: dict[str, Any] = {
        "type": f"/problems/{code}" if code else "about:blank",
        "title": problem_types.title(code, status),
        "status": status,
    }
    if detail:
        said["detail"] = detail
    said["request_id"] = getattr(g, "request_id", "")
    if listed := [{"pointer": e.pointer, "detail": e.detail} for e in errors]:
        said["errors"] = listed
    if facts:
        said["facts"] = dict(facts)
    said.update(more or {})
    response = Response(json.dumps(said), status, mimetype="application/problem+json")
    response.headers.update(headers or {})
    return response


def of_refusal(refusal: Refusal) -> Response:
    """A service's refusal: its kind gives the status, its code the type."""
    kind = problem_types.of_refusal(refusal)
    if kind.status == 500:
        return problem(500, kind.code)
    after = {503: "1", 429: refusal.facts.get("retry_after", "60")}.get(kind.status)
    headers = {"Retry-After": after} if after else None
    return problem(kind.status, kind.code, refusal.detail, errors=refusal.errors, facts=refusal.facts, headers=headers)


def invalid(messages: Any) -> Refused:
    """marshmallow's messages as 422 with a pointer for each fault."""
    return Refused(422, "invalid", "The input is not valid.", errors=wire.problems(messages))


def _of_ours(refused: Refused) -> Response:
    return problem(refused.status, refused.code, refused.detail, errors=refused.errors, headers=refused.headers)


def _of_http(fault: HTTPException) -> Response:
    """What Flask and werkzeug raise by themselves. Their descriptions may repeat the input: not shown."""
    if fault.response is not None and fault.code is not None and fault.code < 400:  # a redirect
        return Response(b"", fault.code, headers={k: v for k, v in fault.response.headers.items() if k == "Location"})
    status = fault.code or 500
    if status < 400:
        return Response(b"", status, headers=dict(fault.get_headers()))
    if isinstance(fault, InternalServerError):
        return _of_fault(fault.original_exception or fault)
    headers = {}
    if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
        headers["Allow"] = ", ".join(sorted(fault.valid_methods))
    kind = problem_types.of_status(status)
    return problem(status, kind.code if kind else "", headers=headers)


def _of_store(fault: Exception) -> Response:
    _log.error("the gateway's own store failed: %s", type(fault).__name__)
    headers = {"Retry-After": "1"}
    return problem(503, "unavailable", "The gateway's store did not answer.", headers=headers)


def _of_fault(fault: BaseException) -> Response:
    # logged with its stack under the request id; the caller gets only that id
    _log.error("a request failed: %s", type(fault).__name__, exc_info=fault)
    return problem(500, "internal")
