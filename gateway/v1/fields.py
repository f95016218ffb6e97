"""Fields of a card that the house defines for itself, and their values."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import marshmallow
from flask import Response, request
from marshmallow import fields, validate

from gateway import wording
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_id_of
from gateway.outside import Flag, LongText, Strict, Text, WholeNumber, listing, schema_of, shown
from gateway.preconditions import IF_MATCH, version_to_change
from gateway.problems import invalid
from services.contracts.profiles import (
    FieldDefinition,
    FieldHasChanged,
    FieldLookReason,
    FieldOption,
    FieldPlace,
    FieldPreview,
    FieldRule,
    FieldScreen,
    FieldType,
    FieldValue,
    FieldValues,
    FindByFields,
    Kind,
    LookAtFields,
    NoSuchField,
    PreviewField,
    ProfilesFound,
    ReadField,
    ReadFields,
    ReadFieldValues,
    SetField,
)

blueprint = Blueprint("fields", __name__, description="The house's own fields of a card")

_KINDS = validate.OneOf(get_args(Kind))
_PLACES = validate.OneOf(get_args(FieldPlace))
_SOUGHT = "field."  # what the parameters of a list begin with that look for values


class FieldOptionIn(Strict):
    code = Text(required=True, most=40)
    labels = fields.List(fields.Nested(wording.InLanguageIn), required=True, validate=wording.MOST)
    retired = Flag(load_default=False)


class FieldRuleIn(Strict):
    """What is not said is any; without a screen, all that show the field, and calls that name no screen."""

    screen = Text(load_default=None, allow_none=True, validate=validate.OneOf(get_args(FieldScreen)))
    kind = Text(load_default=None, allow_none=True, validate=_KINDS)
    country = Text(load_default=None, allow_none=True, most=3)
    property = Text(load_default=None, allow_none=True, most=60, metadata={"description": "Its id or its code."})


class FieldIn(Strict):
    type = Text(required=True, validate=validate.OneOf(get_args(FieldType)))
    labels = fields.List(fields.Nested(wording.InLanguageIn), required=True, validate=wording.MOST)
    options = fields.List(
        fields.Nested(FieldOptionIn),
        load_default=[],
        validate=validate.Length(max=500),
        metadata={"description": "One that is left out is retired: chosen no more, and kept where it was chosen."},
    )
    default = LongText(load_default=None, allow_none=True, most=10_000, metadata={"description": "Written as a text."})
    required = fields.List(fields.Nested(FieldRuleIn), load_default=[], validate=validate.Length(max=100))
    shown_on = fields.List(Text(validate=_PLACES), load_default=["card", "entry"], validate=validate.Length(max=20))
    kinds = fields.List(Text(validate=_KINDS), load_default=[], validate=validate.Length(max=10))
    countries = fields.List(Text(most=3), load_default=[], validate=validate.Length(max=300))
    property = Text(
        load_default=None, allow_none=True, most=60, metadata={"description": "Of one property only, by id or code."}
    )
    position = WholeNumber(load_default=0)
    shortest = WholeNumber(load_default=None, allow_none=True)
    longest = WholeNumber(load_default=None, allow_none=True)
    least = Text(load_default=None, allow_none=True, most=40, metadata={"description": "Of a number or a date."})
    most = Text(load_default=None, allow_none=True, most=40)
    decimals = WholeNumber(load_default=0)
    pattern = Text(load_default=None, allow_none=True, metadata={"example": r"[A-Z]{2}\d{6,8}"})
    encrypted = Flag(load_default=False, metadata={"description": "Sealed where it is kept, and masked."})
    masked = Flag(load_default=False, metadata={"description": "Shown by its last characters: see `look`."})
    clear_to = Text(load_default="admin", validate=validate.OneOf(["write", "admin"]))
    searchable = Flag(load_default=False, metadata={"description": "By `GET /v1/profiles?field.<code>=…`."})
    retention_months = WholeNumber(
        load_default=None, allow_none=True, metadata={"description": "Wiped so long after the last stay."}
    )
    retired = Flag(load_default=False)


class NewField(FieldIn):
    code = Text(required=True, most=40, metadata={"example": "loyalty-card"})


class FieldsFilter(Strict):
    screen = Text(load_default=None, validate=_PLACES)
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    country = Text(load_default=None, validate=validate.Length(equal=2))
    kind = Text(load_default="person", validate=_KINDS)
    retired = Text(load_default="false", validate=validate.OneOf(["true", "false"]))


class FieldValuesFilter(Strict):
    screen = Text(load_default=None, validate=validate.OneOf(get_args(FieldScreen)))
    property = Text(load_default=None, most=60)
    country = Text(load_default=None, validate=validate.Length(equal=2))


class FieldsLook(Strict):
    codes = fields.List(Text(most=40), required=True, validate=validate.Length(min=1, max=50))
    reason = Text(required=True, validate=validate.OneOf(get_args(FieldLookReason)))


class FieldOptionShape(schema_of(FieldOption)):  # type: ignore[misc]
    label = LongText(allow_none=True)


class FieldShape(schema_of(FieldDefinition)):  # type: ignore[misc]
    """`label` is in the language asked for by `Accept-Language`; `required_here`: where it was asked for."""

    label = LongText(allow_none=True)
    options = fields.List(fields.Nested(FieldOptionShape))
    required_here = Flag()


class FieldValueShape(schema_of(FieldValue)):  # type: ignore[misc]
    label = LongText(allow_none=True)
    option_label = LongText(allow_none=True)


class ProfileFieldValues(marshmallow.Schema):
    items = fields.List(fields.Nested(FieldValueShape), required=True)
    missing = fields.List(Text(), metadata={"description": "Those that need a value on the screen that was named."})


@blueprint.get("/fields")
@needs("read", by_property=True)
@blueprint.arguments(FieldsFilter, location="query")
@blueprint.response(200, listing(FieldShape, "FieldsPage"))
def read_fields(wanted: dict[str, Any]) -> Response:
    """The fields that a screen, a property and a country have, in the house's order."""
    country = wanted["country"]
    found = ask(
        ReadFields(
            place=wanted["screen"],
            property_id=property_id_of(wanted["property"]),
            country=country.upper() if country else None,
            kind=wanted["kind"],
            retired=wanted["retired"] == "true",
        )
    )
    items = [{**_field(each), "required_here": each.code in found.required} for each in found.items]
    return reply({"items": items, "next": None})


