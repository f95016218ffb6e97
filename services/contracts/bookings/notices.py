"""What other hotel systems say about their bookings, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.bookings.words import Method, PostalAddress, Sex
from services.contracts.values import Price
from services.kit.wire import Request, request, value

NoticeState = Literal["received", "applied", "ignored", "parked"]
NoticeStatus = Literal["new", "modified", "cancelled", "in_house", "departed", "no_show"]
ConsentChannel = Literal["email", "sms", "phone", "post"]


@value
class NoticeRoom:
    """`price` is for the whole stay of this room. `rate` is the rate plan's code at the property.

    `child_ages` (0 to 17) are given for every child or for none. `arrival` and `departure` are given where this room's
    differ from the booking's, within which they lie.
    """

    room_type: str
    adults: int = 1
    children: int = 0
    price: Price | None = None
    rate: str | None = None
    child_ages: tuple[int, ...] = ()
    arrival: date | None = None
    departure: date | None = None

    bounded = at_most(100, "child_ages")


@value
class NoticeConsent:
    """What a person told the source about being written to; `wording` is how the source says so, ``newsletter:yes``."""

    purpose: str = "marketing"
    channel: ConsentChannel
    granted: bool
    wording: str | None = None


@value
class NoticePerson:
    """`country` is where they live, `nationality` whose citizens they are (ISO 3166-1 alpha-2). `fields`: values of the
    house's own fields by their codes; those that cannot be kept are left out, and noted on the guest's time line.
    """

    given_name: str | None = None
    family_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    country: str | None = None
    birth_date: date | None = None
    title: str | None = None
    sex: Sex | None = None
    nationality: str | None = None
    address: PostalAddress | None = None
    age: int | None = None
    consents: tuple[NoticeConsent, ...] = ()
    fields: dict[str, Any] | None = None

    bounded = at_most(20, "consents")


@value
class NoticePayment:
    """What the sender has already taken from the guest for us."""

    amount: str
    currency: str
    method: str = "channel"
    reference: str | None = None


@value
class NoticeCommission:
    """What the one who sold the booking keeps of its price: an amount, a share in hundredths of a percent, or both."""

    amount: Price | None = None
    basis_points: int | None = None


@value
class BookingNotice:
    """What another hotel system says about one of its bookings (exchange `inbound`, key `booking.notice`).

    Applied once per (source, external_id, revision); a lower revision than the last applied is ignored. Besides the
    three states of a reservation a front office may say how the stay went on: in_house, departed, no_show.

    `contact` is who gets the messages about it, `payer` who owes the stay (the first guest, where nobody is named).
    `total` is the whole stay's price where its rooms have none of their own, `group` the code of the block it is picked
    up from. `payments` have been taken already. `tentative`: asked for, and not booked yet (a request for an offer): a
    booking is held tentatively, with the rooms it names or with none. A cancellation may leave out the property.
    `needs` are codes (words.Need); others are kept as words.
    """

    source: str
    external_id: str
    revision: int
    status: NoticeStatus
    property: str = ""
    channel: str | None = None
    booked_at: datetime | None = None
    arrival: date | None = None
    departure: date | None = None
    rooms: tuple[NoticeRoom, ...] = ()
    booker: NoticePerson | None = None
    guests: tuple[NoticePerson, ...] = ()
    requests: str | None = None
    payments: tuple[NoticePayment, ...] = ()
    contact: NoticePerson | None = None
    payer: NoticePerson | None = None
    method: Method | None = None
    needs: tuple[str, ...] = ()
    commission: NoticeCommission | None = None
    group: str | None = None
    total: Price | None = None
    tentative: bool = False

    bounded = at_most(100, "rooms", "guests", "payments", "needs")


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

    never_kept: ClassVar[tuple[str, ...]] = ("fields",)


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
