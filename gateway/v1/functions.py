"""Functions, and the rooms of a property that they are held in."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.outside import Change, Instant, LongText, Page, Strict, Text, WholeNumber, listing, page, schema_of
from gateway.preconditions import version_to_change
from gateway.v1.groups import ContactIn, contact_of
from services.contracts.bookings import (
    BookFunction,
    CancelFunction,
    ChangeFunction,
    FindFunctions,
    Function,
    FunctionHasChanged,
    FunctionKind,
    FunctionRoom,
    FunctionRooms,
    FunctionState,
    FunctionUse,
    ReadFunction,
    ReadFunctionRooms,
    SetFunctionRooms,
    Setup,
)

blueprint = Blueprint("functions", __name__, description="Conferences, weddings, and the rooms they are held in")

_KIND = validate.OneOf(get_args(FunctionKind))
_PEOPLE = validate.Range(min=1, max=100_000)


class FunctionRoomIn(Strict):
    code = Text(required=True, most=40)
    name = Text(required=True)
    capacity = WholeNumber(required=True, validate=_PEOPLE, metadata={"description": "People."})


class FunctionRoomsIn(Strict):
    rooms = fields.List(fields.Nested(FunctionRoomIn), required=True, validate=validate.Length(max=200))


class FunctionUseIn(Strict):
    """A room for as long as the function, or from when to when it says."""

    room = Text(required=True, most=40, metadata={"description": "Its code."})
    starts_at = Instant(load_default=None, metadata={"description": "With the time to set it up."})
    ends_at = Instant(load_default=None, metadata={"description": "With the time to clear it."})
    setup = Text(load_default=None, validate=validate.OneOf(get_args(Setup)))
    notes = LongText(load_default=None, most=2000)


class NewFunction(Strict):
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    name = Text(required=True)
    kind = Text(required=True, validate=_KIND)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    rooms = fields.List(fields.Nested(FunctionUseIn), required=True, validate=validate.Length(min=1, max=50))
    contact = fields.Nested(ContactIn, required=True)
    guests = WholeNumber(load_default=None, validate=_PEOPLE, metadata={"description": "People who are expected."})
    group = Text(load_default=None, most=40, metadata={"description": "The code of the group it belongs to."})
    notes = LongText(load_default=None)


class FunctionChange(Change):
    """What is not said stays."""

    name = Text(load_default=None)
    kind = Text(load_default=None, validate=_KIND)
    starts_at = Instant(load_default=None)
    ends_at = Instant(load_default=None)
    rooms = fields.List(
        fields.Nested(FunctionUseIn),
        load_default=None,
        validate=validate.Length(min=1, max=50),
        metadata={"description": "All of them."},
    )
    contact = fields.Nested(ContactIn, load_default=None)
    guests = WholeNumber(load_default=None, validate=_PEOPLE)
    group = Text(load_default=None, most=40)
    notes = LongText(load_default=None, least=0)


class FunctionFilter(Page):
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    day = fields.Date(load_default=None, metadata={"description": "Those that are on at any time of this day there."})
    group = Text(load_default=None, most=40)
    state = Text(load_default="booked", validate=validate.OneOf(get_args(FunctionState)))


FunctionShape = schema_of(Function)


@blueprint.get("/properties/<key>/function-rooms")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(FunctionRooms))
def read_function_rooms(key: str) -> Response:
    """The rooms of a property that functions are held in."""
    return reply(ask(ReadFunctionRooms(property=key)))


@blueprint.put("/properties/<key>/function-rooms")
@needs("admin")
@blueprint.arguments(FunctionRoomsIn)
@blueprint.response(200, schema_of(FunctionRooms))
def set_function_rooms(body: dict[str, Any], key: str) -> Response:
    """All of them. One that is left out keeps its functions and gets no new ones."""
    rooms = tuple(FunctionRoom(**room) for room in body["rooms"])
    return reply(command(SetFunctionRooms(property=key, rooms=rooms)))


@blueprint.post("/functions")
@needs("write", by_property=True)
@blueprint.arguments(NewFunction)
@blueprint.response(201, FunctionShape)
def book_function(body: dict[str, Any]) -> Response:
    """Hold a function; 409 `function-room-taken`, with the room and the other function in `facts`."""
    rooms, contact = _rooms(body.pop("rooms")), contact_of(body.pop("contact"))
    booked = command(BookFunction(**body, rooms=rooms, contact=contact))
    return versioned(booked, at=f"/v1/functions/{booked.id}")


@blueprint.get("/functions")
@needs("read", by_property=True)
@blueprint.arguments(FunctionFilter, location="query")
@blueprint.response(200, listing(FunctionShape, "FunctionsPage"))
def find_functions(wanted: dict[str, Any]) -> Response:
    """By property, its day and group, in the order in which they begin."""
    return reply(page(ask(FindFunctions(**wanted))))


@blueprint.get("/functions/<uuid:function_id>")
@needs("read", by_property=True)
@blueprint.response(200, FunctionShape)
def read_function(function_id: UUID) -> Response:
    """One function, with an ETag to change it by."""
    return versioned(ask(ReadFunction(function_id=function_id)))


@blueprint.patch("/functions/<uuid:function_id>")
@needs("write", by_property=True)
@blueprint.arguments(FunctionChange)
@blueprint.response(200, FunctionShape)
def change_function(body: dict[str, Any], function_id: UUID) -> Response:
    """Another time, other rooms, other notes. `If-Match` holds the ETag that was read."""
    version = version_to_change(FunctionHasChanged, lambda: ask(ReadFunction(function_id=function_id)).version)
    rooms, contact = body.pop("rooms"), body.pop("contact")
    said = ChangeFunction(
        function_id=function_id,
        version=version,
        **body,
        rooms=None if rooms is None else _rooms(rooms),
        contact=contact_of(contact) if contact else None,
    )
    return versioned(command(said))


@blueprint.post("/functions/<uuid:function_id>/cancel")
@needs("write", by_property=True)
@blueprint.response(200, FunctionShape)
def cancel_function(function_id: UUID) -> Response:
    """Its rooms are free at once."""
    return versioned(command(CancelFunction(function_id=function_id)))


def _rooms(said: list[dict[str, Any]]) -> tuple[FunctionUse, ...]:
    return tuple(FunctionUse(**room) for room in said)
