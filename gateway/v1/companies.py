"""Companies and agencies: their list, what they may owe and how old it is, and who owes which charges of a booking."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest, survivor, survivors
from gateway.outside import MoneyField, Page, Strict, Text, WholeNumber, listing, page, schema_of
from services.contracts.billing import (
    Ageing,
    CreditTerms,
    ReadAgeing,
    ReadCreditTerms,
    ReadRouting,
    Routing,
    RoutingRule,
    SetCreditTerms,
    SetRouting,
)
from services.contracts.profiles import FindOrganisations, Profile

blueprint = Blueprint("companies", __name__, description="Credit of companies, and who owes which charges")


class CompaniesFilter(Page):
    q = Text(load_default=None, metadata={"description": "How the name begins, whatever its accents and legal form."})
    kind = Text(load_default=None, validate=validate.OneOf(["company", "agency"]))


class CreditTermsIn(Strict):
    limit = MoneyField(required=True)
    days = WholeNumber(required=True, validate=validate.Range(min=0, max=365))


class RoutingRuleIn(Strict):
    kinds = fields.List(Text(most=60), required=True, validate=validate.Length(min=1, max=50))
    payer = fields.UUID(required=True, metadata={"description": "The profile that owes these charges."})


class RoutingIn(Strict):
    rules = fields.List(fields.Nested(RoutingRuleIn), required=True, validate=validate.Length(max=20))


class RoutingRuleShape(Strict):
    kinds = fields.List(fields.String(), required=True)
    payer = fields.UUID(required=True)


class RoutingShape(Strict):
    booking_id = fields.UUID(required=True)
    rules = fields.List(fields.Nested(RoutingRuleShape), required=True)


@blueprint.get("/companies")
@needs("read", by_property=True)
@blueprint.arguments(CompaniesFilter, location="query")
@blueprint.response(200, listing(schema_of(Profile), "CompaniesPage"))
def find_companies(wanted: dict[str, Any]) -> Response:
    """Companies and agencies by name."""
    return reply(page(ask(FindOrganisations(**wanted))))


@blueprint.get("/profiles/<uuid:profile_id>/credit-terms")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(CreditTerms))
def read_credit_terms(profile_id: UUID) -> Response:
    """Up to what the company may owe, and within how many days it pays; 404 `no-credit-terms` without."""
    return reply(about_guest(profile_id, ReadCreditTerms(profile_id=profile_id)))


@blueprint.put("/profiles/<uuid:profile_id>/credit-terms")
@needs("admin")
@blueprint.arguments(CreditTermsIn)
@blueprint.response(200, schema_of(CreditTerms))
def set_credit_terms(body: dict[str, Any], profile_id: UUID) -> Response:
    """Charges beyond the limit are refused from now on: 409 `credit-limit-reached`."""
    return reply(command(SetCreditTerms(profile_id=survivor(profile_id), **body)))


@blueprint.get("/profiles/<uuid:profile_id>/ageing")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(Ageing))
def read_ageing(profile_id: UUID) -> Response:
    """What is due, per currency, by the days since it should have been paid."""
    return reply(about_guest(profile_id, ReadAgeing(profile_id=profile_id)))


@blueprint.get("/bookings/<uuid:booking_id>/routing")
@needs("read", by_property=True)
@blueprint.response(200, RoutingShape)
def read_routing(booking_id: UUID) -> Response:
    """Who owes which kinds of the booking's charges."""
    return _shown(ask(ReadRouting(booking_id=booking_id)))


@blueprint.put("/bookings/<uuid:booking_id>/routing")
@needs("write", by_property=True)
@blueprint.arguments(RoutingIn)
@blueprint.response(200, RoutingShape)
def set_routing(body: dict[str, Any], booking_id: UUID) -> Response:
    """These rules and no others; what was charged moves to whoever owes it now. The same again moves nothing."""
    said = body["rules"]
    payers = survivors({f"/rules/{n}/payer": rule["payer"] for n, rule in enumerate(said)})
    rules = tuple(
        RoutingRule(kinds=tuple(rule["kinds"]), payer_profile_id=cast(UUID, payer))
        for rule, payer in zip(said, payers, strict=True)
    )
    return _shown(command(SetRouting(booking_id=booking_id, rules=rules)))


def _shown(routing: Routing) -> Response:
    rules = [{"kinds": list(rule.kinds), "payer": str(rule.payer_profile_id)} for rule in routing.rules]
    return reply({"booking_id": str(routing.booking_id), "rules": rules})
