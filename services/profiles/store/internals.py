"""What the house knows of guests for itself, as it stands on their cards and on their bookings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import (
    GuestInternals,
    InLanguage,
    LevelMark,
    LifeCycle,
    Note,
    Preference,
    PreferenceKind,
    Task,
)
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses
from services.profiles.domain import preferences
from services.profiles.store.notes import note_of
from services.profiles.store.tasks import task_of

_MOST, _CUT = 10, 500  # warnings and tasks of a guest on a booking, and characters of their texts
_NOTES = 100  # on a card; the list of notes has all

_MARK = """CASE WHEN l.code IS NOT NULL THEN json_build_object('code', l.code, 'name', l.name, 'colour', l.colour,
        'conduct', l.conduct, 'do_not_book', l.do_not_book) END AS level_mark"""

# Of the profile `p` with its level `l`, for the houses of the caller.
COLUMNS: Final = f"""
        {_MARK},
        (SELECT json_agg(n) FROM (
            SELECT * FROM notes n
            WHERE n.profile_id = p.id AND n.removed_at IS NULL AND {HOUSES.format("n.property_id")}
            ORDER BY n.pinned DESC, n.written_at DESC, n.id DESC LIMIT {_NOTES}
        ) AS n) AS notes,
        (SELECT json_build_object('since', f.since, 'why', f.why, 'tier', f.tier, 'care', r.care)
         FROM stage_rules r LEFT JOIN stage_facts f ON f.profile_id = p.id WHERE r.code = p.stage) AS life,
        (SELECT json_agg(q) FROM (
            SELECT q.*, k.several FROM preferences q LEFT JOIN preference_kinds k ON k.code = q.kind
            WHERE q.profile_id = p.id AND q.ended_at IS NULL AND k.sensitive IS NOT TRUE
              AND {HOUSES.format("q.property_id")}
            ORDER BY q.recorded_at DESC, q.id
        ) AS q) AS preferences
"""  # noqa: S608 constants


def on_card(row: Any) -> dict[str, Any]:
    """What a row with COLUMNS says, by the names it has on a profile: preferences only those in effect."""
    return {
        "notes": tuple(note_of(note) for note in row.notes or ()),
        "level_mark": _mark(row.level_mark),
        "life_cycle": _life(row),
        "preferences": _preferences(row.preferences or ()),
    }


def of_guests(tx: Tx, profile_ids: Sequence[UUID]) -> tuple[GuestInternals, ...]:
    """What staff see of them on bookings. One statement."""
    rows = tx.execute(_OF_GUESTS, {"ids": list(profile_ids), "houses": houses(tx)})
    return tuple(
        GuestInternals(
            profile_id=row.id,
            level=_mark(row.level_mark),
            do_not_book=bool(row.level_mark and row.level_mark["do_not_book"]),
            warnings=tuple(note_of(note) for note in row.warnings or ()),
            tasks=tuple(task_of(task) for task in row.tasks or ()),
            verified=row.verified,
        )
        for row in rows
    )


def _mark(said: Mapping[str, Any] | None) -> LevelMark | None:
    return LevelMark(**said) if said else None


def _life(row: Any) -> LifeCycle:
    said = row.life or {}
    return LifeCycle(
        stage=row.stage,
        since=datetime.fromisoformat(said["since"]) if said.get("since") else row.created_at,
        why=said.get("why"),
        tier=said.get("tier"),
        care=tuple(InLanguage(**each) for each in said.get("care") or ()),
    )


def _preferences(said: Sequence[Mapping[str, Any]]) -> tuple[Preference, ...]:
    kinds = {
        each["kind"]: PreferenceKind(code=each["kind"], version=0, labels=(), several=each["several"])
        for each in said
        if each["kind"]
    }
    weighed = preferences.weighed([_preference(each) for each in said], kinds)
    return tuple(each for each in weighed if each.in_effect)


def _preference(said: Mapping[str, Any]) -> Preference:
    kept = {name: said[name] for name in Preference.__dataclass_fields__ if name in said}
    for name in ("id", "profile_id", "property_id"):
        kept[name] = UUID(kept[name]) if kept[name] else None
    for name in ("recorded_at", "changed_at"):
        kept[name] = datetime.fromisoformat(kept[name]) if kept[name] else None
    for name in ("since", "on_date"):
        kept[name] = date.fromisoformat(kept[name]) if kept[name] else None
    return Preference(**kept)


def _cut(alias: str, fields: Sequence[str]) -> str:
    """The columns of a note or a task, their texts cut."""
    return ", ".join(
        f"CASE WHEN length({alias}.text) > {_CUT} THEN left({alias}.text, {_CUT}) || '…' ELSE {alias}.text END AS text"
        if field == "text"
        else f"{alias}.{field}"
        for field in fields
    )


_OF_GUESTS = sa.text(
    f"""
    SELECT p.id, p.verified_at IS NOT NULL AS verified, {_MARK},
        (SELECT json_agg(n) FROM (
            SELECT {_cut("n", tuple(Note.__dataclass_fields__))} FROM notes n
            WHERE n.profile_id = p.id AND n.pinned AND n.removed_at IS NULL AND {HOUSES.format("n.property_id")}
            ORDER BY n.written_at DESC, n.id DESC LIMIT {_MOST}
        ) AS n) AS warnings,
        (SELECT json_agg(t) FROM (
            SELECT {_cut("t", tuple(Task.__dataclass_fields__))} FROM tasks t
            WHERE t.profile_id = p.id AND t.done_at IS NULL AND {HOUSES.format("t.property_id")}
            ORDER BY coalesce(t.due_at, 'infinity'), t.id LIMIT {_MOST}
        ) AS t) AS tasks
    FROM profiles p LEFT JOIN levels l ON l.code = p.level_code
    WHERE p.id = ANY(CAST(:ids AS uuid[]))
    """  # noqa: S608 constants
)
