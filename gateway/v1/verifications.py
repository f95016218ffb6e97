"""Verifying addresses by a code, and guests by that, by a document that was seen, or by who knows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate, validates_schema

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import property_id_of
from gateway.outside import Strict, Text, schema_of
from services.contracts.profiles import (
    CodeTried,
    ConfirmVerification,
    GuestVerification,
    ReadVerification,
    StartVerification,
    UnverifyGuest,
    Verification,
    VerifyGuest,
    WrongCode,
)
from services.kit.refusal import Problem

blueprint = Blueprint("verifications", __name__, description="Whether guests are who they say")


class NewVerification(Strict):
    address = Text(
        load_default=None,
        most=254,
        metadata={"description": "An e-mail address or telephone number of the profile.", "example": "ana@example.org"},
    )
    contact_id = fields.UUID(load_default=None, metadata={"description": "Its id, in place of it."})
    country = Text(load_default=None, most=2, metadata={"description": "Where a number without country code is read."})
    property = Text(load_default=None, most=60, metadata={"description": "The house that the message names."})

    @validates_schema
    def names_one(self, data: dict[str, Any], **_: Any) -> None:
        if (data["address"] is None) == (data["contact_id"] is None):
            raise marshmallow.ValidationError("Say either the address or its id.", "address")


class VerificationCodeIn(Strict):
    code = Text(required=True, most=20, metadata={"description": "Six digits.", "example": "042137"})


class VerifiedByIn(Strict):
    how = Text(
        required=True,
        validate=validate.OneOf(["document", "staff"]),
        metadata={"description": "A document was seen, or somebody of the staff knows them."},
    )


class UnverifiedIn(Strict):
    reason = Text(required=True, most=500)


@blueprint.post("/profiles/<uuid:profile_id>/verifications")
@needs("write", by_property=True)
@blueprint.arguments(NewVerification)
@blueprint.response(202, schema_of(Verification))
def start_verification(body: dict[str, Any], profile_id: UUID) -> Response:
    """Send a code of six digits to an address of the profile. It is good for 15 minutes, five tries and one use.

    Three in an hour go to an address, ten in a day to a profile: 429 `too-many-codes`. 409 `already-verified`. A
    booking site's, an agency's or nobody's address cannot be verified: 422 `not-verifiable`.
    """
    house = property_id_of(body.pop("property"))
    return reply(command(StartVerification(profile_id=profile_id, property_id=house, **body)), 202)


@blueprint.post("/verifications/<uuid:verification_id>/confirm")
@needs("write", by_property=True)
@blueprint.arguments(VerificationCodeIn)
@blueprint.response(200, schema_of(CodeTried))
def confirm_verification(body: dict[str, Any], verification_id: UUID) -> Response:
    """Say the code: the address is verified, and so is its guest unless staff took that back.

    422 `wrong-code` says in `facts` how many tries are left. 404 `no-such-verification` where there is none, or it is
    over: used, too old, tried too often, or followed by another.
    """
    tried = command(ConfirmVerification(verification_id=verification_id, **body))
    if not tried.confirmed:
        raise WrongCode(
            errors=[Problem("/code", "This is not the code that was sent.")],
            facts={"tries_left": str(tried.tries_left)},
        )
    return reply(tried)


@blueprint.get("/profiles/<uuid:profile_id>/verification")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(GuestVerification))
def read_verification(profile_id: UUID) -> Response:
    """Whether the guest is verified, since when and how, and each time before: who is need not be again."""
    return reply(ask(ReadVerification(profile_id=profile_id)))


@blueprint.post("/profiles/<uuid:profile_id>/verify")
@needs("write", by_property=True)
@blueprint.arguments(VerifiedByIn)
@blueprint.response(200, schema_of(GuestVerification))
def verify_guest(body: dict[str, Any], profile_id: UUID) -> Response:
    """The guest is who they say. Who is verified already stays so, since then."""
    return reply(command(VerifyGuest(profile_id=profile_id, **body)))


@blueprint.post("/profiles/<uuid:profile_id>/unverify")
@needs("write", by_property=True)
@blueprint.arguments(UnverifiedIn)
@blueprint.response(200, schema_of(GuestVerification))
def unverify_guest(body: dict[str, Any], profile_id: UUID) -> Response:
    """Take it back; the reason stands on the profile as a pinned warning. 409 `not-verified`.

    A code verifies addresses of the guest from then on, the guest only staff.
    """
    return reply(command(UnverifyGuest(profile_id=profile_id, **body)))
