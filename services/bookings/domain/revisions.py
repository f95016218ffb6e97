"""Which revision of a booking a message is, where its format does not number them.

It is the instant in which the booking became what the message says, in milliseconds; of two messages of one instant
that of the later status is the higher. Without an instant it is the next number. What has been said before is the
revision it was then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.contracts.bookings import BookingNotice, NoticeStatus

_RANKS: Mapping[NoticeStatus, int] = {
    "new": 0,
    "modified": 1,
    "in_house": 2,
    "departed": 3,
    "no_show": 3,
    "cancelled": 3,
}
_CLOCKS_DIFFER = timedelta(days=1)  # an instant beyond that is none: all that is said later would be stale


def revision_of(
    notice: BookingNotice, modified_at: datetime | None, earlier: Sequence[BookingNotice], now: datetime
) -> int:
    """`notice` is well formed, its revision of no account; `earlier` are the booking's others, the highest first."""
    same = [known.revision for known in earlier if replace(known, revision=notice.revision) == notice]
    newest = earlier[0].revision if earlier else -1
    revision = _of_instant(modified_at, notice.status, now)
    if revision is None:
        return same[0] if same else _next(notice, earlier, now)
    if newest in same:
        return newest  # it may have been sent again at another time, but nothing is new
    repeated = [each for each in same if each >= revision]
    if repeated:
        return repeated[-1]
    taken = any(known.revision == revision for known in earlier)
    return newest + 1 if taken else revision  # two states of one instant, in the order they come


def _next(notice: BookingNotice, earlier: Sequence[BookingNotice], now: datetime) -> int:
    """After all others, but before the cancellations of a booking that is only now told of."""
    if notice.status != "cancelled" and earlier and all(known.status == "cancelled" for known in earlier):
        return max(0, earlier[-1].revision - 1)
    first = _of_instant(notice.booked_at, notice.status, now) or _RANKS[notice.status]
    return max(first, earlier[0].revision + 1) if earlier else first


def _of_instant(at: datetime | None, status: NoticeStatus, now: datetime) -> int | None:
    if at is None or at > now + _CLOCKS_DIFFER:
        return None
    return int(at.timestamp() * 1000) * 4 + _RANKS[status]
