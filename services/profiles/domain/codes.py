"""Languages and countries, checked against CLDR, and days of birth."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from babel import Locale
from babel.core import get_global

from services.profiles.domain.names import Unfit

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?")
_NOT_COUNTRIES = frozenset(("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"))
_OLDEST = 120  # years
# What systems write where nobody gave a day of birth: kept, but it says nothing about who somebody is.
PLACEHOLDER_BIRTH_DATES = frozenset((date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(2000, 1, 1)))


def country_code(text: str) -> str:
    """ISO 3166-1 alpha-2, upper case; alpha-3 is understood. Raises Unfit."""
    code = text.strip().upper()
    if len(code) == 3:
        code = next(iter(get_global("territory_aliases").get(code, ())), "")
    if code not in _countries():
        raise Unfit("Not an ISO 3166-1 country code.")
    return code


def language_code(text: str) -> str:
    """A BCP 47 tag of language, script and region, as in ``pt`` or ``pt-BR``. Raises Unfit."""
    found = _LANGUAGE.fullmatch(text.strip().lower().replace("_", "-"))
    if not found or found[1] not in _languages():
        raise Unfit("Not a language code such as pt or pt-BR.")
    language, script, region = found.groups()
    if region and region.isalpha() and region.upper() not in _countries():
        raise Unfit("The region of the language code is no country.")
    return "-".join(part for part in (language, script and script.title(), region and region.upper()) if part)


def birth_date(day: date, today: date) -> date:
    """A day on which somebody alive can have been born. Raises Unfit."""
    if day > today:
        raise Unfit("A day of birth cannot be in the future.")
    if day.year < today.year - _OLDEST:
        raise Unfit(f"Nobody is older than {_OLDEST} years.")
    return day


def age(born: date, today: date) -> int:
    """In whole years; who is born on 29 February is a year older on 1 March of other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@cache
def _countries() -> frozenset[str]:
    known = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - _NOT_COUNTRIES


@cache
def _languages() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").languages) - {"und", "mul", "zxx"}
