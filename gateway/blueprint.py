"""flask-smorest's blueprint with our reading of bodies and queries: strict JSON, unknown fields refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

import flask_smorest
import marshmallow
from flask import Request, g
from webargs import flaskparser

from gateway.problems import Refused, invalid
from services.kit import wire
from services.kit.refusal import Invalid

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_HALVES = re.compile("[\ud800-\udfff]")  # halves of characters: JSON can write them, nothing else can


class _Parser(flaskparser.FlaskParser):
    """Answers with problem documents; a query parameter nobody knows is refused as a field is."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": marshmallow.RAISE, "query": marshmallow.RAISE}

    def load_json(self, req: Request, schema: Any) -> Any:
        body = req.get_data(cache=False)
        if not body and getattr(schema, "body_optional", False):
            return {}
        if not body:
            raise Refused(400, "not-json", "A JSON body is needed.")
        try:
            text = body.decode()
            said = wire.parse(text)
        except (Invalid, UnicodeDecodeError):
            raise Refused(400, "not-json", "The body is not JSON in UTF-8.") from None
        whole = "\\u" not in text or not _HALVES.search(json.dumps(said, ensure_ascii=False))
        if not whole:
            raise invalid({"_schema": ["The body holds halves of characters."]})
        if not isinstance(said, dict):
            raise invalid({"_schema": ["The body is to be a JSON object."]})
        g.body = said
        return said

    def handle_error(self, error: Any, req: Any, schema: Any, **_: Any) -> Any:
        messages = error.messages
        if isinstance(messages, dict):  # by location
            messages = next(iter(messages.values()))
        raise invalid(messages)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Typed, as flask-smorest is not: each of these gives a decorator that leaves the view a view."""

    ARGUMENTS_PARSER = _Parser()

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """As flask-smorest's, with one instance of the schema for all requests: making one costs more than using it."""
        made = schema() if isinstance(schema, type) else schema
        if getattr(made, "body_optional", False):
            options.setdefault("required", False)
        return cast(Decorator, super().arguments(made, **options))

    def response(self, status: int, schema: Any = None, **options: Any) -> Decorator:
        """For the OpenAPI document; routes answer ready responses."""
        return cast(Decorator, super().response(status, schema, **options))

    def doc(self, **said: Any) -> Decorator:
        return cast(Decorator, super().doc(**said))

    def get(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().get(rule, **options))

    def post(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().post(rule, **options))

    def put(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().put(rule, **options))

    def patch(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().patch(rule, **options))

    def delete(self, rule: str, **options: Any) -> Decorator:
        return cast(Decorator, super().delete(rule, **options))
