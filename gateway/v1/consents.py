"""What a guest has allowed, with its proof."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import validate

from gateway.access.callers import needs
from gateway.asking import command, reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest, survivor
from gateway.outside import Flag, Instant, Strict, Text, schema_of
from services.contracts.consent import ConsentRecord, Consents, ReadConsents, RecordConsent

blueprint = Blueprint("consents", __name__, description="Privacy and proof")

PURPOSES = ("marketing", "survey", "profiling", "partner_sharing", "stay")
CHANNELS = ("email", "sms", "phone", "post", "any")


class Moment(Strict):
    at = Instant(load_default=None, metadata={"description": "A past instant; now, if not given."})


class ConsentIn(Strict):
    purpose = Text(required=True, validate=validate.OneOf(PURPOSES))
    channel = Text(required=True, validate=validate.OneOf(CHANNELS))
    granted = Flag(required=True, metadata={"description": "False withdraws."})
    wording_version = Text(required=True, most=100)
    source = Text(required=True, most=100)
    language = Text(load_default=None, most=35)
    address = Text(load_default=None, most=64, metadata={"description": "The network address it came from."})


@blueprint.get("/profiles/<uuid:profile_id>/consents")
@needs("read", by_property=True)
@blueprint.arguments(Moment, location="query")
@blueprint.response(200, schema_of(Consents))
def read_consents(wanted: dict[str, Any], profile_id: UUID) -> Response:
    """The state per purpose and channel, now or at an instant, and every act that led to it."""
    return reply(about_guest(profile_id, ReadConsents(profile_id=profile_id, **wanted)))


@blueprint.post("/profiles/<uuid:profile_id>/consents")
@needs("write", by_property=True)
@blueprint.arguments(ConsentIn)
@blueprint.response(201, schema_of(ConsentRecord))
def record_consent(body: dict[str, Any], profile_id: UUID) -> Response:
    """Record a grant or a withdrawal."""
    return reply(command(RecordConsent(profile_id=survivor(profile_id), **body)), 201)
