"""Card data in words from outside: dropped before anything is stored or logged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

REMOVED = "[card number removed]"
CODE_REMOVED = "[card code removed]"

# Between digits of one number: spaces, dashes of any kind, and characters that nobody sees.
_BETWEEN = r"[\s.\-_/\u00ad\u200b-\u200d\u2010-\u2015\u2060\u2212\ufeff]{0,3}+"
_DAY = r"(?<!\d)(?:19|20)\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])(?!\d)"  # is part of no number
_DIGITS = re.compile(rf"{_DAY}|(\d(?:{_BETWEEN}(?!{_DAY})\d){{12,}}+)")
_GROUP = re.compile(r"\d+")
_CODE = re.compile(r"(?i)(\b(?:cvv2?|cvc2?|cvn2?|cv2|csc|(?:card|security|series)[\s_-]?code)\W{0,6})\d{3,4}\b")
# Names of fields for cards, without what is no letter: what stands under them is not looked at but dropped.
_NAMES = re.compile(r".*card.*|guarantee.*|cvv2?|cvc2?|cvn2?|cv2|csc|pan|(security|series)code", re.DOTALL)
_FIELD = re.compile(r'"([^"\\]{1,60})"(\s*:\s*)(?:"(?:[^"\\]|\\.)*+"?|\d[\d.]*)')
_ESCAPES = re.compile(r"\\u00(3\d)|\\[nrt]")


def without_cards(said: str) -> str:
    """The text without card numbers, and without the check codes that say what they are.

    A card number is a run of 13 to 19 digits that passes Luhn's check (ISO/IEC 7812), however it is grouped.
    """
    without = _DIGITS.sub(lambda found: _without_cards(found[1]) if found[1] else found[0], said)
    return _CODE.sub(rf"\1{CODE_REMOVED}", without)


def without_card_data(said: Any) -> Any:
    """JSON values without card numbers, and with nothing under names that speak of cards or guarantees."""
    if isinstance(said, str):
        return without_cards(said)
    if isinstance(said, list):
        return [without_card_data(each) for each in said]
    if isinstance(said, dict):
        return {
            without_cards(name): REMOVED if each and _is_of_cards(name) else without_card_data(each)
            for name, each in said.items()
        }
    if isinstance(said, int | float) and without_cards(str(said)) != str(said):
        return REMOVED
    return said


def redacted(body: bytes) -> bytes:
    """A message as it may be kept: JSON without card data, any other text without card numbers.

    The very same bytes where there is nothing to drop.
    """
    try:
        said = json.loads(body)
        without = without_card_data(said)
        if without == said and _redacted_text(body) == body:  # a name said twice has only its last value in `said`
            return body
        return json.dumps(without, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return _redacted_text(body)


def _redacted_text(body: bytes) -> bytes:
    """Digits may be escaped as in JSON, or stand between the zeros of a wider encoding."""
    said = body.replace(b"\0", b"").decode("utf-8", "surrogateescape")
    plain = _ESCAPES.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", said)
    without = without_cards(_FIELD.sub(_without_value, plain))
    return body if without == plain else without.encode("utf-8", "surrogateescape")


def _without_value(field: re.Match[str]) -> str:
    return f'"{field[1]}"{field[2]}"{REMOVED}"' if _is_of_cards(field[1]) else field[0]


def _is_of_cards(name: str) -> bool:
    return bool(_NAMES.fullmatch("".join(c for c in name.casefold() if c.isalnum())))


def _without_cards(run: str) -> str:
    kept, at = [], 0
    for start, end in _cards(run):
        kept += [run[at:start], REMOVED]
        at = end
    return "".join([*kept, run[at:]])


def _cards(run: str) -> Iterator[tuple[int, int]]:
    """From where to where card numbers stand among groups of digits: the first of each place, and the longest."""
    groups = [found.span() for found in _GROUP.finditer(run)]
    ends = [0, *accumulate(end - start for start, end in groups)]  # counted in digits
    sums = _luhn_sums([int(digit) for start, end in groups for digit in run[start:end]])
    first = 0
    while first < len(groups):
        start, ahead = ends[first], range(first, min(first + 19, len(groups)))
        found = [n for n in ahead if 13 <= ends[n + 1] - start <= 19 and _luhn(sums, start, ends[n + 1])]
        if found:
            yield groups[first][0], groups[found[-1]][1]
        first = found[-1] + 1 if found else first + 1


def _luhn_sums(digits: list[int]) -> tuple[list[int], list[int]]:
    """Sums up to each digit where those at even places are doubled, and where those at odd places are."""
    doubled = [2 * digit - 9 if digit > 4 else 2 * digit for digit in digits]
    even = accumulate(doubled[n] if n % 2 == 0 else digit for n, digit in enumerate(digits))
    odd = accumulate(doubled[n] if n % 2 else digit for n, digit in enumerate(digits))
    return [0, *even], [0, *odd]


def _luhn(sums: tuple[list[int], list[int]], start: int, end: int) -> bool:
    """Every second digit is doubled, counted from the last, which is not."""
    up_to = sums[end % 2]
    return (up_to[end] - up_to[start]) % 10 == 0
