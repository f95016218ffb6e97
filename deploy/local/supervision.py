"""Keeps the programs of a stack alive with supervisord, started from a file in the state folder."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from deploy.local import processes
from deploy.local.home import Home, Refused, free_port
from deploy.local.programs import Program

BEGINNING = """\
[supervisord]
nodaemon = true
logfile = {log}/supervisord.log
logfile_maxbytes = 5MB
logfile_backups = 2
pidfile = {home}/supervisord.pid
childlogdir = {log}
minfds = 1024
{user}
[inet_http_server]
port = 127.0.0.1:{port}
username = foyer
password = {password}
[supervisorctl]
serverurl = http://127.0.0.1:{port}
username = foyer
password = {password}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

PROGRAM = """\
[program:{name}]
command = {command}
directory = {directory}
environment = {environment}
priority = {priority}
autostart = {autostart}
autorestart = true
startsecs = {start_seconds}
startretries = 60
stopsignal = {stop_signal}
stopwaitsecs = {stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {output}
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


@dataclass
class Supervisor:
    """One supervisord and the programs it keeps; ends when the process that started it is gone."""

    home: Home
    programs: list[Program]
    directory: str
    process: "subprocess.Popen[bytes] | None" = field(default=None)
    port: int = 0

    def start(self) -> None:
        self.home.create()
        self.port = free_port()
        file = self.home.write_private("supervisord.conf", self._settings())
        self.process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(self.home.log / "supervisord-errors.log", "wb"),  # noqa: SIM115 - the child keeps it
            start_new_session=True,
            preexec_fn=processes.die_with_parent,
            env={**_plain_environment(), "FOYER_HOME": str(self.home.path), "FOYER_ROLE": "supervisor"},
        )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def pids(self) -> dict[str, int]:
        """The process of each program; 0 while it has none."""
        return {each["name"]: each["pid"] for each in self._ask("getAllProcessInfo")}

    def start_programs(self, names: Iterable[str]) -> None:
        """Start programs that do not start by themselves, without waiting for them."""
        for each in self.programs:
            if each.name in names:
                self._ask("startProcess", f"{each.group or each.name}:{each.name}", False)

    def wait_for(self, what: str, answers: Callable[[], bool], seconds: float) -> None:
        """Wait until `answers`; refuse with the end of the logs if it does not, or if programs keep ending."""
        deadline = time.monotonic() + seconds
        lives: dict[str, set[int]] = {}
        while not answers():
            if not self.alive:
                logs = self.end_of_logs(["supervisord", "supervisord-errors"])
                raise Refused(f"The supervisor ended while {what} started.\n{logs}")
            with contextlib.suppress(OSError, xmlrpc.client.Error):
                for name, pid in self.pids().items():
                    lives.setdefault(name, set()).add(pid)
            failing = [name for name, pids in lives.items() if len(pids - {0}) > 3]
            if failing:
                raise Refused(f"{', '.join(failing)} ends again and again.\n{self.end_of_logs(failing)}")
            if time.monotonic() > deadline:
                raise Refused(f"{what} did not answer within {seconds:.0f} seconds.\n{self.end_of_logs([what])}")
            time.sleep(0.1)

    def end_of_logs(self, names: Iterable[str], lines: int = 15) -> str:
        parts = []
        for name in names:
            file = self.home.log / f"{name}.log"
            if file.exists():
                tail = file.read_text(errors="replace").splitlines()[-lines:]
                parts.append("\n".join([f"--- {file}", *tail]))
        return "\n".join(parts)

    def stop(self, seconds: float = 13) -> None:
        """End everything; what does not end by itself in time is killed."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        processes.end(self.home.path, 1.5)

    def _ask(self, method: str, *words: object) -> Any:
        password = self.home.secret("supervisor")
        with xmlrpc.client.ServerProxy(f"http://foyer:{password}@127.0.0.1:{self.port}/RPC2") as server:
            return getattr(server.supervisor, method)(*words)

    def _settings(self) -> str:
        parts = [
            BEGINNING.format(
                log=_escaped(str(self.home.log)),
                home=_escaped(str(self.home.path)),
                port=self.port,
                password=self.home.secret("supervisor"),
                user="user = root\n" if os.geteuid() == 0 else "",
            )
        ]
        for each in self.programs:
            variables = {**each.environment, "FOYER_ROLE": each.name}
            parts.append(
                PROGRAM.format(
                    name=each.name,
                    command=_escaped(shlex.join(each.command)),
                    directory=_escaped(self.directory),
                    environment=",".join(
                        f'{name}="{_escaped(value, quoted=True)}"' for name, value in variables.items()
                    ),
                    priority=each.priority,
                    autostart=str(each.autostart).lower(),
                    start_seconds=each.start_seconds,
                    stop_signal=each.stop_signal,
                    stop_seconds=each.stop_seconds,
                    # expanded twice, unlike all others
                    output=_escaped(_escaped(str(self.home.log / f"{each.name}.log"))),
                )
            )
        for group in sorted({each.group for each in self.programs if each.group}):
            members = [each for each in self.programs if each.group == group]
            names = ",".join(each.name for each in members)
            parts.append(f"[group:{group}]\nprograms = {names}\npriority = {members[0].priority}\n")
        return "\n".join(parts)


def _escaped(text: str, quoted: bool = False) -> str:
    """supervisord expands `%(name)s`, takes ` ;` for a comment, and has no way to write a quote between quotes."""
    if "\n" in text or " ;" in text or (quoted and '"' in text):
        raise Refused('A setting or a path holds a line end, " or " ;", which the supervisor cannot be told.')
    return text.replace("%", "%%")


def _plain_environment() -> dict[str, str]:
    """What programs inherit: nothing of Python's, and no settings of Foyer, which are given one by one."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FOYER_", "PYTHON", "TWILIO_", "SENDGRID_", "PG"))
    }
