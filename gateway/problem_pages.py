"""Where the `type` of a problem document leads: what it means and what to do, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flask import Blueprint, Response, render_template_string, request
from werkzeug.exceptions import NotFound

from gateway.access.callers import PUBLIC, needs
from gateway.problem_types import ProblemType, known

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{{ heading }} · Foyer</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <style>
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }
    dt { font-weight: 600 } dd { margin: 0 0 .75rem }
  </style>
</head>
<body>
  <h1>{{ heading }}</h1>
  {%- for each in types %}
  <section id="{{ each.code }}">
    {%- if several %}
    <h2><a href="{{ each.address }}">{{ each.title }}</a></h2>
    {%- endif %}
    <dl>
      <dt>Type and status</dt><dd><code>{{ each.address }}</code>, {{ each.status }}</dd>
      <dt>What it means</dt><dd>{{ each.meaning }}</dd>
      <dt>What to do</dt><dd>{{ each.remedy }}</dd>
    </dl>
  </section>
  {%- endfor %}
  <p>{% if not several %}<a href="/problems">All problems</a> · {% endif %}<a href="/docs">The HTTP API</a></p>
</body>
</html>
"""


def blueprint() -> Blueprint:
    pages = Blueprint("problems", __name__)

    @pages.get("/problems")
    @needs(PUBLIC)
    def every_type() -> Response:
        found = sorted(known().values(), key=lambda each: (each.status, each.code))
        if _for_people():
            return _page("Problems that the API answers", found, several=True)
        return _said({"items": [_shown(each) for each in found]})

    @pages.get("/problems/<code>")
    @needs(PUBLIC)
    def one_type(code: str) -> Response:
        found = known().get(code)
        if found is None:
            raise NotFound
        return _page(found.title, [found], several=False) if _for_people() else _said(_shown(found))

    return pages


def _for_people() -> bool:
    """Browsers ask for HTML before anything else; who takes whatever comes is a program."""
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _shown(each: ProblemType) -> dict[str, object]:
    return {
        "type": each.address,
        "title": each.title,
        "status": each.status,
        "meaning": each.meaning,
        "what_to_do": each.remedy,
    }


def _page(heading: str, types: Iterable[ProblemType], *, several: bool) -> Response:
    text = render_template_string(_PAGE, heading=heading, types=types, several=several)
    return _kept(Response(text, mimetype="text/html", headers={"Content-Security-Policy": _POLICY}))


def _said(body: object) -> Response:
    return _kept(Response(json.dumps(body, indent=1) + "\n", mimetype="application/json"))


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Vary"] = "Accept"
    return response
