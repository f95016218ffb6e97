"""Goal 3: the complete guest view of one of a million guests, 16 clients, with key and all, against the same JSON
read by its key behind granian and nothing else."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from gateway.view.sections import SECTIONS
from tests.bench.load import Load, http
from tests.bench.rounds import Ratio, Report, Run, Settings, contest
from tests.bench.servers import amqp_url, databases
from tests.bench.system import running
from tests.bench.view import guest, sections
from tests.system import System

CLIENTS = 16
AT_ONCE = 50_000  # guests per statement


def run(settings: Settings, report: Report) -> None:
    guests = int(settings.options["guests"])
    with ExitStack() as stack:
        url = stack.enter_context(amqp_url())
        made = stack.enter_context(databases())
        system = stack.enter_context(running(made, url, "gateway"))
        admin = made.admin("gateway")
        _fill_sections(admin, guests)
        status, view = _view(system, guest(1))
        _fill_whole(admin, guests, view)
        report.say(f"Goal 3: the complete view of {guests:,} guests, {CLIENTS} clients, {len(view):,} bytes each")
        fresh = status == 200 and '"stale":true' not in view and set(json.loads(view)["sections"]) == set(sections())
        report.check("every section of a view is there and fresh", fresh and set(sections()) == set(SECTIONS))

        peer = stack.enter_context(_peer(system, made.url("gateway")))
        ours, theirs = Load(system.url, CLIENTS), Load(peer, CLIENTS)
        headers = {"Authorization": f"Bearer {system.api_key}"}

        def ask() -> bytes:
            return http("GET", f"/v1/profiles/{guest(random.randint(1, guests))}/view", headers=headers)  # noqa: S311

        def ask_peer() -> bytes:
            return http("GET", f"/{guest(random.randint(1, guests))}")  # noqa: S311

        def open_loop(seconds: float) -> Run:
            return ours.run_open(ask, rate, seconds)

        runs = contest(
            "  as fast as they can",
            {
                "granian + psycopg": lambda seconds: theirs.run(ask_peer, seconds),
                "ours": lambda seconds: ours.run(ask, seconds),
            },
            [Ratio("ours", "granian + psycopg", goal=0.5, floor=0.25)],
            settings,
            report,
        )
        rate = median(run.rate for run in runs["ours"]) / 2
        turns = [open_loop(settings.seconds) for _ in range(settings.rounds)]
        p99 = median(turn.p99 for turn in turns)
        report.say(
            f"  at {rate:,.0f} requests/s: p50 {median(t.p50 for t in turns):.2f} ms, p99 {p99:.2f} ms (goal ≤ 10)"
        )
        for name, load in (("ours", ours), ("the peer", theirs)):
            report.check(
                f"{name} answered 200 {load.statuses[200]} times and nothing else", set(load.statuses) == {200}
            )


def _fill_sections(admin: psycopg.Connection[Any], guests: int) -> None:
    said = sections()
    for first in range(1, guests + 1, AT_ONCE):
        last = min(guests, first + AT_ONCE - 1)
        admin.execute(_SECTIONS, [first, last, list(said), list(said.values())])
    admin.execute("VACUUM ANALYZE sections")


def _fill_whole(admin: psycopg.Connection[Any], guests: int, view: str) -> None:
    admin.execute("CREATE TABLE whole_views (profile_id uuid PRIMARY KEY, body text NOT NULL)")
    admin.execute("GRANT SELECT ON whole_views TO foyer_gateway")
    for first in range(1, guests + 1, AT_ONCE):
        last = min(guests, first + AT_ONCE - 1)
        admin.execute(
            "INSERT INTO whole_views SELECT md5(n::text)::uuid, %s FROM generate_series(%s::int, %s::int) n",
            [view, first, last],
        )
    admin.execute("VACUUM ANALYZE whole_views")


def _view(system: System, profile_id: Any) -> tuple[int, str]:
    request = urllib.request.Request(
        f"{system.url}/v1/profiles/{profile_id}/view", headers={"Authorization": f"Bearer {system.api_key}"}
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        return answer.status, answer.read().decode()


@contextmanager
def _peer(system: System, database: str) -> Iterator[str]:
    """The peer with the gateway's own number of workers and threads."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*system.programs["gateway"].command[:-1], "tests.bench.view.peer:app"]
    command[command.index("--port") + 1] = str(port)
    command.remove("--factory")
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "BENCH_DB_URL": database}
    with system.home.log.joinpath("peer.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2], stdout=log, stderr=log)
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"{url}/{guest(1)}", timeout=5).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


_SECTIONS = """
    INSERT INTO sections (profile_id, section, body, as_of, generation, fetched_generation)
    SELECT md5(n::text)::uuid, s.section, s.body, now(), 1, 1
    FROM generate_series(%s::int, %s::int) n, unnest(%s::text[], %s::text[]) AS s (section, body)
"""
