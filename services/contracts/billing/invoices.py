"""Invoices, credit notes and statements: the ledger, written out for who pays."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.bookings.bounds import at_most
from services.contracts.values import Money
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value


@value
class Party:
    """Who sells, or who is addressed: a name, an address line by line, and what the tax office knows them by."""

    name: str
    address: tuple[str, ...] = ()
    country: str | None = None
    tax_id: str | None = None


@value
class Invoicing:
    """How a property issues: `prefix` begins its numbers, `seller` heads its invoices, `footer` ends them."""

    property_id: UUID
    prefix: str
    seller: Party
    time_zone: str
    footer: str | None = None


@value
class InvoiceLine:
    """One thing earned. `total` is `net` and `vat` together; `vat_rate` is percent (``"23.00"``), none where no VAT is
    posted. `until` is the last day of a line over several. `words` are somebody's own, absent once erased.
    """

    number: int
    on: date
    until: date | None = None
    kind: str
    description: str
    words: str | None = None
    nights: int | None = None
    booking_id: UUID | None = None
    net: Money
    vat_rate: str | None = None
    vat: Money
    total: Money


@value
class VatSum:
    """All lines of one VAT rate."""

    vat_rate: str | None = None
    net: Money
    vat: Money
    total: Money


@value
class InvoicePayment:
    """What of a payment had been allocated to the folios when the invoice was issued."""

    payment_id: UUID
    received_on: date
    method: str
    amount: Money


@value
class Invoice:
    """As issued; it never changes. `total` = `net` + `vat` + `city_tax` = `paid` + `due`. Each line has one VAT rate.

    The figures of a credit note are negative, nothing of it is paid, and `credits` is the invoice it takes back, or, if
    `partial`, lowers: then its lines have the numbers of those they lower. Of an invoice, `credit_notes` are those
    that came later, `credited` what they come to (above zero), and `credited_by` is the one that took all of it back.
    `addressee` and `reason` are absent once they were erased.
    """

    id: UUID
    kind: Literal["invoice", "credit-note"]
    number: str
    property_id: UUID
    profile_id: UUID
    folio_ids: tuple[UUID, ...]
    issued_at: datetime
    issued_on: date
    language: str
    seller: Party
    footer: str | None = None
    addressee: Party | None = None
    lines: tuple[InvoiceLine, ...]
    vat_sums: tuple[VatSum, ...]
    net: Money
    vat: Money
    city_tax: Money
    total: Money
    payments: tuple[InvoicePayment, ...] = ()
    paid: Money
    due: Money
    credits: UUID | None = None
    credits_number: str | None = None
    partial: bool = False
    reason: str | None = None
    credited_by: UUID | None = None
    credit_notes: tuple[UUID, ...] = ()
    credited: Money | None = None


@value
class InvoiceSummary:
    id: UUID
    kind: Literal["invoice", "credit-note"]
    number: str
    property_id: UUID
    profile_id: UUID
    issued_on: date
    total: Money
    credits: UUID | None = None
    partial: bool = False
    credited_by: UUID | None = None


@value
class InvoicesFound:
    items: tuple[InvoiceSummary, ...]
    next: str | None = None


@value
class Debtor:
    """Who owes a folio, and where it is."""

    folio_id: UUID
    profile_id: UUID
    property_id: UUID | None = None


@value
class StatementLine:
    """`reason` is the code of a correction."""

    posted_at: datetime
    kind: str
    description: str
    amount: Money
    balance_after: Money
    booking_id: UUID | None = None
    payment_id: UUID | None = None
    reason: str | None = None


@value
class Statement:
    """A guest's account over a period, both days included, in one currency: what was owed (positive) or in credit
    before it, every line in it, what was owed after it. Days begin in `time_zone`.

    With `property_ids` it is of what was posted at these properties, and of payments for bookings there, alone.
    """

    profile_id: UUID
    currency: str
    first: date
    until: date
    time_zone: str
    opening: Money
    lines: tuple[StatementLine, ...]
    closing: Money
    property_ids: tuple[UUID, ...] | None = None


@request
class SetInvoicing(Request[Invoicing]):
    """Bring a property's invoicing to what is said here. Numbers go on counting under another prefix."""

    property_id: UUID
    time_zone: str
    prefix: str
    seller: Party
    footer: str | None = None


@request
class ReadInvoicing(Request[Invoicing]):
    property_id: UUID


@request
class ReadDebtor(Request[Debtor]):
    folio_id: UUID


@request
class IssueInvoice(Request[Invoice]):
    """Over what is earned and not invoiced yet: of one folio, or of all folios that a profile pays at a property,
    up to the day `until` (included).

    `profile_id` with `folio_id` is who is expected to owe it; `property_id` is needed for a folio without booking.
    `currency` is needed where there is more than one.
    """

    folio_id: UUID | None = None
    profile_id: UUID | None = None
    property_id: UUID | None = None
    until: date | None = None
    currency: str | None = None
    language: str = "en"
    addressee: Party


@value
class CreditedLine:
    """So much of the invoice's line with this number, VAT included; where nothing is said, all that is left of it less
    the credits of its kind on the invoice.
    """

    number: int
    amount: Money | None = None


@request
class CreditInvoice(Request[Invoice]):
    """Without lines: take back all that is left of an invoice, once; what it was about can be invoiced again, and the
    ledger stays as it is. With lines: lower these; so much less is owed and earned from now on, by an adjustment
    for each.

    Refuses with NoSuchInvoice, AlreadyCredited, CreditNoteTooLarge, NotAnInvoice.
    """

    invoice_id: UUID
    reason: str
    lines: tuple[CreditedLine, ...] = ()

    bounded = at_most(100, "lines")


@request
class ReadInvoice(Request[Invoice]):
    invoice_id: UUID


@request
class FindInvoices(Request[InvoicesFound]):
    """Newest first."""

    profile_id: UUID | None = None
    property_id: UUID | None = None
    folio_id: UUID | None = None
    number: str | None = None
    limit: int = 50
    cursor: str | None = None


@request
class ReadStatement(Request[Statement]):
    """At most a few thousand lines: a longer period is refused."""

    profile_id: UUID
    first: date
    until: date
    currency: str
    time_zone: str = "UTC"


@event
class InvoiceIssued(Event):
    """An invoice or a credit note (then `total` is negative and `credits` the invoice taken back; if `partial`, it is
    lowered by so much and stands).
    """

    aggregate = "invoice_id"
    invoice_id: UUID
    kind: Literal["invoice", "credit-note"]
    number: str
    property_id: UUID
    profile_id: UUID
    total: Money
    credits: UUID | None = None
    partial: bool = False


class NoSuchInvoice(NotFound):
    """There is no such invoice."""


class NoInvoicing(Conflict):
    """The property has not been told yet how it issues invoices."""


class PrefixTaken(Conflict):
    """Another property numbers its invoices with this prefix."""


class NothingToInvoice(Conflict):
    """Nothing is earned there that has not been invoiced."""


class DebtorChanged(Conflict):
    """Somebody else owes this folio by now."""


class AlreadyCredited(Conflict):
    """The invoice has been taken back, or is itself a credit note."""


class CreditNoteTooLarge(Conflict):
    """More than what credits and credit notes have left of the line."""


class NotAnInvoice(Invalid):
    """The invoice cannot be issued as it is asked for."""
