"""Goal 11: guests of a file brought into the register by `foyer import-profiles`, through the bus and two processes of
profiles, with every row read, normalised, matched and kept exactly once; against COPY of what came out of it into the
same tables, and then all of their indexes.

Both are empty at the beginning, and what both have at the end is the same rows, to be searched in the same ways.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from tests.bench.register import Guest, people
from tests.bench.rounds import Ratio, Report, Run, Settings, judge
from tests.bench.servers import amqp_url, databases
from tests.bench.system import running
from tests.system import System

PROCESSES = 2
_SEED = 11
_HEADER = ("Vorname", "Nachname", "E-Mail", "Telefon", "Geburtsdatum", "Adresse", "PLZ", "Ort", "Land", "Sprache")
# What an import writes of a person so that they are found: with these tables, their indexes.
_TABLES = ("profiles", "contact_points", "name_words", "known_words")


def run(settings: Settings, report: Report) -> None:
    count = int(settings.options["guests"])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foyer-bench-")))
        made = stack.enter_context(databases())
        url = stack.enter_context(amqp_url())
        system = stack.enter_context(running(made, url, "profiles"))
        for number in range(1, PROCESSES):
            stack.callback(_end, _another(system, number))
        file = folder / "guests.csv"
        _write(file, count)
        admin = made.admin("profiles")
        report.say(f"Goal 11: {count:,} guests of a file of {file.stat().st_size / 2**20:,.0f} MiB")
        watch = stack.enter_context(_Memory())
        ours = _timed(count, lambda: _import(system, file))
        report.say(f"  imported in {ours.seconds:,.0f} s: {ours.rate:,.0f} rows/s")
        admin.execute("CHECKPOINT")
        files = _copies(admin, folder)
        copy = _timed(count, lambda: _copy(admin, files))
        report.say(f"  copied and indexed in {copy.seconds:,.0f} s: {copy.rate:,.0f} rows/s")
        report.say(f"  the importing processes took at most {watch.most / 2**20:,.0f} MiB together")
        ratio = Ratio("import", "COPY, then indexes", goal=0.35, floor=0.15)
        judge(ratio, [ratio.of({ratio.over: [ours], ratio.under: [copy]}, 0)], report)
        there, points, found = _one(admin, _SUMS)
        report.check(f"{count:,} profiles, {2 * count:,} contact points", (there, points) == (count, 2 * count))
        report.check("everybody of them can be found by their address and by their name", found == count)
        (same,) = _one(admin, "SELECT (SELECT count(*) FROM profiles) = (SELECT count(*) FROM peer.profiles)")
        report.check("the copy has as many", bool(same))


def _write(file: Path, count: int) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        lines = csv.writer(opened, delimiter=";")
        lines.writerow(_HEADER)
        for n, guest in enumerate(islice(_different(people(2 * count, _SEED)), count)):
            born = guest.born.strftime("%d.%m.%Y")
            street = f"Rua das Flores {n % 300}"
            person = (guest.given.upper() if n % 5 else guest.given, guest.family, guest.email, guest.phone)
            lines.writerow((*person, born, street, guest.postcode, "Lisboa", "Portugal", "pt"))


def _different(found: Iterable[Guest]) -> Iterator[Guest]:
    """Nobody twice by name and day of birth: those would be one in the register."""
    seen: set[tuple[str, str, date]] = set()
    for guest in found:
        who = (guest.given, guest.family, guest.born)
        if who not in seen:
            seen.add(who)
            yield guest


def _import(system: System, file: Path) -> None:
    command = [sys.executable, "-m", "foyer", "import-profiles", str(file)]
    subprocess.run(command, env=system.environment, check=True, stdout=subprocess.DEVNULL)


def _another(system: System, number: int) -> subprocess.Popen[bytes]:
    """One more process of the service, beside the one that the system has."""
    program = system.programs["profiles"]
    environment = {**system.environment, **program.environment, "FOYER_HEALTH_PORT": "0"}
    with system.home.log.joinpath(f"profiles-{number}.log").open("ab") as log:
        return subprocess.Popen(program.command, env=environment, stdout=log, stderr=log)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(15)


def _timed(count: int, work: Any) -> Run:
    begun = time.perf_counter()
    work()
    return Run(count, time.perf_counter() - begun)


def _copies(admin: psycopg.Connection[Any], folder: Path) -> dict[str, Path]:
    """The rows of each table in a file, as COPY takes them."""
    files = {}
    for table in _TABLES:
        files[table] = folder / f"{table}.copy"
        statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _columns(admin, table))
        with files[table].open("wb") as file, admin.cursor().copy(statement) as rows:
            for piece in rows:
                file.write(piece)
    return files


def _copy(admin: psycopg.Connection[Any], files: dict[str, Path]) -> None:
    """Into tables without an index, and then all that the register's have, in one transaction as it is quickest."""
    with admin.transaction():
        admin.execute("CREATE SCHEMA peer")
        for table, path in files.items():
            here = sql.Identifier("peer", table)
            like = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)")
            admin.execute(like.format(here, sql.Identifier(table)))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(here, _columns(admin, table))
            with path.open("rb") as file, admin.cursor().copy(statement) as rows:
                while piece := file.read(1 << 20):
                    rows.write(piece)
            for (definition,) in admin.execute(_INDEXES, [table]).fetchall():
                admin.execute(definition.replace(f" ON public.{table} ", f" ON peer.{table} "))
    for table in files:
        admin.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("peer", table)))


def _columns(admin: psycopg.Connection[Any], table: str) -> sql.Composed:
    """Those that are not made of others."""
    return sql.SQL(", ").join(sql.Identifier(name) for (name,) in admin.execute(_COLUMNS, [table]).fetchall())


class _Memory:
    """The most that all processes of Foyer took together, looked at now and then."""

    def __enter__(self) -> _Memory:
        self.most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        me = psutil.Process(os.getpid())
        while not self._stop.wait(0.5):
            now = 0
            for process in me.children(recursive=True):
                try:
                    now += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.most = max(self.most, now)


def _one(admin: psycopg.Connection[Any], statement: str) -> Any:
    row = admin.execute(statement).fetchone()
    assert row is not None
    return row


_SUMS = """
    SELECT (SELECT count(*) FROM profiles), (SELECT count(*) FROM contact_points),
        (SELECT count(*) FROM profiles p WHERE p.search_name LIKE '% % %'
            AND EXISTS (SELECT FROM contact_points c WHERE c.profile_id = p.id AND c.kind = 'email'))
"""
_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
    ORDER BY ordinal_position
"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s"
