"""Rooms with their numbers: set up, closed, cleaned, and who is put into which. The board is next door."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import with_internals
from gateway.outside import Flag, LongText, MoneyField, Strict, Text, WholeNumber, schema_of
from gateway.preconditions import IF_MATCH, version_to_change
from services.contracts.bookings import (
    ArrivalsAssigned,
    AssignArrivals,
    AssignRoom,
    Booking,
    ChangeRoom,
    CloseRoom,
    ClosureKind,
    EndClosure,
    Feature,
    HotelRoom,
    HotelRooms,
    Housekeeping,
    MoveRoom,
    NewRoom,
    PlaceOnBooking,
    ReadRoom,
    ReadRoomOptions,
    ReadRooms,
    RetireRoom,
    RoomHasChanged,
    RoomOptions,
    SetRoomStatus,
    SetUpRooms,
    SwapRooms,
    UnassignRoom,
)
from services.kit import wire

blueprint = Blueprint("rooms", __name__, description="Rooms of the house, and who is in them")

_NUMBER = {"description": "What stands on the door, or the room's id."}
_DIRTY = {"description": "Guests may be put into it although it is not clean."}
_NIGHTS = {"first": "from", "until": "to"}


class HotelRoomIn(Strict):
    number = Text(required=True, most=20)
    room_type = Text(required=True, most=60)
    floor = Text(load_default=None, most=20)
    building = Text(load_default=None, most=60)
    features = fields.List(
        Text(validate=validate.OneOf(get_args(Feature))), load_default=[], validate=validate.Length(max=50)
    )
    connects_with = fields.List(
        Text(most=20),
        load_default=[],
        validate=validate.Length(max=50),
        metadata={"description": "Numbers of rooms behind a shared door; say it of both."},
    )
    position = WholeNumber(load_default=0, metadata={"description": "Rooms are shown by it, then by number."})


class RoomsIn(Strict):
    rooms = fields.List(fields.Nested(HotelRoomIn), load_default=[], validate=validate.Length(max=2000))
    dirty_at = Text(
        load_default=None,
        most=5,
        metadata={
            "description": "When rooms with guests become dirty each day: 04:00 or never; if not said, as before."
        },
    )


class StatusIn(Strict):
    housekeeping = Text(required=True, validate=validate.OneOf(get_args(Housekeeping)))


class ClosureIn(Strict):
    kind = Text(
        required=True,
        validate=validate.OneOf(get_args(ClosureKind)),
        metadata={"description": "One that is out of order is not sold on these nights either."},
    )
    first = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True, data_key="to", metadata={"description": "The day after the last night."})
    reason = LongText(load_default=None, most=500)


class ClosureEnd(Strict):
    body_optional = True
    until = fields.Date(load_default=None, data_key="to", metadata={"description": "Today, if not said."})


class AssignmentIn(Strict):
    body_optional = True
    room = Text(load_default=None, most=40, metadata={"description": "Its number or id; the best one, if not said."})
    accept_dirty = Flag(load_default=False, metadata=_DIRTY)


class MoveIn(Strict):
    room = Text(required=True, most=40, metadata=_NUMBER)
    accept_dirty = Flag(load_default=False, metadata=_DIRTY)
    price = MoneyField(load_default=None, metadata={"description": "The whole stay's, where the type changes."})


class SwapIn(Strict):
    booking_id = fields.UUID(required=True, metadata={"description": "With which booking; it may be the same one."})
    position = WholeNumber(load_default=0, metadata={"description": "With which of its rooms."})
    accept_dirty = Flag(load_default=False, metadata=_DIRTY)


class ArrivalsIn(Strict):
    day = fields.Date(required=True, metadata={"description": "Of arrival."})
    after = fields.UUID(load_default=None, metadata={"description": "What `next` of the answer before said."})


class Swapped(Strict):
    items = fields.List(fields.Nested(shapes.BookingShape), required=True)


RoomShape = schema_of(HotelRoom)

# ── rooms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@blueprint.put("/properties/<key>/rooms")
@needs("admin")
@blueprint.arguments(RoomsIn)
@blueprint.response(200, schema_of(HotelRooms))
def set_up_rooms(body: dict[str, Any], key: str) -> Response:
    """Bring rooms, by their number, to what is said here; others stay as they are.

    What is sold is the room types' capacity: `types` of the answer tells where that is not the number of rooms.
    """
    rooms = tuple(_room(said) for said in body.pop("rooms"))
    return reply(command(SetUpRooms(property=key, rooms=rooms, **body), renamed={"property": "key"}))


@blueprint.get("/properties/<key>/rooms")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(HotelRooms))
def read_rooms(key: str) -> Response:
    """The rooms of a property in its order, with the closures of today and later."""
    return reply(ask(ReadRooms(property=key)))


@blueprint.get("/rooms/<uuid:room_id>")
@needs("read", by_property=True)
@blueprint.response(200, RoomShape)
def read_room(room_id: UUID) -> Response:
    """One room, with an ETag to change it by."""
    return _shown(ask(ReadRoom(room_id=room_id)))


@blueprint.put("/rooms/<uuid:room_id>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(HotelRoomIn)
@blueprint.response(200, RoomShape)
def change_room(body: dict[str, Any], room_id: UUID) -> Response:
    """Another number, type, or features. `If-Match` holds the ETag that was read; 409 `room-taken` where the type is to
    change while stays or closures count on it.
    """
    said = ChangeRoom(room_id=room_id, version=_version(room_id), room=_room(body))
    return _shown(command(said, renamed={"room": ""}))


@blueprint.delete("/rooms/<uuid:room_id>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, RoomShape)
def retire_room(room_id: UUID) -> Response:
    """No room any more, though past stays name it. 409 `room-taken` while stays or closures count on it."""
    return _shown(command(RetireRoom(room_id=room_id, version=_version(room_id))))


@blueprint.put("/rooms/<uuid:room_id>/status")
@needs("write", by_property=True)
@blueprint.arguments(StatusIn)
@blueprint.response(200, RoomShape)
def set_room_status(body: dict[str, Any], room_id: UUID) -> Response:
    """Clean, dirty or inspected."""
    return _shown(command(SetRoomStatus(room_id=room_id, **body)))


@blueprint.post("/rooms/<uuid:room_id>/closures")
@needs("write", by_property=True)
@blueprint.arguments(ClosureIn)
@blueprint.response(201, RoomShape)
def close_room(body: dict[str, Any], room_id: UUID) -> Response:
    """Nobody is put into it on these nights; stays that were to come into it lose it and are flagged `room-lost`.

    409 `room-occupied` where guests are in it: move them first.
    """
    return _shown(command(CloseRoom(room_id=room_id, **body), renamed=_NIGHTS), 201)


@blueprint.post("/rooms/<uuid:room_id>/closures/<uuid:closure_id>/end")
@needs("write", by_property=True)
@blueprint.arguments(ClosureEnd)
@blueprint.response(200, RoomShape)
def end_closure(body: dict[str, Any], room_id: UUID, closure_id: UUID) -> Response:
    """It ends earlier; what it kept from sale is sold again."""
    return _shown(command(EndClosure(room_id=room_id, closure_id=closure_id, **body), renamed=_NIGHTS))


# ── who is in them ───────────────────────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/bookings/<uuid:booking_id>/rooms/<int:position>/options")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(RoomOptions))
def read_room_options(booking_id: UUID, position: int) -> Response:
    """Rooms that are free for it, the best first, and what speaks for each."""
    return reply(ask(ReadRoomOptions(booking_id=booking_id, position=position)))


@blueprint.post("/bookings/<uuid:booking_id>/rooms/<int:position>/assign")
@needs("write", by_property=True)
@blueprint.arguments(AssignmentIn)
@blueprint.response(200, shapes.BookingShape)
def assign_room(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Put it into a room for all its nights; 409 `room-taken` where the room is not free on one of them."""
    return _changed(AssignRoom(booking_id=booking_id, position=position, **body))


