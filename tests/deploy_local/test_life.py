"""The private servers through a life of use and misuse: started, killed, started again, stopped."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local import processes
from deploy.local.provision import provision
from deploy.local.servers import Servers
from tests.deploy_local.stack import Stack, eventually

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("local stack")]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack") / "home")
    try:
        stack.start()
        yield stack
    finally:
        stack.end()


def test_everything_listens_on_loopback_only(stack: Stack) -> None:
    ours = {f"socket:[{inode}]" for inode in listening(any_address=True)}
    held = sockets([each.pid for each in processes.of_home(stack.home.path)])
    assert len(held & ours) >= 5  # PostgreSQL, AMQP, the distribution, epmd, the supervisor
    assert held & {f"socket:[{inode}]" for inode in listening(any_address=False)} == held & ours


def test_the_broker_lets_nobody_in_with_its_usual_password(stack: Stack) -> None:
    listed = subprocess.run([stack.broker().rabbitmqctl, "list_users"], capture_output=True, text=True)
    assert "foyer" in listed.stdout
    assert "guest" not in listed.stdout


def test_an_erlang_cookie_is_kept_in_the_folder(stack: Stack) -> None:
    assert (stack.home.path / "rabbitmq/.erlang.cookie").exists()


def test_a_second_run_refuses_and_disturbs_nothing(stack: Stack) -> None:
    before = {each.pid for each in processes.of_home(stack.home.path)}
    first = stack.process
    second = stack.call("run", "--servers-only")
    assert second.wait(60) == 1
    assert "already runs here" in stack.said()
    assert first
    assert first.poll() is None
    assert before <= {each.pid for each in processes.of_home(stack.home.path)}


def test_a_service_may_use_its_rows_but_not_make_tables_nor_enter_elsewhere(stack: Stack) -> None:
    with stack.connect("BILLING_OWNER") as owner:
        owner.execute("CREATE TABLE guests (name text)")
    with stack.connect("BILLING") as service:
        service.execute("INSERT INTO guests VALUES ('Ana')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute("CREATE TABLE others (name text)")
        elsewhere = service.info.dsn.replace("dbname=foyer_billing", "dbname=foyer_loyalty")
        with pytest.raises(psycopg.OperationalError, match="CONNECT"):
            psycopg.connect(elsewhere, password=service.info.password)


def test_provisioning_again_changes_nothing(stack: Stack) -> None:
    port = re.search(r"(?m)^port = (\d+)", (stack.home.path / "postgres/data/foyer.conf").read_text())
    assert port
    servers = Servers.of(stack.home)  # chooses other ports, as these are taken
    assert servers.postgres
    admin = re.sub(r":\d+/postgres", f":{port[1]}/postgres", servers.postgres.url)
    again = provision(admin, "amqp://", home=stack.home)
    assert again["FOYER_BILLING_DB_URL"] in (stack.home.path / "env").read_text()


@pytest.mark.parametrize("role", ["postgres", "rabbitmq", "epmd"])
def test_a_server_that_dies_is_started_again(stack: Stack, role: str) -> None:
    killed = stack.pid(role)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: stack.pid(role) not in (0, killed), 20)
    eventually(lambda: stack.broker().answers(), 40)

    def database_answers() -> bool:
        try:
            with stack.connect("BILLING") as service:
                return service.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    eventually(database_answers, 20)


def test_it_recovers_from_kill_9_of_everything_that_watches_and_keeps_its_data(stack: Stack) -> None:
    with stack.connect("LOYALTY_OWNER") as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert stack.process
    os.kill(stack.pid("supervisor"), signal.SIGKILL)
    stack.process.kill()
    stack.process.wait()
    assert stack.pid("postgres")  # nobody was left to stop it
    stack.start()
    assert "left behind" in stack.said()
    with stack.connect("LOYALTY") as service:
        assert service.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_sigterm_ends_every_process(stack: Stack) -> None:
    if not stack.pid("supervisor"):
        stack.start()
    assert stack.process
    stack.process.terminate()
    stack.process.wait(60)
    assert processes.of_home(stack.home.path) == []


def test_throw_away_servers_vanish_with_their_command(tmp_path: Path) -> None:
    throwaway = Stack(tmp_path / "home")
    ready = tmp_path / "ready"
    script = f'test -n "$FOYER_TEST_DB_URL" -a -x "$FOYER_TEST_RABBITMQCTL" && touch {ready}; exec sleep 100'
    process = throwaway.call("with-servers", "--", "sh", "-c", script)
    eventually(ready.exists, 60, throwaway.said)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert processes.of_home(throwaway.home.path) == []
    assert not throwaway.home.path.exists()


def sockets(pids: list[int]) -> set[str]:
    found = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found.add(os.readlink(entry))
            except OSError:
                continue
    return found


def listening(any_address: bool) -> set[str]:
    """Inodes of listening TCP sockets; with `any_address` false, only those on loopback."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            address = fields[1].partition(":")[0]
            on_loopback = address in ("0100007F", "0" * 24 + "01000000")
            if fields[3] == "0A" and (any_address or on_loopback):
                found.add(fields[9])
    return found
