"""Parked notices, applied again all at once."""

from __future__ import annotations

from uuid import UUID

from services.kit.wire import Event, Request, event, request, value


@value
class ReplaysAsked:
    """How many notices will be applied again, and of how many bookings."""

    notices: int
    bookings: int


@request
class ReplayNotices(Request[ReplaysAsked]):
    """Apply all parked notices of a source again, now that what they lacked is there; soon, not before the answer.

    `why` is the code of the reason, such as ``unknown-room-type``; None means whatever the reason.
    """

    source: str
    why: str | None = None


@event
class NoticeReplayAsked(Event):
    """Parked notices about one booking are to be applied again, in this order; the first is `notice_id`."""

    aggregate = "notice_id"
    notice_id: UUID
    notice_ids: tuple[UUID, ...]
