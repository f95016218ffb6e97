"""Invoices and statements as typst sets them: the words of the document's language, the figures as they are written
there, and one template for each.

A document depends on what it is about and nothing else, so that printing twice gives the same file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.numbers import format_currency, format_decimal

from gateway.printing.fonts import FAMILIES
from gateway.printing.setting import RIGHT_TO_LEFT, dated, locale_of, set_pages
from gateway.printing.words import words_of
from services.contracts.billing import Invoice, Party, Statement
from services.contracts.values import Money, decimals


def invoice(found: Invoice) -> bytes:
    """An invoice or a credit note."""
    locale = locale_of(found.language)
    words = words_of(locale.language)
    lines = [
        {
            "on": _days(line.on, line.until, locale),
            "text": line.description + (f" × {line.nights}" if line.nights and line.nights > 1 else ""),
            "words": line.words,
            "net": _figure(line.net, locale),
            "rate": _percent(line.vat_rate, locale),
            "vat": _figure(line.vat, locale),
            "total": _figure(line.total, locale),
        }
        for line in found.lines
    ]
    sums = [
        {
            "rate": _percent(each.vat_rate, locale),
            "net": _figure(each.net, locale),
            "vat": _figure(each.vat, locale),
            "total": _figure(each.total, locale),
        }
        for each in found.vat_sums
    ]
    facts = [(words["number"], found.number), (words["date"], dated(found.issued_on, locale))]
    if found.credits_number:
        facts.append((words["corrects" if found.partial else "credits"], found.credits_number))
    if found.reason:
        facts.append((words["reason"], found.reason))
    totals = [(words["net"], _money(found.net, locale)), (words["vat"], _money(found.vat, locale))]
    if found.city_tax.amount_minor:
        totals.append((words["city_tax"], _money(found.city_tax, locale)))
    totals.append((words["total"], _money(found.total, locale)))
    paid = [
        (f"{words['paid']} {dated(each.received_on, locale)}", _money(each.amount, locale)) for each in found.payments
    ]
    return set_pages(
        "invoice.typ",
        {
            **_frame(locale, words, found.seller, found.addressee, facts),
            "title": words["partial-credit-note" if found.partial else found.kind],
            "columns": [words[name] for name in ("date", "service", "net", "rate", "vat", "total")],
            "lines": lines,
            "sums": sums,
            "sums_title": words["vat_sums"],
            "sum_columns": [words[name] for name in ("rate", "net", "vat", "total")],
            "totals": totals,
            "paid": paid,
            "due": (words["due"], _money(found.due, locale)),
            "footer": found.footer,
        },
        found.issued_at,
    )


def statement(found: Statement, addressee: Party, language: str, houses: Sequence[str] = ()) -> bytes:
    """What was owed before a period, every line in it, and what was owed after it; at these `houses` alone, if any."""
    locale = locale_of(language)
    words = words_of(locale.language)
    lines = [
        {
            "on": dated(line.posted_at.date(), locale),
            "text": line.description,
            "amount": _figure(line.amount, locale),
            "balance": _figure(line.balance_after, locale),
        }
        for line in found.lines
    ]
    facts = [(words["period"], _days(found.first, found.until, locale)), (words["currency"], found.currency)]
    facts += [(words["property"], house) for house in houses]
    return set_pages(
        "statement.typ",
        {
            **_frame(locale, words, None, addressee, facts),
            "title": words["statement"],
            "columns": [words[name] for name in ("date", "text", "amount", "balance")],
            "opening": (words["opening"], _figure(found.opening, locale)),
            "lines": lines,
            "closing": (words["closing"], _money(found.closing, locale)),
        },
        datetime(found.until.year, found.until.month, found.until.day, tzinfo=UTC),
    )


def _frame(
    locale: Locale, words: dict[str, str], seller: Party | None, addressee: Party | None, facts: list[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "language": locale.language,
        "rtl": locale.language in RIGHT_TO_LEFT,
        "fonts": FAMILIES,
        "seller": _party(seller, locale, words) if seller else None,
        "addressee": _party(addressee, locale, words) if addressee else None,
        "facts": facts,
    }


def _party(party: Party, locale: Locale, words: dict[str, str]) -> dict[str, Any]:
    lines = list(party.address)
    if party.country:
        lines.append(locale.territories.get(party.country.upper(), party.country))
    if party.tax_id:
        lines.append(f"{words['tax_id']}: {party.tax_id}")
    return {"name": party.name, "lines": lines}


def _money(money: Money, locale: Locale) -> str:
    return str(format_currency(_decimal(money), money.currency, locale=locale, numbering_system="latn"))


def _figure(money: Money, locale: Locale) -> str:
    """The bare figure, with exactly the places of its currency."""
    places = decimals(money.currency)
    form = "#,##0" + (f".{'0' * places}" if places else "")
    return str(format_decimal(_decimal(money), form, locale=locale, numbering_system="latn"))


def _decimal(money: Money) -> Decimal:
    return Decimal(money.amount_minor).scaleb(-decimals(money.currency))


def _percent(rate: str | None, locale: Locale) -> str:
    return f"{format_decimal(Decimal(rate), locale=locale, numbering_system='latn')} %" if rate else "–"


def _days(first: date, until: date | None, locale: Locale) -> str:
    return dated(first, locale) if until in (None, first) else f"{dated(first, locale)} – {dated(until, locale)}"
