"""Imports: what was begun, which batches are through, and what became of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import Import, ImportCounts, NoSuchImport
from services.kit.db import Tx
from services.kit.wire import compact
from services.profiles.domain.importing import Plan

COUNTS = tuple(ImportCounts.__dataclass_fields__)


@dataclass(frozen=True)
class Begun:
    """An import as it is worked on. `again`: the counts of the batch asked for, where it is through already."""

    id: UUID
    state: str
    dry_run: bool
    started_at: datetime
    again: ImportCounts | None = None


@dataclass(frozen=True)
class Through:
    """What became of a batch: a letter for each row (domain.importing.LETTERS), its number in the file and its profile,
    and what is to be said of single rows, as [place, field, what].
    """

    outcomes: str
    rows: Sequence[int]
    profiles: Sequence[UUID | None]
    said: Sequence[tuple[int, str | None, str]]
    counts: ImportCounts


def add(tx: Tx, import_id: UUID, digest: str, dry_run: bool, plan: Plan, batch_rows: int) -> None:
    tx.execute(
        _ADD,
        {
            "id": import_id,
            "digest": digest,
            "dry_run": dry_run,
            "plan": compact(asdict(plan)),
            "batch_rows": batch_rows,
            "by": tx.context.actor,
            "now": tx.now,
        },
    )


def open_one(tx: Tx, digest: str, dry_run: bool, plan: Plan) -> UUID | None:
    """The import of this very file, read in this very way, that has not ended; the newest."""
    found = tx.execute(_OPEN, {"digest": digest, "dry_run": dry_run, "plan": compact(asdict(plan))}).scalar()
    return UUID(str(found)) if found else None


def read(tx: Tx, import_id: UUID) -> Import:
    """Raises NoSuchImport."""
    row = tx.execute(_READ, {"id": import_id}).one_or_none()
    if row is None:
        raise NoSuchImport
    return Import(
        id=row.id,
        state=row.state,
        dry_run=row.dry_run,
        columns=tuple(row.plan["columns"]),
        batch_rows=row.batch_rows,
        rows=row.rows,
        counts=ImportCounts(**{name: row.counts.get(name, 0) for name in COUNTS}),
        done=tuple(tuple(each) for each in row.done or ()),
        why=row.why,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def state(tx: Tx, import_id: UUID) -> str:
    """Without counting what became of its rows. Raises NoSuchImport."""
    found = tx.execute(_STATE, {"id": import_id}).scalar()
    if found is None:
        raise NoSuchImport
    return str(found)


def begun(tx: Tx, import_id: UUID, number: int) -> Begun:
    """To work on its batch `number`, which nobody else does until this transaction ends. Raises NoSuchImport."""
    row = tx.execute(_BEGUN, {"id": import_id, "number": number}).one_or_none()
    if row is None:
        raise NoSuchImport
    again = ImportCounts(**row.counts) if row.counts is not None else None
    return Begun(row.id, row.state, row.dry_run, row.started_at, again)


def plan(tx: Tx, import_id: UUID) -> Plan:
    """How its rows are read. Raises NoSuchImport."""
    found = tx.execute(_PLAN, {"id": import_id}).scalar()
    if found is None:
        raise NoSuchImport
    return Plan(tuple(found["columns"]), found["country"], found["dates"])


def next_ids(tx: Tx, after: UUID | None, limit: int) -> list[UUID]:
    """Of the profiles that are not merged into others, in their order."""
    return list(tx.execute(_NEXT, {"after": after or UUID(int=0), "limit": limit}).scalars())


def keep_rows(tx: Tx, import_id: UUID, number: int, rows: Sequence[Sequence[str]]) -> bool:
    """False where the batch is there already."""
    kept = {"id": import_id, "number": number, "rows": compact([list(row) for row in rows])}
    return tx.execute(_KEEP, kept).first() is not None


def kept_rows(tx: Tx, import_id: UUID, number: int) -> list[list[str]] | None:
    """None where they have been worked on."""
    rows: list[list[str]] | None = tx.execute(_KEPT, {"id": import_id, "number": number}).scalar()
    return rows


def through(tx: Tx, begun: Begun, number: int, became: Through) -> None:
    """The batch is through; the rows themselves are forgotten. It was written in its turn, unless to try."""
    tx.execute(
        _THROUGH,
        {
            "id": begun.id,
            "number": number,
            "written": not begun.dry_run,
            "outcomes": became.outcomes,
            "places": list(became.rows),
            "profiles": list(became.profiles),
            "said": compact([list(each) for each in became.said]),
            "counts": compact(asdict(became.counts)),
        },
    )
    tx.execute(_END_IF_THROUGH, {"id": begun.id, "now": tx.now})


def end(tx: Tx, import_id: UUID, rows: int, why: str | None) -> None:
    """How many rows there are is known: it is done when so many are through, or has failed."""
    tx.execute(_END, {"id": import_id, "rows": rows, "why": why, "now": tx.now})
    tx.execute(_END_IF_THROUGH, {"id": import_id, "now": tx.now})


def report(tx: Tx, import_id: UUID, after: int) -> Any:
    """The next batch that is through after this one: number, outcomes, places, profiles, said; None without."""
    return tx.execute(_REPORT, {"id": import_id, "after": after}).one_or_none()


def first_in_dry_run(
    tx: Tx, import_id: UUID, traces: Mapping[bytes, int], asked: Iterable[bytes] = ()
) -> dict[bytes, int]:
    """The row of the same dry run that left each of these traces first; this one, where none has before.

    `asked` are traces that are looked for and not left.
    """
    rows = {"id": import_id, "traces": list(traces), "rows": list(traces.values()), "asked": list(asked)}
    return {bytes(row.trace): row.row for row in tx.execute(_TRACES, rows)}


def forget(tx: Tx, before: datetime) -> int:
    return tx.execute(_FORGET, {"before": before}).rowcount


def turns(tx: Tx) -> int:
    """How many batches have been written, of all imports."""
    return int(tx.execute(_TURNS).scalar_one())


def wait_for_turn(tx: Tx, since: int) -> list[UUID]:
    """One batch at a time is written. Answers whose profiles were since so many `turns`."""
    tx.execute(_TURN)
    return list(tx.execute(_SINCE, {"turns": since}).scalars())


def merged(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Who stands now for those of these profiles that exist: themselves, or whom they were merged into."""
    rows = tx.execute(_SURVIVORS, {"ids": list(ids)})
    return {row.id: row.survivor for row in rows}


