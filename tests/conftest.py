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

import pytest

from services.kit import config
from services.kit.context import Context
from services.kit.db import Database
from tests.databases import Databases
from tests.system import System

_SERVERS = ("FOYER_TEST_DB_URL", "FOYER_TEST_AMQP_URL", "FOYER_TEST_RABBITMQCTL")
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


@pytest.fixture(scope="session")
def vhost(run_name: str) -> Iterator[str]:
    """A vhost of the broker for this test process alone, with nothing declared in it."""
    _rabbitmqctl("add_vhost", run_name)
    user = os.environ["FOYER_TEST_AMQP_URL"].split("://", 1)[1].split(":", 1)[0]
    _rabbitmqctl("set_permissions", "-p", run_name, user, ".*", ".*", ".*")
    yield run_name
    _rabbitmqctl("delete_vhost", run_name)


@pytest.fixture(scope="session")
def amqp_url(vhost: str) -> str:
    """The broker's address with this test process's own vhost."""
    return os.environ["FOYER_TEST_AMQP_URL"].rsplit("/", 1)[0] + "/" + vhost


@pytest.fixture(scope="session")
def system(databases: Databases, amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole of Foyer, running, with an API key; its data stays from one test to the next."""
    made = System(tmp_path_factory.mktemp("system"), databases, amqp_url)
    try:
        yield made.begin()
    finally:
        made.end()


def _rabbitmqctl(*arguments: str) -> None:
    command = [*shlex.split(os.environ["FOYER_TEST_RABBITMQCTL"]), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr or done.stdout
