"""Guests from a file and to a file: begun, its rows read before the transaction of their batch begins, and reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.contracts.profiles import (
    MOST_ROWS,
    BatchKept,
    BeginImport,
    EndImport,
    Import,
    ImportedBatch,
    ImportHasEnded,
    ImportReport,
    ImportRows,
    ImportRowsKept,
    KeepRows,
    ListProfiles,
    NotImportable,
    ProfilesPage,
    ReadImport,
    ReadImportReport,
    ReportLine,
)
from services.kit.db import Database, Tx
from services.kit.doors import command, every, query, subscribe
from services.kit.ids import new_id
from services.kit.refusal import Problem
from services.profiles.domain import codes, columns, field_values
from services.profiles.domain.importing import OUTCOMES, Plan
from services.profiles.domain.names import Unfit
from services.profiles.doors.batches import import_batch
from services.profiles.doors.rows import drafts_of
from services.profiles.store import fields, register
from services.profiles.store import importing as store

KEPT = timedelta(days=90)
_LATEST_BATCH = 1_000_000


class Importing:
    db: Database

    @command
    def begin_import(self, tx: Tx, request: BeginImport) -> Import:
        plan = _plan(request)
        if not 1 <= request.batch_rows <= MOST_ROWS:
            raise NotImportable(errors=[Problem("/batch_rows", f"From 1 to {MOST_ROWS}.")])
        if len(request.digest) != 64:
            raise NotImportable(errors=[Problem("/digest", "SHA-256 in hexadecimal digits.")])
        before = store.open_one(tx, request.digest, request.dry_run, plan) if request.resume else None
        if before is None:
            before = new_id()
            store.add(tx, before, request.digest, request.dry_run, plan, request.batch_rows)
        return store.read(tx, before)

    @command
    def import_rows(self, tx: Tx, request: ImportRows) -> ImportedBatch:
        _check(request)
        with self.db.reading(tx.context) as looking:
            drafts = drafts_of(looking, request.rows, store.plan(looking, request.import_id), tx.now)
        return import_batch(tx, request.import_id, request.number, drafts)

    @command
    def keep_rows(self, tx: Tx, request: KeepRows) -> BatchKept:
        _check(request)
        if store.state(tx, request.import_id) == "failed":
            raise ImportHasEnded
        if store.keep_rows(tx, request.import_id, request.number, request.rows):
            tx.announce(ImportRowsKept(import_id=request.import_id, number=request.number))
        return BatchKept(number=request.number)

    @subscribe(ImportRowsKept)
    def import_kept_rows(self, tx: Tx, event: ImportRowsKept) -> None:
        """The rows are read before anything is locked; an import that was forgotten meanwhile has none."""
        with self.db.reading(tx.context) as looking:
            rows = store.kept_rows(looking, event.import_id, event.number)
            if rows is None:
                return
            drafts = drafts_of(looking, rows, store.plan(looking, event.import_id), tx.now)
        import_batch(tx, event.import_id, event.number, drafts)

    @command
    def end_import(self, tx: Tx, request: EndImport) -> Import:
        store.end(tx, request.import_id, request.rows, request.why)
        return store.read(tx, request.import_id)

    @query
    def read_import(self, tx: Tx, request: ReadImport) -> Import:
        return store.read(tx, request.import_id)

    @query
    def read_import_report(self, tx: Tx, request: ReadImportReport) -> ImportReport:
        store.state(tx, request.import_id)
        after = _cursor(request.cursor)
        lines: list[ReportLine] = []
        while len(lines) < MOST_ROWS:
            batch = store.report(tx, request.import_id, after)
            if batch is None:
                return ImportReport(items=tuple(lines))
            after = batch.number
            lines += [line for line in _lines(batch) if request.only in (None, line.outcome)]
        return ImportReport(items=tuple(lines), next=str(after))

    @query
    def list_profiles(self, tx: Tx, request: ListProfiles) -> ProfilesPage:
        if not 1 <= request.limit <= MOST_ROWS:
            raise NotImportable(errors=[Problem("/limit", f"From 1 to {MOST_ROWS}.")])
        found = register.by_ids(tx, store.next_ids(tx, request.after, request.limit + 1))
        page = found[: request.limit]
        own = fields.of_profiles(tx, [each.id for each in page])
        said = {each.id: field_values.in_files(own[each.id].values(), each.card.kind) for each in page}
        return ProfilesPage(
            items=tuple(replace(each.shown(), fields=said[each.id]) for each in page),
            next=page[-1].id if len(found) > request.limit else None,
        )

    @every(seconds=24 * 3600)
    def forget_imports(self, tx: Tx) -> None:
        """What was imported stays; which row it came from is told for 90 days."""
        store.forget(tx, tx.now - KEPT)


def _lines(batch: Any) -> Iterable[ReportLine]:
    said: dict[int, list[Any]] = {}
    for place, about, what in batch.said:
        said.setdefault(place, []).append((about, what))
    for place, letter in enumerate(batch.outcomes):
        for about, what in said.get(place, [(None, None)]):
            yield ReportLine(
                row=batch.places[place],
                outcome=OUTCOMES[letter],
                field=about,
                what=what,
                profile_id=batch.profiles[place],
            )


def _plan(request: BeginImport) -> Plan:
    country = None
    if request.country:
        try:
            country = codes.country_code(request.country)
        except Unfit as fault:
            raise NotImportable(errors=[Problem("/country", str(fault))]) from None
    return Plan(columns.understood(request.header, request.columns), country, request.dates)


def _check(request: ImportRows | KeepRows) -> None:
    """Each row begins with its number in the file."""
    if not 0 <= request.number < _LATEST_BATCH:
        raise NotImportable(errors=[Problem("/number", f"From 0 to {_LATEST_BATCH - 1}.")])
    if not 1 <= len(request.rows) <= MOST_ROWS:
        raise NotImportable(errors=[Problem("/rows", f"From 1 to {MOST_ROWS}.")])
    for place, row in enumerate(request.rows):
        if not row or not row[0].isascii() or not row[0].isdigit() or len(row[0]) > 8:
            raise NotImportable(errors=[Problem(f"/rows/{place}/0", "The number of the row.")])
    if len({int(row[0]) for row in request.rows}) < len(request.rows):
        raise NotImportable(errors=[Problem("/rows", "Each row has a number of its own.")])


def _cursor(said: str | None) -> int:
    if said is None:
        return -1
    if not (said.isascii() and said.isdigit() and len(said) <= 7):
        raise NotImportable(errors=[Problem("/cursor", "Not a cursor of this list.")])
    return int(said)
