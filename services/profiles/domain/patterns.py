"""Patterns that the house writes for its fields: regular expressions without what can take long to match.

A pattern is one or more alternatives, parted by ``|``, of single characters, each repeated or not. Texts are matched
by walking through all places of the pattern at once (Thompson, 1968), so that the time is bounded by the lengths of
both, whatever they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from services.profiles.domain.names import Unfit

LONGEST: Final = 200  # characters of a pattern
LONGEST_TEXT: Final = 500  # characters of a text that is matched
_PLACES: Final = 200  # of all alternatives, repetitions counted out
_CHARACTER = re.compile(r"\\[dws]|\\[^A-Za-z0-9\s]|\[\^?(?:\\[dws]|\\[^A-Za-z0-9\s]|[^\\\[\]])+\]|[^\\\[\](){}*+?|^$]")
_TIMES = re.compile(r"[?*+]|\{(\d{1,3})(?:(,)(\d{1,3})?)?\}", re.ASCII)
_SETS = re.compile(r"--|&&|~~|\|\|")  # which other dialects read as operations on classes
_RULE = r"Single characters, \d \w \s and [classes], each with ? * + or {1,3}, and | between alternatives."


@dataclass(frozen=True)
class _Place:
    """One character. `optional`: it may be passed over; `loops`: it may come again."""

    character: re.Pattern[str]
    optional: bool = False
    loops: bool = False


def checked(pattern: str) -> str:
    """The pattern as it is. Raises Unfit."""
    if not 0 < len(pattern) <= LONGEST:
        raise Unfit(f"1 to {LONGEST} characters.")
    _read(pattern)
    return pattern


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says."""
    return len(text) <= LONGEST_TEXT and any(_walk(alternative, text) for alternative in _read(pattern))


def _walk(places: tuple[_Place, ...], text: str) -> bool:
    at = _passing({0}, places)
    for character in text:
        met = [n for n in at if n < len(places) and places[n].character.fullmatch(character)]
        at = _passing({n if places[n].loops else n + 1 for n in met}, places)
        if not at:
            return False
    return len(places) in at


def _passing(at: set[int], places: tuple[_Place, ...]) -> set[int]:
    """With the places that are reached by passing over optional ones."""
    reached = set(at)
    for n in at:
        while n < len(places) and places[n].optional:
            n += 1
            if n in reached:
                break
            reached.add(n)
    return reached


@lru_cache(500)
def _read(pattern: str) -> tuple[tuple[_Place, ...], ...]:
    alternatives: list[list[_Place]] = [[]]
    at = 0
    while at < len(pattern):
        if pattern[at] == "|":
            alternatives.append([])
            at += 1
            continue
        found = _CHARACTER.match(pattern, at)
        if found is None:
            raise Unfit(_RULE)
        at = found.end()
        times = _TIMES.match(pattern, at)
        if times:
            at = times.end()
        alternatives[-1] += _places(_character(found[0]), times)
        if sum(len(each) for each in alternatives) > _PLACES:
            raise Unfit(f"All repetitions counted out, at most {_PLACES} characters.")
    return tuple(tuple(each) for each in alternatives)


def _character(said: str) -> re.Pattern[str]:
    if _SETS.search(said):
        raise Unfit(_RULE)
    try:
        return re.compile(said, re.ASCII)
    except re.error:
        raise Unfit("A class of characters goes from a lower one to a higher one, as in [a-z].") from None


def _places(character: re.Pattern[str], times: re.Match[str] | None) -> list[_Place]:
    once, again = _Place(character), _Place(character, optional=True, loops=True)
    if times is None:
        return [once]
    if times[1] is None:
        return {"?": [_Place(character, optional=True)], "*": [again], "+": [once, again]}[times[0]]
    least = int(times[1])
    most = least if times[2] is None else int(times[3]) if times[3] else None
    if most is None:
        return [once] * least + [again]
    if most < max(least, 1):
        raise Unfit("The least is at most the most, as in {1,3}.")
    return [once] * least + [_Place(character, optional=True)] * (most - least)
