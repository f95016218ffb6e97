"""The board: every room on a day, who is in it and how clean it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, reply
from gateway.blueprint import Blueprint
from gateway.known import internals
from gateway.outside import Page, Text, schema_of, shown
from services.contracts.bookings import (
    Board,
    BoardRoom,
    BoardStay,
    Housekeeping,
    Occupancy,
    ReadBoard,
)
from services.contracts.profiles import GuestInternals

blueprint = Blueprint("board", __name__, description="Rooms on a day")


class BoardFilter(Page):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code; without, all."})
    day = fields.Date(
        load_default=None, metadata={"description": "Any day; today, by the property's clock, if not said."}
    )
    occupancy = Text(load_default=None, validate=validate.OneOf(get_args(Occupancy)))
    housekeeping = Text(load_default=None, validate=validate.OneOf(get_args(Housekeeping)))


class BoardStayShape(schema_of(BoardStay)):  # type: ignore[misc]
    """`internals`: what staff are to know of its guests."""

    internals = fields.List(fields.Nested(schema_of(GuestInternals)))


class BoardRoomShape(schema_of(BoardRoom)):  # type: ignore[misc]
    stay = fields.Nested(BoardStayShape, allow_none=True)
    next = fields.Nested(BoardStayShape, allow_none=True)


class BoardShape(schema_of(Board)):  # type: ignore[misc]
    items = fields.List(fields.Nested(BoardRoomShape), required=True)


@blueprint.get("/rooms")
@needs("read", by_property=True)
@blueprint.arguments(BoardFilter, location="query")
@blueprint.response(200, BoardShape)
def read_board(wanted: dict[str, Any]) -> Response:
    """Every room on a day: who is in it or due, until when, who comes next, how clean it is, whether it is closed.

    Past days are answered from the stays that had the rooms. `counts` are of all rooms, not of the part shown.
    """
    board = ask(ReadBoard(**wanted))
    stays = [stay for room in board.items for stay in (room.stay, room.next) if stay]
    known = internals(who for stay in stays for who in stay.profile_ids)
    return reply({**shown(board), "items": [_room(room, known) for room in board.items]})


def _room(room: BoardRoom, known: Mapping[UUID, GuestInternals]) -> dict[str, Any]:
    return {**vars(room), "stay": _stay(room.stay, known), "next": _stay(room.next, known)}


def _stay(stay: BoardStay | None, known: Mapping[UUID, GuestInternals]) -> dict[str, Any] | None:
    if stay is None:
        return None
    return {**vars(stay), "internals": [known[who] for who in stay.profile_ids if who in known]}
