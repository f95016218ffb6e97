"""Cells of a file as what they say: days, countries, sexes and more, as systems of six languages write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID

from babel import Locale

from services.contracts.profiles import DateOrder, Kind
from services.kit.sheets import LONGEST_CELL, is_formula, unguarded
from services.profiles.domain import codes, names
from services.profiles.domain.names import Unfit, fold, words

_BLANK = frozenset(("", "-", "--", "n/a", "na", "null", "none", "#n/a", "?"))
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_DATE = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})\.?(?:[T ]+00?:00(?::00)?)?", re.ASCII)
_SEXES = {
    **dict.fromkeys(words("f female w weiblich frau woman mujer femenino femme feminin femminile feminino"), "female"),
    **dict.fromkeys(words("m male mannlich herr mann man hombre masculino homme masculin maschile uomo h"), "male"),
    **dict.fromkeys(words("x d other divers diverse otro autre altro outro nonbinary"), "other"),
}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(words("person p guest individual privat gast persona personne pessoa privado huesped"), "person"),
    **dict.fromkeys(words("company c firma corporate organisation organization empresa societe azienda"), "company"),
    **dict.fromkeys(words("agency a agentur agencia agence agenzia reiseburo"), "agency"),
}
_LONGEST_WORDING = 100


class Faulty(Exception):
    def __init__(self, *faults: tuple[str | None, str]) -> None:
        super().__init__()
        self.faults = faults


def by_field(cells: Sequence[str], columns: Sequence[str | None]) -> dict[str, list[str]]:
    """What is not blank, by what it is. Raises Faulty."""
    if not cells:
        raise Faulty((None, "The row is too long, or cannot be taken apart."))
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise Faulty((None, "The row has more cells than there are columns."))
    if len(cells) == 1 < len(columns):
        raise Faulty((None, "The row is not divided into columns."))
    found: dict[str, list[str]] = {}
    faults: list[tuple[str | None, str]] = []
    for field, cell in zip(columns, cells, strict=False):
        if field is None or not cell:
            continue
        text = cell.strip()
        if len(text) < 5 and text.lower() in _BLANK:
            continue
        if len(text) > LONGEST_CELL:
            faults.append((field, f"Longer than {LONGEST_CELL} characters."))
        elif is_formula(cell):
            faults.append((field, "A formula."))
        elif "\ufffd" in text:
            faults.append((field, "Has characters that could not be read."))
        elif field in found:
            found[field].append(unguarded(text))
        else:
            found[field] = [unguarded(text)]
    if faults:
        raise Faulty(*faults)
    return found


def each(cells: Sequence[str], separators: str) -> list[str]:
    found = []
    for cell in cells:
        for separator in separators[1:]:
            cell = cell.replace(separator, separators[0])
        found += [part.strip() for part in cell.split(separators[0]) if part.strip()]
    return found


def day(text: str, order: DateOrder) -> date:
    """ISO, or with the parts in this order and the year in four digits. Raises Unfit."""
    if iso := _ISO.fullmatch(text):
        year, month, of_month = iso.groups()
    elif found := _DATE.fullmatch(text):
        parts = found.groups()
        if len(parts[0]) == 4:
            year, month, of_month = parts
        elif order == "ymd":
            raise Unfit("Not a date as year, month, day.")
        else:
            of_month, month, year = parts if order == "dmy" else (parts[1], parts[0], parts[2])
    else:
        raise Unfit("Not a date.")
    if len(year) != 4:
        raise Unfit("The year of the date needs four digits.")
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        raise Unfit("There is no such day.") from None


def sex(text: str) -> str:
    if found := _SEXES.get(fold(text)):
        return found
    raise Unfit("Not a sex that is understood: female, male, other.")


def kind(text: str) -> Kind:
    if found := _KINDS.get(fold(text)):
        return found
    raise Unfit("Not a kind that is understood: person, company, agency.")


def profile_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unfit("Not an id.") from None


@cache
def _named() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Folded names of countries and languages in the languages of our columns."""
    countries: dict[str, str] = {}
    languages: dict[str, str] = {}
    for each in ("en", "de", "es", "fr", "it", "pt"):
        locale = Locale(each)
        for code, name in locale.territories.items():
            if len(code) == 2 and code.isalpha():
                countries.setdefault(fold(name), code)
        for code, name in locale.languages.items():
            languages.setdefault(fold(name), code)
    return countries, languages


@cache
def _known_country(text: str) -> str:
    try:
        return codes.country_code(text)
    except Unfit:
        if found := _named()[0].get(fold(text)):
            return codes.country_code(found)
        raise


def country(text: str) -> str:
    return _known_country(text) if len(text) < 60 else codes.country_code(text)


def language(text: str) -> str:
    try:
        return codes.language_code(text)
    except Unfit:
        if found := _named()[1].get(fold(text[:100])):
            return codes.language_code(found)
        raise


def telling(text: str | None) -> str | None:
    """A short text that is nobody's address: it travels further than the card does."""
    try:
        kept = names.clean(text, _LONGEST_WORDING) if text else None
    except Unfit:
        return None
    return kept if kept and "@" not in kept else None


def instant(text: str | None, order: DateOrder, now: datetime) -> datetime | None:
    """None where it is none, or is still to come. A day is its beginning, a time without a zone is UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.combine(day(text, order), datetime.min.time())
        except Unfit:
            return None
    try:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if found.year > 1970 and found <= now else None
