"""Invoices and statements over HTTP: who is addressed, what is refused, and documents in any script."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from gateway.printing import documents, fonts
from gateway.printing.words import words_of
from services.contracts.billing import (
    CreditInvoice,
    Debtor,
    Invoice,
    InvoiceLine,
    IssueInvoice,
    NothingToInvoice,
    Party,
    ReadDebtor,
    ReadInvoice,
    ReadStatement,
    SetInvoicing,
    Statement,
    VatSum,
)
from services.contracts.bookings import Properties, Property, ReadProperties
from services.contracts.profiles import Address, Profile, ReadProfile
from services.contracts.values import Money
from tests.gateway.conftest import FakeServices

LISBON = Property(
    id=UUID("11111111-1111-4111-8111-111111111111"), code="LIS", name="Lisbon", currency="EUR",
    time_zone="Europe/Lisbon", country="PT",
)  # fmt: skip
HOUSE = Party(name="Lisbon City Hotel, Lda.", address=("Rua Augusta 1", "1100-048 Lisboa"), country="PT", tax_id="5012")
KEY = {"Idempotency-Key": "one"}


def eur(minor: int) -> Money:
    return Money(amount_minor=minor, currency="EUR")


def an_invoice(name: str = "Ana Silva", language: str = "en") -> Invoice:
    net, vat, total = eur(30000), eur(1800), eur(31800)
    line = InvoiceLine(
        number=1, on=date(2026, 12, 1), until=date(2026, 12, 3), kind="room", description="Room", nights=3,
        net=net, vat_rate="6.00", vat=vat, total=total,
    )  # fmt: skip
    return Invoice(
        id=uuid4(), kind="invoice", number="LIS-2026-000123", property_id=LISBON.id, profile_id=uuid4(),
        folio_ids=(uuid4(),), issued_at=datetime(2026, 12, 4, 11, tzinfo=UTC), issued_on=date(2026, 12, 4),
        language=language, seller=HOUSE, addressee=Party(name=name), lines=(line,),
        vat_sums=(VatSum(vat_rate="6.00", net=net, vat=vat, total=total),),
        net=net, vat=vat, city_tax=eur(0), total=total, paid=eur(0), due=total,
    )  # fmt: skip


def ana(profile_id: UUID) -> Profile:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    home = Address(lines=("Largo do Rato 2",), postcode="1250-186", city="Lisboa", country="PT")
    return Profile(
        id=profile_id, version=1, kind="person", given_name="Ana", family_name="Silva", language="pt",
        addresses=(home,), created_at=now, changed_at=now,
    )  # fmt: skip


@pytest.fixture
def house(services: FakeServices) -> FakeServices:
    services.will_answer(ReadProperties, lambda said: Properties(items=(LISBON,) if said.property == "LIS" else ()))
    return services


def test_an_invoice_is_addressed_to_who_owes_the_folio(api: FlaskClient, house: FakeServices) -> None:
    folio_id, guest = uuid4(), uuid4()
    house.will_answer(ReadDebtor, Debtor(folio_id=folio_id, profile_id=guest))
    house.will_answer(ReadProfile, ana(guest))
    house.will_answer(IssueInvoice, an_invoice())
    answer = api.post("/v1/invoices", json={"folio_id": str(folio_id)}, headers=KEY)
    assert (answer.status_code, answer.json["total"]) == (201, {"amount": "318.00", "currency": "EUR"})
    said = house.last(IssueInvoice)
    assert said.addressee == Party(name="Ana Silva", address=("Largo do Rato 2", "1250-186 Lisboa"), country="PT")
    assert (said.profile_id, said.language) == (guest, "pt")


def test_somebody_else_can_be_addressed_and_then_nobody_is_looked_up(api: FlaskClient, house: FakeServices) -> None:
    house.will_answer(IssueInvoice, an_invoice())
    body = {"folio_id": str(uuid4()), "language": "de", "addressee": {"name": "Sol GmbH", "tax_id": "DE1"}}
    assert api.post("/v1/invoices", json=body, headers=KEY).status_code == 201
    assert [type(said) for said in house.asked] == [IssueInvoice]


def test_a_company_is_invoiced_by_a_property_that_is_named(api: FlaskClient, house: FakeServices) -> None:
    company = uuid4()
    house.will_answer(ReadProfile, ana(company))
    house.will_answer(IssueInvoice, an_invoice())
    body = {"profile_id": str(company), "property": "LIS", "until": "2026-12-31"}
    assert api.post("/v1/invoices", json=body, headers=KEY).status_code == 201
    said = house.last(IssueInvoice)
    assert (said.profile_id, said.property_id, said.until) == (company, LISBON.id, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/folio_id"),
        ({"profile_id": str(uuid4())}, "/property"),
        ({"folio_id": "x"}, "/folio_id"),
        ({"folio_id": str(uuid4()), "addressee": {"name": ""}}, "/addressee/name"),
        ({"folio_id": str(uuid4()), "total": 1}, "/total"),
    ],
)
def test_an_invoice_of_nonsense_is_refused_where_it_stands(api: FlaskClient, body: Any, pointer: str) -> None:
    answer = api.post("/v1/invoices", json=body, headers=KEY)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_issuing_and_crediting_need_a_key(api: FlaskClient, house: FakeServices) -> None:
    body = {"folio_id": str(uuid4()), "language": "de", "addressee": {"name": "Sol GmbH"}}
    assert api.post("/v1/invoices", json=body).status_code == 400
    assert api.post(f"/v1/invoices/{uuid4()}/credit-notes", json={"reason": "Wrong"}).status_code == 400
    assert not any(isinstance(said, IssueInvoice | CreditInvoice) for said in house.asked)


def test_nothing_to_invoice_is_a_conflict(api: FlaskClient, house: FakeServices) -> None:
    house.will_answer(IssueInvoice, NothingToInvoice())
    body = {"folio_id": str(uuid4()), "language": "de", "addressee": {"name": "Sol GmbH"}}
    answer = api.post("/v1/invoices", json=body, headers=KEY)
    assert (answer.status_code, answer.json["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]) == (
        409,
        "nothing-to-invoice",
    )


def test_a_property_says_how_it_issues_and_only_who_administers_may(
    api: FlaskClient, house: FakeServices, as_key: Callable[[str], dict[str, str]]
) -> None:
    house.will_answer(SetInvoicing, lambda said: _set_up(said))
    body = {"prefix": "LIS", "seller": {"name": HOUSE.name}}
    answer = api.put("/v1/properties/LIS/invoicing", json=body)
    assert (answer.status_code, answer.json["time_zone"]) == (200, "Europe/Lisbon")
    assert api.put("/v1/properties/nowhere/invoicing", json=body).status_code == 404
    assert api.put("/v1/properties/LIS/invoicing", json=body, headers=as_key("read.write")).status_code == 403


def _set_up(said: SetInvoicing) -> Any:
    from services.contracts.billing import Invoicing

    return Invoicing(**{name: getattr(said, name) for name in ("property_id", "prefix", "seller", "time_zone")})


def test_a_statement_is_of_a_period_of_one_currency(api: FlaskClient, services: FakeServices) -> None:
    guest = uuid4()
    services.will_answer(ReadProfile, ana(guest))
    services.will_answer(ReadStatement, a_statement())
    period = "from=2026-01-01&until=2026-12-31&currency=EUR"
    answer = api.get(f"/v1/profiles/{guest}/statement?{period}")
    assert (answer.status_code, answer.json["closing"]) == (200, {"amount": "200.00", "currency": "EUR"})
    assert api.get(f"/v1/profiles/{guest}/statement").status_code == 422


def a_statement() -> Statement:
    return Statement(
        profile_id=uuid4(), currency="EUR", first=date(2026, 1, 1), until=date(2026, 12, 31), time_zone="UTC",
        opening=eur(0), lines=(), closing=eur(20000),
    )  # fmt: skip


# ── printing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = ["王小明 & 欧阳娜娜", "శ్రీనివాస్ రావు", "محمد عبد الله (Mohammed)", "דוד כהן", "김민수", "Nguyễn Thị Ánh", "ณัฐพงษ์"]


@pytest.fixture
def printer() -> None:
    """What prints, and fonts: where a machine has neither, only that can be tested."""
    pytest.importorskip("typst")
    pytest.importorskip("fontTools")
    try:
        fonts.fonts()
    except fonts.FontsMissing as missing:
        pytest.skip(missing.detail)


@pytest.mark.usefixtures("printer")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_printed_and_twice_the_same(name: str) -> None:
    found = an_invoice(name)
    printed = documents.invoice(found)
    assert printed.startswith(b"%PDF")
    assert documents.invoice(found) == printed
    assert documents.invoice(replace(found, addressee=Party(name="Ana"))) != printed


@pytest.mark.usefixtures("printer")
@pytest.mark.parametrize("language", ["en", "pt-BR", "zh", "ar", "te", "de", "x-nobody-knows", ""])
def test_a_document_is_set_in_any_language(language: str) -> None:
    assert documents.invoice(an_invoice(language=language)).startswith(b"%PDF")
    assert documents.statement(a_statement(), HOUSE, language).startswith(b"%PDF")


@pytest.mark.usefixtures("printer")
@pytest.mark.parametrize("name", ['#read("/etc/passwd")', "*Ana* $x$ [y] \\ `z`", '"}', "</w>"])
def test_a_name_is_never_taken_for_an_instruction(name: str) -> None:
    assert documents.invoice(an_invoice(name)).startswith(b"%PDF")


@pytest.mark.usefixtures("printer")
def test_what_no_font_can_write_is_refused_by_its_code() -> None:
    with pytest.raises(fonts.FontsMissing, match=r"U\+10FFFD"):
        documents.invoice(an_invoice("Ana \U0010fffd"))


@pytest.mark.usefixtures("printer")
def test_an_invoice_is_fetched_as_pdf(api: FlaskClient, services: FakeServices) -> None:
    found = an_invoice()
    services.will_answer(ReadInvoice, found)
    answer = api.get(f"/v1/invoices/{found.id}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "LIS-2026-000123.pdf" in answer.headers["Content-Disposition"]


def test_without_fonts_printing_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    pytest.importorskip("typst")
    monkeypatch.setenv("FOYER_FONTS", str(tmp_path))
    fonts.fonts.cache_clear()
    try:
        with pytest.raises(fonts.FontsMissing, match="fonts-noto-core"):
            fonts.fonts()
    finally:
        fonts.fonts.cache_clear()


@pytest.mark.parametrize("language", ["en", "pt", "es", "fr", "de", "it", "zh", "ar"])
def test_every_language_has_all_words(language: str) -> None:
    words = words_of(language)
    assert all(words.values())
    assert json.dumps(words)


@pytest.mark.parametrize(("partial", "title", "word"), [(False, "Stornorechnung", "Storniert"),
                                                        (True, "Rechnungskorrektur", "Berichtigt")])  # fmt: skip
def test_a_partial_credit_note_is_printed_as_a_correction(
    monkeypatch: pytest.MonkeyPatch, partial: bool, title: str, word: str
) -> None:
    printed: dict[str, Any] = {}

    def kept(template: str, said: dict[str, Any], *_: Any) -> bytes:
        printed.update(said)
        return b"%PDF"

    monkeypatch.setattr(documents, "set_pages", kept)
    note = replace(an_invoice(language="de"), kind="credit-note", credits_number="LIS-2026-000122", partial=partial)
    documents.invoice(note)
    assert (printed["title"], (word, "LIS-2026-000122") in printed["facts"]) == (title, True)
