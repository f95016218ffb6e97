"""What is to be done about a guest, by whom and by when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

TaskState = Literal["open", "done"]


@value
class Task:
    """`assignee` is an opaque id of staff. `due_on` is the day of `due_at` at the property, whose zone is `time_zone`
    (UTC without one). `remind_at` is when TaskDue is announced, `reminded_at` when it was.
    """

    id: UUID
    version: int
    profile_id: UUID
    property_id: UUID | None = None
    title: str
    text: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    time_zone: str | None = None
    remind_at: datetime | None = None
    reminded_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    author: str
    created_at: datetime
    changed_at: datetime


@value
class TasksFound:
    """Due first, then those without a due date. `next` is an opaque cursor."""

    items: tuple[Task, ...]
    next: str | None = None


@request
class AddTask(Request[Task]):
    """Due at an instant, or on a day, until its end in `time_zone`, the property's. Without `remind_at` it is reminded
    of when it is due. Refuses with NoSuchProfile, NotATask.
    """

    profile_id: UUID
    title: str
    text: str | None = None
    assignee: str | None = None
    property_id: UUID | None = None
    time_zone: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    remind_at: datetime | None = None


@request
class ReadTask(Request[Task]):
    """Refuses with NoSuchTask."""

    task_id: UUID


@request
class FindTasks(Request[TasksFound]):
    """`due_from` and `due_until` bound `due_at`, the second one excluded."""

    profile_id: UUID | None = None
    assignee: str | None = None
    property_id: UUID | None = None
    state: TaskState | None = "open"
    due_from: datetime | None = None
    due_until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ChangeTask(Request[Task]):
    """What is said replaces; names in `clear` become empty. Another due date or reminder is reminded of anew.

    Refuses with TaskHasChanged, NotATask.
    """

    task_id: UUID
    version: int
    title: str | None = None
    text: str | None = None
    assignee: str | None = None
    due_at: datetime | None = None
    due_on: date | None = None
    remind_at: datetime | None = None
    clear: tuple[str, ...] = ()


@request
class FinishTask(Request[Task]):
    """It is done; one that was done before stays as it was."""

    task_id: UUID


@request
class ReopenTask(Request[Task]):
    """It is not done after all."""

    task_id: UUID


@event
class TaskChanged(Event):
    """It was added, changed, done or opened again."""

    aggregate = "task_id"
    task_id: UUID
    version: int
    profile_id: UUID


@event
class TaskDue(Event):
    """Somebody is to be reminded of it; announced once for each instant that it is to be reminded of at."""

    aggregate = "task_id"
    task_id: UUID
    version: int
    profile_id: UUID
    property_id: UUID | None = None
    assignee: str | None = None
    due_at: datetime | None = None


class NoSuchTask(NotFound):
    """There is no such task."""


class TaskHasChanged(Conflict):
    """Somebody else has changed this task since it was read."""


class NotATask(Invalid):
    """The task is not complete or not valid."""
