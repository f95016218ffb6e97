"""Tasks about guests."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import FindTasks, NoSuchProfile, NoSuchTask, Task
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses

AT_ONCE: Final = 500  # reminders of one run
Place = tuple[datetime | None, UUID]  # due at, none for never; id


def add(tx: Tx, task: Task) -> Task:
    """Onto the survivor where the profile turned out to be somebody else's. Raises NoSuchProfile."""
    row = tx.execute(_ADD, asdict(task)).one_or_none()
    if row is None:
        raise NoSuchProfile
    return task_of(row._mapping)


def read(tx: Tx, task_id: UUID) -> Task:
    """Raises NoSuchTask for one of another house, too."""
    row = tx.execute(_READ, {"id": task_id, "houses": houses(tx)}).one_or_none()
    if row is None:
        raise NoSuchTask
    return task_of(row._mapping)


def lock(tx: Tx, task_id: UUID) -> Task:
    """Nobody else changes it until this transaction ends. Raises NoSuchTask."""
    row = tx.execute(_LOCK, {"id": task_id, "houses": houses(tx)}).one_or_none()
    if row is None:
        raise NoSuchTask
    return task_of(row._mapping)


def replace(tx: Tx, task: Task) -> None:
    tx.execute(_REPLACE, asdict(task))


def find(tx: Tx, wanted: FindTasks, after: Place | None) -> list[Task]:
    """Due first, one more than asked."""
    due_at, last = after or (None, None)
    said: dict[str, Any] = {
        "profile_id": wanted.profile_id,
        "assignee": wanted.assignee,
        "property_id": wanted.property_id,
        "due_from": wanted.due_from,
        "due_until": wanted.due_until,
        "limit": wanted.limit + 1,
        "houses": houses(tx),
        "due_at": due_at,
        "last": last,
    }
    conditions = [_STATES[wanted.state], HOUSES.format("property_id")]
    conditions += [condition for name, condition in _CONDITIONS.items() if said[name] is not None]
    statement = sa.text(_FIND.format(" AND ".join(conditions)))
    used = statement.compile().params
    return [task_of(row._mapping) for row in tx.execute(statement, {name: said[name] for name in used})]


def remind(tx: Tx) -> list[Task]:
    """Those that somebody is to be reminded of by now, marked as reminded of, some at a time."""
    return [task_of(row._mapping) for row in tx.execute(_REMIND, {"now": tx.now, "most": AT_ONCE})]


def task_of(row: Any) -> Task:
    """Of a row, or of its JSON."""
    said = {name: row[name] for name in Task.__dataclass_fields__}
    for name, value in said.items():
        if isinstance(value, str) and name.endswith("_at"):
            said[name] = datetime.fromisoformat(value)
        elif isinstance(value, str) and (name == "id" or name.endswith("_id")):
            said[name] = UUID(value)
        elif isinstance(value, str) and name == "due_on":
            said[name] = datetime.fromisoformat(value).date()
    return Task(**said)


_FIELDS = tuple(Task.__dataclass_fields__)
_ADD = sa.text(
    f"""
    INSERT INTO tasks ({", ".join(_FIELDS)})
    SELECT {", ".join("coalesce(p.merged_into, p.id)" if name == "profile_id" else f":{name}" for name in _FIELDS)}
    FROM profiles p WHERE p.id = :profile_id
    RETURNING *
    """  # noqa: S608 constants
).bindparams(
    *(sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name in _FIELDS if name.endswith("_at")),
    *(sa.bindparam(name, type_=sa.Text()) for name in _FIELDS if name in ("title", "text", "assignee", "time_zone")),
    *(sa.bindparam(name, type_=sa.Text()) for name in ("author", "done_by")),
    sa.bindparam("id", type_=sa.Uuid()),
    sa.bindparam("property_id", type_=sa.Uuid()),
    sa.bindparam("due_on", type_=sa.Date()),
    sa.bindparam("version", type_=sa.Integer()),
)
_ONE = f"SELECT * FROM tasks WHERE id = :id AND {HOUSES.format('property_id')}"  # noqa: S608 constants
_READ = sa.text(_ONE)
_LOCK = sa.text(_ONE + " FOR UPDATE")
_REPLACE = sa.text(
    """
    UPDATE tasks SET version = :version, title = :title, text = :text, assignee = :assignee, due_at = :due_at,
        due_on = :due_on, remind_at = :remind_at, reminded_at = :reminded_at, done_at = :done_at, done_by = :done_by,
        changed_at = :changed_at
    WHERE id = :id
    """
)
_STATES = {"open": "done_at IS NULL", "done": "done_at IS NOT NULL", None: "true"}
_CONDITIONS = {
    "profile_id": "profile_id = (SELECT coalesce(merged_into, id) FROM profiles WHERE id = :profile_id)",
    "assignee": "assignee = :assignee",
    "property_id": "property_id = :property_id",
    "due_from": "due_at >= :due_from",
    "due_until": "due_at < :due_until",
    "last": "(coalesce(due_at, 'infinity'), id) > (coalesce(CAST(:due_at AS timestamptz), 'infinity'), :last)",
}
_FIND = "SELECT * FROM tasks WHERE {} ORDER BY coalesce(due_at, 'infinity'), id LIMIT :limit"
# Due now or while nobody looked; who is reminding of one at this moment is passed over.
_REMIND = sa.text(
    """
    UPDATE tasks SET reminded_at = :now
    WHERE id IN (
        SELECT id FROM tasks
        WHERE remind_at <= :now AND reminded_at IS NULL AND done_at IS NULL
        ORDER BY remind_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    RETURNING *
    """
)
