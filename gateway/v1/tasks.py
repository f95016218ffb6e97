"""Tasks about guests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.known import property_id_of, property_of, wanted_of
from gateway.outside import Change, Instant, LongText, Page, Strict, Text, cleared, listing, page, schema_of
from gateway.preconditions import version_to_change
from services.contracts.profiles import (
    AddTask,
    ChangeTask,
    FindTasks,
    FinishTask,
    ReadTask,
    ReopenTask,
    Task,
    TaskHasChanged,
)

blueprint = Blueprint("tasks", __name__, description="What is to be done about guests, by whom and by when")

_DUE_ON = {"description": "Until the end of this day at the property; instead of `due_at`."}
_REMIND_AT = {"description": "When `task.due` is announced; when it is due, if not said."}
_ASSIGNEE = {"description": "An id of staff, no name.", "example": "staff:ines"}


class NewTask(Strict):
    title = Text(required=True)
    text = LongText(load_default=None, allow_none=True, most=10_000)
    assignee = Text(load_default=None, allow_none=True, most=120, metadata=_ASSIGNEE)
    property = Text(
        load_default=None,
        allow_none=True,
        most=60,
        metadata={"description": "Whose it is, by id or code; the whole organisation's, if not said."},
    )
    due_at = Instant(load_default=None, allow_none=True)
    due_on = fields.Date(load_default=None, allow_none=True, metadata=_DUE_ON)
    remind_at = Instant(load_default=None, allow_none=True, metadata=_REMIND_AT)


class TaskChange(Change):
    """What is not said stays; null empties."""

    title = Text()
    text = LongText(allow_none=True, most=10_000)
    assignee = Text(allow_none=True, most=120, metadata=_ASSIGNEE)
    due_at = Instant(allow_none=True)
    due_on = fields.Date(allow_none=True, metadata=_DUE_ON)
    remind_at = Instant(allow_none=True, metadata=_REMIND_AT)


class TaskFilter(Page):
    profile = fields.UUID(load_default=None)
    assignee = Text(load_default=None, most=120)
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    state = Text(load_default="open", validate=validate.OneOf(["open", "done", "all"]))
    due_from = Instant(load_default=None)
    due_until = Instant(load_default=None, metadata={"description": "Due before this instant."})


TaskShape = schema_of(Task)


@blueprint.post("/profiles/<uuid:profile_id>/tasks")
@needs("write", by_property=True)
@blueprint.arguments(NewTask)
@blueprint.response(201, TaskShape)
def add_task(body: dict[str, Any], profile_id: UUID) -> Response:
    """Something is to be done about a guest."""
    key = body.pop("property")
    house = property_of(key) if key else None
    property_id, time_zone = (house.id, house.time_zone) if house else (None, None)
    added = command(AddTask(profile_id=profile_id, property_id=property_id, time_zone=time_zone, **body))
    return versioned(added, at=f"/v1/tasks/{added.id}")


@blueprint.get("/tasks")
@needs("read", by_property=True)
@blueprint.arguments(TaskFilter, location="query")
@blueprint.response(200, listing(TaskShape, "TasksPage"))
def find_tasks(wanted: dict[str, Any]) -> Response:
    """By guest, assignee, property and due date; due first, then those without a due date."""
    state = None if wanted["state"] == "all" else wanted["state"]
    house, who = property_id_of(wanted.pop("property")), wanted_of(wanted.pop("profile"))
    return reply(page(ask(FindTasks(**{**wanted, "state": state}, property_id=house, profile_id=who))))


@blueprint.get("/tasks/<uuid:task_id>")
@needs("read", by_property=True)
@blueprint.response(200, TaskShape)
def read_task(task_id: UUID) -> Response:
    """One task, with an ETag to change it by."""
    return versioned(ask(ReadTask(task_id=task_id)))


@blueprint.patch("/tasks/<uuid:task_id>")
@needs("write", by_property=True)
@blueprint.arguments(TaskChange)
@blueprint.response(200, TaskShape)
def change_task(body: dict[str, Any], task_id: UUID) -> Response:
    """Change the fields given; null empties one. `If-Match` holds the ETag. Another due date is reminded of anew."""
    version = version_to_change(TaskHasChanged, lambda: ask(ReadTask(task_id=task_id)).version)
    return versioned(command(ChangeTask(task_id=task_id, version=version, **cleared(body))))


@blueprint.post("/tasks/<uuid:task_id>/done")
@needs("write", by_property=True)
@blueprint.response(200, TaskShape)
def finish_task(task_id: UUID) -> Response:
    """It is done; who and when is noted, of the first time it is said."""
    return versioned(command(FinishTask(task_id=task_id)))


@blueprint.post("/tasks/<uuid:task_id>/reopen")
@needs("write", by_property=True)
@blueprint.response(200, TaskShape)
def reopen_task(task_id: UUID) -> Response:
    """It is not done after all."""
    return versioned(command(ReopenTask(task_id=task_id)))
