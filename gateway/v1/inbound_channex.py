"""Booking revisions as Channex has them, each acknowledged for itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, g, request
from marshmallow import fields

from gateway.access.callers import needs
from gateway.asking import command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Flag, Strict, Text, shown
from gateway.problems import Refused, invalid
from services.contracts.bookings import NoticeReport, ReceiveRevision
from services.kit.refusal import CommandReused, Invalid, Problem, Refusal

MOST = 100  # revisions at once; Channex' own pages hold no more

blueprint = Blueprint("inbound_channex", __name__, description="Notices of other systems")

_REVISION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "attributes"],
    "description": "A booking revision; fields that are not listened to, cards above all, are not kept.",
    "properties": {"id": {"type": "string"}, "type": {"const": "booking_revision"}, "attributes": {"type": "object"}},
}
_REVISIONS = {"type": "array", "items": _REVISION, "maxItems": MOST}
_DATA = {"type": "object", "required": ["data"], "properties": {"data": {"oneOf": [_REVISION, _REVISIONS]}}}
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"oneOf": [_DATA, _REVISION, _REVISIONS]}}},
}


class FaultShape(Strict):
    pointer = Text()
    detail = Text()


class AcknowledgementShape(Strict):
    """Of a list of revisions the answer has `items`, one of these for each, in their order."""

    id = Text(allow_none=True, metadata={"description": "The revision's."})
    acknowledged = Flag(metadata={"description": "It is kept here, whatever became of it: Channex may forget it."})
    notice_id = fields.UUID(allow_none=True)
    state = Text(allow_none=True, metadata={"description": "applied, ignored or parked."})
    why = Text(allow_none=True)
    booking_id = fields.UUID(allow_none=True)
    errors = fields.List(fields.Nested(FaultShape), metadata={"description": "Of one that is not well formed."})
    items = fields.List(fields.Nested(lambda: AcknowledgementShape(exclude=("items",))))


@blueprint.post("/inbound/channex")
@needs("inbound", by_property=True)
@blueprint.doc(requestBody=_BODY)
@blueprint.response(202, AcknowledgementShape)
def receive_revisions() -> Response:
    """Take Channex' booking revisions: one, or a list; what is acknowledged is kept safely and need not come again."""
    said = g.body = _body()
    step = ""
    if isinstance(said, dict) and isinstance(said.get("data"), dict | list):
        said, step = said["data"], "/data"
    if isinstance(said, list):
        if len(said) > MOST:
            raise invalid({"data": [f"More than {MOST}."]} if step else {"_schema": [f"More than {MOST}."]})
        return reply({"items": list(_acknowledgements(said, step))}, 202)
    try:
        report = command(ReceiveRevision(body=json.dumps(said)))
    except Invalid as refused:
        raise type(refused)(refused.detail, errors=_within(step, refused)) from None
    return reply(_kept(said, report), 202, headers={"Location": f"/v1/inbound/notices/{report.notice_id}"})


def _body() -> Any:
    """Numbers with decimals stay as they are written."""
    try:
        return json.loads(request.get_data(cache=False).decode(), parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Refused(400, "not-json", "The body is not JSON in UTF-8.") from None


def _acknowledgements(revisions: list[Any], step: str) -> Iterator[dict[str, Any]]:
    """Each in a transaction of its own; where nobody answers the others are not tried, and come again."""
    silent: Refusal | None = None
    for n, revision in enumerate(revisions):
        try:
            if silent:
                raise silent
            yield _kept(revision, command(ReceiveRevision(body=json.dumps(revision)), part=str(n)))
        except CommandReused:
            raise
        except Invalid as refused:
            errors = [{"pointer": e.pointer, "detail": e.detail} for e in _within(f"{step}/{n}", refused)]
            yield {**_refused(revision, refused), "errors": errors}
        except Refusal as refused:
            silent = refused if refused.kind == "unavailable" else None
            yield _refused(revision, refused)


def _kept(revision: Any, report: NoticeReport) -> dict[str, Any]:
    told = {name: shown(getattr(report, name)) for name in ("notice_id", "state", "why", "booking_id")}
    return {"id": _id(revision), "acknowledged": True, **told}


def _refused(revision: Any, refused: Refusal) -> dict[str, Any]:
    nothing = dict.fromkeys(("notice_id", "state", "booking_id"))
    return {"id": _id(revision), "acknowledged": False, **nothing, "why": refused.code()}


def _id(revision: Any) -> str | None:
    found = revision.get("id") if isinstance(revision, dict) else None
    return str(found)[:120] if isinstance(found, str | int) else None


def _within(step: str, refused: Invalid) -> list[Problem]:
    """Its faults with pointers into the whole body."""
    return [Problem(step + e.pointer, e.detail) for e in refused.errors] or [Problem(step, refused.detail)]
