"""What guests like, and the kinds of it that the house keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate

from gateway import wording
from gateway.access.callers import needs
from gateway.asking import answered, ask, ask_all, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_id_of
from gateway.outside import Change, Flag, LongText, Strict, Text, WholeNumber, cleared, listing, schema_of, shown
from gateway.preconditions import IF_MATCH, version_to_change
from services.contracts.profiles import (
    AddPreference,
    ChangePreference,
    EndPreference,
    LookAtPreferences,
    LookReason,
    NoSuchPreferenceKind,
    Preference,
    PreferenceHasChanged,
    PreferenceKind,
    PreferenceKindHasChanged,
    PreferenceOption,
    PreferencesFound,
    PreferenceSource,
    ReadPreference,
    ReadPreferenceKind,
    ReadPreferenceKinds,
    ReadPreferences,
    SetPreferenceKind,
)

blueprint = Blueprint("preferences", __name__, description="What guests like")

_SOURCE = validate.OneOf(get_args(PreferenceSource))


class NewPreference(Strict):
    """Of a `kind` with one of its options, or in words where it has none; without a kind a free one, in words."""

    kind = Text(load_default=None, allow_none=True, most=40, metadata={"example": "pillow"})
    option = Text(load_default=None, allow_none=True, most=40, metadata={"example": "no-feathers"})
    text = LongText(load_default=None, allow_none=True, most=1000)
    on_date = fields.Date(load_default=None, allow_none=True, metadata={"description": "Of an occasion."})
    source = Text(load_default="said", validate=_SOURCE)
    property = Text(
        load_default=None,
        allow_none=True,
        most=60,
        metadata={"description": "Where it holds, by id or code; everywhere, if not said."},
    )
    since = fields.Date(load_default=None, allow_none=True, metadata={"description": "Today, if not said."})


class PreferenceChange(Change):
    """What is not said stays; null empties `text` and `on_date`."""

    option = Text(most=40)
    text = LongText(allow_none=True, most=1000)
    on_date = fields.Date(allow_none=True)
    source = Text(validate=_SOURCE)
    since = fields.Date()


class PreferencesFilter(Strict):
    ended = Text(load_default="false", validate=validate.OneOf(["true", "false"]))


class PreferencesLook(Strict):
    reason = Text(required=True, validate=validate.OneOf(get_args(LookReason)))
    ended = Flag(load_default=False)


class PreferenceShape(schema_of(Preference)):  # type: ignore[misc]
    """`kind_label` and `option_label` are in the language asked for by `Accept-Language`."""

    kind_label = LongText(allow_none=True)
    option_label = LongText(allow_none=True)


class PreferencesPage(marshmallow.Schema):
    items = fields.List(fields.Nested(PreferenceShape), required=True)
    hidden = WholeNumber(metadata={"description": "Sensitive ones that are not among them."})
    next = fields.String(allow_none=True)


class PreferenceOptionIn(Strict):
    code = Text(required=True, most=40)
    labels = fields.List(fields.Nested(wording.InLanguageIn), required=True, validate=wording.MOST)
    retired = Flag(load_default=False)


class PreferenceKindIn(Strict):
    labels = fields.List(fields.Nested(wording.InLanguageIn), required=True, validate=wording.MOST)
    options = fields.List(
        fields.Nested(PreferenceOptionIn),
        load_default=[],
        validate=validate.Length(max=200),
        metadata={"description": "One that is left out is retired: chosen no more, and kept where it was chosen."},
    )
    several = Flag(load_default=False, metadata={"description": "A guest may have several at once."})
    dated = Flag(load_default=False, metadata={"description": "It may have a day."})
    sensitive = Flag(load_default=False, metadata={"description": "Of health or belief (GDPR art. 9)."})
    position = WholeNumber(load_default=0, validate=validate.Range(min=0, max=100_000))
    retired = Flag(load_default=False)


class PreferenceOptionShape(schema_of(PreferenceOption)):  # type: ignore[misc]
    label = LongText(allow_none=True)


class PreferenceKindShape(schema_of(PreferenceKind)):  # type: ignore[misc]
    """`label` is in the language asked for by `Accept-Language`."""

    label = LongText(allow_none=True)
    options = fields.List(fields.Nested(PreferenceOptionShape))


@blueprint.get("/profiles/<uuid:profile_id>/preferences")
@needs("read", by_property=True)
@blueprint.arguments(PreferencesFilter, location="query")
@blueprint.response(200, PreferencesPage)
def read_preferences(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """The newest first, with what is in effect and what outdoes what is not; without sensitive ones, which are
    `hidden`: see `POST …/preferences/look`.
    """
    said = ReadPreferences(profile_id=profile_id, ended=wanted["ended"] == "true")
    found, kinds = ask_all(said, ReadPreferenceKinds(retired=True))
    return _page(answered(found), _by_code(answered(kinds).items))


@blueprint.post("/profiles/<uuid:profile_id>/preferences/look")
@needs("read", by_property=True)
@blueprint.arguments(PreferencesLook)
@blueprint.response(200, PreferencesPage)
def look_at_preferences(body: dict[str, Any], profile_id: UUID) -> Response:
    """With sensitive ones, of health or belief (GDPR art. 9), for a reason: who looked, when and why is on the guest's
    time line.
    """
    found = command(LookAtPreferences(profile_id=profile_id, **body))
    return _page(found, _by_code(ask(ReadPreferenceKinds(retired=True)).items))


@blueprint.post("/profiles/<uuid:profile_id>/preferences")
@needs("write", by_property=True)
@blueprint.arguments(NewPreference)
@blueprint.response(201, PreferenceShape)
def add_preference(body: dict[str, Any], profile_id: UUID) -> Response:
    """What the guest said, staff observed, or was derived. What was said is in effect before what was derived."""
    property_id = property_id_of(body.pop("property"))
    added = command(AddPreference(profile_id=profile_id, property_id=property_id, **body))
    return _shown(added, 201, {"Location": f"/v1/preferences/{added.id}"})


@blueprint.get("/preferences/<uuid:preference_id>")
@needs("read", by_property=True)
@blueprint.response(200, PreferenceShape)
def read_preference(preference_id: UUID) -> Response:
    """One, with an ETag to change it by; what a sensitive one says is left out."""
    return _shown(ask(ReadPreference(preference_id=preference_id)))


@blueprint.patch("/preferences/<uuid:preference_id>")
@needs("write", by_property=True)
@blueprint.arguments(PreferenceChange)
@blueprint.response(200, PreferenceShape)
def change_preference(body: dict[str, Any], preference_id: UUID) -> Response:
    """Change the fields given. `If-Match` holds the ETag. Who changes a derived one says how they know: `source`."""
    version = version_to_change(PreferenceHasChanged, lambda: ask(ReadPreference(preference_id=preference_id)).version)
    return _shown(command(ChangePreference(preference_id=preference_id, version=version, **cleared(body))))


@blueprint.delete("/preferences/<uuid:preference_id>")
@needs("write", by_property=True)
@blueprint.response(200, PreferenceShape)
def end_preference(preference_id: UUID) -> Response:
    """It holds no more; it stays among those that have ended."""
    return _shown(command(EndPreference(preference_id=preference_id)))


@blueprint.get("/preference-kinds")
@needs("read", by_property=True)
@blueprint.response(200, listing(PreferenceKindShape, "PreferenceKindsPage"))
def read_preference_kinds() -> Response:
    """The kinds that the house keeps, in its order, with their options."""
    found = ask(ReadPreferenceKinds()).items
    return reply({"items": [_kind(each) for each in found], "next": None})


@blueprint.get("/preference-kinds/<code>")
@needs("read", by_property=True)
@blueprint.response(200, PreferenceKindShape)
def read_preference_kind(code: str) -> Response:
    """One kind, with an ETag to change it by."""
    found = ask(ReadPreferenceKind(code=code))
    return reply(_kind(found), version=found.version)


@blueprint.put("/preference-kinds/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(PreferenceKindIn)
@blueprint.response(200, PreferenceKindShape)
def set_preference_kind(body: dict[str, Any], code: str) -> Response:
    """The whole kind anew, by the ETag in `If-Match`; a new one with `If-Match: "0"`, or `*`."""
    version = version_to_change(PreferenceKindHasChanged, lambda: _version(code))
    options = tuple(
        PreferenceOption(**{**each, "labels": wording.said(each["labels"])}) for each in body.pop("options")
    )
    labels = wording.said(body.pop("labels"))
    kept = command(SetPreferenceKind(code=code, version=version, labels=labels, options=options, **body))
    return reply(_kind(kept), version=kept.version)


@blueprint.delete("/preference-kinds/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, PreferenceKindShape)
def retire_preference_kind(code: str) -> Response:
    """Nothing more is said of this kind; what was said stays. `If-Match` holds the ETag."""
    present = ask(ReadPreferenceKind(code=code))
    version = version_to_change(PreferenceKindHasChanged, lambda: present.version)
    kept = command(SetPreferenceKind(**{**vars(present), "version": version, "retired": True}))
    return reply(_kind(kept), version=kept.version)


def _version(code: str) -> int:
    """0 of one that is not there."""
    try:
        return ask(ReadPreferenceKind(code=code)).version
    except NoSuchPreferenceKind:
        return 0


def _page(found: PreferencesFound, kinds: Mapping[str, PreferenceKind]) -> Response:
    items = [_labelled(each, kinds.get(each.kind or "")) for each in found.items]
    return reply({"items": items, "hidden": found.hidden, "next": None})


def _shown(preference: Preference, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    kind = ask(ReadPreferenceKind(code=preference.kind)) if preference.kind else None
    return reply(_labelled(preference, kind), status, headers=headers, version=preference.version)


def _by_code(kinds: tuple[PreferenceKind, ...]) -> dict[str, PreferenceKind]:
    return {kind.code: kind for kind in kinds}


def _labelled(preference: Preference, kind: PreferenceKind | None) -> dict[str, Any]:
    options = {each.code: each.labels for each in kind.options} if kind else {}
    labels = {
        "kind_label": wording.chosen(kind.labels) if kind else None,
        "option_label": wording.chosen(options.get(preference.option or "", ())),
    }
    return {**vars(preference), **labels}


def _kind(kind: PreferenceKind) -> dict[str, Any]:
    options = [{**shown(each), "label": wording.chosen(each.labels)} for each in kind.options]
    return {**vars(kind), "label": wording.chosen(kind.labels), "options": options}
