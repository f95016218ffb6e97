"""Money as the outside writes it."""

from __future__ import annotations

import pytest

from services.contracts.values import Money, Price, decimals, to_money, to_price
from services.kit.refusal import Invalid


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("129.50", "EUR", 12950),
        ("129.500", "EUR", 12950),
        ("-0.05", "EUR", -5),
        ("1200", "JPY", 1200),
        ("1.234", "BHD", 1234),
    ],
)
def test_an_amount_is_counted_in_the_smallest_coin_of_its_currency(amount: str, currency: str, minor: int) -> None:
    assert to_money(Price(amount=amount, currency=currency)) == Money(amount_minor=minor, currency=currency)


@pytest.mark.parametrize(
    "amount", ["", "1.005", "1e2", "01", "1,50", ".5", " 1", "1_000", "NaN", "\u0661\u0662", "\uff11.50"]
)
def test_what_is_no_decimal_in_plain_digits_is_refused(amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_money(Price(amount=amount, currency="EUR"), "/price")
    assert [fault.pointer for fault in refused.value.errors] == ["/price/amount"]


@pytest.mark.parametrize("currency", ["XXX", "XTS", "XXY", "eur", ""])
def test_a_currency_in_which_nobody_pays_is_refused(currency: str) -> None:
    with pytest.raises(Invalid) as refused:
        to_money(Price(amount="1", currency=currency), "/price")
    assert [fault.pointer for fault in refused.value.errors] == ["/price/currency"]
    with pytest.raises(Invalid):
        decimals(currency)
    with pytest.raises(Invalid):
        to_price(Money(amount_minor=1, currency=currency))
