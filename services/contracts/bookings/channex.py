"""Channex' booking revisions, as far as they are listened to; what else stands in one (a card, above all) is not read.

The names are Channex' own: https://docs.channex.io/api-v.1-documentation/bookings-collection
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.notices import NoticeReport
from services.kit.wire import Request, request, value


@value
class ChannexOccupancy:
    """`ages` are those of the children, in years, with or without the infants'."""

    adults: int | None = None
    children: int | None = None
    infants: int | None = None
    ages: tuple[int, ...] | None = None

    bounded = at_most(100, "ages")


@value
class ChannexGuest:
    name: str | None = None
    surname: str | None = None


@value
class ChannexRoom:
    """`amount` is a decimal, `days` the price of each night; no `room_type_id` where Channex knows none for it."""

    room_type_id: str | None = None
    rate_plan_id: str | None = None
    checkin_date: date | None = None
    checkout_date: date | None = None
    amount: str | None = None
    days: dict[str, str] | None = None
    occupancy: ChannexOccupancy | None = None
    guests: tuple[ChannexGuest, ...] | None = None
    is_cancelled: bool | None = None

    bounded = at_most(100, "guests")


@value
class ChannexCustomer:
    name: str | None = None
    surname: str | None = None
    mail: str | None = None
    phone: str | None = None
    address: str | None = None
    zip: str | None = None
    city: str | None = None
    country: str | None = None
    language: str | None = None
    company: str | None = None


@value
class ChannexService:
    """What is sold with the rooms, such as breakfast; in the revision's `amount`, not in that of a room."""

    name: str | None = None
    type: str | None = None
    total_price: str | None = None


@value
class ChannexAttributes:
    """`amount` is the price of everything, `inserted_at` an instant in UTC, to the microsecond."""

    status: Literal["new", "modified", "cancelled"]
    property_id: str
    booking_id: str | None = None
    unique_id: str | None = None
    revision_id: str | None = None
    system_id: str | None = None
    inserted_at: str | None = None
    ota_name: str | None = None
    ota_reservation_code: str | None = None
    arrival_date: date | None = None
    departure_date: date | None = None
    arrival_hour: str | None = None
    currency: str | None = None
    amount: str | None = None
    ota_commission: str | None = None
    occupancy: ChannexOccupancy | None = None
    customer: ChannexCustomer | None = None
    rooms: tuple[ChannexRoom, ...] | None = None
    services: tuple[ChannexService, ...] | None = None
    notes: str | None = None
    payment_collect: str | None = None

    bounded = at_most(100, "rooms", "services")


@value
class ChannexRevision:
    """One booking revision of Channex, or of who speaks like it (exchange `inbound`, key `channex.revision`).

    As it is, or under `data`. Amounts and ids may be numbers too.
    """

    id: str
    type: Literal["booking_revision"] = "booking_revision"
    attributes: ChannexAttributes


@request
class ReceiveRevision(Request[NoticeReport]):
    """`body` is a ChannexRevision in JSON as it came: what it says is read by those who know the format."""

    body: str
