"""Registration cards as typst sets them: a page for each guest to read, complete and sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal

from gateway.printing.card_words import card_words
from gateway.printing.fonts import FAMILIES
from gateway.printing.setting import RIGHT_TO_LEFT, locale_of, set_pages
from services.contracts.bookings.registers import CardField, RegistrationCard, RegistrationCards
from services.contracts.profiles import CardLine, InLanguage

_DAYS = {"birth_date", "arrival", "departure"}
_CODES = {"sex", "document_kind", "kin"}
_COUNTRIES = {"nationality", "document_country"}


def registration_cards(
    found: RegistrationCards, language: str | None = None, own: Mapping[int, Sequence[CardLine]] | None = None
) -> bytes:
    """Each in `language`, or else in its guest's own; the same for the same cards. `own`: by position, what the house
    asks beside the law.
    """
    more = own or {}
    pages = [_page(card, found, language or card.language or "en", more.get(card.position, ())) for card in found.cards]
    said = {"language": "en", "rtl": any(page["rtl"] for page in pages), "fonts": FAMILIES, "pages": pages}
    return set_pages("card.typ", said, datetime(2000, 1, 1, tzinfo=UTC))


def _page(card: RegistrationCard, found: RegistrationCards, language: str, own: Sequence[CardLine]) -> dict[str, Any]:
    locale = locale_of(language)
    words = card_words(locale.language)
    return {
        "language": locale.language,
        "rtl": locale.language in RIGHT_TO_LEFT,
        "property": found.property_name,
        "title": words["title"],
        "booking": (words["booking"], card.reference),
        "lines": [(words[field.name], _value(field, words, locale)) for field in card.fields]
        + [(_label(each.labels, locale), _own(each, locale)) for each in own],
        "companions": (
            words["companions"],
            ", ".join(f"{each.count} × {_country(each.nationality, locale)}" for each in card.companions),
        ),
        "notice": _notice(found, words),
        "signature": _signature(card, words, locale),
    }


def _value(field: CardField, words: Mapping[str, str], locale: Locale) -> str | None:
    """As people read it; None is left for the guest to write."""
    if field.value is None:
        return None
    if field.name in _DAYS:
        return _day(date.fromisoformat(field.value), locale)
    if field.name in _CODES:
        return words.get(field.value, field.value)
    if field.name in _COUNTRIES:
        return ", ".join(_country(code, locale) for code in field.value.split(", "))
    return field.value


def _own(line: CardLine, locale: Locale) -> str | None:
    if line.value is None:
        return None
    if line.chosen:
        return ", ".join(_label(option.labels, locale) for option in line.chosen)
    match "text" if line.masked else line.type:
        case "boolean":
            return "X" if line.value else "–"
        case "date":
            return _day(date.fromisoformat(line.value), locale)
        case "country":
            return _country(line.value, locale)
        case "number":
            return str(format_decimal(line.value, locale=locale))
    return str(line.value)


def _label(said: Sequence[InLanguage], locale: Locale) -> str:
    """In the card's language, else in English, else in the first there is."""
    texts = {each.language.partition("-")[0]: each.text for each in reversed(said)}
    return texts.get(locale.language) or texts.get("en") or said[0].text


def _notice(found: RegistrationCards, words: Mapping[str, str]) -> str:
    which = "by_nobody" if not found.law else "by_law" if found.kept_months else "until_sent"
    return words[which].format(law=found.law, months=found.kept_months)


def _signature(card: RegistrationCard, words: Mapping[str, str], locale: Locale) -> dict[str, str] | None:
    """A line to sign on, or when it was signed; None where the law asks for no signature."""
    if card.signature:
        return {"signed": f"{words['signed']} {_day(card.signature.signed_at.date(), locale)}"}
    return {"line": words["signature"]} if card.signs else None


def _country(code: str, locale: Locale) -> str:
    return str(locale.territories.get(code, code))


def _day(day: date, locale: Locale) -> str:
    """With all digits of the year, as days of birth stand here too."""
    return day.isoformat() if locale.language == "en" else str(format_skeleton("yMd", day, locale=locale))
