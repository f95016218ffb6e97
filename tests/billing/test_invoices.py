"""What invoices say, and what of a folio is on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.billing import (
    CityTax,
    DebtorChanged,
    IssueInvoice,
    NoInvoicing,
    NoSuchFolio,
    NotAnInvoice,
    NothingToInvoice,
    Party,
    PrefixTaken,
    RoutingRule,
    SetInvoicing,
    SetRouting,
    SetTaxes,
    VatRate,
    VoidCharge,
)
from services.contracts.values import Money
from services.kit.db import Database
from services.kit.refusal import CommandReused, Invalid
from tests.billing.desk import ANA, HOUSE, Desk, figures
from tests.billing.makers import LISBON, PORTO, Billing, eur, stay


@pytest.fixture
def desk(billing_db: Database) -> Desk:
    return Desk(billing_db)


@pytest.fixture
def taxed(billing_db: Database) -> Desk:
    return Desk(billing_db, taxed=True)


def test_an_invoice_explains_the_stay_and_every_charge(taxed: Desk) -> None:
    guest = uuid4()
    folio = taxed.stayed(guest, eur(31800))
    taxed.charges(taxed.booking(folio), "spa", eur(12300), description="Massage")
    invoice = taxed.invoices(folio)
    assert figures(invoice) == (40000, 4100, 0, 44100)
    assert [(s.vat_rate, s.net.amount_minor, s.vat.amount_minor) for s in invoice.vat_sums] == [
        ("6.00", 30000, 1800),
        ("23.00", 10000, 2300),
    ]
    assert {(line.kind, line.words) for line in invoice.lines} == {("room", None), ("spa", "Massage")}
    assert sum(line.total.amount_minor for line in invoice.lines) == taxed.balance(guest)
    assert (invoice.seller, invoice.addressee) == (HOUSE, ANA)


def test_city_tax_is_a_line_and_a_sum_of_its_own_without_vat(taxed: Desk) -> None:
    since = date(2020, 1, 1)
    taxed.service.set_taxes(
        SetTaxes(
            property_id=LISBON,
            country="PT",
            time_zone="Europe/Lisbon",
            currency="EUR",
            vat=(VatRate(tax_class="accommodation", basis_points=600, valid_from=since),),
            city_tax=(CityTax(valid_from=since, amount_minor=200),),
        )
    )
    guest = uuid4()
    facts = taxed.hears(replace(stay(guest, eur(31800), state="departed"), adults=2))
    invoice = taxed.invoices(taxed.folio(facts.booking_id))
    assert figures(invoice) == (30000, 1800, 1200, 33000)
    assert [s.vat_rate for s in invoice.vat_sums] == ["6.00"]
    assert [(line.total, line.vat) for line in invoice.lines if line.kind == "city-tax"] == [(eur(1200), eur(0))]
    assert invoice.total.amount_minor == taxed.balance(guest)


def test_what_is_routed_to_a_company_is_on_its_invoice_and_not_on_the_guests(desk: Desk) -> None:
    guest, company = uuid4(), uuid4()
    facts = desk.hears(stay(guest, eur(30000), state="departed"))
    desk.charges(facts.booking_id, "spa", eur(4500))
    desk.charges(facts.booking_id, "restaurant", eur(2000))
    rule = RoutingRule(kinds=("spa",), payer_profile_id=company)
    desk.service.set_routing(SetRouting(booking_id=facts.booking_id, rules=(rule,)))
    assert desk.invoices(desk.folio(facts.booking_id)).total == eur(32000) == eur(desk.balance(guest))
    theirs = desk.invoices(None, profile_id=company, property_id=LISBON)
    assert ([line.kind for line in theirs.lines], theirs.total) == (["spa"], eur(desk.balance(company)))


def test_a_stay_routed_to_a_company_is_invoiced_to_it_and_the_extras_to_the_guest(taxed: Desk) -> None:
    guest, company = uuid4(), uuid4()
    facts = taxed.hears(stay(guest, eur(31800)))
    taxed.charges(facts.booking_id, "spa", eur(12300))
    rule = RoutingRule(kinds=("room",), payer_profile_id=company)
    taxed.service.set_routing(SetRouting(booking_id=facts.booking_id, rules=(rule,)))
    taxed.hears(stay(guest, eur(31800), booking_id=facts.booking_id, version=2, state="departed"))
    for payer, kind in ((company, "room"), (guest, "spa")):
        found = taxed.invoices(None, profile_id=payer, property_id=LISBON)
        assert ([line.kind for line in found.lines], found.total) == ([kind], eur(taxed.balance(payer)))


def test_what_is_not_earned_yet_is_not_invoiced(desk: Desk) -> None:
    facts = desk.hears(stay(uuid4(), eur(30000)))
    with pytest.raises(NothingToInvoice):
        desk.invoices(desk.folio(facts.booking_id))
    desk.charges(facts.booking_id, "restaurant", eur(4500))
    assert desk.invoices(desk.folio(facts.booking_id)).total == eur(4500)


def test_payments_are_shown_and_the_rest_is_due(desk: Desk) -> None:
    guest = uuid4()
    desk.pays(guest, eur(10000))
    folio = desk.stayed(guest, eur(30000))
    invoice = desk.invoices(folio)
    assert ([p.amount for p in invoice.payments], invoice.paid, invoice.due) == ([eur(10000)], eur(10000), eur(20000))


def test_a_payment_is_shown_on_one_invoice_only(desk: Desk) -> None:
    guest = uuid4()
    desk.pays(guest, eur(40000))
    folio = desk.stayed(guest, eur(30000))
    first = desk.invoices(folio)
    desk.charges(desk.booking(folio), "spa", eur(12000))
    second = desk.invoices(folio)
    assert (first.paid, first.due) == (eur(30000), eur(0))
    assert (second.paid, second.due) == (eur(10000), eur(2000))


def test_a_charge_taken_back_before_the_invoice_is_not_on_it(taxed: Desk) -> None:
    folio = taxed.stayed(uuid4(), eur(31800))
    wrong = taxed.charges(taxed.booking(folio), "spa", eur(12300))
    taxed.service.void_charge(VoidCharge(charge_id=wrong.id, reason="Wrong room"))
    assert {line.kind for line in taxed.invoices(folio).lines} == {"room"}


def test_a_company_is_invoiced_over_all_its_folios_at_a_house_until_a_day(desk: Desk) -> None:
    company = uuid4()
    for day, total in ((1, 10000), (3, 20000), (20, 40000)):
        desk.stayed(uuid4(), eur(total), payer=company, arrival=date(2026, 12, day), nights=1)
    desk.stayed(uuid4(), eur(7), payer=company, property_id=PORTO)
    invoice = desk.invoices(None, profile_id=company, property_id=LISBON, until=date(2026, 12, 10))
    assert (invoice.total, len(invoice.folio_ids), invoice.profile_id) == (eur(30000), 2, company)
    assert desk.invoices(None, profile_id=company, property_id=LISBON).total == eur(40000)
    assert desk.invoices(None, profile_id=company, property_id=PORTO).number.startswith("POR-")


def test_a_house_folio_is_invoiced_by_the_property_that_is_said(desk: Desk) -> None:
    guest = uuid4()
    folio = desk.charges(None, "spa", eur(4500), profile_id=guest).folio_id
    with pytest.raises(NotAnInvoice) as refused:
        desk.invoices(folio)
    assert [e.pointer for e in refused.value.errors] == ["/property_id"]
    assert desk.invoices(folio, property_id=LISBON).total == eur(4500)


def test_two_currencies_are_two_invoices(desk: Desk) -> None:
    guest = uuid4()
    folio = desk.charges(None, "spa", eur(4500), profile_id=guest).folio_id
    desk.charges(None, "spa", Money(amount_minor=900, currency="JPY"), profile_id=guest)
    with pytest.raises(NotAnInvoice) as refused:
        desk.invoices(folio, property_id=LISBON)
    assert [e.pointer for e in refused.value.errors] == ["/currency"]
    for currency, minor in (("EUR", 4500), ("JPY", 900)):
        found = desk.invoices(folio, property_id=LISBON, currency=currency)
        assert found.total == Money(amount_minor=minor, currency=currency)


def test_nothing_is_invoiced_twice(desk: Desk) -> None:
    folio = desk.stayed(uuid4(), eur(30000))
    desk.invoices(folio)
    with pytest.raises(NothingToInvoice):
        desk.invoices(folio)


def test_one_folio_invoiced_at_once_is_on_one_invoice(desk: Desk) -> None:
    folio = desk.stayed(uuid4(), eur(30000))

    def attempt(_: int) -> str | None:
        try:
            return desk.invoices(folio).number
        except NothingToInvoice:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = [number for number in pool.map(attempt, range(8)) if number]
    assert len(found) == 1
    assert found[0].endswith("-000001")


def test_the_same_command_issues_once(desk: Desk) -> None:
    folio, command_id = desk.stayed(uuid4(), eur(30000)), uuid4()
    assert desk.invoices(folio, command_id) == desk.invoices(folio, command_id)
    with pytest.raises(CommandReused):
        desk.invoices(folio, command_id, language="pt")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"addressee": Party(name=" ")}, "/addressee/name"),
        ({"addressee": Party(name="Ana", address=("x",) * 9)}, "/addressee/address"),
        ({"addressee": Party(name="Ana\x07")}, "/addressee/name"),
        ({"language": "no such language"}, "/language"),
        ({"property_id": PORTO}, "/property_id"),
    ],
)
def test_bad_input_is_refused_where_it_stands(desk: Desk, more: dict[str, Any], pointer: str) -> None:
    folio = desk.stayed(uuid4(), eur(30000))
    with pytest.raises(Invalid) as refused:
        desk.invoices(folio, **more)
    assert [e.pointer for e in refused.value.errors] == [pointer]
    assert desk.invoices(folio).number.endswith("-000001")


def test_who_is_no_longer_the_debtor_is_not_invoiced(desk: Desk) -> None:
    folio = desk.stayed(uuid4(), eur(30000))
    with pytest.raises(DebtorChanged):
        desk.invoices(folio, profile_id=uuid4())


def test_an_unknown_folio_and_a_house_without_invoicing_are_refused(billing_db: Database) -> None:
    bare = Billing(billing_db)
    with pytest.raises(NoSuchFolio):
        bare.service.issue_invoice(IssueInvoice(folio_id=uuid4(), addressee=ANA))
    with pytest.raises(NoInvoicing):
        bare.service.issue_invoice(IssueInvoice(profile_id=uuid4(), property_id=LISBON, addressee=ANA))


def test_two_houses_cannot_number_alike(desk: Desk) -> None:
    with pytest.raises(PrefixTaken):
        desk.service.set_invoicing(
            SetInvoicing(property_id=uuid4(), time_zone="Europe/Lisbon", prefix="LIS", seller=HOUSE)
        )
