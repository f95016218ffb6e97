"""Who has a number, by it or by its end, as indexes of `contact_points` have both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.kit.scope import HOUSES, houses
from services.profiles.domain.calling import TAIL, Dialled
from services.profiles.domain.search import LAST

_LOOKED_AT = 1000  # numbers of the same key or end


def by_number(tx: Tx, key: str, most: int) -> list[UUID]:
    """Those who have it, the likeliest first: proven, and their first number."""
    said = {"key": key, "today": tx.now.date(), "looked_at": _LOOKED_AT, "most": most}
    return [row.profile_id for row in tx.execute(_BY_KEY, said)]


def by_end(tx: Tx, dialled: Dialled, most: int) -> list[UUID]:
    """Those whose number has the most last digits of it, where it has as many as tell numbers apart."""
    end = dialled.digits[-TAIL:][::-1]
    said = {"end": end, "end_last": end + LAST, "today": tx.now.date(), "looked_at": _LOOKED_AT}
    rows = tx.execute(_BY_END, said).all()
    longest = max((dialled.shares(row.key) for row in rows), default=0)
    return list(dict.fromkeys(row.profile_id for row in rows if dialled.shares(row.key) == longest))[:most]


def people(tx: Tx, ids: Sequence[UUID]) -> list[Any]:
    """Their rows in that order, with how many open tasks they have in the caller's houses."""
    rows = {row.id: row for row in tx.execute(_PEOPLE, {"ids": list(ids), "houses": houses(tx)})}
    return [rows[each] for each in ids if each in rows]


# Bounded before anybody's card is read: a number may be on a great many.
_OF_POINTS = """
    SELECT c.profile_id, c.key FROM (
        SELECT * FROM contact_points
        WHERE {} AND kind = 'phone' AND means IS DISTINCT FROM 'placeholder'
          AND coalesce(valid_from <= :today, true) AND coalesce(valid_to >= :today, true)
        LIMIT :looked_at
    ) AS c JOIN profiles p ON p.id = c.profile_id AND p.merged_into IS NULL
    ORDER BY c.verified DESC, c.is_primary DESC, p.changed_at DESC, p.id
"""
_BY_KEY = sa.text(_OF_POINTS.format("key = :key") + "LIMIT :most")
_BY_END = sa.text(_OF_POINTS.format("reverse(key) >= :end AND reverse(key) < :end_last"))
_PEOPLE = sa.text(
    f"""
    SELECT p.id, p.kind, p.given_name, p.family_name, p.second_family_name, p.name, p.title, p.preferred_name,
        p.language, p.stage, (
            SELECT count(*) FROM tasks t
            WHERE t.profile_id = p.id AND t.done_at IS NULL AND {HOUSES.format("t.property_id")}
        ) AS open_tasks
    FROM profiles p WHERE p.id = ANY(CAST(:ids AS uuid[]))
    """  # noqa: S608 constants
)
