"""The OpenAPI document and the page to try it; all assets are served from here, none from elsewhere."""

from __future__ import annotations

import json
from importlib.resources import files

from flask import Blueprint, Response, send_from_directory
from flask_smorest import Api
from werkzeug.exceptions import NotFound

from gateway.access.callers import PUBLIC, needs
from gateway.field_schemas import Definitions, described
from services.contracts.profiles import FieldDefinition

_ASSETS = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Foyer: the HTTP API</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="api"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, persistAuthorization: false
});
"""


def blueprint(api: Api) -> Blueprint:
    pages = Blueprint("docs", __name__)
    assets = str(files("flask_swagger_ui") / "dist")
    kept: dict[tuple[FieldDefinition, ...], str] = {}
    definitions = Definitions()

    @pages.get("/openapi.json")
    @needs(PUBLIC)
    def openapi() -> Response:
        now = definitions.now()
        text = kept.get(now)
        if text is None:
            text = json.dumps(described(api.spec.to_dict(), now), indent=1)
            kept.clear()
            kept[now] = text
        return Response(text, mimetype="application/json")

    @pages.get("/docs")
    @needs(PUBLIC)
    def page() -> Response:
        return _with_policy(Response(_PAGE, mimetype="text/html"))

    @pages.get("/docs/start.js")
    @needs(PUBLIC)
    def start() -> Response:
        return Response(_START, mimetype="text/javascript")

    @pages.get("/docs/<name>")
    @needs(PUBLIC)
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise NotFound
        response = send_from_directory(assets, name, max_age=86_400)
        return _with_policy(response)

    return pages


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    return response
