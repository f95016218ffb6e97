"""The processes that take part in a contest, and how they are told to run.

A party is a module started as ``python -m MODULE ARGUMENT…``. It says ``ready``, then answers each line of JSON on
its standard input with one on its standard output, and ends when its input does.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.bench.rounds import Run


class Party:
    """A started process; ends with the `with` block."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self._name = " ".join([module, *arguments[:1]])
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, **(environment or {})},
        )

    def __enter__(self) -> Party:
        if self._hear() != "ready":
            raise RuntimeError(f"{self._name} did not start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def do(self, **order: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def run(self, seconds: float) -> Run:
        return Run(**self.do(seconds=seconds))

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with status {self._process.wait()}")
        return json.loads(line)


def serve(answer: Callable[..., Any] | None = None) -> None:
    """A party's main loop; `answer` takes an order's fields. Green threads run on while it waits."""
    print(json.dumps("ready"), flush=True)
    while True:
        select.select([sys.stdin], [], [])
        line = sys.stdin.readline()
        if not line:
            os._exit(0)
        assert answer is not None
        said = answer(**json.loads(line))
        print(json.dumps(vars(said) if isinstance(said, Run) else said), flush=True)
