"""Profiles of persons and companies, and the notes on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response, request
from marshmallow import fields, validate, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Flag, LongText, Page, Strict, Text, listing, page, schema_of
from gateway.preconditions import version_to_change
from services.contracts import profiles
from services.contracts.bookings import FindBookings, NoSuchBooking, ReadBooking
from services.contracts.profiles import (
    AddNote,
    ChangeProfile,
    CreateProfile,
    FindProfiles,
    Note,
    Profile,
    ProfileHasChanged,
    ProfilesFound,
    ReadProfile,
)

blueprint = Blueprint("profiles", __name__, description="Who people are")

_AT_MOST = 20  # of one kind of contact point


class EmailIn(Strict):
    address = Text(required=True, most=254, metadata={"example": "ana@example.org"})
    type = Text(most=30, load_default="personal")
    primary = Flag(load_default=False)


class PhoneIn(Strict):
    number = Text(required=True, most=40, metadata={"description": "E.164, or as written in `country`."})
    type = Text(most=30, load_default="mobile")
    primary = Flag(load_default=False)


class AddressIn(Strict):
    lines = fields.List(Text(), load_default=[], validate=validate.Length(max=6))
    city = Text(load_default=None)
    postcode = Text(load_default=None, most=20)
    region = Text(load_default=None)
    country = Text(load_default=None, most=2)
    type = Text(most=30, load_default="home")


class ProfileFields(Strict):
    """Fields that a profile is created and changed by."""

    given_name = Text(allow_none=True)
    family_name = Text(allow_none=True)
    second_family_name = Text(allow_none=True)
    name = Text(allow_none=True, metadata={"description": "A company's name."})
    sex = Text(allow_none=True, most=20)
    birth_date = fields.Date(allow_none=True)
    nationality = Text(allow_none=True, most=2)
    language = Text(allow_none=True, most=35)
    emails = fields.List(fields.Nested(EmailIn), validate=validate.Length(max=_AT_MOST))
    phones = fields.List(fields.Nested(PhoneIn), validate=validate.Length(max=_AT_MOST))
    addresses = fields.List(fields.Nested(AddressIn), validate=validate.Length(max=_AT_MOST))
    level = Text(allow_none=True, most=60)
    country = Text(most=2, metadata={"description": "Where numbers without country code are read."})


class NewProfile(ProfileFields):
    kind = Text(load_default="person", validate=validate.OneOf(["person", "company"]))


class ProfileFilter(Page):
    q = Text(load_default=None, metadata={"description": "Part of a name."})
    email = Text(load_default=None, most=254)
    phone = Text(load_default=None, most=40)
    country = Text(load_default=None, most=2, metadata={"description": "Where `phone` is read."})
    booking = Text(load_default=None, metadata={"description": "A booking's id or its outside reference."})


class NewNote(Strict):
    text = LongText(required=True)
    pinned = Flag(load_default=False)


class ProfileChange(ProfileFields):
    @validates_schema
    def says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise marshmallow.ValidationError("Say at least one field to change.")


ProfileShape = schema_of(Profile)
NoteShape = schema_of(Note)


@blueprint.post("/profiles")
@needs("write")
@blueprint.arguments(NewProfile)
@blueprint.response(201, ProfileShape)
def create_profile(body: dict[str, Any]) -> Response:
    """Add a person or a company."""
    made = command(CreateProfile(**_points(body)))
    return reply(made, 201, headers={"Location": f"/v1/profiles/{made.id}"}, version=made.version)


@blueprint.get("/profiles")
@needs("read")
@blueprint.arguments(ProfileFilter, location="query")
@blueprint.response(200, listing(ProfileShape, "ProfilesPage"))
def find_profiles(wanted: dict[str, Any]) -> Response:
    """Find by part of a name, e-mail, phone or booking; best first."""
    booking = wanted.pop("booking")
    if booking is not None:
        wanted["ids"] = _people_of(booking)
        if not wanted["ids"]:
            return reply(page(ProfilesFound(items=())))
    return reply(page(ask(FindProfiles(**wanted))))


@blueprint.get("/profiles/<uuid:profile_id>")
@needs("read")
@blueprint.response(200, ProfileShape)
def read_profile(profile_id: UUID) -> Response:
    """One profile, with an ETag to change it by."""
    found = ask(ReadProfile(profile_id=profile_id))
    response = reply(found, version=found.version)
    response.make_conditional(request)
    if response.status_code == 412:
        raise ProfileHasChanged
    return response


@blueprint.patch("/profiles/<uuid:profile_id>")
@needs("write")
@blueprint.arguments(ProfileChange)
@blueprint.response(200, ProfileShape)
def change_profile(body: dict[str, Any], profile_id: UUID) -> Response:
    """Change the fields given; null empties one. `If-Match` holds the ETag that was read."""
    version = version_to_change(ProfileHasChanged, lambda: ask(ReadProfile(profile_id=profile_id)).version)
    clear = tuple(name for name, value in body.items() if value is None)
    given = {name: value for name, value in body.items() if value is not None}
    changed = command(ChangeProfile(profile_id=profile_id, version=version, clear=clear, **_points(given)))
    return reply(changed, version=changed.version)


@blueprint.post("/profiles/<uuid:profile_id>/notes")
@needs("write")
@blueprint.arguments(NewNote)
@blueprint.response(201, NoteShape)
def add_note(body: dict[str, Any], profile_id: UUID) -> Response:
    """Add an internal note."""
    return reply(command(AddNote(profile_id=profile_id, **body)), 201)


@blueprint.get("/profiles/<uuid:profile_id>/notes")
@needs("read")
@blueprint.response(200, listing(NoteShape, "NotesPage"))
def read_notes(profile_id: UUID) -> Response:
    """The internal notes on a profile."""
    notes = ask(ReadProfile(profile_id=profile_id)).notes
    return reply(page(_Notes(notes)))


class _Notes:
    """All of them are on one page."""

    next = None

    def __init__(self, items: tuple[Note, ...]) -> None:
        self.items = items


def _points(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its contact points as the contract has them."""
    given = dict(body)
    for name, contract in (
        ("emails", profiles.Email),
        ("phones", profiles.Phone),
        ("addresses", profiles.Address),
    ):
        if given.get(name) is not None:
            given[name] = tuple(contract(**_tuples(point)) for point in given[name])
        elif name in given:
            del given[name]
    return given


def _tuples(point: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in point.items()}


def _people_of(booking: str) -> tuple[UUID, ...]:
    """The profiles on the bookings that an id or an outside reference names."""
    try:
        found = (ask(ReadBooking(booking_id=UUID(booking))),)
    except ValueError:
        found = ask(FindBookings(external_ref=booking, limit=20)).items  # type: ignore[assignment]
    except NoSuchBooking:
        return ()
    people = [person.profile_id for booking in found for person in booking.people]
    return tuple(dict.fromkeys(who for who in people if who is not None))[:200]
