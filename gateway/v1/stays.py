"""Changes of a stay at the desk, and guests for whom there is no room."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import with_internals
from gateway.outside import Change, MoneyField, Strict, Text, WholeNumber, schema_of
from gateway.preconditions import version_to_change
from gateway.v1.bookings import RoomIn, room_of
from services.contracts.bookings import (
    AddRoom,
    Booking,
    BookingHasChanged,
    ChangeRoomType,
    ChangeStay,
    ReadBooking,
    ReadRelocations,
    RelocateBooking,
    Relocations,
    RemoveRoom,
)
from services.kit import wire

blueprint = Blueprint("stays", __name__, description="Changes of a stay, and guests without a room")

_WHOLE = {"description": "The whole stay's from now on. Without it the price stays, or the sum of its rooms'."}


class StayChange(Change):
    arrival = fields.Date(load_default=None)
    departure = fields.Date(load_default=None)
    price = MoneyField(load_default=None, metadata=_WHOLE)


class RoomToAdd(RoomIn):
    booking_price = MoneyField(load_default=None, metadata=_WHOLE)


class RoomToRemove(Strict):
    price = MoneyField(load_default=None, metadata=_WHOLE)


class RoomTypeChange(Strict):
    room_type = Text(required=True, most=60)
    first = fields.Date(
        load_default=None,
        data_key="from",
        metadata={"description": "The first night in it; the room's arrival if not said, for guests in house today."},
    )
    price = MoneyField(load_default=None, metadata=_WHOLE)


class RelocationIn(Strict):
    room_type = Text(required=True, most=60)
    position = WholeNumber(load_default=None, metadata={"description": "The room; all of them if not said."})
    property = Text(load_default=None, most=60, metadata={"description": "Another property's id or code."})
    price = MoneyField(load_default=None, metadata=_WHOLE)


class RelocationsFilter(Strict):
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    first = fields.Date(load_default=None, data_key="from", metadata={"description": "Today, if not said."})
    until = fields.Date(load_default=None, data_key="to", metadata={"description": "The day after the last night."})


@blueprint.patch("/bookings/<uuid:booking_id>")
@needs("write", by_property=True)
@blueprint.arguments(StayChange)
@blueprint.response(200, shapes.BookingShape)
def change_stay(body: dict[str, Any], booking_id: UUID) -> Response:
    """Extend or shorten a stay, or change its price. `If-Match` holds the ETag that was read.

    409 `closed`, `minimum-stay` or `no-room-left`, with the nights that refuse in `facts`.
    """
    version = version_to_change(BookingHasChanged, lambda: ask(ReadBooking(booking_id=booking_id)).version)
    return _changed(ChangeStay(booking_id=booking_id, version=version, **body))


@blueprint.post("/bookings/<uuid:booking_id>/rooms")
@needs("write", by_property=True)
@blueprint.arguments(RoomToAdd)
@blueprint.response(201, shapes.BookingShape)
def add_room(body: dict[str, Any], booking_id: UUID) -> Response:
    """Add a room to a stay: for the rest of it where the guests are in house."""
    price = body.pop("booking_price")
    said = AddRoom(booking_id=booking_id, room=room_of(body), price=price)
    return _changed(said, 201, renamed={"room": "", "price": "booking_price"})


@blueprint.post("/bookings/<uuid:booking_id>/rooms/<int:position>/remove")
@needs("write", by_property=True)
@blueprint.arguments(RoomToRemove)
@blueprint.response(200, shapes.BookingShape)
def remove_room(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Give a room back; in house, from today on."""
    return _changed(RemoveRoom(booking_id=booking_id, position=position, **body))


@blueprint.post("/bookings/<uuid:booking_id>/rooms/<int:position>/type")
@needs("write", by_property=True)
@blueprint.arguments(RoomTypeChange)
@blueprint.response(200, shapes.BookingShape)
def change_room_type(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Another room type for a room, from a day on."""
    said = ChangeRoomType(booking_id=booking_id, position=position, **body)
    return _changed(said, renamed={"first": "from"})


@blueprint.get("/relocations")
@needs("read", by_property=True)
@blueprint.arguments(RelocationsFilter, location="query")
@blueprint.response(200, schema_of(Relocations))
def read_relocations(wanted: dict[str, Any]) -> Response:
    """Stays for which there is no room, and where there would be: other types here, other properties of the house."""
    return reply(ask(ReadRelocations(**wanted), renamed={"first": "from", "until": "to"}))


@blueprint.post("/bookings/<uuid:booking_id>/relocate")
@needs("write", by_property=True)
@blueprint.arguments(RelocationIn)
@blueprint.response(200, shapes.BookingShape)
def relocate_booking(body: dict[str, Any], booking_id: UUID) -> Response:
    """Take guests to another room type, or to another property: then the answer is the new booking that stands for
    this one, which is cancelled without a fee.
    """
    return _changed(RelocateBooking(booking_id=booking_id, **body))


def _changed(said: wire.Request[Booking], status: int = 200, renamed: dict[str, str] | None = None) -> Response:
    after = command(said, renamed=renamed)
    return reply(with_internals(after), status, version=after.version)
