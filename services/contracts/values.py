"""Values that several contracts share, and their written forms."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from babel.numbers import get_currency_precision, list_currencies

from services.kit.refusal import Invalid, Problem
from services.kit.wire import value

_AMOUNT = re.compile(r"-?(0|[1-9]\d{0,11})(\.\d+)?", re.ASCII)
_CURRENCIES = frozenset(list_currencies()) - {"XXX", "XTS"}  # no currency, and one for tests


@value
class Money:
    """`amount_minor` is in minor units (cents; yen have none, dinars have a thousand); `currency` is ISO 4217."""

    amount_minor: int
    currency: str


@value
class Price:
    """Money as the outside writes it: a decimal string, ``{"amount": "129.50", "currency": "EUR"}``."""

    amount: str
    currency: str


def decimals(currency: str) -> int:
    """Decimal places of a currency: EUR 2, JPY 0, BHD 3 (ISO 4217, by CLDR). Refuses a currency nobody knows."""
    if currency not in _CURRENCIES:
        raise Invalid(errors=[Problem("/currency", "Not an ISO 4217 currency code.")])
    return get_currency_precision(currency)


def to_money(price: Price, pointer: str = "") -> Money:
    """Outside form to minor units; refuses what is no decimal or has more places than the currency."""
    if price.currency not in _CURRENCIES:
        raise Invalid(errors=[Problem(f"{pointer}/currency", "Not an ISO 4217 currency code.")])
    places = get_currency_precision(price.currency)
    try:
        scaled = Decimal(price.amount).scaleb(places) if _AMOUNT.fullmatch(price.amount) else None
    except InvalidOperation:
        scaled = None
    if scaled is None or scaled != scaled.to_integral_value():
        raise Invalid(
            errors=[Problem(f"{pointer}/amount", f"Not a decimal amount with at most {places} decimal places.")]
        )
    return Money(amount_minor=int(scaled), currency=price.currency)


def to_price(money: Money) -> Price:
    """Minor units to the outside form, with exactly the currency's decimal places."""
    places = decimals(money.currency)
    return Price(amount=str(Decimal(money.amount_minor).scaleb(-places)), currency=money.currency)
