"""Where the next page of a list begins: cursors are given back as they were given out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from services.kit.refusal import Invalid, Problem

T = TypeVar("T")

_END = 2**63 - 1
_MOST_DIGITS = 18  # of a bigint, whatever they are


def position(cursor: str | None, read: Callable[[str], T]) -> T | None:
    """What a cursor stands for, if there is one; refuses, at ``/cursor``, what `read` raises ValueError for."""
    try:
        return read(cursor) if cursor else None
    except ValueError:
        raise Invalid(errors=[Problem("/cursor", "Not a cursor of this list.")]) from None


def before(cursor: str | None) -> int:
    """In a list by falling numbers, the number that the page is before: without a cursor more than any is."""
    found = position(cursor, _number)
    return _END if found is None else found


def _number(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
        raise ValueError
    return int(said)
