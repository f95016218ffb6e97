"""The table of sections. A section is fresh while the generation it was asked for at is still its generation.

And for an hour at most: should an owner ever change something without telling anybody, that is how long it is missed.

Why no mark can be lost: a reader's row exists before it asks the owner. An event that arrives before the row is there
tells of a change that was committed before the owner was asked; one that arrives later finds the row and gives it a
new generation, and the answer is kept under the old one.

What makes a section of every guest old at once (a field is masked from now on) is one row, the least generation that
is good: a row below it counts as one at it, so what was asked before is old and what is asked from then on is fresh.
What is that old is not shown while its owner is silent either, and swept away: it may hold what is to be seen no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a section; `body` is JSON text, None where no owner has ever answered."""

    body: str | None
    as_of: datetime | None
    generation: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner said, asked at `as_of` while the section was at `generation`."""

    body: str
    as_of: datetime
    generation: int


def read(tx: Tx, profile_id: UUID) -> dict[str, Kept]:
    """The sections of a guest that have been looked at before."""
    rows: Iterable[Any] = tx.execute(_READ, {"profile_id": profile_id})
    return {row[0]: Kept(row[1], row[2], row[3], bool(row[4])) for row in rows}


def open_sections(tx: Tx, profile_id: UUID, sections: Iterable[str]) -> None:
    """Make rows, so that marks find them from now on."""
    tx.execute(_OPEN, {"profile_id": profile_id, "sections": sorted(sections)})


def keep(tx: Tx, profile_id: UUID, answers: Mapping[str, Answer]) -> None:
    """Store what owners said, unless a later answer or nothing stands there; does not touch the generation."""
    named = sorted(answers)
    tx.execute(
        _KEEP,
        {
            "profile_id": profile_id,
            "sections": named,
            "bodies": [answers[name].body for name in named],
            "moments": [answers[name].as_of for name in named],
            "generations": [answers[name].generation for name in named],
        },
    )


def mark_old(tx: Tx, section: str, *profile_ids: UUID) -> None:
    """Give this section of these guests a new generation, where somebody has looked at it.

    One small statement per guest, in the order of their ids: nearly always there is one guest, and no row.
    """
    for profile_id in sorted(set(profile_ids)):
        tx.execute(_MARK, {"profile_id": profile_id, "section": section})


def mark_all_old(tx: Tx, section: str) -> None:
    """This section of everybody, however many have looked; what is kept of it is shown no more."""
    tx.execute(_MARK_ALL, {"section": section})


def sweep(tx: Tx, most: int) -> int:
    """Drop sections that were marked old for everybody and not asked anew since; the number dropped."""
    swept = len(tx.execute(_SWEEP, {"most": most}).all())
    if swept < most:
        tx.execute(_SWEPT)
    return swept


def forget(tx: Tx, profile_id: UUID) -> None:
    """Drop a guest's sections: the next look starts anew."""
    tx.execute(_FORGET, {"profile_id": profile_id})


def forget_unused(tx: Tx, before: datetime) -> int:
    """Drop sections that were not refetched since `before`; the number dropped."""
    return len(tx.execute(_FORGET_UNUSED, {"before": before}).all())


def _array(name: str, of: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=postgresql.ARRAY(of))


_ID = sa.bindparam("profile_id", type_=sa.Uuid)

_LEAST_GOOD = "(SELECT least_good FROM section_generations g WHERE g.section = sections.section)"
_GENERATION = f"greatest(generation, {_LEAST_GOOD})"
# Null where nobody has answered yet.
FRESH = f"fetched_generation = {_GENERATION} AND as_of > now() - interval '1 hour'"

_READ = sa.text(
    f"""
    SELECT section, CASE WHEN fetched_generation < {_LEAST_GOOD} THEN NULL ELSE body END, as_of, {_GENERATION}, {FRESH}
    FROM sections WHERE profile_id = :profile_id
    """  # noqa: S608 constants
).bindparams(_ID)

_OPEN = sa.text(
    "INSERT INTO sections (profile_id, section) SELECT :profile_id, unnest(:sections) ON CONFLICT DO NOTHING"
).bindparams(_ID, _array("sections", sa.Text()))

# A row that somebody else holds is passed over: it is being marked old at this moment, or kept by another reader.
# So readers neither wait for marks, which come many in one transaction, nor ever hold them up in a circle.
_KEEP = sa.text(
    """
    WITH said AS (
        SELECT * FROM unnest(:sections, :bodies, :moments, :generations) AS s (section, body, as_of, generation)
    ), locked AS MATERIALIZED (
        SELECT section FROM sections WHERE profile_id = :profile_id AND section = ANY(:sections)
        FOR UPDATE SKIP LOCKED
    )
    UPDATE sections kept
    SET body = said.body, as_of = said.as_of, fetched_generation = said.generation
    FROM locked JOIN said USING (section)
    WHERE kept.profile_id = :profile_id AND kept.section = locked.section
      AND (kept.fetched_generation IS NULL
           OR (kept.fetched_generation, kept.as_of) < (said.generation, said.as_of))
    """
).bindparams(
    _ID,
    _array("sections", sa.Text()),
    _array("bodies", sa.Text()),
    _array("moments", sa.DateTime(timezone=True)),
    _array("generations", sa.BigInteger()),
)

_MARK = sa.text(
    "UPDATE sections SET generation = nextval('generations') WHERE profile_id = :profile_id AND section = :section"
).bindparams(_ID)

# Never back to an earlier one, as those who mark at the same moment may commit in another order.
_MARK_ALL = sa.text(
    "INSERT INTO section_generations AS g (section, least_good, swept) VALUES (:section, nextval('generations'), false)"
    " ON CONFLICT (section) DO UPDATE SET least_good = greatest(g.least_good, excluded.least_good), swept = false"
)

_SWEEP = sa.text(
    """
    DELETE FROM sections WHERE (profile_id, section) IN (
        SELECT s.profile_id, s.section FROM section_generations g JOIN sections s USING (section)
        WHERE NOT g.swept AND s.fetched_generation < g.least_good LIMIT :most FOR UPDATE OF s SKIP LOCKED
    )
    RETURNING 1
    """
)
_SWEPT = sa.text(
    """
    UPDATE section_generations g SET swept = true WHERE NOT swept AND NOT EXISTS (
        SELECT FROM sections s WHERE s.section = g.section AND s.fetched_generation < g.least_good
    )
    """
)

_FORGET = sa.text("DELETE FROM sections WHERE profile_id = :profile_id").bindparams(_ID)

_FORGET_UNUSED = sa.text(
    """
    DELETE FROM sections WHERE (profile_id, section) IN (
        SELECT profile_id, section FROM sections
        WHERE opened_at < :before AND (as_of IS NULL OR as_of < :before)
        LIMIT 10000 FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
    """
)
