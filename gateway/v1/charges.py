"""Charges, the kinds of them, and what tills and other systems sell to guests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import survivors
from gateway.outside import Flag, MoneyField, Strict, Text, listing, schema_of, shown
from services.contracts.billing import (
    Charge,
    ChargeKind,
    ChargeNotice,
    ChargeReport,
    PostCharge,
    ReadCharge,
    ReadChargeKinds,
    ReceiveCharge,
    SetUpChargeKind,
    VoidCharge,
)

blueprint = Blueprint("charges", __name__, description="What guests are charged beside their stay")

ChargeShape = schema_of(Charge)
KindShape = schema_of(ChargeKind)


class NewCharge(Strict):
    booking_id = fields.UUID(load_default=None)
    profile_id = fields.UUID(load_default=None)
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    room = Text(
        load_default=None,
        metadata={"description": "Its number in the `property`: whoever is in it now is charged."},
    )
    kind = Text(required=True, most=40, metadata={"example": "restaurant"})
    amount = MoneyField(required=True)
    description = Text(least=0, load_default="", most=500)
    business_date = fields.Date(load_default=None)
    source = Text(load_default=None)
    external_id = Text(load_default=None)

    @validates_schema
    def says_whose(self, data: dict[str, Any], **_: Any) -> None:
        if sum(data[name] is not None for name in ("booking_id", "profile_id", "room")) != 1:
            raise marshmallow.ValidationError("Name one of the booking, the guest and the room.", "booking_id")
        if data["room"] is not None and data["property"] is None:
            raise marshmallow.ValidationError("A room is one of a property: name that too.", "property")


class Voiding(Strict):
    reason = Text(required=True, most=500)


class KindIn(Strict):
    name = Text(required=True, most=100)
    account = Text(required=True, most=60, metadata={"example": "revenue:spa"})
    tax_class = Text(required=True, most=40, metadata={"example": "standard"})
    active = Flag(load_default=True)


@blueprint.post("/charges")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewCharge)
@blueprint.response(201, ChargeShape)
def post_charge(body: dict[str, Any]) -> Response:
    """Charge the folio of a booking or of a room's guests, or a guest's house folio. Needs an Idempotency-Key.

    404 `unknown-room`, 409 `room-vacant`.
    """
    (body["profile_id"],) = survivors({"/profile_id": body["profile_id"]})
    return reply(command(PostCharge(**body), key_demanded=True), 201)


@blueprint.get("/charges/<uuid:charge_id>")
@needs("read", by_property=True)
@blueprint.response(200, ChargeShape)
def read_charge(charge_id: UUID) -> Response:
    """One charge, with its tax and its state."""
    return reply(ask(ReadCharge(charge_id=charge_id)))


@blueprint.post("/charges/<uuid:charge_id>/void")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(Voiding)
@blueprint.response(200, ChargeShape)
def void_charge(body: dict[str, Any], charge_id: UUID) -> Response:
    """Take a charge back by its reversal: once, and not when it is on an invoice. Needs an Idempotency-Key."""
    return reply(command(VoidCharge(charge_id=charge_id, **body), key_demanded=True))


@blueprint.post("/inbound/charges")
@needs("inbound", by_property=True)
@blueprint.arguments(schema_of(ChargeNotice))
@blueprint.response(202, schema_of(ChargeReport))
def receive_charge(notice: ChargeNotice) -> Response:
    """Take a till's notice; the same (source, external id) again gets the same charge."""
    return reply(command(ReceiveCharge(notice=notice), renamed={"notice": ""}), 202)


@blueprint.get("/charge-kinds")
@needs("read", by_property=True)
@blueprint.response(200, listing(KindShape, "ChargeKindsPage"))
def read_charge_kinds() -> Response:
    """All kinds, also those that are not in use any more."""
    return reply({"items": [shown(kind) for kind in ask(ReadChargeKinds()).items], "next": None})


@blueprint.put("/charge-kinds/<code>")
@needs("admin")
@blueprint.arguments(KindIn)
@blueprint.response(200, KindShape)
def set_up_charge_kind(body: dict[str, Any], code: str) -> Response:
    """Create a kind by its code, or bring it to what is said here, for the charges to come."""
    said = SetUpChargeKind(kind=ChargeKind(code=code, **body))
    return reply(command(said, renamed={"kind": ""}))