_PLAN = sa.text("SELECT plan FROM imports WHERE id = :id")
_STATE = sa.text("SELECT state FROM imports WHERE id = :id")
_NEXT = sa.text("SELECT id FROM profiles WHERE id > :after AND merged_into IS NULL ORDER BY id LIMIT :limit")
_TURNS = sa.text("SELECT coalesce(max(turn), 0) FROM import_batches")
# What follows joins a few hundred rows to a few thousand: by hash, however small it takes them for.
_TURN = sa.text(
    """
    SELECT pg_advisory_xact_lock(hashtextextended('profiles import', 0)), set_config('enable_hashjoin', 'on', true),
        set_config('enable_nestloop', 'off', true)
    """
)
_SINCE = sa.text("SELECT DISTINCT unnest(profiles) FROM import_batches WHERE turn > :turns")
_ADD = sa.text(
    """
    INSERT INTO imports (id, digest, dry_run, plan, batch_rows, state, started_by, started_at)
    VALUES (:id, :digest, :dry_run, CAST(:plan AS jsonb), :batch_rows, 'open', :by, :now)
    """
)
_OPEN = sa.text(
    """
    SELECT id FROM imports
    WHERE digest = :digest AND dry_run = :dry_run AND plan = CAST(:plan AS jsonb) AND state = 'open'
    ORDER BY started_at DESC LIMIT 1
    """
)
_READ = sa.text(
    """
    WITH batches AS (
        SELECT number, counts FROM import_batches WHERE import_id = :id AND counts IS NOT NULL
    ), ranges AS (
        SELECT min(number) AS first, max(number) AS last
        FROM (SELECT number, number - row_number() OVER (ORDER BY number) AS island FROM batches) AS b
        GROUP BY island
    )
    SELECT i.*,
        (SELECT jsonb_agg(jsonb_build_array(first, last) ORDER BY first) FROM ranges) AS done,
        coalesce((
            SELECT jsonb_object_agg(name, total) FROM (
                SELECT c.key AS name, sum(CAST(c.value AS bigint)) AS total
                FROM batches, jsonb_each_text(batches.counts) AS c GROUP BY c.key
            ) AS s
        ), '{}') AS counts
    FROM imports i WHERE i.id = :id
    """
)
# A row for the batch is there before it is worked on: whoever works on the same one waits here and finds it done.
_BEGUN = sa.text(
    """
    WITH claimed AS (
        INSERT INTO import_batches AS b (import_id, number)
        SELECT i.id, :number FROM imports i WHERE i.id = :id
        ON CONFLICT (import_id, number) DO UPDATE SET number = excluded.number
        RETURNING b.import_id, b.counts
    )
    SELECT i.id, i.state, i.dry_run, i.started_at, claimed.counts
    FROM imports i JOIN claimed ON claimed.import_id = i.id
    """
)
_KEEP = sa.text(
    """
    INSERT INTO import_batches (import_id, number, rows) VALUES (:id, :number, CAST(:rows AS jsonb))
    ON CONFLICT (import_id, number) DO NOTHING RETURNING number
    """
)
_KEPT = sa.text("SELECT rows FROM import_batches WHERE import_id = :id AND number = :number AND counts IS NULL")
_THROUGH = sa.text(
    """
    UPDATE import_batches SET rows = NULL, outcomes = :outcomes, places = CAST(:places AS integer[]),
        profiles = CAST(:profiles AS uuid[]), said = CAST(:said AS jsonb), counts = CAST(:counts AS jsonb),
        turn = CASE WHEN :written THEN nextval('import_turns') END
    WHERE import_id = :id AND number = :number
    """
)
_END = sa.text(
    """
    UPDATE imports SET rows = :rows, why = :why,
        state = CASE WHEN CAST(:why AS text) IS NULL THEN state ELSE 'failed' END,
        ended_at = CASE WHEN CAST(:why AS text) IS NULL THEN ended_at ELSE :now END
    WHERE id = :id AND state = 'open'
    """
)
# Only where the number of rows is known, which is said last: while a large file comes in, nothing is counted here.
_END_IF_THROUGH = sa.text(
    """
    UPDATE imports i SET state = 'done', ended_at = :now
    WHERE i.id = :id AND i.state = 'open' AND i.rows IS NOT NULL AND i.rows <= (
        SELECT coalesce(sum(length(b.outcomes)), 0) FROM import_batches b WHERE b.import_id = i.id
    )
    """
)
_REPORT = sa.text(
    """
    SELECT number, outcomes, places, profiles, said FROM import_batches
    WHERE import_id = :id AND number > :after AND counts IS NOT NULL ORDER BY number LIMIT 1
    """
)
_TRACES = sa.text(
    """
    WITH left_now AS (
        INSERT INTO import_traces AS t (import_id, trace, row)
        SELECT :id, trace, row FROM unnest(CAST(:traces AS bytea[]), CAST(:rows AS integer[])) AS n (trace, row)
        ORDER BY trace
        ON CONFLICT (import_id, trace) DO UPDATE SET row = t.row RETURNING t.trace, t.row
    )
    SELECT trace, row FROM left_now
    UNION ALL
    SELECT t.trace, t.row FROM import_traces t WHERE t.import_id = :id AND t.trace = ANY(CAST(:asked AS bytea[]))
        AND NOT t.trace = ANY(CAST(:traces AS bytea[]))
    """
)
_FORGET = sa.text("DELETE FROM imports WHERE started_at < :before")
_SURVIVORS = sa.text(
    "SELECT id, coalesce(merged_into, id) AS survivor FROM profiles WHERE id = ANY(CAST(:ids AS uuid[]))"
)
