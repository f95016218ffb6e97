"""Direct bookings and the life of every booking."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate, validates_schema

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.booked_fields import check_own_fields
from gateway.contacts import EmailAddress, PhoneNumber
from gateway.known import from_register, internals_of, wanted_of, with_internals
from gateway.outside import (
    Flag,
    Instant,
    LongText,
    MoneyField,
    Page,
    Strict,
    Text,
    WholeNumber,
    listing,
    page,
    schema_of,
)
from services.contracts.bookings import (
    BookedRoom,
    Booking,
    CheckInBooking,
    CheckOutBooking,
    FindBookings,
    Method,
    Need,
    OpenBooking,
    Person,
    PickUpRooms,
    PostalAddress,
    ReadBooking,
    RoomChoice,
    RoomPart,
    Sex,
    When,
)
from services.contracts.profiles import FieldScreen
from services.kit import wire

blueprint = Blueprint("bookings", __name__, description="Who stays where, when")


class RoomIn(Strict):
    room_type = Text(required=True, most=60)
    adults = WholeNumber(load_default=1, validate=validate.Range(min=0, max=50))
    children = WholeNumber(load_default=0, validate=validate.Range(min=0, max=50))
    child_ages = fields.List(
        WholeNumber(), load_default=(), metadata={"description": "0 to 17, of every child or of none."}
    )
    rate = Text(load_default=None, most=60, metadata={"description": "The rate plan's code."})
    price = MoneyField(load_default=None, metadata={"description": "For the whole stay of this room."})
    parts = fields.List(
        fields.Nested(schema_of(RoomPart)),
        load_default=(),
        validate=validate.Length(max=100),
        metadata={"description": "Where the room has dates of its own, or changes its type during the stay."},
    )


class PersonIn(Strict):
    """A known guest by `profile_id`, or enough to be identified by."""

    profile_id = fields.UUID(load_default=None)
    given_name = Text(load_default=None)
    family_name = Text(load_default=None)
    company = Text(load_default=None)
    email = EmailAddress(load_default=None)
    phone = PhoneNumber(load_default=None)
    language = Text(load_default=None, most=35)
    country = Text(load_default=None, most=2)
    birth_date = fields.Date(load_default=None)
    title = Text(load_default=None, most=60)
    sex = Text(load_default=None, validate=validate.OneOf(get_args(Sex)))
    nationality = Text(load_default=None, most=2)
    address = fields.Nested(schema_of(PostalAddress), load_default=None)
    age = WholeNumber(load_default=None)
    house_fields = fields.Dict(
        data_key="fields",
        attribute="fields",
        load_default=None,
        keys=Text(most=60),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=100),
        metadata={"description": "The house's own fields, by code, for the profile: those that are empty are filled."},
    )


class NewBooking(Strict):
    property_id = Text(most=60, metadata={"description": "The property's id or its code."})
    property = Text(most=60, metadata={"description": "The same as `property_id`."})
    arrival = fields.Date(required=True)
    departure = fields.Date(required=True)
    rooms = fields.List(fields.Nested(RoomIn), required=True, validate=validate.Length(min=1, max=50))
    booker = fields.Nested(PersonIn, required=True)
    guests = fields.List(fields.Nested(PersonIn), load_default=[], validate=validate.Length(max=100))
    contact = fields.Nested(
        PersonIn, load_default=None, metadata={"description": "Who gets the messages; the primary guest, if not said."}
    )
    payer = fields.Nested(
        PersonIn, load_default=None, metadata={"description": "Who owes the stay; the primary guest, where not said."}
    )
    channel = Text(load_default="direct", most=60)
    method = Text(
        load_default=None,
        validate=validate.OneOf(get_args(Method)),
        metadata={"description": "`web` if not said, for a walk-in `walk-in`."},
    )
    needs = fields.List(
        Text(validate=validate.OneOf(get_args(Need))), load_default=[], validate=validate.Length(max=100)
    )
    needs_note = LongText(load_default=None, most=2000)
    price = MoneyField(load_default=None)
    tentative = Flag(load_default=False)
    held_until_at = Instant(
        load_default=None,
        metadata={"description": "When a tentative booking ends by itself; by the property's hours, if not said."},
    )
    walk_in = Flag(load_default=False, metadata={"description": "The guests stand at the desk: checked in at once."})
    requests = LongText(load_default=None, most=2000)
    group = Text(
        load_default=None, most=40, metadata={"description": "Its code: the rooms are picked up from its block."}
    )

    screen = Text(
        load_default=None,
        validate=validate.OneOf(get_args(FieldScreen)),
        metadata={"description": "Where it is booked, `booking`: then the fields are asked for that are needed there."},
    )

    @validates_schema
    def names_one_property(self, data: dict[str, Any], **_: Any) -> None:
        if ("property_id" in data) == ("property" in data):
            raise marshmallow.ValidationError("Name the property once.", "property_id")


class BookingFilter(Page):
    profile = fields.UUID(load_default=None)
    role = Text(load_default=None, validate=validate.OneOf(shapes.ROLES), metadata={"description": "Of the `profile`."})
    when = Text(
        load_default=None,
        validate=validate.OneOf(get_args(When)),
        metadata={"description": "Stays that have ended, are in house or would be, or arrive on a later day."},
    )
    external_ref = Text(load_default=None)
    property = Text(load_default=None, most=60)
    arrival = fields.Date(load_default=None)


class ChosenRoom(Strict):
    position = WholeNumber(load_default=0)
    room = Text(required=True, most=40, metadata={"description": "Its number or id."})


class CheckInBody(Strict):
    body_optional = True
    rooms = fields.List(
        fields.Nested(ChosenRoom),
        validate=validate.Length(max=100),
        metadata={"description": "Those without one get the one they were assigned, or the best left."},
    )
    accept_dirty = Flag(metadata={"description": "Guests may come into a room that is not clean."})


class BookingFound(shapes.BookingShape):
    roles = fields.List(Text(), metadata={"description": "Of the profile that was asked for."})


@blueprint.post("/bookings")
@needs("write", by_property=True)
@blueprint.arguments(NewBooking)
@blueprint.response(201, shapes.BookingShape)
def open_booking(body: dict[str, Any]) -> Response:
    """Book a stay; 409 `no-room-left`, `closed` or `minimum-stay`, with the nights in `facts`, or `do-not-book`.

    Of a `group` from its block: 409 `block-full` where nothing is left of it.
    """
    guests = body.pop("guests")
    said = {"/booker": body.pop("booker"), **{f"/guests/{n}": guest for n, guest in enumerate(guests)}}
    said |= {f"/{name}": person for name in ("contact", "payer") if (person := body.pop(name))}
    named = {pointer: Person(**person) for pointer, person in said.items()}
    check_own_fields(named, body.get("property") or body["property_id"], body.pop("screen"))
    people, unwelcome = from_register(named)
    asked_for, group = body.pop("property", None) or body.pop("property_id"), body.pop("group")
    rooms, needs = tuple(room_of(room) for room in body.pop("rooms")), tuple(body.pop("needs"))
    stay = OpenBooking(
        **body,
        property=asked_for,
        rooms=rooms,
        needs=needs,
        booker=people["/booker"],
        guests=tuple(people[f"/guests/{n}"] for n in range(len(guests))),
        contact=people.get("/contact"),
        payer=people.get("/payer"),
        do_not_book="/booker" in unwelcome,
    )
    opened = command(PickUpRooms(group=group, booking=stay) if group else stay, renamed={"property": "property_id"})
    made = with_internals(opened) if opened.asks_verification else shapes.booking(opened)
    return reply(made, 201, headers={"Location": f"/v1/bookings/{opened.id}"})


@blueprint.get("/bookings")
@needs("read", by_property=True)
@blueprint.arguments(BookingFilter, location="query")
@blueprint.response(200, listing(BookingFound, "BookingsPage"))
def find_bookings(wanted: dict[str, Any]) -> Response:
    """By guest or company in any role, by outside reference, by property and day of arrival; the latest arrival first.

    Of whose `profile` is named each says the `roles`.
    """
    who = wanted["profile_id"] = wanted_of(wanted.pop("profile"))
    found = ask(FindBookings(**wanted), renamed={"profile_id": "profile"})
    internals = internals_of(found.items)
    return reply(page(found, lambda booking: shapes.booking(booking, internals) | _roles(booking, who)))


@blueprint.get("/bookings/<uuid:booking_id>")
@needs("read", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def read_booking(booking_id: UUID) -> Response:
    """One booking, with an ETag to change it by."""
    return _shown(ask(ReadBooking(booking_id=booking_id)))


@blueprint.post("/bookings/<uuid:booking_id>/check-in")
@needs("write", by_property=True)
@blueprint.arguments(CheckInBody)
@blueprint.response(200, shapes.BookingShape)
def check_in(body: dict[str, Any], booking_id: UUID) -> Response:
    """The guest is in house, and in a room where these have numbers: 409 `room-not-ready` or `no-room-free`."""
    rooms = tuple(RoomChoice(**room) for room in body.pop("rooms", ()))
    return _moved(CheckInBooking(booking_id=booking_id, rooms=rooms, **body))


@blueprint.post("/bookings/<uuid:booking_id>/check-out")
@needs("write", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def check_out(booking_id: UUID) -> Response:
    """The guest has departed."""
    return _moved(CheckOutBooking(booking_id=booking_id))


def _moved(said: wire.Request[Booking]) -> Response:
    return _shown(command(said))


def _shown(booking: Booking) -> Response:
    return reply(with_internals(booking), version=booking.version)


def _roles(booking: Booking, profile_id: UUID | None) -> dict[str, list[str]]:
    """Those of the profile, where one was asked for."""
    if profile_id is None:
        return {}
    found = {role for person in booking.people if person.profile_id == profile_id for role in person.roles}
    return {"roles": [role for role in shapes.ROLES if role in found]}


def room_of(said: dict[str, Any]) -> BookedRoom:
    """A room as the contract has it."""
    return BookedRoom(**{**said, "child_ages": tuple(said["child_ages"]), "parts": tuple(said["parts"])})
