"""Processes of their own for what a test process cannot show of itself: green threads, signals, log settings."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping


def run_python(code: str, env: Mapping[str, str] | None = None, timeout: float = 120, *, stderr: bool = False) -> str:
    """Run a piece of code in a fresh interpreter and answer what it prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + (done.stderr if stderr else "")


def until(condition: Callable[[], object], explain: Callable[[], str] = str, timeout: float = 120) -> None:
    """Wait for a condition; where it does not come, fail with the explanation's last lines."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain\n" + explain()[-4000:])
        time.sleep(0.02)
