"""Profiles of persons and companies."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, pre_load, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Change, Flag, Page, Strict, Text, page, schema_of
from gateway.preconditions import unless_known, version_to_change
from gateway.v1 import fields as own_fields
from gateway.v1.entry import possible_duplicate
from gateway.v1.finding import FoundPage, find
from services.contracts import profiles
from services.contracts.profiles import (
    ChangeProfile,
    CreateProfile,
    FieldScreen,
    PossibleDuplicate,
    Profile,
    ProfileHasChanged,
    ReadProfile,
)

blueprint = Blueprint("profiles", __name__, description="Who people are")
blueprint.register_error_handler(PossibleDuplicate, possible_duplicate)

_AT_MOST = 20  # of one kind of contact point
_KINDS = ("person", "company", "agency")


# What the register alone says of a contact point.
_TOLD = frozenset({"verified", "verified_at", "relay", "good_for", "why_not", "past"})


class PointIn(Strict):
    """What is said of any contact point: by its `id`, one that is there is named again.

    One with an `id` was read before, and can be sent back as it was: what the register alone says is not looked at
    then (AIP-203, output only).
    """

    id = fields.UUID(load_default=None, allow_none=True)
    primary = Flag(load_default=False)
    source = Text(load_default=None, allow_none=True, most=40, metadata={"example": "guest"})
    valid_from = fields.Date(load_default=None, allow_none=True)
    valid_to = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "The last day. Then it is kept, and not used."}
    )

    @pre_load
    def leave_what_was_told(self, said: Any, **_: Any) -> Any:
        if not isinstance(said, dict) or not said.get("id"):
            return said
        return {name: value for name, value in said.items() if name not in _TOLD}


class EmailIn(PointIn):
    address = Text(required=True, most=254, metadata={"example": "ana@example.org"})
    type = Text(most=30, load_default="personal")


class PhoneIn(PointIn):
    number = Text(required=True, most=40, metadata={"description": "E.164, or as written in `country`."})
    type = Text(most=30, load_default="mobile")


class NameFormIn(Strict):
    script = Text(load_default=None, allow_none=True, most=4, metadata={"description": "ISO 15924.", "example": "Cyrl"})
    given_name = Text(load_default=None, allow_none=True)
    family_name = Text(load_default=None, allow_none=True)
    second_family_name = Text(load_default=None, allow_none=True)
    source = Text(load_default=None, allow_none=True, most=40)


class AddressIn(PointIn):
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
    name = Text(allow_none=True, metadata={"description": "A company's or an agency's name."})
    title = Text(allow_none=True, most=40, metadata={"description": "Before the name.", "example": "Dr."})
    suffix = Text(allow_none=True, most=40, metadata={"description": "Behind the name.", "example": "Jr."})
    preferred_name = Text(allow_none=True, metadata={"description": "What they like to be called."})
    name_forms = fields.List(
        fields.Nested(NameFormIn),
        allow_none=True,
        validate=validate.Length(max=10),
        metadata={"description": "The name in other scripts."},
    )
    birth_place = Text(allow_none=True)
    sex = Text(allow_none=True, most=20)
    birth_date = fields.Date(allow_none=True)
    nationality = Text(allow_none=True, most=2)
    language = Text(allow_none=True, most=35)
    other_nationalities = fields.List(Text(most=3), allow_none=True, validate=validate.Length(max=10))
    other_languages = fields.List(Text(most=35), allow_none=True, validate=validate.Length(max=10))
    emails = fields.List(fields.Nested(EmailIn), allow_none=True, validate=validate.Length(max=_AT_MOST))
    phones = fields.List(fields.Nested(PhoneIn), allow_none=True, validate=validate.Length(max=_AT_MOST))
    addresses = fields.List(fields.Nested(AddressIn), allow_none=True, validate=validate.Length(max=_AT_MOST))
    level = Text(allow_none=True, most=60)
    country = Text(most=2, metadata={"description": "Where numbers without country code are read."})
    property_id = fields.UUID(metadata={"description": "Where the card is written, for what must be on it there."})
    confirm = fields.List(
        fields.UUID(),
        validate=validate.Length(max=50),
        metadata={"description": "Ids of the candidates of `possible-duplicate`: it is none of them."},
    )

    house_fields = fields.Dict(
        data_key="fields",
        attribute="fields",
        keys=Text(most=60),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=200),
        metadata={"description": "The house's own fields, by code: see `GET /v1/fields`; null empties one."},
    )
    screen = Text(
        validate=validate.OneOf(get_args(FieldScreen)),
        metadata={"description": "Where it is written, for the fields that are required there."},
    )


class NewProfile(ProfileFields):
    kind = Text(load_default="person", validate=validate.OneOf(_KINDS))


class Confirmed(Strict):
    confirm = fields.List(
        fields.UUID(),
        validate=validate.Length(max=50),
        metadata={"description": "As `confirm` of the body: candidates that it is none of."},
    )


class ProfileFilter(Page):
    q = Text(
        load_default=None,
        metadata={"description": "As one types: of a name, an e-mail, a telephone number, a booking's reference."},
    )
    email = Text(load_default=None, most=254)
    phone = Text(load_default=None, most=40)
    country = Text(load_default=None, most=2, metadata={"description": "Where `phone` is read."})
    booking = Text(load_default=None, metadata={"description": "A booking's id or its outside reference."})

    @pre_load
    def leave_fields(self, query: Any, **_: Any) -> dict[str, Any]:
        return own_fields.without_sought(query)


class ProfileChange(ProfileFields, Change):
    kind = Text(validate=validate.OneOf(_KINDS), metadata={"description": "A company may become an agency."})


ProfileShape = schema_of(Profile)


@blueprint.post("/profiles")
@needs("write", by_property=True)
@blueprint.arguments(NewProfile)
@blueprint.arguments(Confirmed, location="query")
@blueprint.response(201, ProfileShape)
def create_profile(body: dict[str, Any], confirmed: dict[str, Any]) -> Response:
    """Add a person or a company."""
    made = command(CreateProfile(**_points(body | confirmed)))
    return reply(made, 201, headers={"Location": f"/v1/profiles/{made.id}"}, version=made.version)


@blueprint.get("/profiles")
@needs("read", by_property=True)
@blueprint.arguments(ProfileFilter, location="query")
@blueprint.response(200, FoundPage)
def find_profiles(wanted: dict[str, Any]) -> Response:
    """Find as one types (`q`), by e-mail, phone or booking; best first, each with what `matched`.

    By `field.<code>=<value>` alone: who has this value in one of the house's own fields that are searchable, or in up
    to five of them.
    """
    if values := own_fields.sought():
        others = [name for name in ("q", "email", "phone", "country", "booking") if wanted.get(name)]
        return reply(page(own_fields.find(values, wanted["limit"], wanted["cursor"], others)))
    return reply(find(**wanted))


@blueprint.get("/profiles/<uuid:profile_id>")
@needs("read", by_property=True)
@blueprint.response(200, ProfileShape)
def read_profile(profile_id: UUID) -> Response:
    """One profile, with an ETag to change it by."""
    found = ask(ReadProfile(profile_id=profile_id))
    return unless_known(reply(found, version=found.version), ProfileHasChanged)


@blueprint.patch("/profiles/<uuid:profile_id>")
@needs("write", by_property=True)
@blueprint.arguments(ProfileChange)
@blueprint.arguments(Confirmed, location="query")
@blueprint.response(200, ProfileShape)
def change_profile(body: dict[str, Any], confirmed: dict[str, Any], profile_id: UUID) -> Response:
    """Change the fields given; null empties one. `If-Match` holds the ETag that was read."""
    version = version_to_change(ProfileHasChanged, lambda: ask(ReadProfile(profile_id=profile_id)).version)
    clear = tuple(name for name, value in body.items() if value is None)
    given = {name: value for name, value in (body | confirmed).items() if value is not None}
    changed = command(ChangeProfile(profile_id=profile_id, version=version, clear=clear, **_points(given)))
    return reply(changed, version=changed.version)


def _points(body: dict[str, Any]) -> dict[str, Any]:
    """The body with its contact points as the contract has them."""
    given = dict(body)
    for name, contract in (
        ("emails", profiles.Email),
        ("phones", profiles.Phone),
        ("addresses", profiles.Address),
        ("name_forms", profiles.NameForm),
    ):
        if given.get(name) is not None:
            given[name] = tuple(contract(**_tuples(point)) for point in given[name])
        elif name in given:
            del given[name]
    for name in ("other_nationalities", "other_languages", "confirm"):
        if given.get(name) is not None:
            given[name] = tuple(given[name])
        elif name in given:
            del given[name]
    return given


def _tuples(point: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in point.items()}
