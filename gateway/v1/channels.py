"""Where bookings come from, counted."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from gateway.access.callers import needs
from gateway.asking import ask, reply
from gateway.blueprint import Blueprint
from gateway.outside import Strict, Text, schema_of, shown
from services.contracts.bookings.channels import ChannelReport, ReadChannelReport

blueprint = Blueprint("channels", __name__, description="Where bookings come from")

RENAMED = {"first": "from", "last": "to"}


class ReportFilter(Strict):
    property = Text(load_default=None, most=60, metadata={"description": "Its id or its code; without, all."})
    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to", metadata={"description": "The last day, included."})
    by = Text(load_default="channel", validate=validate.OneOf(["channel", "method", "property"]))
    basis = Text(
        load_default="arrival",
        validate=validate.OneOf(["arrival", "booking"]),
        metadata={"description": "Whether the days are those of arrival or of booking."},
    )


class ChannelReportShape(schema_of(ChannelReport)):  # type: ignore[misc]
    first = fields.Date(data_key="from")
    last = fields.Date(data_key="to")


@blueprint.get("/reports/channels")
@needs("read", by_property=True)
@blueprint.arguments(ReportFilter, location="query")
@blueprint.response(200, ChannelReportShape)
def read_channel_report(wanted: dict[str, Any]) -> Response:
    """Bookings, room nights, value, lead time, cancellations and no-shows by channel, method or property."""
    said = shown(ask(ReadChannelReport(**wanted), renamed=RENAMED))
    return reply({RENAMED.get(name, name): value for name, value in said.items()})
