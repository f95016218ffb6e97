"""What people on a booking told its source about being written to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.contracts.bookings.notices import ConsentChannel
from services.contracts.consent import Purpose
from services.kit.wire import Event, event, value


@value
class StatedConsent:
    """`wording` is how the source puts it, such as ``newsletter:yes``."""

    purpose: Purpose
    channel: ConsentChannel
    granted: bool
    wording: str | None = None


@event
class ConsentStated(Event):
    """Somebody on a booking is known now, and what they told its source about being written to can be recorded.

    `source` and `external_id` name the booking there, `notice_id` the notice it was said in, `stated_at` when that
    came. It may be announced again for the same words, and for another profile where the person turns out to be
    somebody else.
    """

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    profile_id: UUID
    source: str
    external_id: str
    notice_id: UUID
    stated_at: datetime
    language: str | None = None
    consents: tuple[StatedConsent, ...]
