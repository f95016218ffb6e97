"""Partial credit notes: lines of an invoice lowered, and what is owed with them; never by more than they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.contracts.billing import (
    AdjustmentInvoiced,
    AdjustmentTooLarge,
    AlreadyCredited,
    ChargeAdjusted,
    ChargeInvoiced,
    CityTax,
    CloseFolio,
    CreditedLine,
    CreditInvoice,
    CreditNoteTooLarge,
    FindInvoices,
    Invoice,
    NotAnInvoice,
    NothingToInvoice,
    PostAdjustment,
    ProveLedger,
    ReadAdjustment,
    ReadFolio,
    ReverseJournal,
    RoutingRule,
    SetRouting,
    SetTaxes,
    VatRate,
    VoidCharge,
)
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import CommandReused
from tests.billing.companies import revenue_told
from tests.billing.desk import Desk, figures
from tests.billing.makers import LISBON, eur, stay

PAST = date(2020, 5, 1)


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    """6 % VAT on rooms, 23 % on the rest, in the prices."""
    return Desk(billing_db, taxed=True)


def stayed(desk: Desk, guest: UUID) -> Invoice:
    """An invoice over a stay of 318.00 and 123.00 in the SPA."""
    folio = desk.stayed(guest, eur(31800))
    desk.charges(desk.booking(folio), "spa", eur(12300), description="Massage")
    return desk.invoices(folio)


def number(invoice: Invoice, kind: str) -> int:
    return next(line.number for line in invoice.lines if line.kind == kind)


def lowers(desk: Desk, invoice: Invoice, *lines: tuple[str, int | None], command_id: UUID | None = None) -> Invoice:
    """Kinds of lines with by how much, in cents; all that is left without."""
    said = tuple(
        CreditedLine(number=number(invoice, kind), amount=None if minor is None else eur(minor))
        for kind, minor in lines
    )
    request = CreditInvoice(invoice_id=invoice.id, reason="The sauna was cold", lines=said)
    note: Invoice = desk.service.credit_invoice(request, command_id)
    return note


def adjusts(desk: Desk, folio_id: UUID, kind: str, minor: int, **more: Any) -> None:
    said = {"folio_id": folio_id, "kind": kind, "amount": eur(minor), "direction": "credit", **more}
    desk.service.post_adjustment(PostAdjustment(reason="Noise at night", **said))


# ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_part_of_a_line_is_credited_at_the_lines_own_rate(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    note = lowers(desk, first, ("spa", 2460))
    assert (note.kind, note.partial, note.credits, note.credits_number) == ("credit-note", True, first.id, first.number)
    assert note.number == first.number.replace("LIS-", "LIS-CN-")
    assert figures(note) == (-2000, -460, 0, -2460)
    (line,) = note.lines
    assert (line.number, line.kind, line.vat_rate, line.words) == (number(first, "spa"), "spa", "23.00", "Massage")
    assert [(s.vat_rate, s.total) for s in note.vat_sums] == [("23.00", eur(-2460))]
    assert (note.paid, note.due, note.reason) == (eur(0), eur(-2460), "The sauna was cold")


def test_a_line_without_amount_is_credited_whole(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    note = lowers(desk, first, ("room", None), ("spa", 100))
    assert {line.kind: (line.total, line.nights) for line in note.lines} == {
        "room": (eur(-31800), 3),
        "spa": (eur(-100), None),
    }


def test_city_tax_is_credited_as_itself(desk: Desk) -> None:
    since = date(2020, 1, 1)
    vat = (VatRate(tax_class="accommodation", basis_points=600, valid_from=since),)
    beds = (CityTax(valid_from=since, amount_minor=200),)
    place: dict[str, Any] = {"property_id": LISBON, "country": "PT", "time_zone": "Europe/Lisbon", "currency": "EUR"}
    desk.service.set_taxes(SetTaxes(vat=vat, city_tax=beds, **place))
    guest = uuid4()
    facts = desk.hears(replace(stay(guest, eur(31800), state="departed"), adults=2))
    note = lowers(desk, desk.invoices(desk.folio(facts.booking_id)), ("city-tax", 600))
    assert (figures(note), desk.balance(guest)) == ((0, 0, -600, -600), 33000 - 600)
    assert revenue_told(desk.db, facts.booking_id) == {"room": 30000}


def test_the_invoice_says_what_has_been_credited_and_stays_as_it_was(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    notes = (lowers(desk, first, ("spa", 2460)), lowers(desk, first, ("room", 100)))
    read = desk.reads(first.id)
    assert (read.credited, read.credit_notes, read.credited_by) == (eur(2560), tuple(n.id for n in notes), None)
    assert replace(read, credited=None, credit_notes=()) == first
    assert [desk.reads(note.id) for note in notes] == list(notes)
    found = desk.service.find_invoices(FindInvoices(profile_id=first.profile_id)).items
    assert [(each.partial, each.credited_by) for each in found] == [(True, None), (True, None), (False, None)]


# ── what it posts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_so_much_less_is_owed_and_earned(desk: Desk) -> None:
    guest = uuid4()
    first = stayed(desk, guest)
    lowers(desk, first, ("spa", 2460), ("room", 10600))
    assert desk.balance(guest) == 44100 - 13060
    booking = desk.booking(first.folio_ids[0])
    assert revenue_told(desk.db, booking) == {"room": 20000, "spa": 8000}
    assert desk.service.prove_ledger(ProveLedger()).unbalanced_journals == 0


def test_it_is_an_adjustment_that_is_on_the_note_and_on_no_other_invoice(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    note = lowers(desk, first, ("spa", 2460))
    (credit,) = desk.service.read_folio(ReadFolio(folio_id=first.folio_ids[0])).adjustments
    assert (credit.amount, credit.reason_code, credit.reason) == (eur(2460), "credit-note", "The sauna was cold")
    assert credit.invoice_id == note.id
    with pytest.raises(NothingToInvoice):
        desk.invoices(first.folio_ids[0])
    with pytest.raises(AdjustmentInvoiced):
        desk.service.reverse_journal(ReverseJournal(journal_id=credit.journal_id, reason_code="wrong-line"))


def test_what_was_paid_becomes_credit(desk: Desk) -> None:
    guest = uuid4()
    desk.pays(guest, eur(44100))
    lowers(desk, stayed(desk, guest), ("spa", 2460))
    (euros,) = desk.account(guest).balances
    assert (euros.balance, euros.credit) == (eur(-2460), eur(2460))


def test_a_closed_folio_is_lowered_too(desk: Desk) -> None:
    guest = uuid4()
    first = stayed(desk, guest)
    desk.service.close_folio(CloseFolio(folio_id=first.folio_ids[0]))
    lowers(desk, first, ("spa", 2460))
    assert desk.balance(guest) == 44100 - 2460


def test_a_company_gets_back_what_was_routed_to_it(desk: Desk) -> None:
    guest, acme = uuid4(), uuid4()
    folio = desk.stayed(guest, eur(31800))
    booking = desk.booking(folio)
    desk.charges(booking, "spa", eur(12300))
    rules = (RoutingRule(kinds=("spa",), payer_profile_id=acme),)
    desk.service.set_routing(SetRouting(booking_id=booking, rules=rules))
    lowers(desk, desk.invoices(None, profile_id=acme, property_id=LISBON), ("spa", 2460))
    assert (desk.balance(acme), desk.balance(guest)) == (12300 - 2460, 31800)


def test_a_house_folio_is_lowered_too(desk: Desk) -> None:
    guest = uuid4()
    charge = desk.charges(None, "spa", eur(12300), profile_id=guest)
    lowers(desk, desk.invoices(charge.folio_id, property_id=LISBON), ("spa", 2300))
    assert desk.balance(guest) == 10000


def test_events_tell_ids_and_amounts(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    note = lowers(desk, first, ("spa", 2460))
    with desk.db.engine.connect() as connection:
        bodies = list(connection.execute(sa.text("SELECT body FROM outbox ORDER BY seq")).scalars())
    assert not any("sauna" in body for body in bodies)
    assert f'"invoice_id":"{note.id}"' in bodies[-1]
    assert '"partial":true' in bodies[-1]


# ── never more than the invoice ──────────────────────────────────────────────────────────────────────────────────────


def test_no_more_is_credited_of_a_line_than_is_left_of_it(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    lowers(desk, first, ("spa", 12000))
    with pytest.raises(CreditNoteTooLarge) as refused:
        lowers(desk, first, ("room", 1), ("spa", 301))
    assert [e.pointer for e in refused.value.errors] == ["/lines/1/amount/amount"]
    assert refused.value.facts == {"left": "3.00", "currency": "EUR"}
    last = lowers(desk, first, ("spa", None))
    assert last.total == eur(-300)
    with pytest.raises(CreditNoteTooLarge):
        lowers(desk, first, ("spa", None))


def test_a_credit_of_the_stay_on_the_invoice_is_not_given_a_second_time(desk: Desk) -> None:
    guest = uuid4()
    folio = desk.stayed(guest, eur(31800), arrival=PAST)
    adjusts(desk, folio, "room", 25800)
    first = desk.invoices(folio)
    with pytest.raises(CreditNoteTooLarge) as refused:
        lowers(desk, first, ("room", 31800))
    assert refused.value.facts == {"left": "60.00", "currency": "EUR"}
    assert lowers(desk, first, ("room", None)).total == eur(-6000) == eur(-first.total.amount_minor)
    assert (desk.reads(first.id).credited, desk.balance(guest)) == (first.total, 0)


def test_nor_is_one_of_charges_whatever_else_the_invoice_is_about(desk: Desk) -> None:
    guest = uuid4()
    folio = desk.stayed(guest, eur(31800))
    for minor in (10000, 5000):
        desk.charges(desk.booking(folio), "spa", eur(minor))
    adjusts(desk, folio, "spa", 4000)
    first = desk.invoices(folio)
    numbers = {line.total.amount_minor: line.number for line in first.lines}
    said = [CreditedLine(number=numbers[10000]), CreditedLine(number=numbers[5000], amount=eur(1001))]
    with pytest.raises(CreditNoteTooLarge) as refused:
        desk.service.credit_invoice(CreditInvoice(invoice_id=first.id, reason="It was cold", lines=tuple(said)))
    assert [e.pointer for e in refused.value.errors] == ["/lines/1/amount/amount"]
    assert refused.value.facts == {"left": "10.00", "currency": "EUR"}
    said[1] = replace(said[1], amount=None)
    desk.service.credit_invoice(CreditInvoice(invoice_id=first.id, reason="It was cold", lines=tuple(said)))
    assert desk.balance(guest) == 31800


def test_no_more_is_credited_than_the_whole_invoice_where_a_stay_became_cheaper(desk: Desk) -> None:
    facts = desk.hears(stay(uuid4(), eur(31800), state="departed"))
    folio = desk.folio(facts.booking_id)
    desk.invoices(folio)
    desk.hears(replace(facts, version=2, total=eur(21200)), changed=True)
    desk.charges(facts.booking_id, "spa", eur(12300))
    second = desk.invoices(folio)
    assert second.total == eur(1700)
    assert lowers(desk, second, ("spa", None)).total == eur(-1700)
    with pytest.raises(CreditNoteTooLarge):
        lowers(desk, second, ("spa", 1))


def test_a_credit_that_is_on_no_invoice_yet_is_not_given_a_second_time(desk: Desk) -> None:
    guest = uuid4()
    folio = desk.stayed(guest, eur(31800), arrival=PAST)
    charge = desk.charges(desk.booking(folio), "spa", eur(12300))
    adjusts(desk, folio, "spa", 4000, business_date=charge.business_date + timedelta(days=1))
    first = desk.invoices(folio, until=charge.business_date)
    with pytest.raises(CreditNoteTooLarge) as refused:
        lowers(desk, first, ("room", 100), ("spa", None))
    assert [e.pointer for e in refused.value.errors] == ["/lines/1/amount/amount"]
    assert refused.value.facts == {"left": "83.00", "currency": "EUR"}
    lowers(desk, first, ("spa", 8300))
    assert desk.balance(guest) == 31800


def test_a_refused_note_posts_nothing_and_burns_no_number(desk: Desk) -> None:
    guest = uuid4()
    first = stayed(desk, guest)
    with pytest.raises(CreditNoteTooLarge):
        lowers(desk, first, ("room", 1), ("spa", 12301))
    assert (desk.balance(guest), desk.reads(first.id).credited) == (44100, None)
    assert lowers(desk, first, ("spa", 1)).number.endswith("-000001")


def test_many_at_once_credit_no_more_than_the_invoice_in_numbers_without_gap(desk: Desk) -> None:
    guest = uuid4()
    first = stayed(desk, guest)

    def attempt(_: int) -> str | None:
        try:
            return lowers(desk, first, ("spa", 2000), ("room", 100)).number
        except CreditNoteTooLarge:
            return None

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(n for n in pool.map(attempt, range(12)) if n)
    assert [int(n[-6:]) for n in numbers] == [1, 2, 3, 4, 5, 6]
    assert desk.reads(first.id).credited == eur(12600)
    assert desk.balance(guest) == 44100 - 12600


def test_one_taken_back_and_lowered_at_once_is_not_credited_beyond_its_total(desk: Desk) -> None:
    first = stayed(desk, uuid4())

    def attempt(n: int) -> None:
        try:
            desk.credits(first) if n == 4 else lowers(desk, first, ("spa", 1000))
        except (AlreadyCredited, CreditNoteTooLarge):
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(8)))
    assert desk.reads(first.id).credited == first.total


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        ([CreditedLine(number=9)], "/lines/0/number"),
        ([CreditedLine(number=1), CreditedLine(number=1)], "/lines/1/number"),
        ([CreditedLine(number=1, amount=eur(0))], "/lines/0/amount/amount"),
        ([CreditedLine(number=1, amount=eur(-5))], "/lines/0/amount/amount"),
        ([CreditedLine(number=1, amount=Money(amount_minor=5, currency="USD"))], "/lines/0/amount/currency"),
    ],
)
def test_lines_that_do_not_fit_the_invoice_are_refused_where_they_stand(
    desk: Desk, lines: list[CreditedLine], pointer: str
) -> None:
    first = stayed(desk, uuid4())
    with pytest.raises(NotAnInvoice) as refused:
        desk.service.credit_invoice(CreditInvoice(invoice_id=first.id, reason="Wrong", lines=tuple(lines)))
    assert [e.pointer for e in refused.value.errors] == [pointer]


def test_a_credit_note_is_not_credited(desk: Desk) -> None:
    note = lowers(desk, stayed(desk, uuid4()), ("spa", 100))
    with pytest.raises(AlreadyCredited):
        lowers(desk, note, ("spa", None))


def test_the_same_command_credits_once(desk: Desk) -> None:
    first, command_id = stayed(desk, uuid4()), uuid4()
    assert lowers(desk, first, ("spa", 100), command_id=command_id) == lowers(
        desk, first, ("spa", 100), command_id=command_id
    )
    with pytest.raises(CommandReused):
        lowers(desk, first, ("spa", 101), command_id=command_id)
    assert desk.reads(first.id).credited == eur(100)


# ── taken back after all ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_invoice_that_was_lowered_is_taken_back_by_what_is_left_and_invoiced_again_as_it_is_now(desk: Desk) -> None:
    guest = uuid4()
    first = stayed(desk, guest)
    lowers(desk, first, ("spa", 2460))
    rest = desk.credits(first)
    assert (rest.partial, rest.total) == (False, eur(-(44100 - 2460)))
    assert (desk.reads(first.id).credited_by, desk.reads(first.id).credited) == (rest.id, first.total)
    with pytest.raises(AlreadyCredited):
        lowers(desk, first, ("room", 1))
    again = desk.invoices(first.folio_ids[0])
    assert (again.total, eur(desk.balance(guest))) == (eur(41640), eur(41640))
    assert sorted(line.total.amount_minor for line in again.lines) == [-2460, 12300, 31800]


def test_one_whose_lines_were_all_credited_has_nothing_left_to_take_back(desk: Desk) -> None:
    first = stayed(desk, uuid4())
    lowers(desk, first, ("spa", None), ("room", None))
    with pytest.raises(AlreadyCredited):
        desk.credits(first)
    charge = desk.service.read_folio(ReadFolio(folio_id=first.folio_ids[0])).charges[0]
    with pytest.raises(ChargeInvoiced):
        desk.service.void_charge(VoidCharge(charge_id=charge.id, reason="Mistyped"))


def test_a_credit_of_an_invoice_taken_back_can_be_reversed(desk: Desk) -> None:
    guest = uuid4()
    first = stayed(desk, guest)
    lowers(desk, first, ("spa", 2460))
    desk.credits(first)
    (credit,) = desk.service.read_folio(ReadFolio(folio_id=first.folio_ids[0])).adjustments
    desk.service.reverse_journal(ReverseJournal(journal_id=credit.journal_id, reason_code="wrong-line"))
    assert desk.service.read_adjustment(ReadAdjustment(adjustment_id=credit.id)).state == "reversed"
    assert desk.invoices(first.folio_ids[0]).total == eur(44100) == eur(desk.balance(guest))


def test_a_payment_stays_shown_on_an_invoice_that_was_only_lowered(desk: Desk) -> None:
    guest = uuid4()
    desk.pays(guest, eur(50000))
    first = stayed(desk, guest)
    lowers(desk, first, ("spa", 2300))
    desk.charges(desk.booking(first.folio_ids[0]), "spa", eur(1000))
    second = desk.invoices(first.folio_ids[0])
    assert (first.paid, second.total, second.paid) == (eur(44100), eur(1000), eur(0))


def test_what_no_property_charged_is_voided_and_credited_by_what_its_invoice_left_of_it(desk: Desk) -> None:
    guest = uuid4()
    charge = desk.charges(None, "spa", eur(16500), profile_id=guest)
    first = desk.invoices(charge.folio_id, property_id=LISBON)
    lowers(desk, first, ("spa", 100))
    desk.credits(first)
    with pytest.raises(ChargeAdjusted):
        desk.service.void_charge(VoidCharge(charge_id=charge.id, reason="Mistyped"))
    credit = PostAdjustment(profile_id=guest, kind="spa", amount=eur(16400), direction="credit", reason="It was cold")
    desk.service.post_adjustment(credit)
    with pytest.raises(AdjustmentTooLarge) as refused:
        desk.service.post_adjustment(replace(credit, amount=eur(1)))
    assert (refused.value.facts["left"], desk.balance(guest)) == ("0.00", 0)
    assert desk.invoices(charge.folio_id, property_id=LISBON).total == eur(0)
