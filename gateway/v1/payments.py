"""Payments and refunds."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from flask import Response
from marshmallow import fields

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest, survivors, wanted_of
from gateway.outside import MoneyField, Page, Strict, Text, listing, page, schema_of
from services.contracts.billing import (
    FindPayments,
    Payment,
    PaymentStanding,
    ReadPayment,
    Refund,
    RefundPayment,
    TakePayment,
)

blueprint = Blueprint("payments", __name__, description="Money that guests and others have paid")

PaymentsListing = listing(schema_of(PaymentStanding), "PaymentsPage")


class NewPayment(Strict):
    payer = fields.UUID(required=True, metadata={"description": "The profile of who pays."})
    on_behalf_of = fields.UUID(load_default=None, metadata={"description": "The profile that is credited."})
    booking_id = fields.UUID(load_default=None, metadata={"description": "The booking that is covered first."})
    amount = MoneyField(required=True)
    method = Text(required=True, most=60, metadata={"example": "card"})
    reference = Text(load_default=None)


class NewRefund(Strict):
    amount = MoneyField(required=True)
    reason = Text(required=True)


class PaymentFilter(Page):
    profile = fields.UUID(required=True)


@blueprint.post("/payments")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewPayment)
@blueprint.response(201, schema_of(Payment))
def take_payment(body: dict[str, Any]) -> Response:
    """A guest paid, or somebody for them; the credit is allocated to what is due. Needs an Idempotency-Key."""
    payer, credited = survivors({"/payer": body.pop("payer"), "/on_behalf_of": body.pop("on_behalf_of")})
    said = TakePayment(payer_profile_id=cast(UUID, payer), on_behalf_of=credited, **body)
    return reply(command(said, renamed={"payer_profile_id": "payer"}, key_demanded=True), 201)


@blueprint.get("/payments")
@needs("read", by_property=True)
@blueprint.arguments(PaymentFilter, location="query")
@blueprint.response(200, PaymentsListing)
def find_payments(wanted: dict[str, Any]) -> Response:
    """Payments that the profile made, or that were made for it, newest first."""
    said = FindPayments(profile_id=cast(UUID, wanted_of(wanted.pop("profile"))), **wanted)
    found = ask(said, renamed={"profile_id": "profile"})
    return reply(page(found))


@blueprint.get("/payments/<uuid:payment_id>")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(PaymentStanding))
def read_payment(payment_id: UUID) -> Response:
    """One payment: what of it was refunded, what is allocated to something due, what is left."""
    return reply(ask(ReadPayment(payment_id=payment_id)))


@blueprint.post("/payments/<uuid:payment_id>/refunds")
@needs("write", by_property=True)
@blueprint.doc(**{"x-key-demanded": True})
@blueprint.arguments(NewRefund)
@blueprint.response(201, schema_of(Refund))
def refund_payment(body: dict[str, Any], payment_id: UUID) -> Response:
    """Give money back; 409 `refund-too-large` above what is left of the payment. Needs an Idempotency-Key."""
    return reply(command(RefundPayment(payment_id=payment_id, **body), key_demanded=True), 201)


@blueprint.get("/profiles/<uuid:profile_id>/payments")
@needs("read", by_property=True)
@blueprint.arguments(Page, location="query")
@blueprint.response(200, PaymentsListing)
def read_payments_of(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """Payments by the guest and for the guest, newest first, with the guest's role in each."""
    return reply(page(about_guest(profile_id, FindPayments(profile_id=profile_id, **wanted))))
