"""Where bookings come from, counted."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from services.contracts.values import Money
from services.kit.wire import Request, request, value

Dimension = Literal["channel", "method", "property"]
Basis = Literal["arrival", "booking"]


@value
class ChannelLine:
    """`bookings` are all that were made, whatever became of them; held tentatively is not made yet, and one that was
    relocated counts once, where it went.

    `room_nights` and `value` (a sum per currency) are those of the ones that stand: neither cancelled nor no-shows. A
    guest who left early has the nights that were held. `lead_days` is the average from the day of booking to the day
    of arrival, of all that were made, to a hundredth; shares are of `bookings`, to a ten-thousandth; both are rounded
    half up. `key` is None where a booking does not say.
    """

    key: str | None
    bookings: int
    room_nights: int
    value: tuple[Money, ...]
    lead_days: float
    cancelled: int
    cancelled_share: float
    no_shows: int
    no_show_share: float


@value
class ChannelReport:
    """`lines` by number of bookings, the largest first; `total` of all of them."""

    property_id: UUID | None
    first: date
    last: date
    by: Dimension
    basis: Basis
    lines: tuple[ChannelLine, ...]
    total: ChannelLine


@request
class ReadChannelReport(Request[ChannelReport]):
    """Of bookings that arrive, or were made, on the days from `first` to `last`, both included.

    Days are the property's. For one property (id or code) or for all; at most ten years.
    """

    property: str | None = None
    first: date
    last: date
    by: Dimension = "channel"
    basis: Basis = "arrival"
