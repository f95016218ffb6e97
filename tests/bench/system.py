"""Foyer's own processes, as `make run` starts them, for goals that go through the gateway."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import Databases
from tests.system import SCOPES, System


@contextmanager
def running(databases: Databases, amqp_url: str, *names: str) -> Iterator[System]:
    """A system of which only these processes run."""
    with tempfile.TemporaryDirectory(prefix="foyer-bench-") as folder:
        system = System(Path(folder), databases, amqp_url)
        try:
            system.foyer("topology")
            for name in names:
                system.start(name)
            system.wait_ready(*names)
            system.api_key = system.foyer(
                "keys", "create", "--name", "bench", "--scopes", SCOPES, "--rate", "0"
            ).split()[-1]
            yield system
        finally:
            system.end()
