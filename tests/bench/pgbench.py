"""The limit of a change: pgbench running it as plain SQL."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.rounds import Run


def run(url: str, script: str, *, clients: int, seconds: float, variables: dict[str, str] | None = None) -> Run:
    """Transactions of `script`, prepared, by so many clients for so long."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        said = _pgbench(
            ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(max(1, round(seconds)))]
            + [f"-D{name}={value}" for name, value in (variables or {}).items()]
            + ["-f", file.name, url]
        )
    transactions = int(_number(r"transactions actually processed: (\d+)", said))
    rate = _number(r"^tps = ([\d.]+)", said)
    latency = _number(r"^latency average = ([\d.]+) ms", said)
    if "number of failed transactions: 0" not in said:
        raise RuntimeError(f"pgbench: transactions failed: {said}")
    return Run(transactions, transactions / rate, p50=latency)


def _pgbench(arguments: list[str]) -> str:
    done = subprocess.run([_program(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pgbench failed: {done.stderr}")
    return done.stdout


def _program() -> str:
    found = shutil.which("pgbench")
    places = [Path("/usr/lib/postgresql"), Path(os.environ.get("FOYER_HOME", ".foyer")), Path(".foyer")]
    for place in places if found is None else ():
        found = next((str(p) for p in sorted(place.glob("**/bin/pgbench"), reverse=True)), found)
    if found is None:
        raise RuntimeError("There is no pgbench here: it comes with PostgreSQL's server package.")
    return found


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"pgbench said: {said}")
    return float(found.group(1))
