"""Invoices and statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.billing import domain, store
from services.billing.domain import invoices as rules
from services.billing.domain import taxes
from services.billing.store import invoices as disk
from services.contracts.billing import (
    Debtor,
    DebtorChanged,
    FindInvoices,
    Invoice,
    InvoiceIssued,
    InvoicesFound,
    Invoicing,
    IssueInvoice,
    NoInvoicing,
    NoSuchFolio,
    NoSuchInvoice,
    NotAnInvoice,
    NothingToInvoice,
    PropertyTaxes,
    ReadDebtor,
    ReadInvoice,
    ReadInvoicing,
    ReadStatement,
    SetInvoicing,
    Statement,
    StatementLine,
)
from services.contracts.values import Money, decimals
from services.kit.cursors import before
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.ids import new_id
from services.kit.refusal import Invalid, Problem
from services.kit.scope import houses, is_theirs, permit, sees

_MOST_LINES = 3000  # of one invoice or statement: a message, and a document, of a bearable size


class Invoices:
    @command
    def set_invoicing(self, tx: Tx, request: SetInvoicing) -> Invoicing:
        rules.check_prefix(request.prefix)
        rules.check_party(request.seller, "/seller")
        domain.check_words(request.footer, "/footer", 500)
        _zone(request.time_zone)
        said = Invoicing(
            property_id=request.property_id,
            prefix=request.prefix,
            seller=request.seller,
            time_zone=request.time_zone,
            footer=request.footer,
        )
        disk.keep_invoicing(tx, said)
        return said

    @query
    def read_invoicing(self, tx: Tx, request: ReadInvoicing) -> Invoicing:
        permit(tx, request.property_id)
        found = disk.invoicing(tx, request.property_id)
        if found is None:
            raise NoInvoicing
        return found

    @query
    def read_debtor(self, tx: Tx, request: ReadDebtor) -> Debtor:
        return _debtor(tx, request.folio_id)

    @command
    def issue_invoice(self, tx: Tx, request: IssueInvoice) -> Invoice:
        rules.check_party(request.addressee, "/addressee")
        rules.check_language(request.language)
        profile_id, property_id = _whose(tx, request)
        permit(tx, property_id)
        house = disk.invoicing(tx, property_id)
        if house is None:
            raise NoInvoicing
        store.lock_guest(tx, profile_id)
        if request.folio_id is not None and _debtor(tx, request.folio_id).profile_id != profile_id:
            raise DebtorChanged
        items, currency = _items(tx, request, profile_id, property_id)
        bill = rules.bill(items, currency, disk.kind_names(tx))
        if not bill.lines:
            raise NothingToInvoice
        if bill.total.amount_minor < 0:
            raise NothingToInvoice("What is left to invoice is negative: take the earlier invoice back first.")
        if len(bill.lines) > _MOST_LINES:
            raise NotAnInvoice(errors=[Problem("/until", f"More than {_MOST_LINES} lines until then.")])
        zone = ZoneInfo(house.time_zone)
        owed = rules.earned(items)
        paid = [
            disk.Shown(folio_id, payment)
            for folio_id, payments in disk.payments_to_show(tx, owed, currency, zone).items()
            for payment in rules.shares(payments, owed[folio_id])
        ]
        paid_minor = sum(each.payment.amount.amount_minor for each in paid)
        year = tx.now.astimezone(zone).year
        count, issued_at = disk.next_number(tx, property_id, "invoice", year)
        invoice = Invoice(
            id=new_id(),
            kind="invoice",
            number=rules.number(house.prefix, "invoice", year, count),
            property_id=property_id,
            profile_id=profile_id,
            folio_ids=tuple(sorted(owed)),
            issued_at=issued_at,
            issued_on=issued_at.astimezone(zone).date(),
            language=request.language,
            seller=house.seller,
            footer=house.footer,
            addressee=request.addressee,
            lines=bill.lines,
            vat_sums=bill.vat_sums,
            net=bill.net,
            vat=bill.vat,
            city_tax=bill.city_tax,
            total=bill.total,
            payments=rules.merged(each.payment for each in paid),
            paid=Money(amount_minor=paid_minor, currency=currency),
            due=Money(amount_minor=bill.total.amount_minor - paid_minor, currency=currency),
        )
        on_it = {item.journal_id: item.folio_id for item in items}
        disk.keep_invoice(tx, invoice, year, count, on_it, paid, bill.words)
        announce(tx, invoice)
        return worded(invoice, bill.words)

    @query
    def read_invoice(self, tx: Tx, request: ReadInvoice) -> Invoice:
        return worded(*invoice_of(tx, request.invoice_id))

    @query
    def find_invoices(self, tx: Tx, request: FindInvoices) -> InvoicesFound:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        rows = disk.find_invoices(
            tx,
            before(request.cursor),
            request.limit + 1,
            profile_id=request.profile_id,
            property_id=request.property_id,
            folio_id=request.folio_id,
            number=request.number,
        )
        shown = rows[: request.limit]
        return InvoicesFound(
            items=tuple(each for _, each in shown),
            next=str(shown[-1][0]) if len(rows) > request.limit else None,
        )

    @query
    def read_statement(self, tx: Tx, request: ReadStatement) -> Statement:
        decimals(request.currency)
        zone = _zone(request.time_zone)
        if request.until < request.first or request.until.year > 9000:
            raise Invalid(errors=[Problem("/until", "Before the first day, or not a year of ours.")])
        first = datetime.combine(request.first, time(), zone)
        after = datetime.combine(request.until + timedelta(days=1), time(), zone)
        opening, rows = disk.statement(tx, request.profile_id, request.currency, first, after, _MOST_LINES + 1)
        if len(rows) > _MOST_LINES:
            raise Invalid(errors=[Problem("/until", f"More than {_MOST_LINES} lines until then.")])
        balance, lines = opening, []
        for row in rows:
            balance += row.amount_minor
            lines.append(_statement_line(row, request.currency, balance))
        return Statement(
            profile_id=request.profile_id,
            currency=request.currency,
            first=request.first,
            until=request.until,
            time_zone=request.time_zone,
            opening=Money(amount_minor=opening, currency=request.currency),
            lines=tuple(lines),
            closing=Money(amount_minor=balance, currency=request.currency),
            property_ids=None if (limit := houses(tx)) is None else tuple(limit),
        )


def _whose(tx: Tx, request: IssueInvoice) -> tuple[UUID, UUID]:
    """The profile that owes, and the property that issues."""
    if request.folio_id is None:
        if request.profile_id is None:
            raise NotAnInvoice(errors=[Problem("/folio_id", "Name the folio, or who pays.")])
        if request.property_id is None:
            raise NotAnInvoice(errors=[Problem("/property_id", "Say which property issues.")])
        return request.profile_id, request.property_id
    owes = _debtor(tx, request.folio_id)
    if request.profile_id not in (None, owes.profile_id):
        raise DebtorChanged
    property_id = owes.property_id or request.property_id
    if property_id is None:
        raise NotAnInvoice(errors=[Problem("/property_id", "A folio without booking: say which property issues.")])
    if request.property_id not in (None, property_id):
        raise NotAnInvoice(errors=[Problem("/property_id", "The folio is of another property.")])
    return owes.profile_id, property_id


def _debtor(tx: Tx, folio_id: UUID) -> Debtor:
    found = disk.debtor(tx, folio_id)
    if found is None or not sees(tx.context, found.property_id):
        raise NoSuchFolio
    return found


def _items(tx: Tx, request: IssueInvoice, profile_id: UUID, property_id: UUID) -> tuple[list[rules.Item], str]:
    """What the invoice is about, and its one currency."""
    until = request.until or date.max
    found = [
        item
        for item in disk.items_to_invoice(tx, profile_id, property_id, request.folio_id)
        if item.on <= until and request.currency in (None, item.currency)
    ]
    if not found:
        raise NothingToInvoice
    currencies = sorted({item.currency for item in found})
    if len(currencies) > 1:
        raise NotAnInvoice(errors=[Problem("/currency", f"Choose one of {', '.join(currencies)}.")])
    terms = store.read_taxes(tx, property_id)
    return [_rated(item, terms) for item in found], currencies[0]


def _rated(item: rules.Item, terms: PropertyTaxes | None) -> rules.Item:
    """With the VAT rate of its day, where it is a night."""
    if item.basis_points is not None or terms is None:
        return item
    return replace(item, basis_points=taxes.rate(terms, taxes.ROOM_CLASS, item.on))


def invoice_of(tx: Tx, invoice_id: UUID) -> tuple[Invoice, dict[int, str]]:
    found = disk.read_invoice(tx, invoice_id)
    if found is None or not is_theirs(tx.context, found[0].property_id):
        raise NoSuchInvoice
    return found


def worded(invoice: Invoice, words: Any) -> Invoice:
    """With people's own words where lines have some."""
    lines = tuple(replace(line, words=words.get(line.number)) for line in invoice.lines)
    return replace(invoice, lines=lines)


def announce(tx: Tx, invoice: Invoice) -> None:
    tx.announce(
        InvoiceIssued(
            invoice_id=invoice.id,
            kind=invoice.kind,
            number=invoice.number,
            property_id=invoice.property_id,
            profile_id=invoice.profile_id,
            total=invoice.total,
            credits=invoice.credits,
            partial=invoice.partial,
        )
    )


def _statement_line(row: Any, currency: str, balance: int) -> StatementLine:
    return StatementLine(
        posted_at=row.posted_at,
        kind=row.kind,
        description=row.words or domain.DESCRIPTIONS.get(row.kind, row.kind.capitalize()),
        amount=Money(amount_minor=row.amount_minor, currency=currency),
        balance_after=Money(amount_minor=balance, currency=currency),
        booking_id=row.booking_id,
        payment_id=row.payment_id,
        reason=row.reason,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(errors=[Problem("/time_zone", "Not a time zone such as Europe/Lisbon.")]) from None