@blueprint.post("/bookings/<uuid:booking_id>/rooms/<int:position>/unassign")
@needs("write", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def unassign_room(booking_id: UUID, position: int) -> Response:
    """Take its room away, before the guests are in it."""
    return _changed(UnassignRoom(booking_id=booking_id, position=position))


@blueprint.post("/bookings/<uuid:booking_id>/rooms/<int:position>/move")
@needs("write", by_property=True)
@blueprint.arguments(MoveIn)
@blueprint.response(200, shapes.BookingShape)
def move_room(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Guests in house go into another room today; the one they leave is dirty."""
    return _changed(MoveRoom(booking_id=booking_id, position=position, **body))


@blueprint.post("/bookings/<uuid:booking_id>/rooms/<int:position>/swap")
@needs("write", by_property=True)
@blueprint.arguments(SwapIn)
@blueprint.response(200, Swapped)
def swap_rooms(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Two rooms of bookings change places, for the nights that are left."""
    other = PlaceOnBooking(booking_id=body["booking_id"], position=body["position"])
    one = PlaceOnBooking(booking_id=booking_id, position=position)
    swapped = command(SwapRooms(one=one, other=other, accept_dirty=body["accept_dirty"]), renamed={"other": ""})
    return reply({"items": [shapes.booking(booking) for booking in swapped.items]})


@blueprint.post("/properties/<key>/rooms/assign")
@needs("write", by_property=True)
@blueprint.arguments(ArrivalsIn)
@blueprint.response(200, schema_of(ArrivalsAssigned))
def assign_arrivals(body: dict[str, Any], key: str) -> Response:
    """Give rooms to the confirmed stays that arrive on a day and have none, and tell why these."""
    return reply(command(AssignArrivals(property=key, **body)))


def _room(said: dict[str, Any]) -> NewRoom:
    return NewRoom(**{**said, "features": tuple(said["features"]), "connects_with": tuple(said["connects_with"])})


def _version(room_id: UUID) -> int:
    return version_to_change(RoomHasChanged, lambda: ask(ReadRoom(room_id=room_id)).version)


def _shown(room: HotelRoom, status: int = 200) -> Response:
    return reply(room, status, version=room.version)


def _changed(said: wire.Request[Booking]) -> Response:
    after = command(said)
    return reply(with_internals(after), version=after.version)
