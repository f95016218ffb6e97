"""An import that is killed on the way; in a module of its own, so that its process begins quickly."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foyer.importing import replay

SEED = 7
WINDOW = 10


class NoHotels:
    """Stands in for the services that are asked to set up the hotels."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def ask(self, *_: Any, **__: Any) -> None: ...

    def close(self) -> None: ...


def send(path: Path, amqp_url: str, folder: Path) -> list[str]:
    """Import the file, or what is left of it; what it says."""
    said: list[str] = []
    replay.Client, replay.WINDOW = NoHotels, WINDOW  # type: ignore[assignment,misc]
    options = {"limit": None, "rate": None, "seed": SEED, "progress": False}
    replay.replay(path, amqp_url=amqp_url, state_folder=folder, say=said.append, **options)  # type: ignore[arg-type]
    return said


def die(path: Path, amqp_url: str, folder: Path, death: tuple[str, str, int, bool]) -> None:
    """The same in a process that is killed on the way."""
    owner, name, nth, afterwards = death
    module, _, attribute = owner.rpartition(".")
    cls = getattr(importlib.import_module(module), attribute)
    original: Callable[..., Any] = getattr(cls, name)
    calls = 0

    def deadly(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth and not afterwards:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*given, **more)
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(cls, name, deadly)
    send(path, amqp_url, folder)
