"""Everything that happened to a guest, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates

from gateway import wording
from gateway.access.callers import needs
from gateway.asking import answered, ask_all, reply
from gateway.blueprint import Blueprint
from gateway.known import property_id_of
from gateway.outside import LongText, Page, Text, listing, page, schema_of
from gateway.timeline_words import LANGUAGES, title
from services.contracts.bookings import Properties, ReadProperties
from services.contracts.profiles import ReadTimeline, TimelineItem, TimelineKind
from services.contracts.values import Money

blueprint = Blueprint("time line", __name__, description="Everything that happened to a guest")

_KINDS = get_args(TimelineKind)


class TimelineFilter(Page):
    kind = Text(load_default="", metadata={"description": f"One or more of {', '.join(_KINDS)}, with commas between."})
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})

    @validates("kind")
    def names_kinds(self, said: str, **_: Any) -> None:
        if said and not set(said.split(",")) <= set(_KINDS):
            raise ValidationError(f"One or more of {', '.join(_KINDS)}, with commas between.")


class TimelineProperty(Schema):
    id = fields.UUID()
    code = LongText(allow_none=True, metadata={"description": "Null while it cannot be told."})


class TimelineShape(schema_of(TimelineItem)):  # type: ignore[misc]
    """`title` says it in the language asked for by `Accept-Language`."""

    class Meta:
        exclude = ("property_id",)

    kind = Text(validate=validate.OneOf(_KINDS))
    property = fields.Nested(TimelineProperty, allow_none=True)
    title = LongText()


@blueprint.get("/profiles/<uuid:profile_id>/timeline")
@needs("read", by_property=True)
@blueprint.arguments(TimelineFilter, location="query")
@blueprint.response(200, listing(TimelineShape, "TimelinePage"))
def read_timeline(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """Stays, payments, charges, messages, consents, points, changes, notes: in all houses, newest first.

    The cursor stays good however much happens meanwhile.
    """
    language = _language()
    said = ReadTimeline(
        profile_id=profile_id,
        kinds=tuple(kind for kind in wanted["kind"].split(",") if kind),
        property_id=property_id_of(wanted["property"]),
        limit=wanted["limit"],
        cursor=wanted["cursor"],
    )
    found, houses = ask_all(said, ReadProperties())
    # while bookings is silent, the houses have no codes
    codes = {house.id: house.code for house in houses.items} if isinstance(houses, Properties) else {}
    return reply(page(answered(found), lambda item: _shown(item, codes, language)))


def _language() -> str:
    """The first that we have of those the caller reads, by their preference: Austria's German is German."""
    return next((each for each in wording.wanted() if each in LANGUAGES), "en")


def _shown(item: TimelineItem, codes: Mapping[UUID, str], language: str) -> dict[str, Any]:
    values = dict(vars(item))
    house = values.pop("property_id")
    return {
        **values,
        "facts": {name: _outside(fact) for name, fact in item.facts.items()},
        "property": house and {"id": house, "code": codes.get(house)},
        "title": title(item.kind, item.what, item.changed, item.facts, language),
    }


def _outside(fact: Any) -> Any:
    """Amounts of money as everywhere outside."""
    return Money(**fact) if isinstance(fact, dict) and fact.keys() == {"amount_minor", "currency"} else fact
