"""Where the local stack keeps its things: one folder, private to this checkout, that can be thrown away.

Passwords and ports are chosen once and stay; nothing of it is readable for other users of the machine.
"""

import contextlib
import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def _ports() -> range:
    """Below the range from which the system takes the ports of outgoing connections, which come and go."""
    lowest = int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.exists() else 32768
    return range(max(1024, min(20000, lowest - 8000)), max(lowest, 9024))


PORTS = _ports()
_promised: dict[int, socket.socket] = {}  # ports this process gave away, until it ends


class Refused(Exception):
    """The stack cannot do what was asked; the text tells the user why and what helps."""


@dataclass(frozen=True)
class Home:
    """A state folder: `.foyer` for `make run`, a throw-away one for a test run."""

    path: Path

    @classmethod
    def of_checkout(cls) -> "Home":
        return cls(Path(os.environ.get("FOYER_HOME") or CHECKOUT / ".foyer").resolve())

    @property
    def log(self) -> Path:
        return self.path / "log"

    def create(self) -> "Home":
        self.log.mkdir(parents=True, exist_ok=True)
        return self

    def write_private(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file that only its owner may read, whole or not at all."""
        file = self.path / name
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as out:
            out.write(text)
        fresh.replace(file)
        return file

    def secret(self, name: str) -> str:
        """The password kept under `name`, drawn when it is first asked for."""
        return str(self._kept("secrets.json", name, lambda kept: kept or secrets.token_hex(24)))

    def port(self, name: str, preferred: int | None = None) -> int:
        """A free loopback port, the same as last time if it is still free."""

        def choose(kept: object) -> int:
            if kept and (int(str(kept)) in _promised or _promise(int(str(kept)))) and _bindable(int(str(kept))):
                return int(str(kept))
            if not kept and preferred and is_free(preferred):
                return preferred
            return free_port()

        return int(str(self._kept("ports.json", name, choose)))

    def _kept(self, file: str, name: str, choose: Callable[[object], object]) -> object:
        self.create()
        with self.locked(file + ".lock"):
            path = self.path / file
            kept = json.loads(path.read_text()) if path.exists() else {}
            value = choose(kept.get(name))
            if kept.get(name) != value:
                self.write_private(file, json.dumps({**kept, name: value}, indent=1))
        return value

    @contextlib.contextmanager
    def locked(self, name: str, wait: bool = True) -> Iterator[None]:
        """Hold a lock that no ended process still holds; without `wait`, BlockingIOError if taken."""
        with open(self.path / name, "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def holder(self, name: str) -> int | None:
        """The process that holds a lock now."""
        try:
            with open(self.path / name) as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int((self.path / name).read_text() or 0) or None
        except FileNotFoundError:
            pass
        return None


def is_free(port: int) -> bool:
    """Whether nobody listens there and no stack on this machine was promised it; from now on we are."""
    return port not in _promised and _bindable(port) and _promise(port)


def free_port() -> int:
    """A port of the loopback address that stays ours, among all stacks of this machine, until this process ends."""
    for port in random.SystemRandom().sample(PORTS, 200):
        if is_free(port):
            return port
    raise Refused(f"No free port was found between {PORTS.start} and {PORTS.stop} on the loopback address.")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _promise(port: int) -> bool:
    """Hold a name of the kernel's for the port: between choosing it and listening there, seconds pass."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0foyer-port-{port}")
    except OSError:
        name.close()
        return False
    _promised[port] = name
    return True
