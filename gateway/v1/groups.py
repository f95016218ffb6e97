"""Groups: rooms blocked for people who come together, picked up by `POST /v1/bookings` with their code."""

from __future__ import annotations

from typing import Any, get_args

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.known import from_register
from gateway.outside import Change, Flag, MoneyField, Page, Strict, Text, WholeNumber, listing, page, schema_of
from gateway.preconditions import version_to_change
from services.contracts.bookings import (
    BlockNight,
    BlockRooms,
    CancelGroup,
    ChangeGroup,
    Contact,
    FindGroups,
    Group,
    GroupHasChanged,
    GroupState,
    GroupSummary,
    OpenGroup,
    Person,
    ReadGroup,
)

blueprint = Blueprint("groups", __name__, description="Blocks of rooms, and who picks them up")

_COUNT = validate.Range(min=0, max=100_000)
_PRICE = {"description": "Of one room for one night."}


class ContactIn(Strict):
    """A profile, or enough to reach somebody by."""

    profile_id = fields.UUID(load_default=None)
    given_name = Text(load_default=None)
    family_name = Text(load_default=None)
    company = Text(load_default=None)
    email = Text(load_default=None, most=254)
    phone = Text(load_default=None, most=40)
    language = Text(load_default=None, most=35)


class BlockNightIn(Strict):
    night = fields.Date(required=True)
    count = WholeNumber(required=True, validate=_COUNT)
    price = MoneyField(load_default=None, metadata=_PRICE)


class BlockRoomsIn(Strict):
    room_type = Text(required=True, most=60)
    count = WholeNumber(load_default=0, validate=_COUNT, metadata={"description": "On every night, if not said below."})
    price = MoneyField(load_default=None, metadata=_PRICE)
    nights = fields.List(
        fields.Nested(BlockNightIn),
        load_default=[],
        validate=validate.Length(max=400),
        metadata={"description": "Nights with another count or price."},
    )


_CUT_OFF = {"description": "The day on which what is left is released, as it begins at the property."}


class NewGroup(Strict):
    code = Text(required=True, most=40, metadata={"example": "WED-SILVA"})
    name = Text(required=True)
    property = Text(required=True, most=60, metadata={"description": "Its id or its code."})
    arrival = fields.Date(required=True)
    departure = fields.Date(required=True)
    rooms = fields.List(fields.Nested(BlockRoomsIn), required=True, validate=validate.Length(min=1, max=100))
    contact = fields.Nested(ContactIn, required=True)
    cut_off = fields.Date(load_default=None, metadata=_CUT_OFF)
    rate = Text(load_default=None, most=60, metadata={"description": "The rate plan of rooms that name none."})
    may_exceed = Flag(load_default=False, metadata={"description": "An empty block gives free rooms."})


class GroupChange(Change):
    """What is not said stays."""

    name = Text(load_default=None)
    arrival = fields.Date(load_default=None)
    departure = fields.Date(load_default=None)
    rooms = fields.List(
        fields.Nested(BlockRoomsIn),
        load_default=None,
        validate=validate.Length(max=100),
        metadata={"description": "All that are blocked from now on."},
    )
    contact = fields.Nested(ContactIn, load_default=None)
    cut_off = fields.Date(load_default=None, metadata=_CUT_OFF)
    rate = Text(load_default=None, most=60)
    may_exceed = Flag(load_default=None)


class GroupFilter(Page):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    state = Text(load_default=None, validate=validate.OneOf(get_args(GroupState)))


GroupShape = schema_of(Group)


@blueprint.post("/groups")
@needs("write", by_property=True)
@blueprint.arguments(NewGroup)
@blueprint.response(201, GroupShape)
def open_group(body: dict[str, Any]) -> Response:
    """Block rooms for a group; 409 `no-room-left` or `closed`, with the nights in `facts`, or `group-exists`."""
    rooms, contact = _rooms(body.pop("rooms")), contact_of(body.pop("contact"))
    opened = command(OpenGroup(**body, rooms=rooms, contact=contact))
    return versioned(opened, at=f"/v1/groups/{opened.code}")


@blueprint.get("/groups")
@needs("read", by_property=True)
@blueprint.arguments(GroupFilter, location="query")
@blueprint.response(200, listing(schema_of(GroupSummary), "GroupsPage"))
def find_groups(wanted: dict[str, Any]) -> Response:
    """Groups with the room nights they have blocked, picked up and left; the latest arrival first."""
    return reply(page(ask(FindGroups(**wanted))))


@blueprint.get("/groups/<code>")
@needs("read", by_property=True)
@blueprint.response(200, GroupShape)
def read_group(code: str) -> Response:
    """Blocked, picked up and left by night and type, and the group's bookings; with an ETag to change it by."""
    return versioned(ask(ReadGroup(code=code)))


@blueprint.patch("/groups/<code>")
@needs("write", by_property=True)
@blueprint.arguments(GroupChange)
@blueprint.response(200, GroupShape)
def change_group(body: dict[str, Any], code: str) -> Response:
    """Other counts, dates, prices or another cut-off, as far as there are rooms. `If-Match` holds the ETag.

    A `cut_off` that has come releases the block at once, a later one blocks what is left again.
    """
    version = version_to_change(GroupHasChanged, lambda: ask(ReadGroup(code=code)).version)
    rooms, contact = body.pop("rooms"), body.pop("contact")
    said = ChangeGroup(
        code=code,
        version=version,
        **body,
        rooms=None if rooms is None else _rooms(rooms),
        contact=contact_of(contact) if contact else None,
    )
    return versioned(command(said))


@blueprint.post("/groups/<code>/cancel")
@needs("write", by_property=True)
@blueprint.response(200, GroupShape)
def cancel_group(code: str) -> Response:
    """Give the block back, and cancel the group's functions and all its bookings whose guests have not come.

    `cancelling` where there are so many that it goes on for some seconds.
    """
    return versioned(command(CancelGroup(code=code)))


def contact_of(said: dict[str, Any]) -> Contact:
    """With the name that a profile has; refuses a profile that does not exist."""
    people, _ = from_register({"/contact": Person(**said)})
    return Contact(**{name: getattr(people["/contact"], name) for name in said})


def _rooms(said: list[dict[str, Any]]) -> tuple[BlockRooms, ...]:
    return tuple(
        BlockRooms(**{**rooms, "nights": tuple(BlockNight(**night) for night in rooms["nights"])}) for rooms in said
    )
