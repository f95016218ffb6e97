"""The chart of accounts, the kinds that every ledger starts with and the ways of paying; and what a valid amount is."""

from __future__ import annotations

from services.contracts.values import Money, decimals
from services.kit.refusal import Invalid, Problem

Kind = str  # the code of a charge kind: kinds are data
KINDS: tuple[Kind, ...] = ("room", "restaurant", "spa", "meeting", "parking", "fee", "other", "city-tax")
METHODS = ("cash", "card", "transfer", "online", "channel", "voucher", "other")

# The chart of accounts. The guests' accounts are one control account with an entry's `profile_id` as its subledger.
GUESTS = "guests"
DEFERRED = "deferred-revenue"
VAT = "tax:vat"
CITY_TAX = "tax:city"
CHART = (GUESTS, DEFERRED, VAT, CITY_TAX, *(f"revenue:{k}" for k in KINDS), *(f"clearing:{m}" for m in METHODS))

# What a guest reads beside a line, by the kind of its journal; a charge's own words come first.
DESCRIPTIONS = {
    "stay": "Stay",
    "stay-change": "Stay, changed",
    "payer-change": "Stay, another payer",
    "cancellation": "Stay, cancelled",
    "no-show": "Stay, no-show",
    "check-out": "Stay, at check-out",
    "spa": "SPA",
    "city-tax": "City tax",
    "void": "Charge, voided",
    "adjustment": "Adjustment",
    "reversal": "Correction, taken back",
    "routing": "Another payer",
    "move": "Payment, the booking is another guest's",
}

_LARGEST = 10**12  # minor units; far above any stay, far below what a 64-bit sum can hold


def check_amount(amount: Money, refusal: type[Invalid]) -> None:
    """Money that moves is above zero, and in a currency there is."""
    decimals(amount.currency)
    if not 0 < amount.amount_minor <= _LARGEST:
        raise refusal(errors=[Problem("/amount/amount", "Not above zero, or too large.")])


def check_words(words: str | None, pointer: str, longest: int) -> None:
    """Words beside a posting are few and printable."""
    if words is not None and (len(words) > longest or not words.isprintable()):
        raise Invalid(errors=[Problem(pointer, f"Longer than {longest} characters, or not printable.")])
