"""What every test may ask for: this worker's own databases and its own place on the broker.

A test marked `servers` runs on real ones: `make test` starts them and says where they are. Every test process makes
its own migrated database per service, with the roles of production, and its own vhost, both only when first asked
for, and removes them at the end.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from services.kit import config
from services.kit.context import Context, cause, current
from services.kit.db import Database
from tests.databases import Databases
from tests.system import System

_SERVERS = ("FOYER_TEST_DB_URL", "FOYER_TEST_AMQP_URL", "FOYER_TEST_RABBITMQCTL")
_COUNT = count(1)
_MISSING = "This test needs PostgreSQL and RabbitMQ: run it with `make test`, which starts throw-away ones."
_FIXTURES = {"databases", "vhost", "amqp_url", *(f"{name}_db" for name in config.DATABASES)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a database or the broker is a test with servers, marked or not.

    Tests on the whole system run in one test process, so that it is started once.
    """
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if _FIXTURES & asked:
            item.add_marker("servers")
        if "system" in asked:
            item.add_marker(pytest.mark.xdist_group("system"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("servers") and not all(os.environ.get(name) for name in _SERVERS):
        pytest.fail(_MISSING, pytrace=False)


@pytest.fixture
def context() -> Context:
    """Somebody asks, under a request id that stands out in logs."""
    return Context(actor="staff:ines", request_id="request-of-a-test", roles=("front-desk",))


@pytest.fixture(scope="session")
def run_name() -> str:
    """Tells this test process from every other one on the same servers."""
    return f"t{os.getpid()}"


@pytest.fixture(scope="session")
def databases(run_name: str) -> Iterator[Databases]:
    """The databases of this test process; each is made and migrated when first asked for."""
    made = Databases(os.environ["FOYER_TEST_DB_URL"], run_name)
    yield made
    made.drop()


@pytest.fixture
def profiles_db(databases: Databases) -> Database:
    return databases.empty("profiles")


@pytest.fixture
def bookings_db(databases: Databases) -> Database:
    return databases.empty("bookings")


@pytest.fixture
def billing_db(databases: Databases) -> Database:
    return databases.empty("billing")


@pytest.fixture
def consent_db(databases: Databases) -> Database:
    return databases.empty("consent")


@pytest.fixture
def loyalty_db(databases: Databases) -> Database:
    return databases.empty("loyalty")


@pytest.fixture
def notifier_db(databases: Databases) -> Database:
    return databases.empty("notifier")


@pytest.fixture
def gateway_db(databases: Databases) -> Database:
    return databases.empty("gateway")


@pytest.fixture(scope="module")
def vhost(run_name: str) -> Iterator[str]:
    """A vhost of the broker for one module of tests alone, with nothing declared in it."""
    with _vhost(f"{run_name}-{next(_COUNT)}") as name:
        yield name


@pytest.fixture(scope="module")
def amqp_url(vhost: str) -> str:
    """The broker's address with this module's own vhost."""
    return _broker(vhost)


@pytest.fixture(autouse=True)
def nobody_asks() -> None:
    """A test that ran a door in its own thread leaves nobody's name behind."""
    current.set(None)
    cause.set(None)


@pytest.fixture(scope="session")
def system(databases: Databases, run_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole of Foyer, running, with an API key; its data stays from one test to the next.

    On databases and a vhost of its own: other tests empty theirs, and declare queues in their own way.
    """
    own = databases.another(f"{run_name}s")
    with _vhost(f"{run_name}-system") as name:
        made = System(tmp_path_factory.mktemp("system"), own, _broker(name))
        try:
            yield made.begin()
        finally:
            made.end()
            own.drop()


@contextmanager
def _vhost(name: str) -> Iterator[str]:
    _rabbitmqctl("add_vhost", name)
    user = os.environ["FOYER_TEST_AMQP_URL"].split("://", 1)[1].split(":", 1)[0]
    _rabbitmqctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
    try:
        yield name
    finally:
        _rabbitmqctl("delete_vhost", name)


def _broker(vhost: str) -> str:
    return os.environ["FOYER_TEST_AMQP_URL"].rsplit("/", 1)[0] + "/" + vhost


def _rabbitmqctl(*arguments: str) -> None:
    command = [*shlex.split(os.environ["FOYER_TEST_RABBITMQCTL"]), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr or done.stdout
