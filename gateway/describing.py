"""The OpenAPI 3.1 document: flask-smorest makes it of the routes, this adds what is true of all of them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_smorest import Api

from gateway.preconditions import IF_MATCH

_ABOUT = """The guest CRM of a hotel, behind one door.

Errors are problem documents (RFC 9457) with a `request_id`, whose `type` [leads to its meaning](/problems). A key that
calls too often hears 429 with `Retry-After`; `RateLimit` says what is left. Lists are `{"items": [], "next": cursor}`.
Money is `{"amount": "129.50", "currency": "EUR"}`. Every POST takes an `Idempotency-Key`: the same key and body, the
same answer, kept for seven days."""
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/no-room-left"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "facts": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body get the same answer; another body under the same key is 422.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def api(app: Flask) -> Api:
    """The document's frame, ready for resources to be registered."""
    app.config.update(
        API_TITLE="Foyer",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {"description": _ABOUT},
            "security": [{"key": []}],
            "servers": [{"url": "/"}],
        },
    )
    made = Api(app)
    parts = made.spec.components
    parts.security_scheme("key", {"type": "http", "scheme": "bearer", "description": "`foyer_…`"})
    parts.schema("Problem", _PROBLEM)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    parts.response("Problem", {"description": "A problem document (RFC 9457)", "content": content})
    return made


def complete(api: Api) -> None:
    """Say of every operation how it refuses, and which headers it takes."""
    for name in ("Error", "PaginationMetadata"):  # flask-smorest's own, which nothing of ours answers
        api.spec.components.schemas.pop(name, None)
    for name in ("UNPROCESSABLE_ENTITY", "DEFAULT_ERROR"):
        api.spec.components.responses.pop(name, None)
    for operations in api.spec._paths.values():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            # flask-smorest names 422 by its own error format
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
            headers = {"post": [_IDEMPOTENCY_KEY], "patch": [IF_MATCH]}.get(method, [])
            if operation.pop("x-key-demanded", False):
                headers = [{**_IDEMPOTENCY_KEY, "required": True}]
            operation.setdefault("parameters", []).extend(headers)
