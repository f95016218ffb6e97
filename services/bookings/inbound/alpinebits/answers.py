"""How GuestRequests are answered: each is acknowledged by its UniqueID, or refused by a warning that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.bookings.inbound.alpinebits.requests import RETRIEVED, GuestRequests
from services.bookings.inbound.opentravel.answers import new_root, verdict
from services.bookings.inbound.opentravel.documents import part, written
from services.bookings.inbound.opentravel.outcomes import APPLICATION, Outcome, remarks_of


def answer(requests: GuestRequests, outcomes: Sequence[Outcome], now: datetime) -> str:
    """To a push OTA_HotelResNotifRS: errors where nothing was accepted. To what was pulled OTA_NotifReportRQ.

    What is not acknowledged the portal sends or offers again.
    """
    pulled = requests.kind == RETRIEVED
    taken = [outcome for outcome in outcomes if outcome.accepted]
    refused = [remark for outcome in outcomes if not outcome.accepted for remark in remarks_of(outcome)]
    success = bool(taken) or pulled
    if not success:
        refused = [replace(remark, type=APPLICATION) for remark in refused]
    root = new_root("OTA_NotifReportRQ" if pulled else "OTA_HotelResNotifRS", now, "1.000")
    verdict(root, refused, success=success)
    if taken:
        into = part(part(root, "NotifDetails"), "HotelNotifReport") if pulled else root
        listed = part(into, "HotelReservations")
        for outcome in taken:
            part(part(listed, "HotelReservation"), "UniqueID", Type=outcome.reservation.id_type, ID=outcome.record)
    return written(root)
