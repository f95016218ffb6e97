"""Channex' booking revisions: on the bus and over HTTP the same door as every notice."""

from __future__ import annotations

from services.bookings import receiving
from services.bookings.inbound import channex
from services.contracts import cards
from services.contracts.bookings import ChannexRevision, NotANotice, NoticeReport, ReceiveRevision
from services.kit.db import Tx
from services.kit.doors import command, inbound


class Channex:
    @inbound("channex.revision", ChannexRevision, read=channex.read, redact=cards.redacted)
    def hear_revision(self, tx: Tx, revision: ChannexRevision) -> None:
        _receive(tx, revision)

    @command
    def receive_revision(self, tx: Tx, request: ReceiveRevision) -> NoticeReport:
        return _receive(tx, channex.read(request.body))


def _receive(tx: Tx, revision: ChannexRevision) -> NoticeReport:
    """Refuses with NotANotice, which points into the revision."""
    notice = channex.notice_of(revision)
    try:
        return receiving.receive(tx, notice)
    except NotANotice as refused:
        raise NotANotice(errors=[channex.theirs(fault, revision) for fault in refused.errors]) from None
