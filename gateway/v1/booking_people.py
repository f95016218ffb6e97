"""The people on a booking, what they need, and the terms they were told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, get_args
from uuid import UUID

from flask import Response, request
from marshmallow import Schema, fields, validate

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.booked_fields import check_own_fields
from gateway.known import from_register, internals_of, with_internals
from gateway.outside import LongText, Strict, Text, WholeNumber, listing
from gateway.preconditions import if_match, version_to_change
from gateway.v1.bookings import PersonIn
from services.contracts.bookings import (
    AddPerson,
    Booking,
    BookingHasChanged,
    ChangePerson,
    Need,
    NoSuchPerson,
    Person,
    PersonNeeds,
    ReadBooking,
    RemovePerson,
    SetNeeds,
)
from services.contracts.bookings.needs import LABELS
from services.kit import wire

blueprint = Blueprint("people", __name__, description="Who is on a booking, and what they need")

_ETAG: Final = "The ETag of the booking, or of its people, that was read."
_NEEDS = fields.List(Text(validate=validate.OneOf(get_args(Need))), load_default=[], validate=validate.Length(max=100))


class PersonWithRoles(PersonIn):
    roles = fields.List(
        Text(validate=validate.OneOf(shapes.ROLES)), load_default=[], validate=validate.Length(max=len(shapes.ROLES))
    )


class NeedsOfPerson(Strict):
    position = WholeNumber(required=True)
    needs = _NEEDS
    note = LongText(load_default=None, allow_none=True, most=2000)


class Needs(Strict):
    needs = _NEEDS
    note = LongText(load_default=None, allow_none=True, most=2000)
    people = fields.List(fields.Nested(NeedsOfPerson), load_default=[], validate=validate.Length(max=200))


class NeedCode(Schema):
    code = Text()
    label = Text()


@blueprint.get("/needs")
@needs("read", by_property=True)
@blueprint.response(200, listing(NeedCode, "NeedCodesPage"))
def read_need_codes() -> Response:
    """The codes of needs, with a label for people."""
    return reply({"items": [{"code": code, "label": label} for code, label in LABELS.items()], "next": None})


@blueprint.get("/bookings/<uuid:booking_id>/people")
@needs("read", by_property=True)
@blueprint.response(200, listing(shapes.PersonAsTheyLeft, "PeoplePage"))
def read_people(booking_id: UUID) -> Response:
    """Everybody on the booking, each once, with an ETag to change them by; after the stay as they were then."""
    booking = ask(ReadBooking(booking_id=booking_id))
    return reply({"items": shapes.people(booking, internals_of([booking])), "next": None}, version=booking.version)


@blueprint.get("/bookings/<uuid:booking_id>/people/<int:position>")
@needs("read", by_property=True)
@blueprint.response(200, shapes.PersonAsTheyLeft)
def read_person(booking_id: UUID, position: int) -> Response:
    """One of them."""
    booking = ask(ReadBooking(booking_id=booking_id))
    people = shapes.people(booking, internals_of([booking]))
    found = next((entry for entry in people if entry["position"] == position), None)
    if found is None:
        raise NoSuchPerson
    return reply(found, version=booking.version)


@blueprint.post("/bookings/<uuid:booking_id>/people")
@needs("write", by_property=True)
@blueprint.doc(parameters=[if_match(_ETAG)])
@blueprint.arguments(PersonWithRoles)
@blueprint.response(201, shapes.BookingShape)
def add_person(body: dict[str, Any], booking_id: UUID) -> Response:
    """Add a guest, a contact, a payer. There is one booker, primary guest, contact and payer: who was it before gives
    it up, remains a guest where they were one, and leaves the booking where no role is left.
    """
    person, unwelcome = _person(body, booking_id)
    version = _version(booking_id)
    said = AddPerson(booking_id=booking_id, version=version, person=person, do_not_book=unwelcome)
    after = command(said, renamed={"person": ""})
    at = f"/v1/bookings/{booking_id}/people/{max(each.position for each in after.people)}"
    return reply(shapes.booking(after), 201, headers={"Location": at}, version=after.version)


@blueprint.put("/bookings/<uuid:booking_id>/people/<int:position>")
@needs("write", by_property=True)
@blueprint.doc(parameters=[if_match(_ETAG)])
@blueprint.arguments(PersonWithRoles)
@blueprint.response(200, shapes.BookingShape)
def change_person(body: dict[str, Any], booking_id: UUID, position: int) -> Response:
    """Say anew who stands there: corrects a name, replaces a guest, gives roles (as above; without any they stay).

    Who it is stays, unless another `profile_id` is said, or the names, e-mail, phone or day of birth differ: then they
    are looked for in the register.
    """
    person, unwelcome = _person(body, booking_id)
    version = _version(booking_id)
    said = ChangePerson(booking_id=booking_id, version=version, position=position, person=person, do_not_book=unwelcome)
    return _changed(said, renamed={"person": ""})


@blueprint.delete("/bookings/<uuid:booking_id>/people/<int:position>")
@needs("write", by_property=True)
@blueprint.doc(parameters=[if_match(_ETAG)])
@blueprint.response(200, shapes.BookingShape)
def remove_person(booking_id: UUID, position: int) -> Response:
    """Take somebody off. The primary guest is replaced, not removed: 409 `primary-guest-needed`."""
    return _changed(RemovePerson(booking_id=booking_id, version=_version(booking_id), position=position))


@blueprint.put("/bookings/<uuid:booking_id>/needs")
@needs("write", by_property=True)
@blueprint.doc(parameters=[if_match(_ETAG, required=False)])
@blueprint.arguments(Needs)
@blueprint.response(200, shapes.BookingShape)
def set_needs(body: dict[str, Any], booking_id: UUID) -> Response:
    """All that is needed: by the booking, and by its people. Who is not named needs nothing."""
    people = tuple(PersonNeeds(**{**each, "needs": tuple(each["needs"])}) for each in body["people"])
    version = _version(booking_id) if "If-Match" in request.headers else None
    said = SetNeeds(
        booking_id=booking_id, version=version, needs=tuple(body["needs"]), note=body["note"], people=people
    )
    return _changed(said)


def _person(body: dict[str, Any], booking_id: UUID) -> tuple[Person, bool]:
    """Whom the body means, and whether the house does not book them; refuses a profile that does not exist, and own
    fields that cannot be kept.
    """
    roles = tuple(body.pop("roles"))
    if body["fields"]:
        check_own_fields({"": Person(**body)}, str(ask(ReadBooking(booking_id=booking_id)).property_id))
    people, unwelcome = from_register({"": Person(**body)})
    return replace(people[""], roles=roles), bool(unwelcome)


def _version(booking_id: UUID) -> int:
    return version_to_change(BookingHasChanged, lambda: ask(ReadBooking(booking_id=booking_id)).version)


def _changed(said: wire.Request[Booking], renamed: dict[str, str] | None = None) -> Response:
    after = command(said, renamed=renamed)
    return reply(with_internals(after), version=after.version)
