"""Direct bookings and the life of every booking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate, validates_schema

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import answered, ask, ask_all, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Flag, LongText, MoneyField, Page, Strict, Text, WholeNumber, listing, page
from gateway.problems import Refused
from services.contracts.bookings import (
    BookedRoom,
    Booking,
    CancelBooking,
    CheckInBooking,
    CheckOutBooking,
    ConfirmBooking,
    FindBookings,
    MarkNoShow,
    OpenBooking,
    Person,
    ReadBooking,
)
from services.contracts.profiles import NoSuchProfile, ReadProfile
from services.kit import wire
from services.kit.refusal import Problem

blueprint = Blueprint("bookings", __name__, description="Who stays where, when")


class RoomIn(Strict):
    room_type = Text(required=True, most=60)
    adults = WholeNumber(load_default=1, validate=validate.Range(min=0, max=50))
    children = WholeNumber(load_default=0, validate=validate.Range(min=0, max=50))
    price = MoneyField(load_default=None, metadata={"description": "For the whole stay of this room."})


class PersonIn(Strict):
    """A known guest by `profile_id`, or enough to be identified by."""

    profile_id = fields.UUID(load_default=None)
    given_name = Text(load_default=None)
    family_name = Text(load_default=None)
    company = Text(load_default=None)
    email = Text(load_default=None, most=254)
    phone = Text(load_default=None, most=40)
    language = Text(load_default=None, most=35)
    country = Text(load_default=None, most=2)
    birth_date = fields.Date(load_default=None)


class NewBooking(Strict):
    property_id = Text(most=60, metadata={"description": "The property's id or its code."})
    property = Text(most=60, metadata={"description": "The same as `property_id`."})
    arrival = fields.Date(required=True)
    departure = fields.Date(required=True)
    rooms = fields.List(fields.Nested(RoomIn), required=True, validate=validate.Length(min=1, max=50))
    booker = fields.Nested(PersonIn, required=True)
    guests = fields.List(fields.Nested(PersonIn), load_default=[], validate=validate.Length(max=100))
    channel = Text(load_default="direct", most=60)
    method = Text(load_default="web", most=60)
    price = MoneyField(load_default=None)
    tentative = Flag(load_default=False)
    requests = LongText(load_default=None, most=2000)

    @validates_schema
    def names_one_property(self, data: dict[str, Any], **_: Any) -> None:
        if ("property_id" in data) == ("property" in data):
            raise marshmallow.ValidationError("Name the property once.", "property_id")


class BookingFilter(Page):
    profile = fields.UUID(load_default=None)
    external_ref = Text(load_default=None)
    property = Text(load_default=None, most=60)
    arrival = fields.Date(load_default=None)


@blueprint.post("/bookings")
@needs("write")
@blueprint.arguments(NewBooking)
@blueprint.response(201, shapes.BookingShape)
def open_booking(body: dict[str, Any]) -> Response:
    """Book a stay; 409 `no-room-left` or `do-not-book` where it cannot be."""
    booker, guests = Person(**body.pop("booker")), [Person(**guest) for guest in body.pop("guests")]
    (booker, *guests), do_not_book = _known([booker, *guests])
    asked_for = body.pop("property", None) or body.pop("property_id")
    opened = command(
        OpenBooking(
            **{**body, "rooms": tuple(BookedRoom(**room) for room in body["rooms"])},
            property=asked_for,
            booker=booker,
            guests=tuple(guests),
            do_not_book=do_not_book,
        ),
        renamed={"property": "property_id"},
    )
    return reply(shapes.booking(opened), 201, headers={"Location": f"/v1/bookings/{opened.id}"})


@blueprint.get("/bookings")
@needs("read")
@blueprint.arguments(BookingFilter, location="query")
@blueprint.response(200, listing(shapes.BookingShape, "BookingsPage"))
def find_bookings(wanted: dict[str, Any]) -> Response:
    """By guest in any role, by outside reference, by property and day of arrival; the latest arrival first."""
    wanted["profile_id"] = wanted.pop("profile")
    found = ask(FindBookings(**wanted), renamed={"profile_id": "profile"})
    return reply(page(found, shapes.booking))


@blueprint.get("/bookings/<uuid:booking_id>")
@needs("read")
@blueprint.response(200, shapes.BookingShape)
def read_booking(booking_id: UUID) -> Response:
    """One booking."""
    return _shown(ask(ReadBooking(booking_id=booking_id)))


@blueprint.post("/bookings/<uuid:booking_id>/confirm")
@needs("write")
@blueprint.response(200, shapes.BookingShape)
def confirm_booking(booking_id: UUID) -> Response:
    """A tentative booking is to stand."""
    return _moved(ConfirmBooking(booking_id=booking_id))


@blueprint.post("/bookings/<uuid:booking_id>/cancel")
@needs("write")
@blueprint.response(200, shapes.BookingShape)
def cancel_booking(booking_id: UUID) -> Response:
    """Release the rooms; a cancelled booking never changes again."""
    return _moved(CancelBooking(booking_id=booking_id))


@blueprint.post("/bookings/<uuid:booking_id>/check-in")
@needs("write")
@blueprint.response(200, shapes.BookingShape)
def check_in(booking_id: UUID) -> Response:
    """The guest is in house."""
    return _moved(CheckInBooking(booking_id=booking_id))


@blueprint.post("/bookings/<uuid:booking_id>/check-out")
@needs("write")
@blueprint.response(200, shapes.BookingShape)
def check_out(booking_id: UUID) -> Response:
    """The guest has departed."""
    return _moved(CheckOutBooking(booking_id=booking_id))


@blueprint.post("/bookings/<uuid:booking_id>/no-show")
@needs("write")
@blueprint.response(200, shapes.BookingShape)
def mark_no_show(booking_id: UUID) -> Response:
    """The guest did not come."""
    return _moved(MarkNoShow(booking_id=booking_id))


def _moved(said: wire.Request[Booking]) -> Response:
    return _shown(command(said))


def _shown(booking: Booking) -> Response:
    return reply(shapes.booking(booking))


def _known(people: list[Person]) -> tuple[list[Person], bool]:
    """The people with the names their profiles have, and whether the house takes no bookings from the booker.

    A booking keeps the names of its day, so they go with it. Refuses a profile that does not exist.
    """
    named = [position for position, person in enumerate(people) if person.profile_id is not None]
    if not named:
        return people, False
    found = ask_all(*(ReadProfile(profile_id=people[position].profile_id) for position in named))  # type: ignore[arg-type]
    people, do_not_book, faults = list(people), False, []
    for position, answer in zip(named, found, strict=True):
        if isinstance(answer, NoSuchProfile):
            faults.append(Problem(_pointer(position), answer.detail))
            continue
        profile = answered(answer)
        person = people[position]
        people[position] = replace(
            person,
            given_name=person.given_name or profile.given_name,
            family_name=person.family_name or profile.family_name,
            company=person.company or profile.name,
        )
        do_not_book = do_not_book or (position == 0 and profile.do_not_book)
    if faults:
        raise Refused(422, "invalid", "The input is not valid.", errors=faults)
    return people, do_not_book


def _pointer(position: int) -> str:
    return "/booker/profile_id" if position == 0 else f"/guests/{position - 1}/profile_id"
