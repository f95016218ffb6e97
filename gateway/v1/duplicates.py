"""Who may be the same person: of one profile, as a work list, what is decided; and bookings that move to whom it is."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway import shapes
from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.known import survivors
from gateway.outside import LongText, Page, Strict, Text, listing, page, schema_of
from gateway.preconditions import IF_MATCH, unless_known, version_to_change
from gateway.problems import Refused
from services.contracts.bookings import Move, MoveBooking, ReadMoves
from services.contracts.profiles import (
    DecideMatch,
    Duplicate,
    FindMatches,
    Match,
    MatchingHasChanged,
    MatchingRules,
    MatchState,
    ReadDuplicates,
    ReadMatchingRules,
    ReadProfile,
    SetMatchingRules,
)
from services.kit.refusal import Problem

blueprint = Blueprint("duplicates", __name__, description="Profiles that may be the same person")


class DuplicatesFilter(Page):
    state = Text(load_default="open", validate=validate.OneOf(get_args(MatchState)))


class DecisionIn(Strict):
    decision = Text(required=True, validate=validate.OneOf(["same", "different"]))
    bookings_to = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "With `same`: which of the two has the bookings of both from now on."},
    )


class MatchingRulesIn(Strict):
    certain = fields.Float(required=True, allow_nan=False, metadata={"description": "From 0.7 to 0.99."})
    review = fields.Float(required=True, allow_nan=False, metadata={"description": "From 0.3 to `certain`."})


class MovedBookingIn(Strict):
    from_ = fields.UUID(required=True, data_key="from", metadata={"description": "The profile that stands on it."})
    to = fields.UUID(required=True, metadata={"description": "The profile that it is."})
    why = LongText(required=True, most=500, metadata={"description": "Kept with the booking."})


@blueprint.get("/profiles/<uuid:profile_id>/duplicates")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(Duplicate)(many=True))
def read_duplicates(profile_id: UUID) -> Response:
    """Who may be the same, the likeliest first, with the reasons: as looked for now, and from the work list."""
    return reply(list(ask(ReadDuplicates(profile_id=profile_id)).items))


@blueprint.get("/duplicates")
@needs("read", by_property=True)
@blueprint.arguments(DuplicatesFilter, location="query")
@blueprint.response(200, listing(schema_of(Match), "DuplicatesPage"))
def find_duplicates(wanted: dict[str, Any]) -> Response:
    """Pairs of profiles to look into, the surest first; with `state`, those that were decided."""
    return reply(page(ask(FindMatches(**wanted))))


@blueprint.post("/duplicates/<uuid:match_id>")
@needs("write")
@blueprint.arguments(DecisionIn)
@blueprint.response(200, schema_of(Match))
def decide_duplicate(body: dict[str, Any], match_id: UUID) -> Response:
    """Say whether the two are one person. Who is different is never suggested again."""
    decided = command(DecideMatch(match_id=match_id, **body))
    return reply(decided, version=decided.version)


@blueprint.get("/matching-rules")
@needs("read", by_property=True)
@blueprint.response(200, schema_of(MatchingRules))
def read_matching_rules() -> Response:
    """From which score on a booking is linked by itself, and from which a pair is looked into."""
    rules = ask(ReadMatchingRules())
    return unless_known(reply(rules, version=rules.version), MatchingHasChanged)


@blueprint.put("/matching-rules")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(MatchingRulesIn)
@blueprint.response(200, schema_of(MatchingRules))
def set_matching_rules(body: dict[str, Any]) -> Response:
    """Be stricter or bolder from now on. `If-Match` holds the ETag that was read."""
    version = version_to_change(MatchingHasChanged, lambda: ask(ReadMatchingRules()).version)
    rules = command(SetMatchingRules(version=version, **body))
    return reply(rules, version=rules.version)


@blueprint.post("/bookings/<uuid:booking_id>/move")
@needs("write", by_property=True)
@blueprint.arguments(MovedBookingIn)
@blueprint.response(200, shapes.BookingShape)
def move_booking(body: dict[str, Any], booking_id: UUID) -> Response:
    """The guest is another profile than the booking says. What was charged, paid, earned, agreed to and written with
    the booking follows, whatever its state.
    """
    survivors({"/from": body["from_"], "/to": body["to"]})
    was, now_is = (ask(ReadProfile(profile_id=body[name])) for name in ("from_", "to"))
    if (was.kind == "person") != (now_is.kind == "person"):
        raise Refused(422, "invalid", "The input is not valid.", errors=[Problem("/to", "A person is no company.")])
    said = MoveBooking(booking_id=booking_id, from_profile_id=body["from_"], to_profile_id=now_is.id, why=body["why"])
    after = command(said, renamed={"from_profile_id": "from", "to_profile_id": "to"})
    return reply(shapes.booking(after), version=after.version)


@blueprint.get("/bookings/<uuid:booking_id>/moves")
@needs("read", by_property=True)
@blueprint.response(200, listing(schema_of(Move), "MovesPage"))
def read_moves(booking_id: UUID) -> Response:
    """From which profile to which it moved, and why; the latest first."""
    return reply({"items": list(ask(ReadMoves(booking_id=booking_id)).items), "next": None})
