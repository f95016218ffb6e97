"""What every card must have, and how the warning about possible duplicates looks."""

from __future__ import annotations

import json
from typing import Any, get_args

from flask import Response
from marshmallow import fields, validate

from gateway import problems
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text, schema_of
from services.contracts.profiles import EntryField, EntryRules, PossibleDuplicate, ReadEntryRules, SetEntryRule

blueprint = Blueprint("entry", __name__, description="What a card must have")


class EntryRuleIn(Strict):
    kind = Text(required=True, most=20, metadata={"example": "person"})
    country = Text(load_default=None, most=3, metadata={"description": "Only for cards written or living there."})
    property_id = fields.UUID(load_default=None, metadata={"description": "Only for cards written there."})
    required = fields.List(
        fields.String(validate=validate.OneOf(get_args(EntryField))),
        required=True,
        validate=validate.Length(max=len(get_args(EntryField))),
    )


@blueprint.get("/entry-rules")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(EntryRules))
def read_entry_rules() -> Response:
    """What a card must have when somebody writes it, by kind, country and property; rules add up."""
    return reply(ask(ReadEntryRules()))


@blueprint.put("/entry-rules")
@needs("admin")
@blueprint.arguments(EntryRuleIn)
@blueprint.response(200, schema_of(EntryRules))
def set_entry_rule(body: dict[str, Any]) -> Response:
    """Set the rule for a kind, country and property; requiring nothing takes it away. Answers all rules."""
    return reply(command(SetEntryRule(**{**body, "required": tuple(body["required"])})))


def possible_duplicate(refusal: PossibleDuplicate) -> Response:
    """409 with whom it may be: ids, scores and reasons, so that nobody reads a card here that they may not."""
    candidates = json.loads(refusal.facts["candidates"])
    return problems.problem(409, refusal.code(), refusal.detail, more={"candidates": candidates})
