"""`make run`: from nothing to a running Foyer with demo data, until somebody stops it."""

import contextlib
import json
import os
import shlex
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterator, Mapping
from functools import partial

from deploy.local import app, fonts, processes
from deploy.local.home import CHECKOUT, Home, Refused
from deploy.local.provision import environment, provision
from deploy.local.servers import Servers
from deploy.local.stopping import Stopped, Terminal, say, stoppable
from deploy.local.supervision import Supervisor

LOCK = "run.lock"
SCOPES = "read,write,inbound,admin"


def run(servers_only: bool = False) -> int:
    """Start everything, print how to use it, and wait; returns the exit code."""
    home = Home.of_checkout().create()
    with stoppable():
        try:
            with alone(home):
                Run(home, servers_only).until_stopped()
        except Stopped as stopped:
            return stopped.exit_code
    return 0


@contextlib.contextmanager
def alone(home: Home) -> Iterator[None]:
    """Refuse while another run of this checkout is alive; wait for one that is stopping."""
    deadline = time.monotonic() + 20
    while True:
        lock = home.locked(LOCK, wait=False)
        try:
            lock.__enter__()
            break
        except BlockingIOError:
            state = read_state(home)
            supervised = any(each.role == "supervisor" for each in processes.of_home(home.path))
            if (state != "stopping" and (state == "starting" or supervised)) or time.monotonic() > deadline:
                raise Refused(_already(home, state)) from None
            time.sleep(0.2)
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _already(home: Home, state: str) -> str:
    holder = home.holder(LOCK)
    if state == "running":
        address = read_run_file(home).get("url", "its servers alone")
        return f"Foyer already runs here: {address} (process {holder}). Ctrl-C there or `make stop` ends it."
    return f"Foyer is {state or 'busy'} in this checkout, by process {holder}. Try again in a moment."


class Run:
    """One life of the stack."""

    def __init__(self, home: Home, servers_only: bool) -> None:
        self.home = home
        self.servers_only = servers_only
        self.started = time.monotonic()
        self.terminal = Terminal()

    def until_stopped(self) -> None:
        write_state(self.home, "starting")
        left = processes.end(self.home.path)
        if left:
            self.tell(f"Ended {left} processes that an earlier run left behind")
        self.tell("Looking for PostgreSQL and RabbitMQ")
        self.servers = Servers.of(self.home)
        if not self.servers_only:
            self.tell("Looking for the fonts of invoices")
            fonts.fetch()
        port = self.home.port("gateway", preferred=8000)
        self.url = f"http://127.0.0.1:{port}"
        self.variables = environment(self.servers.db_url, self.servers.amqp_url, "", self.home)
        if self.servers.rabbitmq:
            self.variables["FOYER_RABBITMQCTL"] = shlex.quote(str(self.servers.rabbitmq.rabbitmqctl))
        self.programs = [] if self.servers_only else app.programs(self.home, self.variables, port)
        self.supervisor = Supervisor(self.home, [*self.servers.programs(), *self.programs], str(CHECKOUT))
        try:
            self._start()
            self._watch()
        finally:
            write_state(self.home, "stopping")
            say("\nStopping every process …")
            self.supervisor.stop()
            say("Stopped; the data stays for the next `make run`.")

    def _start(self) -> None:
        self.tell("Starting PostgreSQL and RabbitMQ")
        self.supervisor.start()
        self.servers.wait(self.supervisor)
        self.tell("Creating what is missing: databases and their users")
        provision(self.servers.db_url, self.servers.amqp_url, home=self.home)
        exports = [f"export {name}={shlex.quote(value)}\n" for name, value in self.variables.items()]
        self.home.write_private("env", "".join(exports))
        if self.servers_only:
            write_state(self.home, "running")
            say(f"PostgreSQL and RabbitMQ run; their addresses: . {self.home.path}/env")
            return
        self.tell("Bringing the tables up to date")
        self.foyer("migrate")
        self.tell("Declaring exchanges and queues")
        self.foyer("topology")
        self.tell(f"Starting {len(self.programs)} processes")
        self.supervisor.start_programs([each.name for each in self.programs])
        for name, port in app.health_ports(self.programs).items():
            self.supervisor.wait_for(name, partial(answers, f"http://127.0.0.1:{port}/readyz"), 90)
        self.supervisor.wait_for("gateway", partial(answers, f"{self.url}/readyz"), 90)
        key = self._api_key()
        self._write_run_file(key)
        self.tell("Loading demo data")
        say(textwrap.indent(self.foyer("demo").strip(), " " * 9))
        write_state(self.home, "running")
        say(self._welcome(key))

    def _watch(self) -> None:
        """Wait for a signal; tell of what died and was started again."""
        pids: dict[str, int] = {}
        while self.supervisor.alive:
            self.terminal.check()
            with contextlib.suppress(OSError, xmlrpc.client.Error):
                now = self.supervisor.pids()
                for name, pid in now.items():
                    if pid and pids.get(name, pid) != pid:
                        say(f"{name} ended and was started again; its log: {self.home.log / name}.log")
                pids |= {name: pid for name, pid in now.items() if pid}
            time.sleep(1)
        raise Refused("The supervisor was killed, so everything stops. `make run` starts again with the same data.")

    def foyer(self, *words: str) -> str:
        """Run one of Foyer's own commands and return what it printed; refuse with its words if it fails."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [sys.executable, "-m", "foyer", *words],
            cwd=CHECKOUT,
            env={**inherited, **self.variables, "FOYER_HOME": str(self.home.path), "FOYER_ROLE": "command"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        with open(self.home.log / "commands.log", "a") as log:
            log.write(done.stderr)
        if done.returncode != 0:
            raise Refused(f"`foyer {' '.join(words)}` failed:\n{done.stdout}{done.stderr}".rstrip())
        return done.stdout

    def _api_key(self) -> str:
        """The key of the last run if it still opens the door, else a new one."""
        kept = read_run_file(self.home).get("api_key")
        if kept and answers(f"{self.url}/v1/properties", kept):
            return kept
        printed = self.foyer("keys", "create", "--name", "local", "--scopes", SCOPES, "--rate", "0").split()
        if not printed:
            raise Refused("`foyer keys create` printed no key.")
        return printed[-1]

    def _write_run_file(self, key: str) -> None:
        found = {"url": self.url, "api_key": key, "amqp_url": self.servers.amqp_url}
        self.home.write_private("run.json", json.dumps(found, indent=1) + "\n")

    def _welcome(self, key: str) -> str:
        call = ["curl", "-s", "-H", f"Authorization: Bearer {key}", f"{self.url}/v1/profiles?limit=3"]
        return "\n".join(
            [
                "",
                f"Foyer is at   {self.url}   (API: {self.url}/docs)",
                f"API key       {key}",
                f"Try           {shlex.join(call)}",
                f"Logs          {self.home.log}/",
                f"Commands      . {self.home.path}/env && {CHECKOUT}/.venv/bin/foyer --help",
                "Stop          Ctrl-C here, or `make stop`",
            ]
        )

    def tell(self, text: str) -> None:
        say(f"[{time.monotonic() - self.started:4.0f} s] {text}")


def answers(url: str, key: str = "") -> bool:
    """Whether an address answers 200, with `key` as the caller's API key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError, ValueError):
        return False


def read_run_file(home: Home) -> Mapping[str, str]:
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads((home.path / "run.json").read_text()))
    return {}


def read_state(home: Home) -> str:
    with contextlib.suppress(OSError):
        return (home.path / "run.state").read_text()
    return ""


def write_state(home: Home, state: str) -> None:
    home.write_private("run.state", state)
