"""What other hotel systems say about their bookings, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.values import Price
from services.kit.wire import Request, request, value

NoticeState = Literal["received", "applied", "ignored", "parked"]
NoticeStatus = Literal["new", "modified", "cancelled", "in_house", "departed", "no_show"]


@value
class NoticeRoom:
    """`price` is for the whole stay of this room."""

    room_type: str
    adults: int = 1
    children: int = 0
    price: Price | None = None


@value
class NoticePerson:
    given_name: str | None = None
    family_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    country: str | None = None
    birth_date: date | None = None


@value
class NoticePayment:
    """What the sender has already taken from the guest for us."""

    amount: str
    currency: str
    method: str = "channel"
    reference: str | None = None


@value
class BookingNotice:
    """What another hotel system says about one of its bookings (exchange `inbound`, key `booking.notice`).

    Applied once per (source, external_id, revision); a lower revision than the last applied is ignored. Besides the
    three states of a reservation a front office may say how the stay went on: in_house, departed, no_show.
    """

    source: str
    external_id: str
    revision: int
    status: NoticeStatus
    property: str
    channel: str | None = None
    booked_at: datetime | None = None
    arrival: date | None = None
    departure: date | None = None
    rooms: tuple[NoticeRoom, ...] = ()
    booker: NoticePerson | None = None
    guests: tuple[NoticePerson, ...] = ()
    requests: str | None = None
    payments: tuple[NoticePayment, ...] = ()

    bounded = at_most(100, "rooms", "guests", "payments")


@value
class NoticeReport:
    """What became of a notice; `why` says the reason where it was ignored or parked."""

    notice_id: UUID
    source: str
    external_id: str
    revision: int
    state: NoticeState
    why: str | None = None
    booking_id: UUID | None = None
    received_at: datetime


@request
class ReceiveNotice(Request[NoticeReport]):
    notice: BookingNotice


@request
class ReadNotice(Request[NoticeReport]):
    notice_id: UUID


@value
class NoticesFound:
    items: tuple[NoticeReport, ...]
    next: str | None = None


@request
class FindNotices(Request[NoticesFound]):
    state: NoticeState | None = None
    source: str | None = None
    external_id: str | None = None
    limit: int = 50
    cursor: str | None = None


@value
class NoticeCount:
    """`why` is the code of the reason where notices were ignored or parked."""

    state: NoticeState
    why: str | None
    count: int


@value
class NoticeCounts:
    counts: tuple[NoticeCount, ...]


@request
class CountNotices(Request[NoticeCounts]):
    """How many notices of a source ended in which state, and why."""

    source: str


@request
class ReplayNotice(Request[NoticeReport]):
    """Apply a parked notice again, now that what it lacked is there."""

    notice_id: UUID
