"""Credit notes: one takes an invoice back as it is, or lowers some of its lines, and the ledger with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.billing import domain, store
from services.billing.domain import crediting as rules
from services.billing.domain import invoices as writing
from services.billing.doors import charging
from services.billing.doors.invoices import announce, invoice_of, worded
from services.billing.doors.telling import MOST_TRIES, tell_adjustment
from services.billing.store import Moved
from services.billing.store import invoices as disk
from services.contracts.billing import (
    AlreadyCredited,
    Charge,
    CreditInvoice,
    Invoice,
    InvoiceLine,
    NoInvoicing,
    NoSuchFolio,
)
from services.contracts.cards import without_cards
from services.contracts.values import Money
from services.kit.db import Tx
from services.kit.doors import command
from services.kit.ids import new_id

_REASON = "credit-note"


class CreditNotes:
    @command
    def credit_invoice(self, tx: Tx, request: CreditInvoice) -> Invoice:
        """What of an invoice is left is taken back, and what stood on it is free; or lines are lowered: then the
        adjustments that lower the ledger stand on the credit note.
        """
        domain.check_words(request.reason, "/reason", 500)
        first, _ = invoice_of(tx, request.invoice_id)
        store.lock_guest(tx, first.profile_id)
        first, words = invoice_of(tx, request.invoice_id)
        if first.credited_by or first.kind != "invoice":
            raise AlreadyCredited
        house = disk.invoicing(tx, first.property_id)
        if house is None:
            raise NoInvoicing
        zone, reason = ZoneInfo(house.time_zone), without_cards(request.reason)[:500]
        before = disk.lowered_by(tx, first.id)
        left = rules.left_of(first, before)
        items: dict[UUID, UUID] = {}
        if request.lines:
            lines = rules.lowered(first, left, request.lines)
            items = _lower(tx, first, lines, [said.number for said in request.lines], reason)
        else:
            lines = rules.taken_back(left.values())
            disk.free_items(tx, [first.id, *(note.id for note in before)])
        if not lines:
            raise AlreadyCredited("Credit notes have left nothing of the invoice.")
        bill = writing.summed(lines, first.total.currency)
        year = tx.now.astimezone(zone).year
        count, issued_at = disk.next_number(tx, first.property_id, "credit-note", year)
        note = replace(
            first,
            id=new_id(),
            kind="credit-note",
            number=writing.number(house.prefix, "credit-note", year, count),
            issued_at=issued_at,
            issued_on=issued_at.astimezone(zone).date(),
            seller=house.seller,
            footer=house.footer,
            lines=lines,
            vat_sums=bill.vat_sums,
            net=bill.net,
            vat=bill.vat,
            city_tax=bill.city_tax,
            total=bill.total,
            payments=(),
            paid=Money(amount_minor=0, currency=bill.total.currency),
            due=bill.total,
            credits=first.id,
            credits_number=first.number,
            partial=bool(request.lines),
            credit_notes=(),
            credited=None,
            reason=reason,
        )
        words = {line.number: words[line.number] for line in lines if line.number in words}
        disk.keep_invoice(tx, note, year, count, items, (), words)
        announce(tx, note)
        return worded(note, words)


def _lower(
    tx: Tx, invoice: Invoice, lines: Iterable[InvoiceLine], asked: Sequence[int], reason: str
) -> dict[UUID, UUID]:
    """An adjustment for each of these lines, which are below zero; answers the folio of each journal. `asked` are their
    numbers in the order of the request.
    """
    items = {}
    for line in lines:
        for _ in range(MOST_TRIES):
            try:
                charge = _lower_one(tx, invoice, line, asked.index(line.number), reason)
            except Moved:
                continue
            items[charge.journal_id] = charge.folio_id
            break
        else:
            raise Moved
    return items


def _lower_one(tx: Tx, invoice: Invoice, line: InvoiceLine, nth: int, reason: str) -> Charge:
    """On the folio where charges of its kind stand now, owed by whoever owes it; also where that is closed by now.

    Refuses with CreditNoteTooLarge more than has been charged there less what was credited, on whichever invoice;
    credits of a stay are bound by what it comes to, as every posting of it is.
    """
    if line.booking_id is not None:
        found = store.charging_booking(tx, line.booking_id, line.kind)
    else:
        found = store.charging_guest(tx, invoice.profile_id, line.kind, invoice.property_id)
    seen, kind = found.seen, found.kind
    if seen is None or kind is None:
        raise NoSuchFolio
    store.lock_guest(tx, seen.folio.payer_id)
    charged = seen.folio.charges.get((kind.code, line.total.currency), 0)
    of_stay = seen.booking_id is not None and kind.code in domain.WITH_THE_STAY
    if not of_stay and charged + line.total.amount_minor < 0:
        raise rules.too_large(nth, replace(line.total, amount_minor=max(0, charged)))
    charge = Charge(
        id=new_id(),
        folio_id=seen.id,
        profile_id=seen.folio.payer_id,
        booking_id=seen.booking_id,
        kind=kind.code,
        description=reason,
        amount=line.total,
        net=line.net,
        vat=line.vat,
        vat_basis_points=int(Decimal(line.vat_rate).scaleb(2)) if line.vat_rate else 0,
        business_date=domain.business_date(tx.now, found.taxes.time_zone if found.taxes else None),
        journal_id=new_id(),
        posted_at=tx.now,
    )
    charging.put(tx, seen, charge, kind.account, invoice.property_id, adjusts=_REASON)
    tell_adjustment(tx, charge, _REASON, invoice.property_id)
    return charge
