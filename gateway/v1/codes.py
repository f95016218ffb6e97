"""What other systems call a property, its room types and its rates."""

from __future__ import annotations

from typing import Any, get_args

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text, schema_of
from services.contracts.bookings import Code, CodeKind, Codes, ReadCodes, SetCodes

blueprint = Blueprint("codes", __name__, description="Codes of other systems, and the house's own")

_SOURCE = {"description": "As the notices of that system say it; `channex` for Channex."}


class OneSource(Strict):
    source = Text(required=True, most=60, metadata=_SOURCE)


class AnySource(Strict):
    source = Text(load_default=None, most=60, metadata=_SOURCE)


class CodeIn(Strict):
    kind = Text(required=True, validate=validate.OneOf(get_args(CodeKind)))
    theirs = Text(required=True, most=60)
    ours = Text(
        required=True,
        most=60,
        metadata={"description": "The property's code, a room type's, or the house's code of a rate."},
    )


class CodesIn(Strict):
    codes = fields.List(fields.Nested(CodeIn), required=True, validate=validate.Length(max=1000))


@blueprint.get("/properties/<key>/codes")
@needs("read", by_property=True)
@blueprint.arguments(AnySource, location="query")
@blueprint.response(200, schema_of(Codes))
def read_codes(wanted: dict[str, Any], key: str) -> Response:
    """What a source, or every one, calls the property, its room types and its rates."""
    return reply(ask(ReadCodes(property=key, **wanted)))


@blueprint.put("/properties/<key>/codes")
@needs("admin")
@blueprint.arguments(OneSource, location="query")
@blueprint.arguments(CodesIn)
@blueprint.response(200, schema_of(Codes))
def set_codes(wanted: dict[str, Any], body: dict[str, Any], key: str) -> Response:
    """Give all codes of a source, in place of those it had; notices parked for want of one can be replayed then."""
    codes = tuple(Code(**code) for code in body["codes"])
    return reply(command(SetCodes(property=key, codes=codes, **wanted)))
