"""Teams, the bookings that wait for them, and who works on which."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import marshmallow
from flask import Response
from marshmallow import fields, validate

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.known import internals_of
from gateway.outside import Page, Strict, Text, listing, page, schema_of, shown
from gateway.v1.routing import IF_MATCH, expected_version
from services.contracts.bookings.routing import (
    ClaimBooking,
    HandBackBooking,
    NoSuchTeam,
    ReadTeamQueue,
    ReadTeams,
    SetTeam,
    Team,
)

blueprint = Blueprint("teams", __name__, description="Who works on bookings")


class TeamIn(Strict):
    name = Text(required=True)
    property = Text(load_default=None, allow_none=True, most=60, metadata={"description": "Its id or its code."})
    members = fields.List(
        Text(most=120, metadata={"example": "key:01a1ffe6-380b-7568-894a-88f8aaa1e042"}),
        load_default=[],
        validate=validate.Length(max=500),
        metadata={"description": "API keys and staff, by their ids."},
    )


class QueueFilter(Page):
    state = Text(load_default="confirmed", validate=validate.OneOf(["confirmed", "in_house"]))
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code."})
    arrival_from = fields.Date(load_default=None)
    arrival_until = fields.Date(load_default=None)
    claimed = fields.Boolean(load_default=None, truthy={"true"}, falsy={"false"})
    claimed_by = Text(load_default=None, most=120)


class HandBackIn(Strict):
    reason = Text(required=True, most=500)

    @marshmallow.validates("reason")
    def says_something(self, said: str, **_: Any) -> None:
        if not said.strip():
            raise marshmallow.ValidationError("Say why.")


TeamShape = schema_of(Team)


@blueprint.get("/teams")
@needs("read", by_property=True)
@blueprint.response(200, listing(TeamShape, "TeamsPage"))
def read_teams() -> Response:
    """All teams with their members."""
    return reply({"items": [shown(team) for team in ask(ReadTeams()).items], "next": None})


@blueprint.get("/teams/<code>")
@needs("read", by_property=True)
@blueprint.response(200, TeamShape)
def read_team(code: str) -> Response:
    """One team, with an ETag to replace it by."""
    found = ask(ReadTeams(code=code)).items
    if not found:
        raise NoSuchTeam
    return versioned(found[0])


@blueprint.put("/teams/<code>")
@needs("admin", by_property=True)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(TeamIn)
@blueprint.response(200, TeamShape)
def set_team(body: dict[str, Any], code: str) -> Response:
    """Create or replace a team. Only its members, and admins, work on bookings that are routed to it."""
    team = Team(code=code, **{**body, "members": tuple(body["members"])})
    return versioned(command(SetTeam(team=team, version=expected_version())))


@blueprint.get("/teams/<code>/queue")
@needs("read", by_property=True)
@blueprint.arguments(QueueFilter, location="query")
@blueprint.response(200, listing(shapes.BookingShape, "TeamQueuePage"))
def read_queue(wanted: dict[str, Any], code: str) -> Response:
    """The team's bookings by day of arrival, then as they came to the team: check-in starts from here."""
    found = ask(ReadTeamQueue(team=code, **wanted))
    internals = internals_of(found.items)
    return reply(page(found, lambda booking: shapes.booking(booking, internals)))


@blueprint.post("/bookings/<uuid:booking_id>/claim")
@needs("write", by_property=True)
@blueprint.response(200, shapes.BookingShape)
def claim_booking(booking_id: UUID) -> Response:
    """The caller works on it; 409 `already-claimed` where somebody else does, 403 `not-in-team`."""
    return reply(shapes.booking(command(ClaimBooking(booking_id=booking_id))))


@blueprint.post("/bookings/<uuid:booking_id>/hand-back")
@needs("write", by_property=True)
@blueprint.arguments(HandBackIn)
@blueprint.response(200, shapes.BookingShape)
def hand_back_booking(body: dict[str, Any], booking_id: UUID) -> Response:
    """Back to the team's queue, for a reason."""
    return reply(shapes.booking(command(HandBackBooking(booking_id=booking_id, **body))))
