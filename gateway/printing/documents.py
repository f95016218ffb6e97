"""Invoices and statements as typst sets them: the words of the document's language, the figures as they are written
there, and one template for each.

A document depends on what it is about and nothing else, so that printing twice gives the same file.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from gateway.printing.fonts import FAMILIES, check_writable, fonts
from gateway.printing.words import words_of
from services.contracts.billing import Invoice, Party, Statement
from services.contracts.values import Money, decimals

_HERE = Path(__file__).parent
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


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
    facts = [(words["number"], found.number), (words["date"], _day(found.issued_on, locale))]
    if found.credits_number:
        facts.append((words["credits"], found.credits_number))
    if found.reason:
        facts.append((words["reason"], found.reason))
    totals = [(words["net"], _money(found.net, locale)), (words["vat"], _money(found.vat, locale))]
    if found.city_tax.amount_minor:
        totals.append((words["city_tax"], _money(found.city_tax, locale)))
    totals.append((words["total"], _money(found.total, locale)))
    paid = [
        (f"{words['paid']} {_day(each.received_on, locale)}", _money(each.amount, locale)) for each in found.payments
    ]
    return _set(
        "invoice.typ",
        {
            **_frame(locale, words, found.seller, found.addressee, facts),
            "title": words[found.kind],
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


def statement(found: Statement, addressee: Party, language: str) -> bytes:
    """What was owed before a period, every line in it, and what was owed after it."""
    locale = locale_of(language)
    words = words_of(locale.language)
    lines = [
        {
            "on": _day(line.posted_at.date(), locale),
            "text": line.description,
            "amount": _figure(line.amount, locale),
            "balance": _figure(line.balance_after, locale),
        }
        for line in found.lines
    ]
    facts = [(words["period"], _days(found.first, found.until, locale)), (words["currency"], found.currency)]
    return _set(
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


@cache
def locale_of(language: str) -> Locale:
    """How dates and figures are written in a language; in English where it is not known."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def _frame(
    locale: Locale, words: dict[str, str], seller: Party | None, addressee: Party | None, facts: list[tuple[str, str]]
) -> dict[str, Any]:
    return {
        "language": locale.language,
        "rtl": locale.language in _RIGHT_TO_LEFT,
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


def _set(template: str, said: dict[str, Any], moment: datetime) -> bytes:
    import typst  # see gateway.printing.fonts

    text = json.dumps(_apart(said, said["rtl"]), ensure_ascii=False)
    check_writable(text)
    return bytes(
        typst.compile(
            str(_HERE / template),
            root=str(_HERE),
            font_paths=fonts(),
            sys_inputs={"said": text},
            timestamp=int(moment.timestamp()),
        )
    )


def _apart(said: Any, always: bool) -> Any:
    """Every text that is, or stands in, a text from right to left on its own, so that names, addresses and figures
    keep their own order (first strong isolate, UAX 9).
    """
    if isinstance(said, str):
        alone = said and (always or any(unicodedata.bidirectional(c) in ("R", "AL") for c in said))
        return f"\u2068{said}\u2069" if alone else said
    if isinstance(said, dict):
        return {name: _apart(value, always and name not in ("language", "fonts")) for name, value in said.items()}
    return [_apart(each, always) for each in said] if isinstance(said, list | tuple) else said


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


def _day(day: date, locale: Locale) -> str:
    return str(format_date(day, "short" if locale.language != "en" else "yyyy-MM-dd", locale=locale))


def _days(first: date, until: date | None, locale: Locale) -> str:
    return _day(first, locale) if until in (None, first) else f"{_day(first, locale)} – {_day(until, locale)}"
