"""Accounts, payments and charges."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate, validates_schema

from gateway.access.callers import needs
from gateway.asking import command, reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest, refuse_unknown
from gateway.outside import MoneyField, Page, Strict, Text, schema_of
from services.contracts.billing import Account, Charge, Payment, PostCharge, ReadAccount, TakePayment

blueprint = Blueprint("billing", __name__, description="What guests owe and have paid")

KINDS = ("room", "restaurant", "spa", "meeting", "parking", "fee", "other")


class NewPayment(Strict):
    payer = fields.UUID(required=True, metadata={"description": "The profile of who pays."})
    on_behalf_of = fields.UUID(load_default=None, metadata={"description": "The profile that is credited."})
    amount = MoneyField(required=True)
    method = Text(required=True, most=60, metadata={"example": "card"})
    reference = Text(load_default=None)


class NewCharge(Strict):
    booking_id = fields.UUID(load_default=None)
    profile_id = fields.UUID(load_default=None)
    kind = Text(required=True, validate=validate.OneOf(KINDS))
    amount = MoneyField(required=True)
    description = Text(least=0, load_default="", most=500)

    @validates_schema
    def says_whose(self, data: dict[str, Any], **_: Any) -> None:
        if (data["booking_id"] is None) == (data["profile_id"] is None):
            raise marshmallow.ValidationError("Name the booking or the guest.", "booking_id")


@blueprint.get("/profiles/<uuid:profile_id>/account")
@needs("read")
@blueprint.arguments(Page, location="query")
@blueprint.response(200, schema_of(Account))
def read_account(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """Balance and credit per currency, what each booking costs, and the lines, newest first."""
    return reply(about_guest(profile_id, ReadAccount(profile_id=profile_id, **wanted)))


@blueprint.post("/payments")
@needs("write")
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewPayment)
@blueprint.response(201, schema_of(Payment))
def take_payment(body: dict[str, Any]) -> Response:
    """A guest paid, or somebody for them; the credit is allocated to what is due. Needs an Idempotency-Key."""
    payer = body.pop("payer")
    refuse_unknown({"/payer": payer, "/on_behalf_of": body["on_behalf_of"]})
    said = TakePayment(payer_profile_id=payer, **body)
    return reply(command(said, renamed={"payer_profile_id": "payer"}, key_demanded=True), 201)


@blueprint.post("/charges")
@needs("write")
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewCharge)
@blueprint.response(201, schema_of(Charge))
def post_charge(body: dict[str, Any]) -> Response:
    """Charge a booking's folio or a guest's house folio. Needs an Idempotency-Key."""
    refuse_unknown({"/profile_id": body["profile_id"]})
    return reply(command(PostCharge(**body), key_demanded=True), 201)
