"""What guests owe and have in credit, line by line, and which payment covers which booking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest, property_id_of, wanted_of
from gateway.outside import MoneyField, Page, Strict, Text, schema_of
from services.contracts.billing import (
    Account,
    AllocationsOfPayment,
    BookingBalance,
    PinAllocation,
    ReadAccount,
    ReadBookingBalance,
    ReleaseAllocation,
)

blueprint = Blueprint("accounts", __name__, description="What guests owe and have in credit")


class WantedLines(Page):
    """The part of an account to answer."""

    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    currency = Text(load_default=None, least=3, most=3, metadata={"example": "EUR"})


class WantedShare(Strict):
    payer_profile_id = fields.UUID(
        data_key="payer", load_default=None, metadata={"description": "Only what this profile pays of it."}
    )


class Release(Strict):
    payment_id = fields.UUID(required=True)
    booking_id = fields.UUID(load_default=None)
    folio_id = fields.UUID(load_default=None)
    reason = Text(required=True, most=500)

    @validates_schema
    def says_which(self, data: dict[str, Any], **_: Any) -> None:
        if (data["booking_id"] is None) == (data["folio_id"] is None):
            raise marshmallow.ValidationError("Name the booking or the folio, one of the two.", "booking_id")


class Pin(Release):
    amount = MoneyField(load_default=None, metadata={"description": "Without it the rules decide about the two again."})


@blueprint.get("/profiles/<uuid:profile_id>/account")
@needs("read", by_property=True)
@blueprint.arguments(WantedLines, location="query")
@blueprint.response(200, schema_of(Account))
def read_account(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """Balance and credit per currency, what each booking costs, and the lines with their source, newest first."""
    property_id = property_id_of(wanted.pop("property"))
    return reply(about_guest(profile_id, ReadAccount(profile_id=profile_id, property_id=property_id, **wanted)))


@blueprint.get("/bookings/<uuid:booking_id>/balance")
@needs("read", by_property=True)
@blueprint.arguments(WantedShare, location="query")
@blueprint.response(200, schema_of(BookingBalance))
def read_booking_balance(wanted: dict[str, Any], booking_id: UUID) -> Response:
    """What a booking costs, what credit covers of it and why, and what is due: the difference to be paid."""
    payer = wanted_of(wanted["payer_profile_id"])
    return reply(ask(ReadBookingBalance(booking_id=booking_id, payer_profile_id=payer)))


@blueprint.post("/allocations")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(Pin)
@blueprint.response(200, schema_of(AllocationsOfPayment))
def pin_allocation(body: dict[str, Any]) -> Response:
    """Let a payment cover a booking before any other; answers all that it covers now. Needs an Idempotency-Key."""
    return reply(command(PinAllocation(**body), key_demanded=True))


@blueprint.post("/allocations/release")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(Release)
@blueprint.response(200, schema_of(AllocationsOfPayment))
def release_allocation(body: dict[str, Any]) -> Response:
    """Take a payment away from a booking; what it covered goes where the rules say. Needs an Idempotency-Key."""
    return reply(command(ReleaseAllocation(**body), key_demanded=True))
