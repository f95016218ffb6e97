"""Postcodes as their country writes them, by the templates of the Universal Postal Union (postal addressing systems).

A postcode that does not fit its country's template is kept as it was said: the post knows better than a table.
"""

from __future__ import annotations

from functools import cache

# 9 is a digit, A a letter, X either, _ a blank; what else stands there is put in. A country may have several.
_TEMPLATES = {
    "AD": "AA999", "AR": "A9999AAA 9999", "AT": "9999", "AU": "9999", "AZ": "AA_9999", "BE": "9999", "BG": "9999",
    "BR": "99999-999", "BY": "999999", "CA": "A9A_9A9", "CH": "9999", "CL": "999-9999 9999999", "CN": "999999",
    "CY": "9999", "CZ": "999_99", "DE": "99999", "DK": "9999", "EE": "99999", "EG": "99999", "ES": "99999",
    "FI": "99999", "FR": "99999", "GR": "999_99", "HR": "99999", "HU": "9999", "ID": "99999", "IE": "A99_XXXX A9A_XXXX",
    "IL": "9999999", "IN": "999999", "IS": "999", "IT": "99999", "JP": "999-9999", "KR": "99999", "LI": "9999",
    "LT": "AA-99999", "LU": "9999", "LV": "AA-9999", "MA": "99999", "MC": "99999", "MD": "AA-9999", "ME": "99999",
    "MT": "AAA_9999 AAA_999", "MX": "99999", "MY": "99999", "NL": "9999_AA", "NO": "9999", "NZ": "9999", "PH": "9999",
    "PL": "99-999", "PT": "9999-999 9999", "RO": "999999", "RS": "99999", "RU": "999999", "SE": "999_99",
    "SG": "999999", "SI": "9999", "SK": "999_99", "SM": "99999", "TH": "99999", "TR": "99999", "TW": "999 99999 999999",
    "UA": "99999", "US": "99999-9999 99999", "ZA": "9999",
    "GB": "A9_9AA A99_9AA A9A_9AA AA9_9AA AA99_9AA AA9A_9AA",
}  # fmt: skip
_AS_BRITAIN = ("GG", "JE", "IM", "GI", "FK")
_PREFIX = {"AZ": "AZ", "LT": "LT", "LV": "LV", "MD": "MD"}  # said or not, it is written


def written(said: str | None, country: str | None) -> str | None:
    """``sw1a1aa`` in GB → ``SW1A 1AA``; ``1100048`` in PT → ``1100-048``; ``d-10115`` in DE → ``10115``."""
    if not said:
        return None
    bare = "".join(c for c in said.upper() if c.isalnum())
    if not bare.isascii() or country is None:
        return said.upper() if said.isascii() else said
    templates = _templates(country)
    digits = bare.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")  # D-10115: the country before the code, as on old letters
    for rest in (_PREFIX.get(country, "") + bare.removeprefix(country), bare, digits):
        for template in templates:
            if fitted := _fit(rest, template):
                return fitted
    return said.upper()


@cache
def _templates(country: str) -> tuple[str, ...]:
    text = _TEMPLATES["GB"] if country in _AS_BRITAIN else _TEMPLATES.get(country, "")
    return tuple(text.split())


def _fit(bare: str, template: str) -> str | None:
    written, at = [], 0
    for sign in template:
        if sign not in "9AX":
            written.append(" " if sign == "_" else sign)
            continue
        if at == len(bare) or not _is(bare[at], sign):
            return None
        written.append(bare[at])
        at += 1
    return "".join(written) if at == len(bare) else None


def _is(character: str, sign: str) -> bool:
    return character.isdigit() if sign == "9" else character.isalpha() if sign == "A" else character.isalnum()
