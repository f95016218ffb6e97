"""Who may have been meant by words that nobody, or few, are called: looked for among the words that there are, then
among the names that have them, never among all people.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import permutations, product
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.profiles.domain.search import LAST, How, Likeness, Words, likeness_to, one_slip, slips, word_likeness

_GUESSED = 60  # words that one may have been meant to be
_PARTS = 30  # words that one is a part of
_PAIRS = 200  # pairs of such words, the likeliest
_OF_A_PAIR = 40  # entries that have both
_LOOKED_THROUGH = 3000  # entries that have one of the words, where pairs do not say enough
_NAMES = 2000  # names that are compared
_LONGEST_WORD = 100  # letters of a word, in its entry


def guesses(tx: Tx, words: tuple[str, ...], most: int) -> list[tuple[UUID, How]]:
    """Whoever may have been meant: a word, or some of them, as a part of one, or with slips of the finger.

    By the names that have the fewest slips over all their words, of those the ones that are most alike.
    """
    meant = _meant(tx, words)
    if not any(meant):
        return []
    names: dict[str, Likeness] = {}
    found: list[tuple[UUID, How]] = []
    likeness = likeness_to(words, meant)
    for look in (_with_two, _with_one) if len(words) > 1 else (_with_one,):
        for name in look(tx, words, meant):
            if name not in names and (alike := likeness(name)):
                names[name] = alike
        nearest = sorted(names, key=lambda name: (names[name], name))[:most]
        found = _called(tx, nearest, names, most)
        if len(found) == most and names[nearest[-1]].slips < 2:  # no name that begins otherwise can be nearer
            break
    return found


def _called(tx: Tx, nearest: list[str], names: dict[str, Likeness], most: int) -> list[tuple[UUID, How]]:
    said = {"names": nearest, "words": [name.split()[0][:_LONGEST_WORD] for name in nearest], "most": most}
    rows = tx.execute(_CALLED, said) if nearest else ()
    return [(row.profile_id, "similar" if names[row.name].slips else "part") for row in rows]


def _with_two(tx: Tx, words: tuple[str, ...], meant: list[dict[str, int]]) -> Iterable[str]:
    """Names that begin with one of the words and have another one: short ranges however many are called so."""
    asked: list[tuple[str, str]] = []
    for one, first in permutations(range(min(3, len(words))), 2):
        begins = [f" {words[first]}", *(f" {other} " for other in meant[first])]
        has = [words[one], *meant[one]]
        places = sorted(product(range(len(has)), range(len(begins))), key=sum)
        asked += [(has[n], begins[m]) for n, m in places[:_PAIRS]]
    firsts = [begin for _, begin in asked]
    said: dict[str, Any] = {
        "words": _lines(word for word, _ in asked),
        "firsts": _lines(firsts),
        "lasts": _lines(first + LAST for first in firsts),
    }
    return tx.execute(_WITH_TWO, {**said, "starts": Words(words).starts, "most": _OF_A_PAIR}).scalars()


def _with_one(tx: Tx, words: tuple[str, ...], meant: list[dict[str, int]]) -> Iterable[str]:
    """Names with all the words, looked for among those that have the one with the fewest."""
    ranges = [[(other, other) for other in others] for others in meant]
    if len(words) > 1:
        ranges = [[(word, word + LAST), *others] for word, others in zip(words, ranges, strict=True)]
    driver = _fewest(tx, ranges)
    said: dict[str, Any] = {**_ends(ranges[driver]), "starts": Words(words).starts, "broad": _LOOKED_THROUGH}
    for n in range(len(words)):
        if n != driver:
            said[f"patterns_{n}"] = [f"% {words[n]}%", *(f"% {other} %" for other in meant[n])]
    return tx.execute(_guessing(driver, len(words)), said | {"most": _NAMES}).scalars()


def _fewest(tx: Tx, ranges: list[list[tuple[str, str]]]) -> int:
    """Of the words the one with the fewest entries in its ranges; the longest of those that all have many."""
    if len(ranges) == 1:
        return 0
    places = [place for place, each in enumerate(ranges) for _ in each]
    said = {"count": len(ranges), "places": places, **_ends(sum(ranges, [])), "most": _LOOKED_THROUGH}
    counts = tx.execute(_COUNT_RANGES, said).scalars().all()
    return counts.index(min(counts))


def _ends(ranges: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {"firsts": [first for first, _ in ranges], "lasts": [last for _, last in ranges]}


def _lines(texts: Iterable[str]) -> str:
    """Hundreds of texts as one: as an array they would take longer to send than to look for."""
    return "\n".join(texts)


def _meant(tx: Tx, words: tuple[str, ...]) -> list[dict[str, int]]:
    """For each word those that have it as a part (0), and those that it is but for some slips (how many)."""
    meant: dict[str, dict[str, int]] = {word: {} for word in words}
    asked = [word for word in words if len(word) > 2]
    slipped = [(word, *ends) for word in words if len(words) > 1 or len(word) > 3 for ends in one_slip(word)]
    said = {
        "words": asked,
        "slipped": _lines(word for word, _, _ in slipped),
        "firsts": _lines(first for _, first, _ in slipped),
        "lasts": _lines(last for _, _, last in slipped),
        "most": _GUESSED,
        "parts": _PARTS,
    }
    for row in tx.execute(_MEANT, said) if asked or slipped else ():
        count = 0 if row.part else slips(row.said, row.word)
        if count is not None and not row.word.startswith(row.said):
            meant[row.said].setdefault(row.word, count)
    return [_likeliest(word, others) for word, others in meant.items()]


def _likeliest(said: str, others: dict[str, int]) -> dict[str, int]:
    """The `_GUESSED` of them that are most alike."""
    ordered = sorted(others, key=lambda word: word_likeness(said, word, others[word]))
    return {word: others[word] for word in ordered[:_GUESSED]}


_MEANT = sa.text(
    """
    SELECT said.word AS said, found.word, found.part
    FROM unnest(CAST(:words AS text[])) AS said(word)
    CROSS JOIN LATERAL (
        (SELECT word, true AS part FROM known_words
         WHERE word LIKE '%' || said.word || '%' AND NOT word LIKE said.word || '%'
         ORDER BY length(word) LIMIT :parts)
        UNION ALL
        SELECT word, false FROM similar_words(said.word) AS alike(word) WHERE length(said.word) > 7
    ) AS found
    UNION ALL
    SELECT slip.said, found.word, false
    FROM unnest(
        string_to_array(CAST(:slipped AS text), chr(10)), string_to_array(CAST(:firsts AS text), chr(10)),
        string_to_array(CAST(:lasts AS text), chr(10))
    ) AS slip(said, first, last)
    CROSS JOIN LATERAL (
        SELECT word FROM known_words WHERE word >= slip.first AND word <= slip.last LIMIT :most
    ) AS found
    """
)
_COUNT_RANGES = sa.text(
    """
    SELECT (SELECT count(*) FROM (
        SELECT FROM unnest(CAST(:places AS int[]), CAST(:firsts AS text[]), CAST(:lasts AS text[])) AS r(n, first, last)
        CROSS JOIN LATERAL (SELECT FROM name_words WHERE word >= r.first AND word <= r.last LIMIT :most) AS w
        WHERE r.n = place LIMIT :most) AS e) AS entries
    FROM generate_series(0, :count - 1) AS place ORDER BY place
    """
)
_WITH_TWO = sa.text(
    """
    SELECT DISTINCT e.name
    FROM unnest(
        string_to_array(CAST(:words AS text), chr(10)), string_to_array(CAST(:firsts AS text), chr(10)),
        string_to_array(CAST(:lasts AS text), chr(10))
    ) AS pair(word, first, last)
    CROSS JOIN LATERAL (
        SELECT name FROM name_words w WHERE w.word = pair.word AND w.name >= pair.first AND w.name < pair.last
        LIMIT :most
    ) AS e
    WHERE NOT e.name LIKE ALL (CAST(:starts AS text[]))
    """
)
_CALLED = sa.text(
    """
    SELECT called.name, e.profile_id
    FROM unnest(CAST(:names AS text[]), CAST(:words AS text[])) WITH ORDINALITY AS called(name, word, place)
    CROSS JOIN LATERAL (
        SELECT profile_id FROM name_words WHERE word = called.word AND name = called.name
        ORDER BY profile_id LIMIT :most
    ) AS e
    ORDER BY called.place, e.profile_id LIMIT :most
    """
)


@cache
def _guessing(driver: int, count: int) -> sa.TextClause:
    others = " ".join(f"AND name LIKE ANY (CAST(:patterns_{m} AS text[]))" for m in range(count) if m != driver)
    return sa.text(
        f"""
        SELECT name FROM (
            SELECT DISTINCT name FROM (
                SELECT name FROM unnest(CAST(:firsts AS text[]), CAST(:lasts AS text[])) AS r(first, last)
                CROSS JOIN LATERAL (
                    SELECT name FROM name_words WHERE word >= r.first AND word <= r.last LIMIT :broad
                ) AS w LIMIT :broad
            ) AS entries
        ) AS e
        WHERE NOT name LIKE ALL (CAST(:starts AS text[])) {others} LIMIT :most
        """  # noqa: S608
    )
