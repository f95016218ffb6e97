"""The board: every room on a day, who is in it and how clean it is."""

from __future__ import annotations

from typing import Any, get_args

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, reply
from gateway.blueprint import Blueprint
from gateway.outside import Page, Text, schema_of, shown
from services.contracts.bookings import Board, Housekeeping, Occupancy, ReadBoard

blueprint = Blueprint("board", __name__, description="Rooms on a day")


class BoardFilter(Page):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code; without, all."})
    day = fields.Date(
        load_default=None, metadata={"description": "Any day; today, by the property's clock, if not said."}
    )
    occupancy = Text(load_default=None, validate=validate.OneOf(get_args(Occupancy)))
    housekeeping = Text(load_default=None, validate=validate.OneOf(get_args(Housekeeping)))


@blueprint.get("/rooms")
@needs("read")
@blueprint.arguments(BoardFilter, location="query")
@blueprint.response(200, schema_of(Board))
def read_board(wanted: dict[str, Any]) -> Response:
    """Every room on a day: who is in it or due, until when, who comes next, how clean it is, whether it is closed.

    Past days are answered from the stays that had the rooms. `counts` are of all rooms, not of the part shown.
    """
    return reply(shown(ask(ReadBoard(**wanted))))
