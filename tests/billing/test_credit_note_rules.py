"""What credit notes may take of the lines of an invoice, whatever the lines are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import crediting
from services.contracts.billing import CreditedLine, CreditNoteTooLarge, Invoice, InvoiceLine, NotAnInvoice
from tests.billing.desk import HOUSE
from tests.billing.makers import LISBON, eur

_lines = st.lists(st.tuples(st.sampled_from(["room", "spa"]), st.integers(-900, 900)), min_size=1, max_size=6)
_wishes = st.lists(st.tuples(st.integers(1, 6), st.none() | st.integers(1, 900)), max_size=8)


def an_invoice(net: int, vat: int) -> Invoice:
    line = InvoiceLine(
        number=1, on=date(2026, 12, 1), kind="spa", description="SPA", net=eur(net), vat_rate="23.00", vat=eur(vat),
        total=eur(net + vat),
    )  # fmt: skip
    return Invoice(
        id=uuid4(), kind="invoice", number="LIS-2026-000001", property_id=LISBON, profile_id=uuid4(), folio_ids=(),
        issued_at=datetime(2026, 12, 1, tzinfo=UTC), issued_on=date(2026, 12, 1), language="en", seller=HOUSE,
        lines=(line,), vat_sums=(), net=eur(net), vat=eur(vat), city_tax=eur(0), total=eur(net + vat), paid=eur(0),
        due=eur(net + vat),
    )  # fmt: skip


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.lists(st.integers(1, 10**7), max_size=8))
def test_however_a_line_is_credited_its_parts_are_the_line_to_the_cent(net: int, vat: int, parts: list[int]) -> None:
    invoice, notes = an_invoice(net, vat), list[Invoice]()
    for minor in [*parts, None]:
        left = crediting.left_of(invoice, notes)
        try:
            said = CreditedLine(number=1, amount=None if minor is None else eur(minor))
            lines = crediting.lowered(invoice, left, [said])
        except (CreditNoteTooLarge, NotAnInvoice):
            continue
        (line,) = lines
        assert line.total.amount_minor == line.net.amount_minor + line.vat.amount_minor < 0
        assert line.net.amount_minor <= 0
        assert line.vat.amount_minor <= 0
        assert abs(line.vat.amount_minor * (net + vat) - line.total.amount_minor * vat) <= net + vat
        notes.append(replace(invoice, lines=lines))
    assert [line.total.amount_minor for line in crediting.left_of(invoice, notes).values()] == [0]
    assert [line.vat.amount_minor for line in crediting.left_of(invoice, notes).values()] == [0]


@given(_lines, _wishes)
def test_whatever_is_credited_neither_a_kind_nor_the_whole_falls_below_nothing(
    given_lines: list[tuple[str, int]], wishes: list[tuple[int, int | None]]
) -> None:
    one = an_invoice(0, 0)
    lines = [
        replace(one.lines[0], number=number, kind=kind, net=eur(minor), total=eur(minor))
        for number, (kind, minor) in enumerate(given_lines, 1)
    ]
    invoice, notes = replace(one, lines=tuple(lines)), list[Invoice]()
    for number, minor in wishes:
        said = CreditedLine(number=number, amount=None if minor is None else eur(minor))
        try:
            lowered = crediting.lowered(invoice, crediting.left_of(invoice, notes), [said])
        except (CreditNoteTooLarge, NotAnInvoice):
            continue
        notes.append(replace(invoice, lines=lowered))
        left = crediting.left_of(invoice, notes).values()
        assert sum(line.total.amount_minor for line in left) >= 0
        assert sum(line.total.amount_minor for line in left if line.kind == lowered[0].kind) >= 0
