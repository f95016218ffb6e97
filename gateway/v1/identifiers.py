"""Rules about identifiers: which e-mail addresses and numbers belong to a booking, an agency or nobody."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.outside import Change, Flag, Page, Strict, Text, cleared, listing, schema_of, shown
from gateway.preconditions import IF_MATCH, version_to_change
from services.contracts.profiles import (
    AddIdentifierRule,
    ChangeIdentifierRule,
    IdentifierRule,
    IdentifierRuleHasChanged,
    ReadIdentifierRule,
    ReadIdentifierRules,
    RemoveIdentifierRule,
)

blueprint = Blueprint("identifier-rules", __name__, description="Which addresses say nothing of who somebody is")

_KINDS: Final = ("domain", "address", "name", "number")
_MEANS: Final = ("relay", "agency", "placeholder")
_CONFIDENCE: Final = ("sure", "likely")


class IdentifierRuleIn(Strict):
    kind = Text(required=True, validate=validate.OneOf(_KINDS))
    pattern = Text(
        required=True,
        most=254,
        metadata={
            "description": "Of a domain: `.example.com` is it and whatever is below it, `example.com` it alone. Of a"
            " name: what stands before the @. Of a number: E.164.",
            "example": ".guest.booking.com",
        },
    )
    means = Text(required=True, validate=validate.OneOf(_MEANS))
    site = Text(load_default=None, allow_none=True, most=100)
    confidence = Text(load_default="sure", validate=validate.OneOf(_CONFIDENCE))
    source = Text(load_default=None, allow_none=True, most=100, metadata={"description": "Where it is known from."})
    enabled = Flag(load_default=True)


class IdentifierRuleChange(Change):
    means = Text(validate=validate.OneOf(_MEANS))
    site = Text(allow_none=True, most=100)
    confidence = Text(validate=validate.OneOf(_CONFIDENCE))
    source = Text(most=100)
    enabled = Flag()


class IdentifierRulesFilter(Page):
    kind = Text(load_default=None, validate=validate.OneOf(_KINDS))
    means = Text(load_default=None, validate=validate.OneOf(_MEANS))
    enabled = fields.Boolean(load_default=None, truthy={"true"}, falsy={"false"})


RuleShape = schema_of(IdentifierRule)


class IdentifierRulesPage(listing(RuleShape, "IdentifierRulesList")):  # type: ignore[misc]
    settled = fields.Boolean(
        required=True, metadata={"description": "The whole register has been judged by the rules as they are now."}
    )


@blueprint.get("/identifier-rules")
@needs("read", by_property=True)
@blueprint.arguments(IdentifierRulesFilter, location="query")
@blueprint.response(200, IdentifierRulesPage)
def read_identifier_rules(wanted: dict[str, Any]) -> Response:
    """The rules by kind and pattern."""
    return reply(shown(ask(ReadIdentifierRules(**wanted))))


@blueprint.get("/identifier-rules/<uuid:rule_id>")
@needs("read", by_property=True)
@blueprint.response(200, RuleShape)
def read_identifier_rule(rule_id: UUID) -> Response:
    """One rule, with an ETag to change it by."""
    return versioned(ask(ReadIdentifierRule(rule_id=rule_id)))


@blueprint.post("/identifier-rules")
@needs("admin")
@blueprint.arguments(IdentifierRuleIn)
@blueprint.response(201, RuleShape)
def add_identifier_rule(body: dict[str, Any]) -> Response:
    """Judge all addresses by one more rule, those in the register within minutes. 409 `identifier-rule-exists`."""
    made = command(AddIdentifierRule(**body))
    return versioned(made, at=f"/v1/identifier-rules/{made.id}")


@blueprint.patch("/identifier-rules/<uuid:rule_id>")
@needs("admin")
@blueprint.arguments(IdentifierRuleChange)
@blueprint.response(200, RuleShape)
def change_identifier_rule(body: dict[str, Any], rule_id: UUID) -> Response:
    """What the rule means, or whether it counts. Another pattern is another rule."""
    return versioned(command(ChangeIdentifierRule(rule_id=rule_id, version=_version(rule_id), **cleared(body))))


@blueprint.delete("/identifier-rules/<uuid:rule_id>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(204)
def remove_identifier_rule(rule_id: UUID) -> Response:
    """Without it, what it concerned says again who somebody is."""
    command(RemoveIdentifierRule(rule_id=rule_id, version=_version(rule_id)))
    return Response(status=204)


def _version(rule_id: UUID) -> int:
    return version_to_change(IdentifierRuleHasChanged, lambda: ask(ReadIdentifierRule(rule_id=rule_id)).version)
