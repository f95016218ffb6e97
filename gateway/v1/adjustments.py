"""Adjustments: what is owed, corrected with a reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import survivors
from gateway.outside import MoneyField, Strict, Text, schema_of
from gateway.v1.ledger import CODE
from services.contracts.billing import Adjustment, PostAdjustment, ReadAdjustment

blueprint = Blueprint("adjustments", __name__, description="Corrections of what guests owe")

AdjustmentShape = schema_of(Adjustment)


class NewAdjustment(Strict):
    booking_id = fields.UUID(load_default=None)
    profile_id = fields.UUID(load_default=None, metadata={"description": "Of this guest's house folio; or"})
    folio_id = fields.UUID(load_default=None, metadata={"description": "of this very folio."})
    property = Text(
        load_default=None,
        most=60,
        metadata={"description": "Its id or code: for a house folio on which several have charged the kind."},
    )
    kind = Text(required=True, most=40, metadata={"example": "room", "description": "Whose revenue and VAT change."})
    amount = MoneyField(required=True)
    direction = Text(
        required=True,
        validate=validate.OneOf(["credit", "debit"]),
        metadata={"description": "A credit lowers what the guest owes, a debit raises it."},
    )
    reason = Text(required=True, most=500, metadata={"description": "In words; the guest reads it too."})
    reason_code = Text(
        load_default=None,
        most=40,
        validate=CODE,
        metadata={"example": "service-failure", "description": "`allowance` or `correction` unless said."},
    )
    business_date = fields.Date(load_default=None, metadata={"description": "Whose rate of VAT holds; today's."})

    @validates_schema
    def says_whose(self, data: dict[str, Any], **_: Any) -> None:
        if sum(data[name] is not None for name in ("booking_id", "profile_id", "folio_id")) != 1:
            raise marshmallow.ValidationError("Name one of the booking, the guest and the folio.", "booking_id")


@blueprint.post("/adjustments")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewAdjustment)
@blueprint.response(201, AdjustmentShape)
def post_adjustment(body: dict[str, Any]) -> Response:
    """Lower or raise what is owed, with a reason; 409 `adjustment-too-large` above what is charged and not invoiced.

    Needs an Idempotency-Key. It is taken back by `POST /v1/journals/{journal_id}/reverse`.
    """
    (body["profile_id"],) = survivors({"/profile_id": body["profile_id"]})
    made = command(PostAdjustment(**body), key_demanded=True)
    return reply(made, 201, headers={"Location": f"/v1/adjustments/{made.id}"})


@blueprint.get("/adjustments/<uuid:adjustment_id>")
@needs("read", by_property=True)
@blueprint.response(200, AdjustmentShape)
def read_adjustment(adjustment_id: UUID) -> Response:
    """One adjustment, with its tax and its state."""
    return reply(ask(ReadAdjustment(adjustment_id=adjustment_id)))
