"""Parked notices, applied again all at once: each booking's in a transaction of its own."""

from __future__ import annotations

from services.bookings import receiving
from services.bookings.store import notices
from services.contracts.bookings import NoticeReplayAsked, ReplayNotices, ReplaysAsked
from services.kit.db import Tx
from services.kit.doors import command, subscribe


class Replaying:
    @command
    def replay_notices(self, tx: Tx, request: ReplayNotices) -> ReplaysAsked:
        found = notices.parked(tx, request.source, request.why)
        for ids in found:
            tx.announce(NoticeReplayAsked(notice_id=ids[0], notice_ids=ids))
        return ReplaysAsked(notices=sum(map(len, found)), bookings=len(found))

    @subscribe(NoticeReplayAsked)
    def replay_parked(self, tx: Tx, event: NoticeReplayAsked) -> None:
        for notice_id in event.notice_ids:
            receiving.replay(tx, *notices.read(tx, notice_id))