@blueprint.post("/fields")
@needs("admin")
@blueprint.arguments(NewField)
@blueprint.response(201, FieldShape)
def add_field(body: dict[str, Any]) -> Response:
    """A new field; 409 `field-exists` where there is one with this code."""
    made = command(SetField(field=_definition(body.pop("code"), 0, body)))
    return reply(_field(made), 201, headers={"Location": f"/v1/fields/{made.code}"}, version=made.version)


@blueprint.get("/fields/<code>")
@needs("read", by_property=True)
@blueprint.response(200, FieldShape)
def read_field(code: str) -> Response:
    """One field, with an ETag to change it by."""
    found = ask(ReadField(code=code))
    return reply(_field(found), version=found.version)


@blueprint.put("/fields/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(FieldIn)
@blueprint.response(200, FieldShape)
def set_field(body: dict[str, Any], code: str) -> Response:
    """The whole field anew; `If-Match` holds the ETag. Values stay as they were written, of another type they are
    shown as far as they can be converted: see `POST …/preview` for what would become of them.
    """
    version = version_to_change(FieldHasChanged, lambda: ask(ReadField(code=code)).version)
    if version == 0:
        raise NoSuchField
    made = command(SetField(field=_definition(code, version, body)))
    return reply(_field(made), version=made.version)


@blueprint.delete("/fields/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, FieldShape)
def retire_field(code: str) -> Response:
    """Fill it no more; values stay, and are shown as retired. `If-Match` holds the ETag."""
    present = ask(ReadField(code=code))
    version = version_to_change(FieldHasChanged, lambda: present.version)
    made = command(SetField(field=FieldDefinition(**{**vars(present), "version": version, "retired": True})))
    return reply(_field(made), version=made.version)


@blueprint.post("/fields/<code>/preview")
@needs("admin")
@blueprint.arguments(FieldIn)
@blueprint.response(200, schema_of(FieldPreview))
def preview_field(body: dict[str, Any], code: str) -> Response:
    """What a change would make of the values there are; nothing is changed."""
    return reply(ask(PreviewField(field=_definition(code, 0, body))))


@blueprint.get("/profiles/<uuid:profile_id>/fields")
@needs("read", by_property=True)
@blueprint.arguments(FieldValuesFilter, location="query")
@blueprint.response(200, ProfileFieldValues)
def read_field_values(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """Values with their labels, who said them and when; with `screen`, what is missing there."""
    country = wanted["country"]
    found = ask(
        ReadFieldValues(
            profile_id=profile_id,
            screen=wanted["screen"],
            property_id=property_id_of(wanted["property"]),
            country=country.upper() if country else None,
        )
    )
    return _values(found)


@blueprint.post("/profiles/<uuid:profile_id>/fields/look")
@needs("read", by_property=True)
@blueprint.arguments(FieldsLook)
@blueprint.response(200, ProfileFieldValues)
def look_at_fields(body: dict[str, Any], profile_id: UUID) -> Response:
    """Masked values in the clear, for a reason and to who has the scope `clear_to`: who looked, when and why is on the
    guest's time line.
    """
    said = LookAtFields(profile_id=profile_id, codes=tuple(dict.fromkeys(body["codes"])), reason=body["reason"])
    return _values(ask(said))


def sought() -> dict[str, str]:
    """What ``field.<code>=<value>`` of the query looks for; refuses with 422."""
    named = {name: said for name, said in request.args.items() if name.startswith(_SOUGHT)}
    found: dict[str, str] = {}
    for name, said in named.items():
        try:
            found[name.removeprefix(_SOUGHT)] = Text().deserialize(said)
        except marshmallow.ValidationError as fault:
            raise invalid({name[:60]: fault.messages}) from None
    return found


def without_sought(query: Any) -> dict[str, Any]:
    """The query's other parameters."""
    return {name: query[name] for name in query if not name.startswith(_SOUGHT)}


def find(said: dict[str, str], limit: int, cursor: str | None, others: list[str]) -> ProfilesFound:
    """By values alone; refuses with 422 what else was looked for with them."""
    if others:
        raise invalid({name: ["Not together with field.…"] for name in others})
    return ask(FindByFields(fields=said, limit=limit, cursor=cursor))


def _definition(code: str, version: int, body: dict[str, Any]) -> FieldDefinition:
    given = dict(body)
    rules = [
        FieldRule(
            screen=each["screen"],
            kind=each["kind"],
            country=each["country"],
            property_id=property_id_of(each["property"]),
        )
        for each in given.pop("required")
    ]
    options = [{**each, "labels": wording.said(each["labels"])} for each in given.pop("options")]
    rest: dict[str, Any] = {
        name: tuple(said) if isinstance(said, list) else said
        for name, said in given.items()
        if name not in ("labels", "property")
    }
    return FieldDefinition(
        code=code,
        version=version,
        labels=wording.said(given["labels"]),
        options=tuple(FieldOption(**each) for each in options),
        required=tuple(rules),
        property_id=property_id_of(given["property"]),
        **rest,
    )


def _field(made: FieldDefinition) -> dict[str, Any]:
    options = [{**shown(each), "label": wording.chosen(each.labels)} for each in made.options]
    return {**vars(made), "label": wording.chosen(made.labels), "options": options}


def _values(found: FieldValues) -> Response:
    items = [
        {**vars(each), "label": wording.chosen(each.labels), "option_label": wording.chosen(each.option_labels)}
        for each in found.items
    ]
    return reply({"items": items, "missing": found.missing}, version=found.version)
