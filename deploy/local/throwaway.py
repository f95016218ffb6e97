"""Servers for one command (a test run, a benchmark) that vanish with it, whichever way it ends."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from deploy.local import fonts, processes
from deploy.local.home import CHECKOUT, Home
from deploy.local.servers import Servers
from deploy.local.stopping import Stopped, Terminal, say, stoppable
from deploy.local.supervision import Supervisor

LOCK = "in-use.lock"


def run_with_servers(command: list[str], durable: bool = False) -> int:
    """Run `command` with FOYER_TEST_DB_URL, _AMQP_URL and _RABBITMQCTL, and a TMPDIR of its own; its exit code."""
    with stoppable():
        try:
            with throwaway_home() as home, home.locked(LOCK), running(home, durable) as variables:
                return _run(command, variables)
        except Stopped as stopped:
            return stopped.exit_code


@contextlib.contextmanager
def throwaway_home() -> Iterator[Home]:
    parent = CHECKOUT / ".foyer"
    parent.mkdir(exist_ok=True)
    remove_forgotten(parent)
    given = os.environ.get("FOYER_HOME")
    home = Home(Path(given).resolve() if given else parent / f"test-{os.getpid()}").create()
    try:
        yield home
    finally:
        processes.end(home.path, 5, below=True)  # stacks of tests that were ended in the middle
        shutil.rmtree(home.path, ignore_errors=True)


def remove_forgotten(parent: Path) -> None:
    """End and remove what test runs left that were killed with `kill -9`."""
    for folder in parent.glob("test-*"):
        try:
            with Home(folder).locked(LOCK, wait=False):
                processes.end(folder, 5, below=True)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another run's, alive


@contextlib.contextmanager
def running(home: Home, durable: bool) -> Iterator[dict[str, str]]:
    servers = Servers.of(home, durable)
    fonts.fetch()
    supervisor = Supervisor(home, servers.programs(), str(home.path))
    try:
        supervisor.start()
        servers.wait(supervisor)
        scratch = home.path / "tmp"
        scratch.mkdir()
        variables = {
            "FOYER_HOME": str(home.path),
            "TMPDIR": str(scratch),  # nothing is left outside the checkout
            "FOYER_TEST_DB_URL": servers.db_url,
            "FOYER_TEST_AMQP_URL": servers.amqp_url,
        }
        if servers.rabbitmq:
            variables["FOYER_TEST_RABBITMQCTL"] = shlex.quote(str(servers.rabbitmq.rabbitmqctl))
        yield variables
    finally:
        supervisor.stop()


def _run(command: list[str], variables: dict[str, str]) -> int:
    process = subprocess.Popen(command, env={**os.environ, **variables})
    terminal = Terminal()
    try:
        while (code := process.poll()) is None:
            terminal.check()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)
    except Stopped:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        say("Stopping the throw-away servers")
        raise
    return code if code >= 0 else 128 - code
