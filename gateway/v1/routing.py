"""The rules by which bookings come to teams, and why one came where it is."""

from __future__ import annotations

from typing import Any, Final, get_args
from uuid import UUID

from flask import Response, request
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.outside import MoneyField, Strict, Text, WholeNumber, listing, schema_of, shown
from gateway.preconditions import if_match, version_in
from services.contracts.bookings.routing import (
    BookingRoute,
    NoSuchRoutingRule,
    ReadBookingRoute,
    ReadRoutingRules,
    RemoveRoutingRule,
    RoutingHasChanged,
    RoutingRule,
    SetRoutingRule,
)
from services.contracts.bookings.words import Method

blueprint = Blueprint("routing", __name__, description="Which team works on which booking")

METHODS: Final = get_args(Method)
IF_MATCH: Final = if_match("The ETag that was read: 412 where somebody else has changed it since.", required=False)


class BookingRuleIn(Strict):
    priority = WholeNumber(load_default=100, metadata={"description": "The lowest is tried first."})
    property = Text(load_default=None, allow_none=True, most=60, metadata={"description": "Its id or its code."})
    channel = Text(load_default=None, allow_none=True, most=60)
    method = Text(load_default=None, allow_none=True, validate=validate.OneOf(METHODS))
    value_at_least = MoneyField(
        load_default=None, allow_none=True, metadata={"description": "Of the whole stay, met in this currency only."}
    )
    level = Text(
        load_default=None, allow_none=True, most=60, metadata={"description": "The house's label of anybody on it."}
    )
    room_type = Text(load_default=None, allow_none=True, most=60)
    weekdays = fields.List(
        WholeNumber(),
        load_default=[],
        validate=validate.Length(max=7),
        metadata={"description": "Of arrival: 1 is Monday, 7 is Sunday."},
    )
    arrival_from = fields.Date(load_default=None, allow_none=True)
    arrival_until = fields.Date(load_default=None, allow_none=True)
    nights_at_least = WholeNumber(load_default=None, allow_none=True)
    team = Text(required=True, most=40)
    branch = Text(
        load_default=None,
        allow_none=True,
        most=60,
        metadata={"description": "The property that works on it; if it is not said the team's, else the booking's."},
    )


RoutingRuleShape = schema_of(RoutingRule)


@blueprint.get("/routing-rules")
@needs("read", by_property=True)
@blueprint.response(200, listing(RoutingRuleShape, "RoutingRulesPage"))
def read_routing_rules() -> Response:
    """All rules, in the order in which they are tried."""
    return reply({"items": [shown(rule) for rule in ask(ReadRoutingRules()).items], "next": None})


@blueprint.get("/routing-rules/<code>")
@needs("read", by_property=True)
@blueprint.response(200, RoutingRuleShape)
def read_routing_rule(code: str) -> Response:
    """One rule, with an ETag to replace it by."""
    found = ask(ReadRoutingRules(code=code)).items
    if not found:
        raise NoSuchRoutingRule
    return versioned(found[0])


@blueprint.put("/routing-rules/<code>")
@needs("admin", by_property=True)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(BookingRuleIn)
@blueprint.response(200, RoutingRuleShape)
def set_routing_rule(body: dict[str, Any], code: str) -> Response:
    """Create or replace a rule. Bookings that nobody has claimed follow it within seconds."""
    rule = RoutingRule(code=code, **{**body, "weekdays": tuple(body["weekdays"])})
    return versioned(command(SetRoutingRule(rule=rule, version=expected_version())))


@blueprint.delete("/routing-rules/<code>")
@needs("admin", by_property=True)
@blueprint.response(204)
def remove_routing_rule(code: str) -> Response:
    """Take a rule away; the bookings it sent go where the others send them."""
    command(RemoveRoutingRule(code=code))
    return Response(status=204)


@blueprint.get("/bookings/<uuid:booking_id>/route")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(BookingRoute))
def read_booking_route(booking_id: UUID) -> Response:
    """Where a booking was sent and why: the rule it met, what failed in those before, and what happened since."""
    return reply(ask(ReadBookingRoute(booking_id=booking_id)))


def expected_version() -> int | None:
    """The version that If-Match names, 0 for ``If-None-Match: *``, None where it is all the same; refuses with 412."""
    if request.headers.get("If-None-Match", "").strip() == "*":
        return 0
    said = request.headers.get("If-Match", "*").strip()
    return None if said == "*" else version_in(said, RoutingHasChanged)
