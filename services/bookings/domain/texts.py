"""Text from outside: bounded, without characters that deceive or break, and without card numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from services.contracts import cards
from services.kit.refusal import Problem

# C0 and C1 controls, lone surrogates, and the marks that turn the direction of writing (Trojan Source, CVE-2021-42574).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NEW_LINES = re.compile("[\t\n\r]")


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


def harmless(said: str) -> str:
    """The text without the characters that `faults` refuses, line breaks excepted."""
    return _FORBIDDEN.sub("", said)


def tidy(said: str | None) -> str | None:
    """Composed characters, single spaces, nothing at all instead of an empty text."""
    return " ".join(unicodedata.normalize("NFC", said).split()) or None if said else None


def without_cards(said: str | None) -> str | None:
    """The text without card numbers."""
    return cards.without_cards(said) if said else said
