"""The command line does what it says, and says in a sentence what it cannot do."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from types import SimpleNamespace

import pika
import pytest
from click.testing import CliRunner, Result

from foyer import cli
from gateway.access import keys as api_keys
from services.kit import topology
from services.kit.db import Database
from tests.databases import Databases


def _run(*words: str, **env: str) -> Result:
    return CliRunner(env=env).invoke(cli.foyer, words)


def _process(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOYER_")}
    command = [sys.executable, "-m", "foyer", *words]
    return subprocess.run(command, env={**clean, **env}, capture_output=True, text=True, check=False)


@pytest.fixture
def parked(amqp_url: str) -> str:
    """The id of a message that billing has set aside."""
    topology.declare(amqp_url)
    named = pika.BasicProperties(
        message_id=str(uuid.uuid4()),
        type="booking.confirmed.v1",
        headers={"foyer-queue": "billing.inbox", "foyer-reason": "The price is missing."},
    )
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        for queue in ("billing.parked", "billing.inbox"):
            channel.queue_purge(queue)
        channel.confirm_delivery()
        channel.basic_publish("", "billing.parked", b'{"name": "Ana"}', named)
    return str(named.message_id)


def test_help_names_every_command_at_once() -> None:
    said = _run("--help").output

    for command in ("contracts", "demo", "import-bookings", "keys", "migrate", "parked", "serve", "topology"):
        assert f"  {command} " in said


def test_a_missing_part_is_named_and_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli._ELSEWHERE, "demo", ("foyer.never_written", "demo"))

    said = _run("demo", "--with", "anything")

    assert (said.exit_code, said.output) == (1, "Error: demo needs foyer.never_written, which is not installed.\n")
    assert _run("--help").exit_code == 0


@pytest.mark.servers
def test_migrating_twice_changes_nothing(databases: Databases) -> None:
    said = _run("migrate", "consent", "gateway", **databases.environment())

    assert said.exit_code == 0
    assert said.output == "consent   is up to date\ngateway   is up to date\n"


@pytest.mark.servers
def test_a_key_is_shown_once_and_can_be_revoked(databases: Databases, gateway_db: Database) -> None:
    env = databases.environment()

    text = _run("keys", "create", "--name", "front desk", "--scopes", "read, write", **env).output.strip()

    assert api_keys.find(gateway_db, api_keys.digest(text))
    listed = _run("keys", "list", **env).output
    assert "front desk" in listed
    assert "read,write" in listed
    assert text not in listed
    assert _run("keys", "revoke", "front desk", **env).exit_code == 0
    assert api_keys.find(gateway_db, api_keys.digest(text)) is None


@pytest.mark.servers
def test_a_key_may_be_given_a_rate_of_its_own(databases: Databases, gateway_db: Database) -> None:
    env = databases.environment()

    for name, rate in (("till", "5"), ("bench", "0")):
        _run("keys", "create", "--name", name, "--scopes", "read", "--rate", rate, **env)
    _run("keys", "create", "--name", "desk", "--scopes", "read", **env)

    listed = {line.split()[-1]: line for line in _run("keys", "list", **env).output.splitlines()}
    assert "  5/s  " in listed["till"]
    assert "  any rate  " in listed["bench"]
    assert "  200/s  " in listed["desk"]


@pytest.mark.servers
def test_a_key_may_be_limited_to_properties(
    databases: Databases, gateway_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = databases.environment()
    lisbon, porto = (SimpleNamespace(id=uuid.uuid4(), code=code) for code in ("LIS", "OPO"))
    monkeypatch.setattr(cli, "_properties", lambda: (lisbon, porto))

    text = _run("keys", "create", "--name", "desk", "--scopes", "read", "--property", "OPO", **env).output.strip()

    key = api_keys.find(gateway_db, api_keys.digest(text))
    assert key
    assert key.properties == (porto.id,)
    assert "  OPO  " in _run("keys", "list", **env).output
    assert _run("keys", "limit", "desk", "--property", "LIS", "--property", "OPO", **env).exit_code == 0
    assert "  LIS,OPO  " in _run("keys", "list", **env).output
    assert _run("keys", "limit", "desk", "--everywhere", **env).exit_code == 0
    assert "  everywhere  " in _run("keys", "list", **env).output
    for wrong in (("--property", "NOWHERE"), (), ("--everywhere", "--property", "LIS")):
        assert _run("keys", "limit", "desk", *wrong, **env).exit_code == 2


@pytest.mark.servers
def test_a_refusal_is_a_sentence(databases: Databases) -> None:
    done = _process("keys", "create", "--name", "x", "--scopes", "everything", **databases.environment())

    assert done.returncode == 1
    assert "/scopes: One or more of read, write, inbound, admin." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_that_does_not_answer_is_a_sentence() -> None:
    done = _process("parked", "list", FOYER_AMQP_URL="amqp://foyer:secret@127.0.0.1:1/foyer")

    assert (done.returncode, done.stderr) == (1, "The broker does not answer, or does not let us in.\n")


def test_a_database_that_does_not_answer_is_a_sentence() -> None:
    done = _process("migrate", "billing", FOYER_BILLING_DB_URL="postgresql://foyer:secret@127.0.0.1:1/foyer")

    assert (done.returncode, done.stderr) == (1, "The database does not answer, or does not let us in.\n")


def test_a_missing_setting_is_a_sentence() -> None:
    done = _process("topology")

    assert done.returncode == 2
    assert done.stderr.startswith("FOYER_AMQP_URL is not set")


@pytest.mark.servers
def test_the_topology_is_declared_and_strangers_are_named(amqp_url: str) -> None:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().queue_declare("billing.forgotten")
        said = _run("topology", FOYER_AMQP_URL=amqp_url, FOYER_RABBITMQCTL=os.environ["FOYER_TEST_RABBITMQCTL"]).output
        connection.channel().queue_delete("billing.forgotten")

    assert "queue    bookings.notices\n" in said
    _, _, strangers = said.partition("The broker also has, under our names:\n")
    assert "queue    billing.forgotten\n" in strangers


@pytest.mark.servers
def test_parked_messages_are_listed_without_their_bodies(amqp_url: str, parked: str) -> None:
    listed = _run("parked", "list", "billing", FOYER_AMQP_URL=amqp_url).output
    shown = _run("parked", "show", parked, FOYER_AMQP_URL=amqp_url).output
    in_full = _run("parked", "show", parked, "--body", FOYER_AMQP_URL=amqp_url).output

    assert parked in listed
    assert "The price is missing." in listed
    assert "Ana" not in listed + shown
    assert "Ana" in in_full


@pytest.mark.servers
def test_a_parked_message_goes_back_where_it_came_from(amqp_url: str, parked: str) -> None:
    said = _run("parked", "replay", "billing", "--id", parked, FOYER_AMQP_URL=amqp_url)

    assert said.output == "1 sent again.\n"
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        assert connection.channel().queue_declare("billing.inbox", passive=True).method.message_count == 1
        connection.channel().queue_purge("billing.inbox")


@pytest.mark.servers
def test_nothing_is_dropped_without_a_choice_and_a_yes(amqp_url: str, parked: str) -> None:
    assert _run("parked", "drop", "billing", "--yes", FOYER_AMQP_URL=amqp_url).exit_code == 2
    assert _run("parked", "drop", "billing", "--all", FOYER_AMQP_URL=amqp_url).exit_code == 1
    assert _run("parked", "drop", "billing", "--all", "--yes", FOYER_AMQP_URL=amqp_url).output == "1 dropped.\n"
