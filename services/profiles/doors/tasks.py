"""Tasks about guests: added, changed, done, and reminded of by the clock."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.profiles import (
    AddTask,
    ChangeTask,
    FindTasks,
    FinishTask,
    NoSuchTask,
    ReadTask,
    ReopenTask,
    Task,
    TaskChanged,
    TaskDue,
    TaskHasChanged,
    TasksFound,
)
from services.kit.db import Tx
from services.kit.doors import command, every, query
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem
from services.kit.scope import permit, sees
from services.profiles.domain.tasks import changed_task, done, new_task, reopened
from services.profiles.store import tasks as store
from services.profiles.store import timeline

_MOST = 200


class Tasks:
    @command
    def add_task(self, tx: Tx, request: AddTask) -> Task:
        permit(tx, request.property_id)
        task = store.add(tx, new_task(request, new_id(), tx.context.actor, tx.now))
        _tell(tx, task, "task.added")
        return task

    @query
    def read_task(self, tx: Tx, request: ReadTask) -> Task:
        return store.read(tx, request.task_id)

    @query
    def find_tasks(self, tx: Tx, request: FindTasks) -> TasksFound:
        if not 1 <= request.limit <= _MOST:
            raise Invalid(errors=[Problem("/limit", f"From 1 to {_MOST}.")])
        found = store.find(tx, request, _place(request.cursor) if request.cursor else None)
        page, more = found[: request.limit], found[request.limit :]
        return TasksFound(items=tuple(page), next=_cursor(page[-1]) if more else None)

    @command
    def change_task(self, tx: Tx, request: ChangeTask) -> Task:
        """A change that changes nothing leaves the version as it is."""
        before = _locked(tx, request.task_id)
        if before.version != request.version:
            raise TaskHasChanged(facts={"version": str(before.version)})
        return _kept(tx, before, changed_task(before, request, tx.now), "task.changed")

    @command
    def finish_task(self, tx: Tx, request: FinishTask) -> Task:
        before = _locked(tx, request.task_id)
        return _kept(tx, before, done(before, tx.context.actor, tx.now), "task.done")

    @command
    def reopen_task(self, tx: Tx, request: ReopenTask) -> Task:
        before = _locked(tx, request.task_id)
        return _kept(tx, before, reopened(before, tx.now), "task.reopened")

    @every(seconds=15)
    def remind_of_tasks(self, tx: Tx) -> None:
        """Each once, also those that became due while nobody looked."""
        for task in store.remind(tx):
            tx.announce(
                TaskDue(
                    task_id=task.id,
                    version=task.version,
                    profile_id=task.profile_id,
                    property_id=task.property_id,
                    assignee=task.assignee,
                    due_at=task.due_at,
                )
            )


def _locked(tx: Tx, task_id: UUID) -> Task:
    task = store.lock(tx, task_id)
    if not sees(tx.context, task.property_id):
        raise NoSuchTask
    permit(tx, task.property_id)
    return task


def _kept(tx: Tx, before: Task, after: Task, what: str) -> Task:
    if after != before:
        store.replace(tx, after)
        _tell(tx, after, what)
    return after


def _tell(tx: Tx, task: Task, what: str) -> None:
    tx.announce(TaskChanged(task_id=task.id, version=task.version, profile_id=task.profile_id))
    timeline.record(
        tx,
        timeline.Entry(
            profile_id=task.profile_id,
            at=tx.now,
            kind="task",
            what=what,
            property_id=task.property_id,
            ref=task.id,
            actor=tx.context.actor,
            facts={"due_at": task.due_at.isoformat()} if task.due_at else {},
        ),
    )


def _cursor(task: Task) -> str:
    return f"{task.due_at.isoformat() if task.due_at else ''} {task.id}"


def _place(cursor: str) -> store.Place:
    try:
        due_at, task_id = cursor.split(" ")
        return datetime.fromisoformat(due_at) if due_at else None, UUID(task_id)
    except ValueError:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None
