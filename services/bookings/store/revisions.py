"""What was said of a booking before: by it a message that numbers no revisions is placed among the others."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from services.contracts.bookings import BookingNotice
from services.kit import wire
from services.kit.db import Tx

_MOST = 100


def known_ids(tx: Tx, source: str, ids: Sequence[str]) -> set[str]:
    """Under which of these numbers the source has spoken of a booking."""
    return {row.external_id for row in tx.execute(_KNOWN_IDS, {"source": source, "ids": list(ids)})}


def earlier(tx: Tx, notice: BookingNotice) -> list[BookingNotice]:
    """Notices of the same booking, the highest revision first: the latest hundred."""
    key = {"source": notice.source, "external_id": notice.external_id, "most": _MOST}
    return [wire.load(BookingNotice, row.body) for row in tx.execute(_EARLIER, key)]


_KNOWN_IDS = sa.text(
    "SELECT DISTINCT external_id FROM notices WHERE source = :source AND external_id = ANY(CAST(:ids AS text[]))"
)
_EARLIER = sa.text(
    "SELECT body FROM notices WHERE external_id = :external_id AND source = :source ORDER BY revision DESC LIMIT :most"
)
