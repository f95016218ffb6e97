"""What can be said of the local stack without starting a server."""

from pathlib import Path

import pytest

from deploy.local import app, processes
from deploy.local.home import Home, Refused
from deploy.local.packages import UNWANTED
from deploy.local.programs import Program, newest
from deploy.local.provision import environment, provision
from deploy.local.supervision import Supervisor
from services.kit.config import DATABASES

SLOW = pytest.mark.servers  # they start a supervisor
ADMIN = "postgresql://admin:secret@127.0.0.1:5444/postgres?sslmode=disable"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def variables(home: Home) -> dict[str, str]:
    return environment(ADMIN, "amqp://foyer:p%2Fw@127.0.0.1:5673/foyer", "", home)


def test_the_newest_version_is_chosen_and_an_old_one_never() -> None:
    rabbits = [Path(f"/usr/lib/rabbitmq_server-{version}") for version in ("3.9.27", "3.10.8", "3.13.1", "3.9")]
    assert newest(rabbits, at_least=(3, 10)) == rabbits[2]
    assert newest([rabbits[0]], at_least=(3, 10)) is None
    bins = [Path(f"/usr/lib/postgresql/{version}/bin") for version in (9, 14, 15)]
    assert newest(bins, at_least=(15,), version_at=-2) == bins[2]


def test_packages_for_system_services_are_not_unpacked() -> None:
    assert UNWANTED.match("postgresql-common")
    assert UNWANTED.match("libllvm14")
    assert not UNWANTED.match("postgresql-15")
    assert not UNWANTED.match("postgresql-client-15")


def test_every_database_has_an_address_for_each_of_its_two_roles(variables: dict[str, str]) -> None:
    assert len(variables) == 1 + 2 * len(DATABASES)
    assert variables["FOYER_BILLING_DB_URL"].startswith("postgresql://foyer_billing:")
    assert variables["FOYER_BILLING_DB_URL"].endswith("@127.0.0.1:5444/foyer_billing?sslmode=disable")
    assert variables["FOYER_BILLING_OWNER_DB_URL"].startswith("postgresql://foyer_billing_owner:")
    assert "secret" not in "".join(variables.values())


def test_a_service_is_told_of_its_own_database_alone(home: Home, variables: dict[str, str]) -> None:
    programs = {each.name: each for each in app.programs(home, variables, 8000)}
    told = {name for name in programs["billing"].environment if name.endswith("DB_URL")}
    assert told == {"FOYER_BILLING_DB_URL"}
    assert {name for name in programs["view"].environment if name.endswith("DB_URL")} == {"FOYER_GATEWAY_DB_URL"}
    assert "FOYER_GATEWAY_DB_URL" not in programs["relay"].environment


def test_the_keys_that_seal_reach_those_who_seal_alone_and_stay(home: Home, variables: dict[str, str]) -> None:
    told = [
        {each.name: each.environment["FOYER_SEALING_KEYS"] for each in made if "FOYER_SEALING_KEYS" in each.environment}
        for made in (app.programs(home, variables, 8000), app.programs(home, variables, 8000))
    ]
    assert set(told[0]) == {"profiles", "bookings"}
    assert told[0] == told[1]


def test_credentials_of_senders_reach_the_notifier_alone(
    home: Home, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "t")
    monkeypatch.setenv("FOYER_MAIL_FROM", "desk@hotel.example")
    monkeypatch.setenv("FOYER_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("FOYER_TEST_DB_URL", ADMIN)
    for each in app.programs(home, variables, 8000):
        assert ("TWILIO_AUTH_TOKEN" in each.environment) == (each.name == "notifier")
        assert ("FOYER_MAIL_FROM" in each.environment) == (each.name == "notifier")
        assert each.environment["FOYER_LOG_LEVEL"] == "DEBUG"
        assert "FOYER_TEST_DB_URL" not in each.environment


@SLOW
def test_percent_signs_and_spaces_reach_a_program_as_they_are(tmp_path: Path) -> None:
    home = Home(tmp_path / "100% my hotel").create()
    word = tmp_path / "said"
    script = f"import os; open({str(word)!r}, 'w').write(os.environ['WORD'])"
    program = Program("echo", ["python3", "-c", script], 1, {"WORD": "a%20b ';c"}, start_seconds=0)
    supervisor = Supervisor(home, [program], str(home.path))
    supervisor.start()
    try:
        supervisor.wait_for("echo", lambda: word.exists() and bool(word.read_text()), 20)
        assert word.read_text() == "a%20b ';c"
    finally:
        supervisor.stop()


@SLOW
def test_a_program_that_does_not_start_is_told_with_the_end_of_its_log(home: Home) -> None:
    program = Program("broken", ["sh", "-c", "echo no such thing; exit 3"], 1)
    supervisor = Supervisor(home, [program], str(home.path))
    supervisor.start()
    try:
        with pytest.raises(Refused, match="(?s)again and again.*no such thing"):
            supervisor.wait_for("broken", lambda: False, 60)
    finally:
        supervisor.stop()
    assert processes.of_home(home.path) == []


@SLOW
def test_a_process_that_does_not_listen_to_signals_is_ended_all_the_same(home: Home) -> None:
    deaf = Program("deaf", ["sh", "-c", "trap '' TERM INT; while :; do sleep 1; done"], 1, start_seconds=0)
    supervisor = Supervisor(home, [deaf], str(home.path))
    supervisor.start()
    supervisor.wait_for("deaf", lambda: any(each.role == "deaf" for each in processes.of_home(home.path)), 20)
    assert supervisor.process
    supervisor.process.kill()
    supervisor.process.wait()
    assert processes.end(home.path, seconds=2) >= 1
    assert processes.of_home(home.path) == []


def test_a_strange_database_prefix_is_refused(home: Home) -> None:
    with pytest.raises(Refused):
        provision(ADMIN, "", prefix='x"; drop', home=home)
