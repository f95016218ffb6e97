"""Tasks: what is to be done, by when, and when somebody is reminded of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.contracts.profiles import AddTask, ChangeTask, NotATask, Task
from services.profiles.domain import names
from services.profiles.domain.faults import Faults
from services.profiles.domain.names import Unfit

CLEARABLE = ("text", "assignee", "due_at", "due_on", "remind_at")
_TITLE, _TEXT, _ASSIGNEE = 200, 10_000, 120  # the longest of each, in characters
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 31)


def new_task(said: AddTask, task_id: UUID, author: str, now: datetime) -> Task:
    """Raises NotATask."""
    faults = Faults()
    zone = faults.check("/time_zone", _zone, said.time_zone) if said.time_zone else None
    task = Task(
        id=task_id,
        version=1,
        profile_id=said.profile_id,
        property_id=said.property_id,
        title=_title(faults, said.title),
        time_zone=said.time_zone if zone else None,
        author=author,
        created_at=now,
        changed_at=now,
    )
    return _amended(task, said, faults)


def changed_task(before: Task, said: ChangeTask, now: datetime) -> Task:
    """`before` as said, with a version more; itself where nothing is another. Raises NotATask."""
    faults = Faults()
    for place, field in enumerate(said.clear):
        if field not in CLEARABLE or getattr(said, field) is not None:
            faults.add(f"/clear/{place}", "There is no such field, or it is given as well.")
    changes: dict[str, Any] = dict.fromkeys(said.clear)
    if {"due_at", "due_on"} & changes.keys():
        changes |= {"due_at": None, "due_on": None}
        if before.remind_at == before.due_at:
            changes["remind_at"] = None
    if said.title is not None:
        changes["title"] = _title(faults, said.title)
    after = _amended(replace(before, **changes), said, faults)
    if after.remind_at != before.remind_at:
        after = replace(after, reminded_at=None)
    return after if after == before else replace(after, version=before.version + 1, changed_at=now)


def done(before: Task, by: str, now: datetime) -> Task:
    if before.done_at:
        return before
    return replace(before, version=before.version + 1, done_at=now, done_by=by, changed_at=now)


def reopened(before: Task, now: datetime) -> Task:
    if not before.done_at:
        return before
    return replace(before, version=before.version + 1, done_at=None, done_by=None, changed_at=now)


def _amended(task: Task, said: AddTask | ChangeTask, faults: Faults) -> Task:
    """With text, assignee, due date and reminder as said. Who says a due date and no reminder is reminded by then."""
    changes: dict[str, Any] = {}
    if said.text is not None:
        changes["text"] = faults.check("/text", names.clean_lines, said.text, _TEXT)
    if said.assignee is not None:
        changes["assignee"] = faults.check("/assignee", names.clean, said.assignee, _ASSIGNEE)
    if said.due_at is not None and said.due_on is not None:
        faults.add("/due_on", "Say the instant or the day, not both.")
    elif said.due_at is not None or said.due_on is not None:
        zone = ZoneInfo(task.time_zone) if task.time_zone else UTC
        given = faults.check("/due_on", _end_of, said.due_on, zone) if said.due_on else said.due_at
        due_at = faults.check("/due_at", _instant, given) if given else None
        if due_at:
            changes |= {"due_at": due_at, "due_on": said.due_on or due_at.astimezone(zone).date()}
            if task.remind_at in (None, task.due_at):
                changes["remind_at"] = due_at
    if said.remind_at is not None:
        changes["remind_at"] = faults.check("/remind_at", _instant, said.remind_at)
    faults.refuse(NotATask)
    return replace(task, **changes)


def _title(faults: Faults, said: str) -> str:
    title = faults.check("/title", names.clean, said, _TITLE)
    if title is None and not any(fault.pointer == "/title" for fault in faults.found):
        faults.add("/title", "A task needs a title.")
    return title or ""


def _zone(said: str) -> ZoneInfo:
    try:
        return ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unfit("There is no such time zone.") from None


def _instant(said: datetime) -> datetime:
    # compared by its own calendar: a moment at the ends of the calendar has none in UTC
    if not _FIRST <= said.date() <= _LAST:
        raise Unfit(f"From {_FIRST} to {_LAST}.")
    return said.astimezone(UTC)


def _end_of(day: date, zone: Any) -> datetime:
    """The last second of a day there."""
    if not _FIRST <= day <= _LAST:
        raise Unfit(f"From {_FIRST} to {_LAST}.")
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)
