"""Stages of the life that guests have with the house, by the house's rules."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from gateway import wording
from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.outside import Flag, Strict, Text, WholeNumber, listing, schema_of, shown
from gateway.preconditions import IF_MATCH, version_to_change
from services.contracts.profiles import (
    NoSuchStage,
    ReadStages,
    RecomputeStages,
    RecomputingStages,
    SetStage,
    StageHasChanged,
    StageRule,
)

blueprint = Blueprint("stages", __name__, description="Leads, guests, members, and those who come no more")


class StageIn(Strict):
    """Any one of `bookings`, `stays`, `account` and `tiers` that are said suffices; without any it is everybody."""

    position = WholeNumber(
        required=True, metadata={"description": "Of all stages that are true of a guest, the lowest holds."}
    )
    bookings = WholeNumber(
        load_default=None, allow_none=True, metadata={"description": "That hold or held rooms, at least so many."}
    )
    stays = WholeNumber(
        load_default=None, allow_none=True, metadata={"description": "That are over, at least so many."}
    )
    account = Flag(load_default=False, metadata={"description": "A loyalty account."})
    tiers = fields.List(Text(most=60), load_default=[], validate=validate.Length(max=50))
    months_without_stay = WholeNumber(
        load_default=None,
        allow_none=True,
        metadata={"description": "Only who has stayed, that long ago, and has no stay to come."},
    )
    care = fields.List(
        fields.Nested(wording.InLanguageIn),
        load_default=[],
        validate=wording.MOST,
        metadata={"description": "How the house cares for guests of this stage; shown with their profiles."},
    )


StageShape = schema_of(StageRule)


@blueprint.get("/stages")
@needs("read", by_property=True)
@blueprint.response(200, listing(StageShape, "StagesPage"))
def read_stages() -> Response:
    """The rules, in the order in which they are looked at."""
    return reply({"items": shown(ask(ReadStages()).items), "next": None})


@blueprint.get("/stages/<code>")
@needs("read", by_property=True)
@blueprint.response(200, StageShape)
def read_stage(code: str) -> Response:
    """One rule, with an ETag to change it by."""
    return versioned(_read(code))


@blueprint.put("/stages/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(StageIn)
@blueprint.response(200, StageShape)
def set_stage(body: dict[str, Any], code: str) -> Response:
    """The whole rule anew; `If-Match` holds the ETag. Everybody's stage follows soon after the answer."""
    version = version_to_change(StageHasChanged, lambda: _read(code).version)
    tiers, care = tuple(body.pop("tiers")), wording.said(body.pop("care"))
    return versioned(command(SetStage(code=code, version=version, tiers=tiers, care=care, **body)))


@blueprint.post("/stages/recompute")
@needs("admin")
@blueprint.response(202, schema_of(RecomputingStages))
def recompute_stages() -> Response:
    """Look at everybody's stage again, from what is known of their bookings and loyalty accounts."""
    return reply(command(RecomputeStages()), 202)


def _read(code: str) -> StageRule:
    found = next((rule for rule in ask(ReadStages()).items if rule.code == code), None)
    if found is None:
        raise NoSuchStage
    return found
