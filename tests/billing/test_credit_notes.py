"""Credit notes: an invoice taken back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import AlreadyCredited, CreditInvoice, NoSuchInvoice
from services.kit.db import Database
from tests.billing.desk import Desk, figures
from tests.billing.makers import eur


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    return Desk(billing_db)


@pytest.fixture
def taxed(billing_db: Database) -> Desk:
    return Desk(billing_db, taxed=True)


def test_a_credit_note_takes_all_back_in_its_own_series_and_frees_what_was_invoiced(taxed: Desk) -> None:
    folio = taxed.stayed(uuid4(), eur(31800))
    first = taxed.invoices(folio)
    note = taxed.credits(first)
    assert note.kind == "credit-note"
    assert note.number == first.number.replace("LIS-", "LIS-CN-")
    assert figures(note) == tuple(-figure for figure in figures(first))
    assert (note.credits, note.credits_number, note.reason) == (first.id, first.number, "Wrong address")
    assert taxed.reads(first.id).credited_by == note.id
    again = taxed.invoices(folio)
    assert (figures(again), again.number[-1]) == (figures(first), "2")


def test_an_invoice_is_credited_once_even_at_once(desk: Desk) -> None:
    first = desk.invoices(desk.stayed(uuid4(), eur(30000)))

    def attempt(_: int) -> UUID | None:
        try:
            return desk.credits(first).id
        except AlreadyCredited:
            return None

    with ThreadPoolExecutor(8) as pool:
        notes = [note for note in pool.map(attempt, range(8)) if note]
    assert len(notes) == 1
    with pytest.raises(AlreadyCredited):
        desk.credits(desk.reads(notes[0]))


def test_there_is_no_credit_note_for_nothing(desk: Desk) -> None:
    with pytest.raises(NoSuchInvoice):
        desk.service.credit_invoice(CreditInvoice(invoice_id=uuid4(), reason=""))


def test_each_is_announced_without_a_name(desk: Desk) -> None:
    first = desk.invoices(desk.stayed(uuid4(), eur(30000)))
    note = desk.credits(first, reason="Ana moved")
    with desk.db.engine.connect() as connection:
        bodies = connection.execute(
            sa.text("SELECT body FROM outbox WHERE routing_key = 'invoice.issued.v1' ORDER BY seq")
        ).scalars()
        told = [json.loads(body) for body in bodies]
    assert [(t["invoice_id"], t["kind"], t["total"]["amount_minor"]) for t in told] == [
        (str(first.id), "invoice", 30000),
        (str(note.id), "credit-note", -30000),
    ]
    assert "Ana" not in json.dumps(told)
