"""A booking whose guest turns out to be somebody else of the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.bookings.domain.booking import Booking
from services.bookings.domain.life import OPEN
from services.contracts.bookings import NotOnBooking


def with_moved(booking: Booking, before: UUID, after: UUID, now: datetime) -> Booking:
    """With `after` wherever `before` stood, in every state; the very same where that was done. Refuses: NotOnBooking.

    The people are those their source named, so their version stays; who finds `before` on it later, as it looked
    before the move, means `after`. What has ended ended when it did.
    """
    if before == after or before not in booking.profile_ids:
        if before != after and booking.moved.get(before) == after:
            return booking
        raise NotOnBooking
    moved = {was: after if now_is == before else now_is for was, now_is in booking.moved.items()}
    moved[before] = after
    moved.pop(after, None)
    return replace(
        booking,
        people=tuple(replace(p, profile_id=after) if p.profile_id == before else p for p in booking.people),
        moved=moved,
        version=booking.version + 1,
        changed_at=now if booking.state in OPEN else booking.changed_at,
    )
