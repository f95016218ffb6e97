"""``foyer import-profiles``: a file of guests over the bus in batches, each row exactly once however often it stops."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import click
import yaml
from tqdm import tqdm

from services.contracts.profiles import (
    BeginImport,
    EndImport,
    Import,
    ImportedBatch,
    ImportReport,
    ImportRows,
    ReadImport,
    ReadImportReport,
    ReportLine,
)
from services.kit import config, sheets
from services.kit.ask import Client
from services.kit.context import Context
from services.kit.refusal import Refusal, Unavailable
from services.kit.sheets import Row, Unreadable

_CONTEXT = Context(actor="system:import", roles=("admin",))
_PIECE = 1 << 20
_MOST_MAPPING = 1 << 20
_PAUSE = 1.0  # seconds before a batch is sent again that got no answer
_REPORT = ("row", "outcome", "field", "what", "profile_id")


@click.command("import-profiles")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON or YAML: columns (name or number: field), country, dates (dmy, mdy, ymd).",
)
@click.option("--country", help="Where numbers without country code and dates are read.")
@click.option("--dry-run", is_flag=True, help="Write nobody; report what would become of the rows.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Rows per second; as fast as it goes.")
@click.option("--resume", is_flag=True, help="Go on with the import of this file that has not ended.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="[default: FILE.report.csv]")
@click.option("--batch", type=click.IntRange(1, 500), default=500, show_default=True, help="Rows in one message.")
@click.option("--at-once", type=click.IntRange(1, 32), default=4, show_default=True, help="Messages on their way.")
@click.option("--patience", type=float, default=600, show_default=True, help="Seconds without any answer.")
def import_profiles(
    file: Path,
    mapping: Path | None,
    country: str | None,
    dry_run: bool,
    rate: float | None,
    resume: bool,
    report: Path | None,
    batch: int,
    at_once: int,
    patience: float,
) -> None:
    """Import the guests of FILE (CSV or XLSX); its first row says what the columns are.

    Exits with 1 if the file could not be read to its end. Rows that are refused stand in the report.
    """
    said = _mapping(mapping)
    if country:
        said["country"] = country
    client = Client(config.amqp_url(), deadline=60)
    try:
        with file.open("rb") as opened:
            digest = _digest(opened)
            rows = sheets.rows(opened)
            header = next(rows, None)
            if header is None:
                raise Unreadable("The file has no rows.")
            begun = client.ask(
                BeginImport(
                    header=header.cells, digest=digest, dry_run=dry_run, batch_rows=batch, resume=resume, **said
                ),
                context=_CONTEXT,
            )
            _tell_columns(header.cells, begun)
            why = Sending(client, begun, rate, at_once, patience).send(rows)
        ended = client.ask(ReadImport(import_id=begun.id), context=_CONTEXT)
        where = report or file.with_name(f"{file.name}.report.csv")
        _write_report(client, begun.id, where)
    finally:
        client.close()
    _tell_counts(ended)
    click.echo(f"Row by row: {where}")
    if why:
        raise click.ClickException(why)


class Sending:
    """The batches of a file on their way, a few at once."""

    def __init__(self, client: Client, begun: Import, rate: float | None, at_once: int, patience: float) -> None:
        self._client = client
        self._begun = begun
        self._rate = rate
        self._at_once = at_once
        self._patience = patience
        self._stop = threading.Event()

    def send(self, rows: Iterator[Row]) -> str | None:
        """All that is not through yet; answers why the file could not be read to its end."""
        done = {number for first, last in self._begun.done for number in range(first, last + 1)}
        if done:
            click.echo(f"Going on: {len(done):,} batches are through.")
        count, sent, why = 0, 0, None
        started = time.monotonic()
        waiting: set[Future[ImportedBatch]] = set()
        with ThreadPoolExecutor(self._at_once) as pool, tqdm(unit=" rows", unit_scale=True, disable=None) as bar:
            try:
                for number, batch in enumerate(sheets.batches(rows, self._begun.batch_rows)):
                    count += len(batch)
                    if number in done:
                        bar.update(len(batch))
                        continue
                    while len(waiting) >= self._at_once:
                        waiting = self._settle(waiting, bar)
                    waiting.add(pool.submit(self._import, number, batch))
                    sent += len(batch)
                    if self._rate and (ahead := sent / self._rate - (time.monotonic() - started)) > 0:
                        time.sleep(ahead)
            except Unreadable as fault:
                why = f"After {count:,} rows: {fault.detail}"
            finally:
                while waiting:
                    waiting = self._settle(waiting, bar)
        self._client.ask(EndImport(import_id=self._begun.id, rows=count, why=why), context=_CONTEXT)
        return why

    def _settle(self, waiting: set[Future[ImportedBatch]], bar: Any) -> set[Future[ImportedBatch]]:
        done, left = wait(waiting, return_when=FIRST_COMPLETED)
        for each in done:
            if each.exception() is not None:
                self._stop.set()
            bar.update(each.result().counts.rows)
        return left

    def _import(self, number: int, batch: list[Row]) -> ImportedBatch:
        """Sent under the same id until there is an answer: a batch that is through answers what became of it."""
        rows = tuple((str(row.number), *row.cells) for row in batch)
        request = ImportRows(import_id=self._begun.id, number=number, rows=rows)
        command_id = uuid5(NAMESPACE_OID, f"{self._begun.id} {number}")
        until = time.monotonic() + self._patience
        while True:
            try:
                return self._client.ask(request, context=_CONTEXT, command_id=command_id)
            except Refusal as refusal:
                again = isinstance(refusal, Unavailable) or refusal.code() == "still-running"
                if not again or time.monotonic() > until or self._stop.is_set():
                    raise
            self._stop.wait(_PAUSE)


def _digest(file: Any) -> str:
    found = hashlib.sha256()
    while piece := file.read(_PIECE):
        found.update(piece)
    file.seek(0)
    return found.hexdigest()


def _mapping(path: Path | None) -> dict[str, Any]:
    """What the mapping says, in the words of the contract."""
    if path is None:
        return {}
    if path.stat().st_size > _MOST_MAPPING:
        raise click.ClickException("The mapping is too large.")
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise click.ClickException("The mapping is neither JSON nor YAML.") from None
    if not isinstance(said, dict) or set(said) - {"columns", "country", "dates"}:
        raise click.ClickException("The mapping has columns, country and dates, and nothing else.")
    columns = said.get("columns")
    if columns is not None:
        if not isinstance(columns, dict):
            raise click.ClickException("The mapping's columns are names (or numbers) of columns and their fields.")
        said["columns"] = {str(name): None if field is None else str(field) for name, field in columns.items()}
    return {name: value if name == "columns" else str(value) for name, value in said.items() if value is not None}


def _tell_columns(header: Iterable[str], begun: Import) -> None:
    for number, (name, field) in enumerate(zip(header, begun.columns, strict=False), 1):
        click.echo(f"{number:>4}  {field or '(left out)':<20}  {name[:60]!r}")


def _tell_counts(ended: Import) -> None:
    counts = ended.counts
    click.echo(f"{'Dry run: nobody was written. ' if ended.dry_run else ''}{counts.rows:,} rows:")
    for name in ("created", "completed", "known", "review", "refused", "repeated", "consents", "consents_left_out"):
        if count := getattr(counts, name):
            click.echo(f"  {name.replace('_', ' '):<18} {count:>12,}")


def _write_report(client: Client, import_id: UUID, where: Path) -> None:
    with where.open("w", encoding="utf-8", newline="") as file:
        file.writelines(sheets.csv_lines(chain([_REPORT], map(_cells, _report(client, import_id)))))


def _report(client: Client, import_id: UUID) -> Iterator[ReportLine]:
    """While a page is written, the next one is asked for."""
    with ThreadPoolExecutor(1) as ahead:

        def page(cursor: str | None) -> Future[ImportReport]:
            return ahead.submit(client.ask, ReadImportReport(import_id=import_id, cursor=cursor), context=_CONTEXT)

        waiting = page(None)
        while True:
            found = waiting.result()
            if found.next is None:
                yield from found.items
                return
            waiting = page(found.next)
            yield from found.items


def _cells(line: ReportLine) -> list[str]:
    return ["" if (value := getattr(line, name)) is None else str(value) for name in _REPORT]
