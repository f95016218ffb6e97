"""A house that issues invoices, and who is on them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.billing import (
    CreditInvoice,
    Invoice,
    IssueInvoice,
    Party,
    ReadInvoice,
    SetInvoicing,
    SetTaxes,
    VatRate,
)
from services.contracts.values import Money
from services.kit.db import Database
from tests.billing.makers import LISBON, PORTO, Billing, stay

HOUSE = Party(name="Lisbon City Hotel, Lda.", address=("Rua Augusta 1", "1100-048 Lisboa"), country="PT", tax_id="PT5")
ANA = Party(name="Ana Silva", address=("Largo do Rato 2",), country="PT")


class Desk(Billing):
    """Billing of a house that issues invoices, with 6 % VAT on rooms and 23 % on the rest, both in the price."""

    def __init__(self, db: Database, *, taxed: bool = False) -> None:
        super().__init__(db)
        for property_id, prefix in ((LISBON, "LIS"), (PORTO, "POR")):
            self.service.set_invoicing(
                SetInvoicing(property_id=property_id, time_zone="Europe/Lisbon", prefix=prefix, seller=HOUSE)
            )
        if taxed:
            since = date(2020, 1, 1)
            rates = {"accommodation": 600, "food": 1300, "standard": 2300}
            self.service.set_taxes(
                SetTaxes(
                    property_id=LISBON,
                    country="PT",
                    time_zone="Europe/Lisbon",
                    currency="EUR",
                    vat=tuple(VatRate(tax_class=c, basis_points=r, valid_from=since) for c, r in rates.items()),
                )
            )

    def stayed(self, guest: UUID, total: Money, **more: Any) -> UUID:
        """A stay that is over; answers its folio."""
        facts = self.hears(stay(guest, total, state="departed", **more))
        return self.folio(facts.booking_id)

    def folio(self, booking_id: UUID) -> UUID:
        with self.db.engine.connect() as connection:
            found = connection.execute(
                sa.text("SELECT id FROM folios WHERE booking_id = :id AND part = 'main'"), {"id": booking_id}
            )
            return UUID(str(found.scalar_one()))

    def booking(self, folio_id: UUID) -> UUID:
        with self.db.engine.connect() as connection:
            found = connection.execute(sa.text("SELECT booking_id FROM folios WHERE id = :id"), {"id": folio_id})
            return UUID(str(found.scalar_one()))

    def invoices(self, folio_id: UUID | None = None, command_id: UUID | None = None, **more: Any) -> Invoice:
        said = {"addressee": ANA, **more}
        return self.service.issue_invoice(IssueInvoice(folio_id=folio_id, **said), command_id)

    def credits(self, invoice: Invoice, reason: str = "Wrong address") -> Invoice:
        return self.service.credit_invoice(CreditInvoice(invoice_id=invoice.id, reason=reason))

    def reads(self, invoice_id: UUID) -> Invoice:
        return self.service.read_invoice(ReadInvoice(invoice_id=invoice_id))


def figures(invoice: Invoice) -> tuple[int, int, int, int]:
    return tuple(m.amount_minor for m in (invoice.net, invoice.vat, invoice.city_tax, invoice.total))  # type: ignore[return-value]
