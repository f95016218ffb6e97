"""Who calls: a telephone system sends a number, and gets everything there is to say in one answer."""

from __future__ import annotations

import re
from typing import Any, Final, get_args
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate

from gateway.access.callers import needs
from gateway.asking import answered, ask, ask_all_within, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_id_of
from gateway.outside import Flag, Instant, LongText, Strict, Text, schema_of
from services.contracts.bookings import (
    NoSuchProperty,
    ReadProperties,
    ReadStaysOf,
    StaysOfGuest,
    StaysOfGuests,
)
from services.contracts.profiles import Call, CallDirection, Caller, LookUpCaller, NoteCall
from services.kit.refusal import Unavailable

blueprint = Blueprint("callers", __name__, description="Who calls, and calls on the time line")

_PATIENCE: Final = 0.5  # seconds that a name waits for what bookings knows: somebody is on the telephone
_LONGEST_NOTE: Final = 10_000
# A number that says its country itself asks for no property's.
_INTERNATIONAL: Final = re.compile(r"\W*(?:[a-z]+:)?\W*(?:\+|%2B|00)", re.IGNORECASE)
_NUMBER: Final = {"description": "As the telephone system has it: +…, 00…, national, tel: or sip:, anonymous."}
_PROPERTY: Final = {"description": "Whose country a national number is of: its id or its code."}


class CallerFilter(Strict):
    number = Text(required=True, least=0, metadata=_NUMBER)
    property = Text(load_default=None, allow_none=True, most=60, metadata=_PROPERTY)


class CallerShape(schema_of(Caller)):  # type: ignore[misc]
    """`stays` is null while bookings does not answer."""

    stays = fields.Nested(schema_of(StaysOfGuest), exclude=("profile_id",), allow_none=True)


class CallersShape(Schema):
    """The likeliest first, at most twenty; nobody where the number is not known, or was withheld."""

    items = fields.List(fields.Nested(CallerShape), required=True)


class NewCall(Strict):
    direction = Text(required=True, validate=validate.OneOf(get_args(CallDirection)))
    answered = Flag(load_default=True)
    at = Instant(load_default=None, allow_none=True, metadata={"description": "Now, if not said."})
    note = LongText(
        load_default=None,
        allow_none=True,
        most=_LONGEST_NOTE,
        metadata={"description": "What was said: it becomes a note on the profile."},
    )
    property = Text(
        load_default=None, allow_none=True, most=60, metadata={"description": "Where it was, by id or code."}
    )


@blueprint.get("/callers")
@needs("read", by_property=True)
@blueprint.arguments(CallerFilter, location="query")
@blueprint.response(200, CallersShape)
def look_up_caller(wanted: dict[str, Any]) -> Response:
    """Who has this number, with level, warnings and stays. The number stands in no log of ours; see `POST`."""
    return reply({"items": _callers(**wanted)})


@blueprint.post("/callers")
@needs("read", by_property=True)
@blueprint.arguments(CallerFilter)
@blueprint.response(200, CallersShape)
def look_up_caller_unseen(body: dict[str, Any]) -> Response:
    """As `GET`, with the number in no address that somebody on the way might write down."""
    return reply({"items": _callers(**body)})


@blueprint.post("/profiles/<uuid:profile_id>/calls")
@needs("write", by_property=True)
@blueprint.arguments(NewCall)
@blueprint.response(201, schema_of(Call))
def note_call(body: dict[str, Any], profile_id: UUID) -> Response:
    """Put a call on the guest's time line."""
    property_id = property_id_of(body.pop("property"))
    return reply(command(NoteCall(profile_id=profile_id, property_id=property_id, **body)), 201)


def _callers(number: str, property: str | None) -> list[dict[str, Any]]:
    country = _country_of(property) if property and not _INTERNATIONAL.match(number) else None
    found = ask(LookUpCaller(number=number, country=country)).items
    if not found:
        return []
    (answer,) = ask_all_within(_PATIENCE, ReadStaysOf(profile_ids=tuple(each.profile_id for each in found)))
    stays = {each.profile_id: each for each in answer.items} if isinstance(answer, StaysOfGuests) else {}
    return [{**vars(each), "stays": _stays(stays.get(each.profile_id))} for each in found]


def _country_of(key: str) -> str | None:
    """The property's; None while bookings does not answer: then the last digits have to do."""
    (answer,) = ask_all_within(_PATIENCE, ReadProperties(property=key))
    if isinstance(answer, Unavailable):
        return None
    if not (found := answered(answer).items):
        raise NoSuchProperty
    return str(found[0].country)


def _stays(said: StaysOfGuest | None) -> dict[str, Any] | None:
    return {name: value for name, value in vars(said).items() if name != "profile_id"} if said else None
