"""What is charged beside the stay, the folios it stands on, and the revenue of both."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.billing.adjustments import Adjustment
from services.contracts.values import Money, Price
from services.kit.refusal import Conflict, Invalid, NotFound, Unavailable
from services.kit.wire import Event, Request, event, request, value

ChargeState = Literal["posted", "voided"]
FolioState = Literal["open", "closed"]


@value
class Charge:
    """`amount` is what is owed for it, `vat` the part of it that is tax, at `vat_basis_points` (2300 is 23 %).

    `profile_id` owes it; `source` and `external_id` are another system's name and its number for it.
    """

    id: UUID
    folio_id: UUID
    profile_id: UUID
    booking_id: UUID | None = None
    kind: str
    description: str
    amount: Money
    net: Money
    vat: Money
    vat_basis_points: int = 0
    business_date: date
    source: str | None = None
    external_id: str | None = None
    state: ChargeState = "posted"
    journal_id: UUID
    voided_by: UUID | None = None
    invoice_id: UUID | None = None
    posted_at: datetime
    voided_at: datetime | None = None


@request
class PostCharge(Request[Charge]):
    """To a booking's folio, or to the guest's house folio. Amount above zero; `kind` is the code of a charge kind.

    `property` is an id or a code: for a house folio it says whose currency and taxes hold. `room` is a number there,
    and means the booking whose guests are in it now. The same (source, external_id) again gets the same charge. Refuses
    with NoSuchFolio, WrongCurrency, FolioClosed, ChargeSaidOtherwise; with bookings' UnknownRoom and RoomVacant.
    """

    booking_id: UUID | None = None
    profile_id: UUID | None = None
    property: str | None = None
    room: str | None = None
    kind: str
    amount: Money
    description: str = ""
    business_date: date | None = None
    source: str | None = None
    external_id: str | None = None


@request
class VoidCharge(Request[Charge]):
    """Post its reversal. Refuses with NoSuchCharge, ChargeVoided, ChargeInvoiced, ChargeAdjusted, FolioClosed."""

    charge_id: UUID
    reason: str


@request
class ReadCharge(Request[Charge]):
    charge_id: UUID


# ── what other systems say ───────────────────────────────────────────────────────────────────────────────────────────


@value
class ChargeNotice:
    """What a till or another system has sold to a guest (exchange `inbound`, key `charge.notice`).

    Applied once per (source, external_id): the same again changes nothing, another content under the same two is
    refused. It names one of `booking_ref` (the outside reference of the booking), `booking_id`, `profile_id` and
    `room` (its number in `property`: the booking whose guests were in it `at` that moment, or are now). Status `posted`
    needs a kind and an amount; `void` takes the charge back and needs nothing but its key. `at` is
    when it was sold: its day, as written, is the business day.
    """

    source: str
    external_id: str
    status: Literal["posted", "void"] = "posted"
    property: str | None = None
    booking_ref: str | None = None
    booking_id: UUID | None = None
    profile_id: UUID | None = None
    room: str | None = None
    kind: str | None = None
    amount: Price | None = None
    description: str | None = None
    at: datetime | None = None


@value
class ChargeReport:
    """What became of a notice: `awaited` is a void whose charge has not come yet, which will be taken back then."""

    source: str
    external_id: str
    state: Literal["posted", "voided", "awaited"]
    charge: Charge | None = None


@request
class ReceiveCharge(Request[ChargeReport]):
    notice: ChargeNotice


# ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@value
class ChargeKind:
    """What can be charged. `account` is credited with it less its VAT; `tax_class` says which rate of VAT holds.

    Both are taken as they are when a charge is posted: a change is for the charges to come.
    """

    code: str
    name: str
    account: str
    tax_class: str
    active: bool = True


@value
class ChargeKinds:
    items: tuple[ChargeKind, ...]


@request
class ReadChargeKinds(Request[ChargeKinds]):
    """All, by their codes; also those that are not active any more."""


@request
class SetUpChargeKind(Request[ChargeKind]):
    """Create a kind by its code, or bring it to what is said here. Refuses with NotAKind."""

    kind: ChargeKind


# ── folios ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@value
class FolioTotal:
    """`total` is what the folio costs in one currency, `paid` what credit covers of it, `due` the rest."""

    total: Money
    paid: Money
    due: Money


@value
class Folio:
    """What is posted of one booking for one payer, or of a guest's house account. `stay` is the rooms' part of it.

    `charges` and `adjustments` are the newest 200 of each, newest first; the totals are over all.
    """

    id: UUID
    booking_id: UUID | None = None
    property_id: UUID | None = None
    profile_id: UUID
    state: FolioState
    stay: Money
    totals: tuple[FolioTotal, ...]
    charges: tuple[Charge, ...]
    adjustments: tuple[Adjustment, ...] = ()
    opened_at: datetime
    closed_at: datetime | None = None


@value
class FoliosFound:
    items: tuple[Folio, ...]
    next: str | None = None


@request
class FindFolios(Request[FoliosFound]):
    """Of a booking, or those a profile pays for; newest first."""

    booking_id: UUID | None = None
    profile_id: UUID | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ReadFolio(Request[Folio]):
    folio_id: UUID


@request
class CloseFolio(Request[Folio]):
    """From now on it takes no charges and gives none back. Closing a closed one changes nothing."""

    folio_id: UUID


@request
class ReopenFolio(Request[Folio]):
    """It takes charges again. Reopening an open one changes nothing."""

    folio_id: UUID


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@event
class ChargePosted(Event):
    """Something was charged; with `voided`, that charge was taken back. `profile_id` owes it."""

    aggregate = "charge_id"
    charge_id: UUID
    folio_id: UUID
    booking_id: UUID | None = None
    profile_id: UUID
    property_id: UUID | None = None
    kind: str
    amount: Money
    voided: bool = False


@event
class RevenuePosted(Event):
    """Revenue of one kind on one booking, without VAT, as the total recognised so far (0 after a full reversal).

    `version` grows per folio. `kind` is the code of a charge kind; the stay's own is `room`. What is itself a tax, as
    city tax, is no revenue and is never told.
    """

    aggregate = "booking_id"
    booking_id: UUID
    version: int
    profile_id: UUID
    property_id: UUID
    kind: str
    nights: int
    total: Money


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class NoSuchFolio(NotFound):
    """There is no folio to charge."""


class NoSuchCharge(NotFound):
    """There is no such charge."""


class NotAnAmount(Invalid):
    """The amount is not valid here."""


class NotAKind(Invalid):
    """The kind of charges is not valid."""


class NotACharge(Invalid):
    """The charge is not well formed."""


class WrongCurrency(Conflict):
    """The property takes another currency."""


class FolioClosed(Conflict):
    """The folio is closed."""


class ChargeVoided(Conflict):
    """The charge has been voided already."""


class ChargeInvoiced(Conflict):
    """The charge is on an invoice: it takes a credit note."""


class ChargeSaidOtherwise(Conflict):
    """The source said something else under the same number before."""


class NotOneBooking(Conflict):
    """More than one booking has this reference: name the booking."""


class AnotherProperty(Conflict):
    """The booking is at another property."""


class FolioNotYet(Unavailable):
    """The booking has no folio yet: it opens with its confirmation."""
