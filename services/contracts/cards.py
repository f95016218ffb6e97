"""Card numbers in words from outside: dropped before anything is stored or logged."""

from __future__ import annotations

import re
from itertools import accumulate

REMOVED = "[card number removed]"

_DIGITS = re.compile(r"\d(?:[\s.\-_/]{0,3}\d){12,}")
_GROUP = re.compile(r"\d+")


def without_cards(said: str) -> str:
    """The text without runs of 13 to 19 digits that pass Luhn's check (ISO/IEC 7812), however they are grouped."""
    return _DIGITS.sub(lambda found: _without_cards(found.group()), said)


def _without_cards(run: str) -> str:
    groups = list(_GROUP.finditer(run))
    for first in range(len(groups)):
        lengths = list(accumulate(len(g.group()) for g in groups[first : first + 19]))
        for last in reversed([first + n for n, length in enumerate(lengths) if 13 <= length <= 19]):
            if _luhn("".join(g.group() for g in groups[first : last + 1])):
                rest = run[groups[last].end() :]
                return run[: groups[first].start()] + REMOVED + without_cards(rest)
    return run


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
