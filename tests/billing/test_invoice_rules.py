"""The rules of invoices: lines, sums and rates, exact to the minor unit."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import invoices as rules
from services.billing.domain.taxes import split_gross, vat_on
from services.kit.refusal import Invalid


def item(net: int, vat: int, city: int = 0, kind: str = "spa", **more: Any) -> rules.Item:
    found = {f"revenue:{kind}": -net, "tax:vat": -vat, "tax:city": -city}
    given = {
        "kind": None,
        "on": date(2026, 12, 1),
        "currency": "EUR",
        "booking_id": None,
        "folio_id": UUID(int=1),
        **more,
    }
    return rules.Item(journal_id=uuid4(), postings={k: v for k, v in found.items() if v}, **given)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from([0, 600, 550, 1300, 2300, 810]), st.integers(0, 999))))
def test_lines_sums_and_total_agree_to_the_cent(charges: list[tuple[int, int, int]]) -> None:
    items = [item(*split_gross(gross, rate), city, basis_points=rate) for gross, rate, city in charges]
    bill = rules.bill(items, "EUR", {})
    owed = sum(gross + city for gross, _, city in charges)
    assert bill.total.amount_minor == owed == sum(line.total.amount_minor for line in bill.lines)
    assert bill.net.amount_minor == sum(s.net.amount_minor for s in bill.vat_sums)
    assert bill.vat.amount_minor == sum(s.vat.amount_minor for s in bill.vat_sums)
    assert bill.city_tax.amount_minor == sum(city for _, _, city in charges)
    assert sum(rules.earned(items).values()) == owed


@given(st.integers(1000, 10**9), st.sampled_from([500, 600, 700, 1000, 1300, 1900, 2000, 2100, 2300, 2700]))
def test_a_whole_rate_is_recognised_from_its_figures(net: int, rate: int) -> None:
    assert rules.rate_of(net, vat_on(net, rate), rate) == rate
    if net > 20000:
        assert rules.rate_of(net, vat_on(net, rate)) == rate


def test_a_rate_that_does_not_explain_the_figures_is_not_claimed() -> None:
    assert rules.rate_of(10000, 2300, 600) == 2300


@pytest.mark.parametrize("prefix", ["", "lis", "LIS-CN", "L" * 11, "A-B-C", "LIS 1"])
def test_a_prefix_is_short_and_plain(prefix: str) -> None:
    with pytest.raises(Invalid):
        rules.check_prefix(prefix)
