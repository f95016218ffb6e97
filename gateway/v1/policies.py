"""Policies of properties, and the terms, fees and deposits of bookings."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import answered, ask, ask_all, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_of
from gateway.outside import MoneyField, Page, Strict, Text, WholeNumber, listing, page, schema_of, shown
from gateway.v1.taxes import Percent, percent
from services.contracts.billing import (
    BookingFee,
    BookingTerms,
    Cutoff,
    DepositDue,
    FindDeposits,
    NoSuchTerms,
    Policies,
    Policy,
    ReadBookingTerms,
    ReadPolicies,
    SetPolicies,
    Share,
    WaiveFee,
)
from services.contracts.bookings.terms import ReadToldTerms, ToldTerms

blueprint = Blueprint("policies", __name__, description="Cancellation, no-show and deposits: what houses ask")

KINDS = ("cancellation", "no_show", "deposit")
STATES = ("open", "met", "overdue", "dropped")


class ShareShape(Strict):
    """One of the three."""

    percent = Percent(load_default=None, allow_none=True, attribute="basis_points", metadata={"example": "80.00"})
    nights = WholeNumber(load_default=None, allow_none=True, metadata={"description": "The price of the first nights."})
    amount = MoneyField(load_default=None, allow_none=True)


class CutoffShape(Strict):
    """`hour` o'clock where the property stands, so many days before the day of arrival."""

    days = WholeNumber(load_default=0)
    hour = WholeNumber(load_default=18)


class PolicyShape(Strict):
    id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Given by Foyer; what is sent is not looked at."}
    )
    kind = Text(required=True, validate=validate.OneOf(KINDS))
    share = fields.Nested(ShareShape, required=True, metadata={"description": "Of the price of the stay."})
    channel = Text(load_default=None, allow_none=True, most=60)
    rates = fields.List(
        Text(most=60),
        load_default=(),
        validate=validate.Length(max=100),
        metadata={"description": "Codes of rate plans; every room of the booking is to have one of them."},
    )
    min_lead_days = WholeNumber(load_default=None, allow_none=True)
    max_lead_days = WholeNumber(load_default=None, allow_none=True)
    arrival_from = fields.Date(load_default=None, allow_none=True)
    arrival_until = fields.Date(load_default=None, allow_none=True)
    free_until = fields.Nested(
        CutoffShape,
        load_default=None,
        allow_none=True,
        metadata={"description": "Until when cancelling is free; 18:00 on the day of arrival if nothing is said."},
    )
    days_after_booking = WholeNumber(load_default=None, allow_none=True)
    days_before_arrival = WholeNumber(load_default=None, allow_none=True)


class PoliciesIn(Strict):
    policies = fields.List(fields.Nested(PolicyShape), required=True, validate=validate.Length(max=200))


class PoliciesShape(Strict):
    property_id = fields.UUID()
    policies = fields.List(
        fields.Nested(PolicyShape),
        metadata={"description": "Of each kind the most specific that matches holds."},
    )


class BookingTermsShape(schema_of(BookingTerms)):  # type: ignore[misc]
    cancellation = fields.Nested(PolicyShape, allow_none=True)
    no_show = fields.Nested(PolicyShape, allow_none=True)
    deposit = fields.Nested(PolicyShape, allow_none=True)
    property_id = fields.UUID(allow_none=True)
    time_zone = Text(allow_none=True)
    told = fields.List(
        fields.Nested(schema_of(ToldTerms)), metadata={"description": "The proof of which terms the guest was told."}
    )


class Reason(Strict):
    reason = Text(required=True, most=500)


class DepositsFilter(Page):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    state = Text(load_default=None, validate=validate.OneOf(STATES))


@blueprint.get("/properties/<key>/policies")
@needs("read", by_property=True)
@blueprint.response(200, PoliciesShape)
def read_policies(key: str) -> Response:
    """What a property asks of who cancels, does not come, or has to pay before."""
    return reply(_policies(ask(ReadPolicies(property_id=property_of(key).id))))


@blueprint.put("/properties/<key>/policies")
@needs("admin")
@blueprint.arguments(PoliciesIn)
@blueprint.response(200, PoliciesShape)
def set_policies(body: dict[str, Any], key: str) -> Response:
    """All policies of a property, in place of those it had. Bookings keep the terms they were made under."""
    house = property_of(key)
    said = SetPolicies(
        property_id=house.id,
        time_zone=house.time_zone,
        currency=house.currency,
        policies=tuple(_policy(each) for each in body["policies"]),
    )
    return reply(_policies(command(said)))


@blueprint.get("/bookings/<uuid:booking_id>/terms")
@needs("read", by_property=True)
@blueprint.response(200, BookingTermsShape)
def read_booking_terms(booking_id: UUID) -> Response:
    """The policies a booking was made under, in words and data, with its fee and its deposit, and the proof of what its
    guest was told. Without policies where billing has not heard of the booking yet.
    """
    terms, told = ask_all(ReadBookingTerms(booking_id=booking_id), ReadToldTerms(booking_id=booking_id))
    proof = {"told": [shown(each) for each in answered(told).items]}
    if isinstance(terms, NoSuchTerms) and proof["told"]:
        nothing = dict.fromkeys(each.name for each in dataclasses.fields(BookingTerms))
        return reply({**nothing, "booking_id": str(booking_id), "words": [], **proof})
    terms = answered(terms)
    return reply({**shown(terms), **{kind: _outside(getattr(terms, kind)) for kind in KINDS}, **proof})


@blueprint.post("/bookings/<uuid:booking_id>/fee/waive")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(Reason)
@blueprint.response(200, schema_of(BookingFee))
def waive_fee(body: dict[str, Any], booking_id: UUID) -> Response:
    """Take back what was charged for cancelling or not coming. Needs an Idempotency-Key."""
    return reply(command(WaiveFee(booking_id=booking_id, **body), key_demanded=True))


@blueprint.get("/deposits")
@needs("read", by_property=True)
@blueprint.arguments(DepositsFilter, location="query")
@blueprint.response(200, listing(schema_of(DepositDue), "DepositsPage"))
def find_deposits(wanted: dict[str, Any]) -> Response:
    """Deposits of bookings, earliest due first; met is what credit covers now."""
    key = wanted.pop("property")
    return reply(page(ask(FindDeposits(property_id=property_of(key).id if key else None, **wanted))))


def _policy(said: dict[str, Any]) -> Policy:
    until, rates = said.pop("free_until"), tuple(said.pop("rates"))
    return Policy(rates=rates, share=Share(**said.pop("share")), free_until=Cutoff(**until) if until else None, **said)


def _policies(found: Policies) -> dict[str, Any]:
    return {"property_id": str(found.property_id), "policies": [_outside(each) for each in found.policies]}


def _outside(policy: Policy | None) -> dict[str, Any] | None:
    if policy is None:
        return None
    share = {name: value for name, value in shown(policy.share).items() if name != "basis_points"}
    said = policy.share.basis_points
    return {**shown(policy), "share": {"percent": None if said is None else percent(said), **share}}
