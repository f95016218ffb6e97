"""Finds and ends the processes of one state folder, also those that lost their supervisor to `kill -9`.

Every process of the stack carries FOYER_HOME in its environment, and FOYER_ROLE says what it is.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    pid: int
    role: str  # "" if it does not say

    def tell(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(self.pid, number)


def of_home(home: Path, below: bool = False) -> list[Process]:
    """Every living process of this state folder (with `below`, of folders in it too) but our ancestors."""
    ours = _self_and_ancestors()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in ours:
            continue
        with contextlib.suppress(OSError):
            variables = dict(_pairs((entry / "environ").read_bytes()))
            place = variables.get("FOYER_HOME") or _cluster_of_backend(entry)
            if place and _same(Path(place), home, below):
                found.append(Process(int(entry.name), variables.get("FOYER_ROLE", "")))
    return found


def end(home: Path, seconds: float = 15, below: bool = False) -> int:
    """End all processes of the folder, politely and in order, then not; returns how many there were.

    The supervisor goes first, because it ends the others well; databases and brokers outlive their users.
    """
    there = of_home(home, below)
    count = len(there)
    deadline = time.monotonic() + seconds
    roles: list[tuple[Callable[[Process], bool], int, float]] = [
        (lambda each: each.role == "supervisor", signal.SIGTERM, 0.8),
        (lambda each: each.role not in ("postgres", "rabbitmq", "epmd"), signal.SIGTERM, 0.4),
        (lambda each: each.role == "postgres", signal.SIGINT, 0.3),
        (lambda each: each.role != "postgres", signal.SIGTERM, 0.3),
    ]
    for matches, number, share in roles:
        chosen = [each for each in there if matches(each)]
        for each in chosen:
            each.tell(number)
        until = time.monotonic() + (deadline - time.monotonic()) * share
        while chosen and time.monotonic() < until and any(matches(each) for each in of_home(home, below)):
            time.sleep(0.05)
        there = of_home(home, below)
    for _ in range(100):
        if not there:
            break
        for each in there:
            each.tell(signal.SIGKILL)
        time.sleep(0.05)
        there = of_home(home, below)
    return count


def die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the process that started us is gone, even by `kill -9`."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _pairs(environ: bytes) -> list[tuple[str, str]]:
    texts = (each.decode(errors="replace") for each in environ.split(b"\0"))
    return [(name, value) for name, _, value in (each.partition("=") for each in texts)]


def _cluster_of_backend(entry: Path) -> str:
    """The state folder of a PostgreSQL child: it overwrites its environment, but lives in its data folder."""
    if not (entry / "comm").read_text().startswith("postgres"):
        return ""
    folder = os.readlink(entry / "cwd")
    suffix = "/postgres/data"
    return folder.removesuffix(suffix) if folder.endswith(suffix) else ""


def _same(place: Path, home: Path, below: bool) -> bool:
    return place == home or (below and home in place.parents)


def _self_and_ancestors() -> set[int]:
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return pids
