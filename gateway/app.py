"""Builds the gateway: ``granian --interface wsgi --factory gateway.app:create_app --blocking-threads 256``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from flask import Flask

from gateway import describing, docs, health, problem_pages, problems, v1
from gateway.access.callers import Callers
from gateway.admission import Admission
from gateway.asking import Asker, Asking
from gateway.edge import Edge, ShortCut
from gateway.following import ending
from gateway.following.hub import Hub
from gateway.view.reading import Views
from gateway.view.short_cut import FreshViews
from services.kit import config, logs
from services.kit.client import Client
from services.kit.db import Database


@dataclass(frozen=True)
class Wired:
    """What the routes reach through the application."""

    asking: Asking
    views: Views
    callers: Callers
    rooms: Hub


def create_app() -> Flask:
    """The gateway of this process, wired to the broker and the database that the environment names."""
    logs.setup("gateway")
    ending.listen()
    client = Client(config.amqp_url())
    database = Database(config.database_url("gateway"), pool_size=8)
    callers = Callers(database, proxies=config.proxies())
    checks = {"database": database.ping, "broker": client.ping}
    views = FreshViews(config.database_url("gateway"), callers)
    told = config.log_level() in ("DEBUG", "INFO")
    return build(client, database, callers, checks, views, sys.stdout if told else None)


class _Gateway(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None of our views is a coroutine: Flask need not look for every function of every request."""
        return func


def build(
    asker: Asker,
    database: Database,
    callers: Callers,
    checks: Mapping[str, health.Check] | None = None,
    short_cut: ShortCut = lambda *_: None,
    log: TextIO | None = None,
) -> Flask:
    """The gateway around any asker, store and callers, so that tests can give their own."""
    app = _Gateway("gateway", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.url_map.strict_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]
    asking = Asking(asker)
    app.extensions["foyer"] = Wired(asking, Views(database, asking), callers, Hub(database))
    Edge(app, short_cut, log)
    Admission(app, callers)
    api = describing.api(app)
    for resource in v1.RESOURCES:
        api.register_blueprint(resource.blueprint, url_prefix="/v1")
    describing.complete(api)
    app.register_blueprint(health.blueprint(checks or {}))
    app.register_blueprint(docs.blueprint(api))
    app.register_blueprint(problem_pages.blueprint())
    problems.register(app)
    return app
