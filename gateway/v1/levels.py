"""The house's levels: its own labels for guests, strictly internal."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply, versioned
from gateway.blueprint import Blueprint
from gateway.outside import Flag, LongText, Strict, Text, WholeNumber, listing, schema_of, shown
from gateway.preconditions import IF_MATCH, version_to_change
from services.contracts.profiles import AddLevel, Level, LevelHasChanged, ReadLevel, ReadLevels, SetLevel

blueprint = Blueprint("levels", __name__, description="The house's own labels for guests")


class LevelIn(Strict):
    name = Text(required=True, most=60, metadata={"example": "VIP"})
    colour = Text(load_default=None, allow_none=True, most=7, metadata={"example": "#7b3fa0"})
    position = WholeNumber(load_default=0, validate=validate.Range(min=0, max=100_000))
    conduct = LongText(
        load_default=None,
        allow_none=True,
        most=2000,
        metadata={"description": "How staff treat a guest of this level."},
    )
    do_not_book = Flag(load_default=False, metadata={"description": "Direct bookings are refused, others flagged."})


class NewLevel(LevelIn):
    code = Text(required=True, most=40, metadata={"example": "vip"})


class LevelAnew(LevelIn):
    retired = Flag(load_default=False, metadata={"description": "Given to nobody any more; who has it keeps it."})


class LevelsFilter(Strict):
    retired = Text(load_default="false", validate=validate.OneOf(["true", "false"]))


LevelShape = schema_of(Level)


@blueprint.get("/levels")
@needs("read", by_property=True)
@blueprint.arguments(LevelsFilter, location="query")
@blueprint.response(200, listing(LevelShape, "LevelsPage"))
def read_levels(wanted: dict[str, Any]) -> Response:
    """In the house's order; with `retired=true` those that are given no more, too."""
    found = ask(ReadLevels(retired=wanted["retired"] == "true"))
    return reply({"items": shown(found.items), "next": None})


@blueprint.post("/levels")
@needs("admin")
@blueprint.arguments(NewLevel)
@blueprint.response(201, LevelShape)
def add_level(body: dict[str, Any]) -> Response:
    """A new label; 409 `level-exists` where its code or name is taken."""
    added = command(AddLevel(**body))
    return versioned(added, at=f"/v1/levels/{added.code}")


@blueprint.get("/levels/<code>")
@needs("read", by_property=True)
@blueprint.response(200, LevelShape)
def read_level(code: str) -> Response:
    """One level, with an ETag to change it by."""
    return versioned(ask(ReadLevel(code=code)))


@blueprint.put("/levels/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(LevelAnew)
@blueprint.response(200, LevelShape)
def set_level(body: dict[str, Any], code: str) -> Response:
    """The whole level anew; `If-Match` holds the ETag. Whoever has it keeps it under its new name; where
    `do_not_book` changes, it holds for all of them, as soon as they have been told of one after another.
    """
    version = version_to_change(LevelHasChanged, lambda: ask(ReadLevel(code=code)).version)
    return versioned(command(SetLevel(code=code, version=version, **body)))


@blueprint.delete("/levels/<code>")
@needs("admin")
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, LevelShape)
def retire_level(code: str) -> Response:
    """Give it to nobody any more; who has it keeps it, and Do Not Book stays. `If-Match` holds the ETag."""
    present = ask(ReadLevel(code=code))
    version = version_to_change(LevelHasChanged, lambda: present.version)
    return versioned(command(SetLevel(**{**vars(present), "version": version, "retired": True})))
