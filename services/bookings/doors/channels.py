"""Reports on where bookings come from."""

from __future__ import annotations

from services.bookings.domain.channels import check_days, lines
from services.bookings.store import channels, properties
from services.contracts.bookings.channels import ChannelReport, ReadChannelReport
from services.kit.db import Tx
from services.kit.doors import query


class Channels:
    @query
    def read_channel_report(self, tx: Tx, request: ReadChannelReport) -> ChannelReport:
        check_days(request.first, request.last)
        house = properties.asked_for(tx, request.property)
        found, total = lines(channels.count(tx, house, request.first, request.last, request.by, request.basis))
        return ChannelReport(
            property_id=house,
            first=request.first,
            last=request.last,
            by=request.by,
            basis=request.basis,
            lines=found,
            total=total,
        )
