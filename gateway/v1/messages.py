"""Messages to guests and their state."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import survivors, wanted_of
from gateway.outside import LongText, Page, Strict, Text, listing, page, schema_of
from gateway.v1.consents import PURPOSES
from services.contracts.notifier import FindMessages, Message, SendMessage

blueprint = Blueprint("messages", __name__, description="E-mail and text messages")

MessageShape = schema_of(Message)
_OUTSIDE = {"profile_id": "profile", "booking_id": "booking", "function_id": "function"}


class MessageFilter(Page):
    profile = fields.UUID(load_default=None)
    booking = fields.UUID(load_default=None)
    group = Text(load_default=None, most=40, metadata={"description": "The code of one."})
    function = fields.UUID(load_default=None)


class NewMessage(Strict):
    profile_id = fields.UUID(required=True)
    channel = Text(required=True, validate=validate.OneOf(["email", "sms"]))
    purpose = Text(load_default="stay", validate=validate.OneOf(PURPOSES))
    subject = Text(load_default=None)
    text = LongText(required=True, most=20_000)
    booking_id = fields.UUID(load_default=None)


@blueprint.get("/messages")
@needs("read", by_property=True)
@blueprint.arguments(MessageFilter, location="query")
@blueprint.response(200, listing(MessageShape, "MessagesPage"))
def find_messages(wanted: dict[str, Any]) -> Response:
    """What was sent, or would be: the newest first."""
    wanted["function_id"] = wanted.pop("function")
    said = FindMessages(profile_id=wanted_of(wanted.pop("profile")), booking_id=wanted.pop("booking"), **wanted)
    found = ask(said, renamed=_OUTSIDE)
    return reply(page(found))


@blueprint.post("/messages")
@needs("write", by_property=True)
@blueprint.arguments(NewMessage)
@blueprint.response(201, MessageShape)
def send_message(body: dict[str, Any]) -> Response:
    """Write to a guest; other purposes than `stay` need the guest's consent. 404 `no-such-booking`."""
    (body["profile_id"],) = survivors({"/profile_id": body["profile_id"]})
    return reply(command(SendMessage(**body)), 201)
