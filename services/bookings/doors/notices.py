"""Notices of other systems: taken from the bus and over HTTP alike, and what became of them."""

from __future__ import annotations

from uuid import UUID

from services.bookings import receiving
from services.bookings.doors import listing
from services.bookings.store import notices
from services.contracts import cards
from services.contracts.bookings import (
    BookingNotice,
    CountNotices,
    FindNotices,
    NoticeCounts,
    NoticeReport,
    NoticesFound,
    ReadNotice,
    ReceiveNotice,
    ReplayNotice,
)
from services.kit.db import Tx
from services.kit.doors import command, inbound, query


class Notices:
    @inbound("booking.notice", BookingNotice, redact=cards.redacted)
    def hear_notice(self, tx: Tx, notice: BookingNotice) -> None:
        receiving.receive(tx, notice)

    @command
    def receive_notice(self, tx: Tx, request: ReceiveNotice) -> NoticeReport:
        return receiving.receive(tx, request.notice)

    @command
    def replay_notice(self, tx: Tx, request: ReplayNotice) -> NoticeReport:
        return receiving.replay(tx, *notices.read(tx, request.notice_id))

    @query
    def read_notice(self, tx: Tx, request: ReadNotice) -> NoticeReport:
        return notices.read(tx, request.notice_id)[0]

    @query
    def find_notices(self, tx: Tx, request: FindNotices) -> NoticesFound:
        limit = listing.limit(request.limit)
        before = listing.position(request.cursor, UUID)
        found = notices.find(
            tx,
            state=request.state,
            source=request.source,
            external_id=request.external_id,
            before=before[0] if before else None,
            limit=limit + 1,
        )
        more = listing.cursor_of(found[limit - 1].notice_id) if len(found) > limit else None
        return NoticesFound(items=tuple(found[:limit]), next=more)

    @query
    def count_notices(self, tx: Tx, request: CountNotices) -> NoticeCounts:
        return NoticeCounts(counts=tuple(notices.counts(tx, request.source)))
