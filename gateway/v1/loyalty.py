"""Points and tiers."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from gateway.access.callers import needs
from gateway.asking import reply
from gateway.blueprint import Blueprint
from gateway.known import about_guest
from gateway.outside import schema_of
from services.contracts.loyalty import LoyaltyAccount, ReadLoyalty

blueprint = Blueprint("loyalty", __name__, description="Points and members")


@blueprint.get("/profiles/<uuid:profile_id>/loyalty")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(LoyaltyAccount))
def read_loyalty(profile_id: UUID) -> Response:
    """Points, tier, lots, and what expires soon."""
    return reply(about_guest(profile_id, ReadLoyalty(profile_id=profile_id)))
