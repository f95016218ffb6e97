"""The gateway around a fake asker: routes without broker and database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.access.callers import Caller, Callers
from gateway.app import build
from gateway.asking import Asking
from gateway.view.reading import Views
from services.kit.db import Database
from services.kit.refusal import Refusal, Unavailable
from tests.databases import Databases
from tests.gateway.guests import know_ana

if TYPE_CHECKING:
    from tests.gateway.two_houses import TwoHouses


class FakeServices:
    """Answers what it was told to answer; remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[type, Any] = {}
        self.asked: list[Any] = []
        self.contexts: list[Any] = []
        self.command_ids: list[Any] = []
        self.digests: list[Any] = []
        self.deadlines: list[float] = []

    def will_answer(self, request: type, answer: Any) -> None:
        """A reply, a refusal, or a function of the request."""
        self.answers[request] = answer

    def ask(
        self, request: Any, *, context: Any, command_id: Any = None, digest: Any = None, deadline: Any = None
    ) -> Any:
        self.asked.append(request)
        self.contexts.append(context)
        self.command_ids.append(command_id)
        self.digests.append(digest)
        self.deadlines.append(deadline)
        answer = self.answers.get(type(request), Unavailable())
        if callable(answer) and not isinstance(answer, Refusal):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ask_all(self, requests: Any, *, context: Any, deadline: Any = None) -> list[Any]:
        answers = []
        for request in requests:
            try:
                answers.append(self.ask(request, context=context, deadline=deadline))
            except Refusal as refusal:
                answers.append(refusal)
        return answers

    def last(self, kind: type) -> Any:
        return next(request for request in reversed(self.asked) if isinstance(request, kind))


class KnownCallers(Callers):
    """Every key ``foyer_<scopes with dots>`` is good, as ``foyer_read.write``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(None, **options)  # type: ignore[arg-type]

    def _look_up(self, hashed: bytes, now: float) -> Any:
        return (now + 1, None)

    def of(self, authorization: str | None, address: str = "") -> Caller:
        text = (authorization or "").removeprefix("Bearer foyer_")
        if not authorization or text == authorization:
            return super().of(authorization, address)
        key_id = uuid.uuid5(uuid.NAMESPACE_URL, text)
        return Caller(key_id, f"key:{key_id}", tuple(text.split(".")))


class NoDatabase:
    """The store is down."""

    def reading(self, context: Any) -> Any:
        raise PoolTimeout

    def writing(self, *_: Any) -> Any:
        return self.reading(None)


@pytest.fixture(scope="session")
def application() -> tuple[Flask, FakeServices]:
    """Built once: describing all routes takes a while."""
    services = FakeServices()
    return build(services, NoDatabase(), KnownCallers()), services  # type: ignore[arg-type]


@pytest.fixture
def services(application: tuple[Flask, FakeServices]) -> FakeServices:
    application[1].__init__()  # type: ignore[misc]
    return application[1]


@pytest.fixture
def api(application: tuple[Flask, FakeServices], services: FakeServices) -> FlaskClient:
    """A client whose key has all scopes."""
    client = application[0].test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer foyer_read.write.inbound.admin"
    return client


@pytest.fixture
def houses(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> TwoHouses:
    monkeypatch.setenv("FOYER_SEALING_KEYS", "1:" + "a-secret-of-chance-" * 2)
    from tests.gateway.two_houses import two_houses  # which has the callers from here

    return two_houses(databases)


@pytest.fixture
def as_key() -> Callable[[str], dict[str, str]]:
    """Headers of another key."""
    return lambda scopes: {"Authorization": f"Bearer foyer_{scopes}"}


# ── the guest view ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def owners() -> FakeServices:
    """Of what a view shows, knowing Ana."""
    services = FakeServices()
    know_ana(services)
    return services


@pytest.fixture
def views(gateway_db: Database, owners: FakeServices) -> Views:
    return Views(gateway_db, Asking(owners))


@pytest.fixture
def hears(gateway_db: Database) -> Any:
    """The process that hears events."""
    from nameko.testing.services import worker_factory

    from gateway.view.service import ViewService

    return worker_factory(ViewService, db=gateway_db)
