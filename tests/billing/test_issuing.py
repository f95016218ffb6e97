"""The numbers of invoices, and that an issued one never changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.billing.store import invoices as disk
from services.contracts.billing import FindInvoices, Party, SetInvoicing
from services.kit.context import Context
from services.kit.db import Database
from tests.billing.desk import Desk
from tests.billing.makers import LISBON, PORTO, eur


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    return Desk(billing_db)


def test_many_at_once_get_numbers_without_gap_and_attempts_that_fail_burn_none(desk: Desk) -> None:
    folios = [desk.stayed(uuid4(), eur(100 + n)) for n in range(32)]

    def attempt(n: int) -> str | None:
        try:
            if n % 4 == 3:
                desk.service.db.writing(_context(), lambda tx: _fails_after_its_number(tx))
            return desk.invoices(folios[n]).number
        except ZeroDivisionError:
            return None

    with ThreadPoolExecutor(32) as pool:
        numbers = sorted(number for number in pool.map(attempt, range(32)) if number)
    assert len(numbers) == 24
    assert [int(number.rsplit("-", 1)[1]) for number in numbers] == list(range(1, 25))


def test_numbers_follow_the_moments_of_issue(desk: Desk) -> None:
    folios = [desk.stayed(uuid4(), eur(100)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        issued = list(pool.map(desk.invoices, folios))
    assert sorted(issued, key=lambda i: i.number) == sorted(issued, key=lambda i: (i.issued_at, i.number))


def _context() -> Any:
    return Context(actor="staff:ines")


def _fails_after_its_number(tx: Any) -> None:
    disk.next_number(tx, LISBON, "invoice", datetime.now(UTC).year)
    raise ZeroDivisionError


# ── that it never changes ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_issued_invoice_reads_as_issued_whatever_happens_to_its_folio(desk: Desk) -> None:
    guest = uuid4()
    folio = desk.stayed(guest, eur(30000))
    desk.charges(desk.booking(folio), "spa", eur(4500), description="Massage")
    issued = desk.invoices(folio)
    desk.pays(guest, eur(99900))
    desk.charges(desk.booking(folio), "spa", eur(12000))
    desk.service.set_invoicing(
        SetInvoicing(property_id=LISBON, time_zone="Asia/Tokyo", prefix="NEW", seller=Party(name="Another"))
    )
    assert desk.reads(issued.id) == issued


@pytest.mark.parametrize("table", ["invoices", "invoice_folios", "invoice_payments"])
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "UPDATE {} SET invoice_id = invoice_id", "TRUNCATE {} CASCADE"]
)
def test_the_database_lets_nobody_change_an_invoice(desk: Desk, table: str, statement: str) -> None:
    desk.invoices(desk.stayed(uuid4(), eur(30000)))
    text = (
        statement.format(table).replace("invoice_id = invoice_id", "number = number")
        if table == "invoices"
        else (statement.format(table))
    )
    with desk.db.engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError):
        connection.execute(sa.text(text))


def test_names_and_words_stand_apart_and_are_gone_when_erased(desk: Desk) -> None:
    folio = desk.stayed(uuid4(), eur(30000))
    desk.charges(desk.booking(folio), "spa", eur(4500), description="Massage")
    issued = desk.invoices(folio)
    with desk.db.engine.begin() as connection:
        kept = connection.execute(sa.text("SELECT content FROM invoices")).scalar_one()
        connection.execute(sa.text("DELETE FROM invoice_parties"))
    assert "Ana" not in kept
    assert "Massage" not in kept
    left = desk.reads(issued.id)
    assert left.addressee is None
    assert {line.words for line in left.lines} == {None}
    assert left.total == issued.total


def test_invoices_are_found_by_who_owes_by_folio_and_by_number(desk: Desk) -> None:
    guest = uuid4()
    folios = [desk.stayed(guest, eur(100)) for _ in range(3)]
    issued = [desk.invoices(folio) for folio in folios]

    def find(**wanted: Any) -> list[UUID]:
        return [each.id for each in desk.service.find_invoices(FindInvoices(**wanted)).items]

    assert find(profile_id=guest) == [each.id for each in reversed(issued)]
    assert find(folio_id=folios[1]) == [issued[1].id]
    assert find(number=issued[2].number) == [issued[2].id]
    assert find(property_id=PORTO) == []
    first = desk.service.find_invoices(FindInvoices(profile_id=guest, limit=2))
    rest = desk.service.find_invoices(FindInvoices(profile_id=guest, limit=2, cursor=first.next))
    assert [each.id for each in (*first.items, *rest.items)] == find(profile_id=guest)
    assert rest.next is None
