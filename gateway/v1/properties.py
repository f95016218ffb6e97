"""Properties, their room types, and what is left to sell."""

from __future__ import annotations

import re
from typing import Any, get_args

from flask import Response
from marshmallow import ValidationError, fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Flag, Page, Strict, Text, WholeNumber, listing, part, schema_of, shown
from gateway.problems import invalid
from services.contracts.bookings import (
    AsksVerification,
    Availability,
    HouseHour,
    NewRoomType,
    NoSuchProperty,
    Property,
    ReadAvailability,
    ReadProperties,
    RoomType,
    SetAvailability,
    SetUpProperty,
)

blueprint = Blueprint("properties", __name__, description="Houses, rooms and what is left")

_CODE = validate.Regexp(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z"), error="Letters, digits, dot, dash and underscore.")
_DATES = {"first": "from", "until": "to"}
_COUNT = validate.Range(min=0, max=100_000)


class RoomTypeIn(Strict):
    code = Text(required=True, most=60, validate=_CODE)
    name = Text(required=True)
    capacity = WholeNumber(required=True, validate=_COUNT)
    overbooking = WholeNumber(load_default=0, validate=_COUNT)
    occupancy = WholeNumber(load_default=2, validate=validate.Range(min=1, max=1000))


def _hour(what: str) -> Text:
    return Text(allow_none=True, most=5, metadata={"description": f"{what} By the property's clock, `15:00`."})


class PropertyIn(Strict):
    """Hours that are not said stay as they are; null takes one away."""

    name = Text(required=True)
    currency = Text(required=True, most=3)
    time_zone = Text(required=True, most=64)
    country = Text(required=True, most=2)
    check_in_from = _hour("From when guests can come in.")
    check_out_until = _hour("Who is in house after it on the day of departure is flagged `overdue`.")
    no_show_at = _hour("Of the day after arrival: who has not come by then is a no-show.")
    hold_hours = WholeNumber(allow_none=True, metadata={"description": "How long a tentative booking is held."})
    verification = Text(
        validate=validate.OneOf(get_args(AsksVerification)),
        metadata={"description": "Who is asked, at bookings from now on, to say a code that is mailed to them."},
    )
    room_types = fields.List(fields.Nested(RoomTypeIn), load_default=[], validate=validate.Length(max=500))


class OneProperty(Strict):
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})


class PropertyFilter(Page):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})


class RoomTypeFilter(Page, OneProperty):
    """The part of a property's room types to answer."""


class Nights(OneProperty):
    first = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True, data_key="to", metadata={"description": "The day after the last night."})


class DaysIn(Strict):
    """What is not said stays as it is; null takes `overbooking` and `min_stay` away."""

    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    room_type = Text(load_default=None, most=60, metadata={"description": "All of them, if not said."})
    first = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True, data_key="to", metadata={"description": "The day after the last."})
    overbooking = WholeNumber(allow_none=True, metadata={"description": "Instead of the room type's."})
    closed = Flag(metadata={"description": "The night is not sold."})
    closed_to_arrival = Flag()
    closed_to_departure = Flag()
    min_stay = WholeNumber(allow_none=True, metadata={"description": "Nights of a stay that arrives on the day."})


PropertyShape = schema_of(Property)


class RoomTypeShape(schema_of(RoomType)):  # type: ignore[misc]
    property_id = fields.UUID()


@blueprint.get("/properties")
@needs("read", by_property=True)
@blueprint.arguments(PropertyFilter, location="query")
@blueprint.response(200, listing(PropertyShape, "PropertiesPage"))
def read_properties(wanted: dict[str, Any]) -> Response:
    """All properties with their room types."""
    found = ask(ReadProperties(property=wanted.pop("property"))).items
    return reply(part([shown(house) for house in found], **wanted))


@blueprint.put("/properties/<code>")
@needs("admin")
@blueprint.arguments(PropertyIn)
@blueprint.response(200, PropertyShape)
def set_up_property(body: dict[str, Any], code: str) -> Response:
    """Create a property by its code, or bring it and its room types to what is said here."""
    try:
        Text(most=60, validate=_CODE).deserialize(code)
    except ValidationError as fault:
        raise invalid({"code": fault.messages}) from None
    types = tuple(NewRoomType(**kind) for kind in body.pop("room_types"))
    clear = tuple(name for name in get_args(HouseHour) if name in body and body[name] is None)
    return reply(command(SetUpProperty(code=code, room_types=types, clear=clear, **body)))


@blueprint.get("/room-types")
@needs("read", by_property=True)
@blueprint.arguments(RoomTypeFilter, location="query")
@blueprint.response(200, listing(RoomTypeShape, "RoomTypesPage"))
def read_room_types(wanted: dict[str, Any]) -> Response:
    """The room types of a property."""
    found = ask(ReadProperties(property=wanted.pop("property"))).items
    if not found:
        raise NoSuchProperty
    kinds = [{**shown(kind), "property_id": str(house.id)} for house in found for kind in house.room_types]
    return reply(part(kinds, **wanted))


@blueprint.get("/availability")
@needs("read", by_property=True)
@blueprint.arguments(Nights, location="query")
@blueprint.response(200, schema_of(Availability))
def read_availability(wanted: dict[str, Any]) -> Response:
    """Capacity, sold and left by room type and night, and what is not sold."""
    return reply(ask(ReadAvailability(**wanted), renamed=_DATES))


@blueprint.put("/availability")
@needs("write", by_property=True)
@blueprint.arguments(DaysIn)
@blueprint.response(200, schema_of(Availability))
def set_availability(body: dict[str, Any]) -> Response:
    """Close days, to arrivals or departures too, ask for a minimum stay, or change how far a night is overbooked."""
    clear = tuple(name for name in ("overbooking", "min_stay") if name in body and body[name] is None)
    return reply(command(SetAvailability(**body, clear=clear), renamed=_DATES))
