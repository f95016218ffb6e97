"""One program of the local stack, as the supervisor is told of it; and how to choose among versions."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """A process that is kept alive. Lower priorities start earlier and stop later."""

    name: str
    command: list[str]
    priority: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_seconds: int = 8
    start_seconds: int = 3
    autostart: bool = True
    group: str = ""  # the programs of a group stop together, all others one after the other


def may_use_installed() -> bool:
    """FOYER_PROGRAMS=unpack leaves installed servers aside: to try what a bare machine would do."""
    return os.environ.get("FOYER_PROGRAMS") != "unpack"


def version_of(name: str) -> tuple[int, ...]:
    """`15` is (15,), `rabbitmq_server-3.10.8` is (3, 10, 8); () for what has no version."""
    digits = name.rpartition("-")[2].split(".")
    return tuple(int(each) for each in digits) if all(each.isdigit() for each in digits) else ()


def newest(folders: list[Path], at_least: tuple[int, ...], version_at: int = -1) -> Path | None:
    """The folder with the highest version in its part `version_at`; None if all are older than `at_least`."""
    fitting = [each for each in folders if version_of(each.parts[version_at]) >= at_least]
    return max(fitting, key=lambda each: version_of(each.parts[version_at]), default=None)
