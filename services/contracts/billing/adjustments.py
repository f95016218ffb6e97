"""Adjustments: what is owed, corrected with a reason ("allowance" in a hotel's words)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.values import Money
from services.kit.refusal import Conflict, NotFound
from services.kit.wire import Event, Request, event, request, value

Direction = Literal["credit", "debit"]
AdjustmentState = Literal["posted", "reversed"]


@value
class Adjustment:
    """A credit lowers what the guest owes and the revenue of its kind, a debit raises both; `amount` is above zero,
    with its `vat`, at `vat_basis_points` (2300 is 23 %).

    `reason_code` says why in a code, `reason` in words, which the guest reads too; empty once they were erased.
    """

    id: UUID
    folio_id: UUID
    profile_id: UUID
    booking_id: UUID | None = None
    kind: str
    direction: Direction
    amount: Money
    net: Money
    vat: Money
    vat_basis_points: int = 0
    business_date: date
    reason_code: str
    reason: str
    state: AdjustmentState = "posted"
    journal_id: UUID
    reversed_by: UUID | None = None
    invoice_id: UUID | None = None
    posted_at: datetime
    reversed_at: datetime | None = None


@request
class PostAdjustment(Request[Adjustment]):
    """Of a booking, of a guest's house folio, or of one folio, exactly one of the three. Amount above zero; `kind` is
    the code of a charge kind, also of one not in use any more.

    VAT is that of the kind on `business_date`, the hotel's today unless said. `property`, an id or a code, is for a
    house folio on which several houses have charged the kind. `reason_code`, lower-case words joined by hyphens, ≤ 40,
    is ``allowance`` or ``correction`` unless said. A credit is at most what is charged of the kind there and on no
    invoice.
    Refuses with NoSuchFolio, AnotherFolio, AdjustmentTooLarge, FolioClosed, WrongCurrency, AnotherProperty,
    CreditLimitReached.
    """

    booking_id: UUID | None = None
    profile_id: UUID | None = None
    folio_id: UUID | None = None
    property: str | None = None
    kind: str
    amount: Money
    direction: Direction
    reason: str
    reason_code: str | None = None
    business_date: date | None = None


@request
class ReadAdjustment(Request[Adjustment]):
    adjustment_id: UUID


@event
class AdjustmentPosted(Event):
    """What is owed was corrected; with `reversed`, that correction was taken back. `profile_id` owes the folio."""

    aggregate = "adjustment_id"
    adjustment_id: UUID
    folio_id: UUID
    booking_id: UUID | None = None
    profile_id: UUID
    property_id: UUID | None = None
    kind: str
    direction: Direction
    amount: Money
    reversed: bool = False


class NoSuchAdjustment(NotFound):
    """There is no such adjustment."""


class AdjustmentTooLarge(Conflict):
    """More than what is charged of the kind there and on no invoice: an invoice takes a credit note."""


class AdjustmentInvoiced(Conflict):
    """The adjustment is on an invoice or a credit note."""


class AnotherFolio(Conflict):
    """Charges of this kind stand on another folio of the booking."""


class ChargeAdjusted(Conflict):
    """Of the charge so much has been credited that it cannot be taken back: reverse the adjustment first."""
