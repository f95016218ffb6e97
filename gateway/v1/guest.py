"""The complete view of a guest: what all services know, in one call."""

from __future__ import annotations

from uuid import UUID

from flask import Response, current_app, g
from marshmallow import Schema, fields

from gateway.access.callers import needs
from gateway.blueprint import Blueprint
from gateway.outside import schema_of
from gateway.shapes import BookingShape
from services.contracts.billing import BookingDue, CurrencyBalance
from services.contracts.consent import Consents
from services.contracts.loyalty import LoyaltyAccount
from services.contracts.notifier import Message
from services.contracts.profiles import Profile, Task

blueprint = Blueprint("guest view", __name__, description="All about one guest")


class BalanceShape(Schema):
    balances = fields.List(fields.Nested(schema_of(CurrencyBalance)))
    bookings = fields.List(fields.Nested(schema_of(BookingDue)))


class MessageSummary(schema_of(Message)):  # type: ignore[misc]
    class Meta:
        exclude = ("text", "html")


class SectionMark(Schema):
    as_of = fields.AwareDateTime(allow_none=True)
    stale = fields.Boolean()


class ViewShape(Schema):
    """A section whose owner has never answered is null and stale."""

    profile = fields.Nested(schema_of(Profile), allow_none=True)
    bookings = fields.List(fields.Nested(BookingShape), allow_none=True)
    balance = fields.Nested(BalanceShape, allow_none=True)
    consents = fields.Nested(schema_of(Consents), allow_none=True)
    loyalty = fields.Nested(schema_of(LoyaltyAccount), allow_none=True)
    messages = fields.List(fields.Nested(MessageSummary), allow_none=True)
    tasks = fields.List(fields.Nested(schema_of(Task)), allow_none=True)
    sections = fields.Dict(keys=fields.String(), values=fields.Nested(SectionMark))


@blueprint.get("/profiles/<uuid:profile_id>/view")
@needs("read", by_property=True)
@blueprint.response(200, ViewShape)
def read_view(profile_id: UUID) -> Response:
    """The complete guest view; each section says when it was true and whether its owner was silent since."""
    return Response(current_app.extensions["foyer"].views.of(profile_id, g.context), mimetype="application/json")
