"""Booking notices of other hotel systems, and what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import validate

from gateway.access.callers import needs
from gateway.asking import ask, command, reply
from gateway.blueprint import Blueprint
from gateway.outside import Page, Strict, Text, WholeNumber, listing, page, schema_of
from services.contracts.bookings import (
    BookingNotice,
    FindNotices,
    NoticeReport,
    ReadNotice,
    ReceiveNotice,
    ReplayNotice,
    ReplayNotices,
    ReplaysAsked,
)

blueprint = Blueprint("inbound", __name__, description="Notices of other systems")

_REVISION = validate.Range(min=0, max=2**53 - 1)


class NoticeIn(schema_of(BookingNotice)):  # type: ignore[misc]
    revision = WholeNumber(required=True, validate=_REVISION)


class ReportShape(schema_of(NoticeReport)):  # type: ignore[misc]
    revision = WholeNumber(required=True, validate=_REVISION)


class ReplayIn(Strict):
    source = Text(required=True, most=60)
    why = Text(
        load_default=None, allow_none=True, most=60, metadata={"description": "A reason's code: unknown-room-type."}
    )


class NoticeFilter(Page):
    state = Text(load_default=None, validate=validate.OneOf(["received", "applied", "ignored", "parked"]))
    source = Text(load_default=None)
    external_id = Text(load_default=None)


@blueprint.post("/inbound/bookings")
@needs("inbound", by_property=True)
@blueprint.arguments(NoticeIn)
@blueprint.response(202, ReportShape)
def receive_notice(notice: BookingNotice) -> Response:
    """Take a booking notice; the same (source, external id, revision) again gets the same report."""
    report = command(ReceiveNotice(notice=notice), renamed={"notice": ""})
    return reply(report, 202, headers={"Location": f"/v1/inbound/notices/{report.notice_id}"})


@blueprint.get("/inbound/notices")
@needs("inbound", by_property=True)
@blueprint.arguments(NoticeFilter, location="query")
@blueprint.response(200, listing(ReportShape, "NoticesPage"))
def find_notices(wanted: dict[str, Any]) -> Response:
    """What became of notices."""
    return reply(page(ask(FindNotices(**wanted))))


@blueprint.get("/inbound/notices/<uuid:notice_id>")
@needs("inbound", by_property=True)
@blueprint.response(200, ReportShape)
def read_notice(notice_id: UUID) -> Response:
    """Received, applied, ignored (why) or parked (why)."""
    return reply(ask(ReadNotice(notice_id=notice_id)))


@blueprint.post("/inbound/notices/<uuid:notice_id>/replay")
@needs("inbound", by_property=True)
@blueprint.response(200, ReportShape)
def replay_notice(notice_id: UUID) -> Response:
    """Apply a parked notice again, now that what it lacked is there."""
    return reply(command(ReplayNotice(notice_id=notice_id)))


@blueprint.post("/inbound/notices/replay")
@needs("inbound", by_property=True)
@blueprint.arguments(ReplayIn)
@blueprint.response(202, schema_of(ReplaysAsked))
def replay_notices(wanted: dict[str, Any]) -> Response:
    """Apply all parked notices of a source again, soon; `why` keeps to those parked for this reason."""
    return reply(command(ReplayNotices(**wanted)), 202)
