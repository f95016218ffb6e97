"""Text from outside: bounded, without characters that deceive or break, and without card numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from services.kit.refusal import Problem

REMOVED = "[card number removed]"

# C0 and C1 controls, lone surrogates, and the marks that turn the direction of writing (Trojan Source, CVE-2021-42574).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NEW_LINES = re.compile("[\t\n\r]")
_DIGITS = re.compile(r"\d(?:[\s.\-_/]{0,3}\d){12,}")
_GROUP = re.compile(r"\d+")


def faults(
    pointer: str, said: str | None, most: int, *, lines: bool = False, needed: bool = False
) -> Iterator[Problem]:
    """What is wrong with a text of at most `most` characters; several lines only where `lines` says so."""
    if not said or not said.strip():
        if needed:
            yield Problem(pointer, "Must not be empty.")
        return
    if len(said) > most:
        yield Problem(pointer, f"Longer than {most} characters.")
    elif _FORBIDDEN.search(said) or not lines and _NEW_LINES.search(said):
        yield Problem(pointer, "Contains control characters.")


def tidy(said: str | None) -> str | None:
    """Composed characters, single spaces, nothing at all instead of an empty text."""
    return " ".join(unicodedata.normalize("NFC", said).split()) or None if said else None


def without_cards(said: str | None) -> str | None:
    """The text without runs of 13 to 19 digits that pass Luhn's check (ISO/IEC 7812), however they are grouped."""
    return _DIGITS.sub(lambda found: _without_cards(found.group()), said) if said else said


def _without_cards(run: str) -> str:
    groups = list(_GROUP.finditer(run))
    for first in range(len(groups)):
        lengths = list(accumulate(len(g.group()) for g in groups[first : first + 19]))
        for last in reversed([first + n for n, length in enumerate(lengths) if 13 <= length <= 19]):
            if _luhn("".join(g.group() for g in groups[first : last + 1])):
                rest = run[groups[last].end() :]
                return run[: groups[first].start()] + REMOVED + (without_cards(rest) or "")
    return run


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
