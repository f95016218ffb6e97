"""Who belongs to whom: family, companions, assistants, companies and their people."""

from __future__ import annotations

from typing import Any, cast, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import wanted_of
from gateway.outside import Flag, Page, Strict, Text, listing, part, schema_of, shown
from services.contracts.bookings import ContactOf, FindContactOf
from services.contracts.profiles import (
    AddRelation,
    ReadRelations,
    ReadRepresented,
    Relation,
    RelationWord,
    RemoveRelation,
    Represented,
)

blueprint = Blueprint("relations", __name__, description="Who belongs to whom")

RelationShape = schema_of(Relation)


class ContactOfShape(schema_of(ContactOf)):  # type: ignore[misc]
    profile_id = fields.UUID()
    companies = fields.List(fields.Nested(schema_of(Represented)))


class NewRelation(Strict):
    profile_id = fields.UUID(required=True, metadata={"description": "The other one."})
    relation = Text(
        required=True,
        validate=validate.OneOf(get_args(RelationWord)),
        metadata={"description": "What the other one is to this profile: their `spouse`, their `employer`."},
    )
    label = Text(load_default=None, most=60, metadata={"description": "What an `other` one is called: godmother."})
    inverse_label = Text(load_default=None, most=60, metadata={"description": "And this profile from there: godchild."})
    function = Text(load_default=None, most=100, metadata={"description": "What an employee does there."})
    contact = Flag(
        load_default=None,
        metadata={"description": "Automatic messages for the company go to this employee, and to no other."},
    )


@blueprint.post("/profiles/<uuid:profile_id>/relations")
@needs("write", by_property=True)
@blueprint.arguments(NewRelation)
@blueprint.response(201, RelationShape)
def add_relation(body: dict[str, Any], profile_id: UUID) -> Response:
    """Say what another profile is to this one; seen from there it is the inverse.

    The same again answers 200, and changes function and contact if they are said. A company's new contact takes the
    place of the old.
    """
    other = wanted_of(body.pop("profile_id"))
    kept = command(AddRelation(profile_id=profile_id, other=cast(UUID, other), **body), renamed={"other": "profile_id"})
    return reply(kept.relation, 201 if kept.created else 200)


@blueprint.get("/profiles/<uuid:profile_id>/relations")
@needs("read", by_property=True)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, listing(RelationShape, "RelationsPage"))
def read_relations(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """Whoever belongs to the profile, by relation and name."""
    items = shown(ask(ReadRelations(profile_id=profile_id)).items)
    return reply(part(items, wanted["limit"], wanted["cursor"]))


@blueprint.get("/profiles/<uuid:profile_id>/contact-of")
@needs("read", by_property=True)
@blueprint.response(200, ContactOfShape)
def read_contact_of(profile_id: UUID) -> Response:
    """What the profile is the contact person of: companies by name; bookings, groups and functions, the latest first.

    `more`: there are others than the hundred of a kind.
    """
    found = ask(ReadRepresented(profile_id=profile_id))
    named = ask(FindContactOf(profile_ids=found.profile_ids))
    return reply({"profile_id": found.profile_ids[0], "companies": found.items, **vars(named)})


@blueprint.delete("/profiles/<uuid:profile_id>/relations/<uuid:relation_id>")
@needs("write", by_property=True)
@blueprint.response(204)
def remove_relation(profile_id: UUID, relation_id: UUID) -> Response:
    """Take a relation away, from both sides."""
    command(RemoveRelation(profile_id=profile_id, relation_id=relation_id))
    return Response(status=204)
