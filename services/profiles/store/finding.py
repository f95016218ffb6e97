"""Finding people as one types: every statement reads the beginning of a range of an index, however many there are.

What is found comes in stages, best first: the whole name, whole words, beginnings of words. A list goes on through them
from page to page. What room they leave on the first page is filled with what may have been meant, inner parts of words
and slips of the finger: nobody turns pages of guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.profiles.domain.registered import Registered
from services.profiles.domain.search import (
    LAST,
    How,
    Place,
    Search,
    Words,
)
from services.profiles.store.guessing import guesses
from services.profiles.store.register import by_ids

_HOW: tuple[How, ...] = ("whole", "words", "beginning")
_NARROW = 3000  # entries by which the word with the fewest is told; the others are looked at in its entries only
_BROAD = 100_000  # entries of one range that are looked through at most
_MEANT = 5  # of so many places on a page of people of one name, one is for who else may have been meant
_SHARED = 1000  # profiles with one address
_NOBODY = [""]  # a pattern that no name has


@dataclass(frozen=True)
class Hit:
    """Somebody found; `field` is where, `how` in what way."""

    profile_id: UUID
    field: str
    how: How


@dataclass(frozen=True)
class Page:
    hits: list[Hit]
    next: Place | None = None


def find(tx: Tx, wanted: Search) -> tuple[list[tuple[Registered, Hit | None]], Place | None]:
    """A page of those who have every one of the words in their names and every one of the keys, best first."""
    if wanted.impossible:
        return [], None
    if wanted.keys:
        return _by_keys(tx, wanted)
    if not (wanted.words or wanted.address):
        return _everybody(tx, wanted)
    page = _page(tx, wanted)
    found = {each.id: each for each in by_ids(tx, [hit.profile_id for hit in page.hits])}
    return [(found[hit.profile_id], hit) for hit in page.hits if hit.profile_id in found], page.next


def _page(tx: Tx, wanted: Search) -> Page:
    hits: dict[UUID, Hit] = {}
    if wanted.after is None:
        hits.update((hit.profile_id, hit) for hit in _by_contacts(tx, wanted))
    places: list[Place] = []
    for place in _by_words(tx, wanted, wanted.limit + len(hits) + 1):
        if len(hits) >= wanted.limit and place.profile_id not in hits:
            return _full(tx, wanted, list(hits.values()), places)
        hits.setdefault(place.profile_id, Hit(place.profile_id, "name", _HOW[place.stage]))
        places.append(place)
    if wanted.after is None and len(hits) < wanted.limit:
        for profile_id, how in guesses(tx, wanted.words, wanted.limit - len(hits)):
            hits.setdefault(profile_id, Hit(profile_id, "name", how))
    return Page(list(hits.values()))


def _full(tx: Tx, wanted: Search, hits: list[Hit], places: list[Place]) -> Page:
    """Where what was typed is the whole name of more than a page of people, it may be a slip for somebody else's: a
    fifth of the page is theirs. The list goes on behind the last one who is called so.
    """
    if wanted.after or len(wanted.words) == 1 or len(places) < len(hits) or any(hit.how != "whole" for hit in hits):
        return Page(hits, places[-1] if places else None)
    meant = [Hit(each, "name", how) for each, how in guesses(tx, wanted.words, wanted.limit // _MEANT)]
    hits = hits[: wanted.limit - len(meant)]
    return Page([*hits, *meant], places[len(hits) - 1])


def _by_words(tx: Tx, wanted: Search, most: int) -> Iterator[Place]:
    """Those with all the words, one way in which they are found after the other, from where the page before ended."""
    after = wanted.after
    for sounding, said in ((False, wanted.words), (True, wanted.sounding)):
        if not said or (after and after.sounding and not sounding):
            continue
        goes_on = after if after and after.sounding == sounding else None
        driver = min(goes_on.driver, len(said) - 1) if goes_on else _narrowest(tx, said)
        before = Words(wanted.words).starts if sounding else _NOBODY
        for row in _all_with(tx, Words(said), driver, goes_on, before, most):
            yield Place(row.profile_id, sounding, driver, row.stage)


def _all_with(tx: Tx, words: Words, driver: int, after: Place | None, before: list[str], most: int) -> Iterable[Any]:
    """`before`: who has all of these has been found already."""
    word = words.words[driver]
    said: dict[str, Any] = {
        "word": word,
        "last": word + LAST,
        "orders": words.orders,
        "wholes": words.wholes,
        "starts": [start for n, start in enumerate(words.starts) if n != driver],
        "before": before,
        "broad": _BROAD,
        "most": most,
    }
    if after:
        name = tx.execute(_NAME, {"id": after.profile_id}).scalar() or " "
        said["behind"] = after.profile_id
        said["behind_name"] = name
        said["behind_word"] = min((w for w in name.split() if w.startswith(word)), default=word)
    statement = _STAGES[len(words.words) == 1, after.stage if after else None]
    used = statement.compile().params
    return tx.execute(statement, {name: said[name] for name in used})


def _narrowest(tx: Tx, words: tuple[str, ...]) -> int:
    """Which word has the fewest entries; the longest of those that all have many."""
    if len(words) == 1:
        return 0
    said = {"words": list(words), "lasts": [word + LAST for word in words], "most": _NARROW}
    counts = [row.entries for row in tx.execute(_COUNT, said)]
    return counts.index(min(counts))


def _by_contacts(tx: Tx, wanted: Search) -> Iterable[Hit]:
    """By a part of an address (its beginning, or its domain), and by the end of a telephone number."""
    if wanted.address:
        name, _, domain = wanted.address.partition("@")
        start, end = (wanted.address, "") if name else ("", f"@{domain}"[::-1])
        said = {"start": start, "start_last": start + LAST, "end": end, "end_last": end + LAST, "most": wanted.limit}
        for row in tx.execute(_BY_START if name else _BY_END, {**said, "kind": "email"}):
            yield Hit(
                row.profile_id, "email", "exact" if row.key == wanted.address else "beginning" if name else "tail"
            )
    if wanted.tail:
        end = wanted.tail[::-1]
        for row in tx.execute(_BY_END, {"end": end, "end_last": end + LAST, "most": wanted.limit, "kind": "phone"}):
            yield Hit(row.profile_id, "phone", "exact" if row.key == f"+{wanted.tail}" else "tail")


def _by_keys(tx: Tx, wanted: Search) -> tuple[list[tuple[Registered, Hit | None]], Place | None]:
    """Few: those with the addresses, by name, of whom the words are looked at here."""
    said = {"keys": list(wanted.keys), "count": len(wanted.keys), "most": _SHARED}
    ids = tx.execute(_BY_KEYS, said).scalars().all()
    words = [f" {word}" for word in wanted.words]
    found = [each for each in by_ids(tx, ids) if all(word in each.card.search_name for word in words)]
    if wanted.after:
        places = [each.id for each in found]
        found = found[places.index(wanted.after.profile_id) + 1 :] if wanted.after.profile_id in places else []
    page = found[: wanted.limit]
    return [(each, None) for each in page], Place(page[-1].id) if len(found) > wanted.limit else None


def _everybody(tx: Tx, wanted: Search) -> tuple[list[tuple[Registered, Hit | None]], Place | None]:
    said: dict[str, Any] = {"most": wanted.limit + 1}
    if wanted.after:
        said["behind"] = wanted.after.profile_id
    ids = tx.execute(_ALL_BEHIND if wanted.after else _ALL, said).scalars().all()
    page = by_ids(tx, ids[: wanted.limit])
    return [(each, None) for each in page], Place(page[-1].id) if len(ids) > wanted.limit else None


_NAME = sa.text("SELECT left(search_name, 400) FROM profiles WHERE id = :id")
_COUNT = sa.text(
    """
    SELECT (SELECT count(*) FROM (
        SELECT FROM name_words WHERE word >= said.word AND word < said.last LIMIT :most) AS e) AS entries
    FROM unnest(CAST(:words AS text[]), CAST(:lasts AS text[])) WITH ORDINALITY AS said(word, last, place)
    ORDER BY place
    """
)
_STAGE = (
    """
    SELECT 0 AS stage, profile_id FROM (
        SELECT profile_id FROM name_words WHERE word = :word AND name = ANY(CAST(:orders AS text[])) {unseen} {behind}
        ORDER BY name, profile_id LIMIT :most
    ) AS whole
    """,
    """
    SELECT 1 AS stage, profile_id FROM (
        SELECT profile_id FROM name_words
        WHERE word = :word AND name LIKE ALL (CAST(:wholes AS text[]))
            AND name <> ALL (CAST(:orders AS text[])) {unseen} {behind}
        ORDER BY name, profile_id LIMIT :most
    ) AS words
    """,
    # by the first of its words that begins so, once; of a single word, whoever has the word itself has been found
    """
    SELECT 2 AS stage, profile_id FROM (
        SELECT profile_id FROM (
            SELECT * FROM name_words WHERE word {from_here} :word AND word < :last {behind}
            ORDER BY word, name, profile_id LIMIT :broad
        ) AS e
        WHERE name LIKE ALL (CAST(:starts AS text[])) AND NOT name LIKE ALL (CAST(:wholes AS text[])) {unseen}
            AND NOT EXISTS (
                SELECT FROM unnest(string_to_array(btrim(e.name), ' ')) AS other
                WHERE other COLLATE "C" >= :word AND other COLLATE "C" < e.word
            )
        ORDER BY word, name, profile_id LIMIT :most
    ) AS beginnings
    """,
)
_UNSEEN = "AND NOT name LIKE ALL (CAST(:before AS text[]))"
_BEHIND = (
    "AND (name, profile_id) > (:behind_name, :behind)",
    "AND (name, profile_id) > (:behind_name, :behind)",
    "AND (word, name, profile_id) > (:behind_word, :behind_name, :behind)",
)


def _stages(single: bool, behind: int | None) -> sa.TextClause:
    """One way after the other, each only begun where those before it have not filled the page."""
    parts = (
        stage.format(behind=_BEHIND[n] if n == behind else "", unseen=_UNSEEN, from_here=">" if single else ">=")
        for n, stage in enumerate(_STAGE)
        if n >= (behind or 0)
    )
    return sa.text(" UNION ALL ".join(parts) + " LIMIT :most")


_STAGES = {(single, behind): _stages(single, behind) for single in (True, False) for behind in (None, 0, 1, 2)}
_BY_START = sa.text(
    """
    SELECT profile_id, key FROM contact_points
    WHERE key >= :start AND key < :start_last AND kind = :kind ORDER BY key LIMIT :most
    """
)
_BY_END = sa.text(
    """
    SELECT profile_id, key FROM contact_points
    WHERE reverse(key) >= :end AND reverse(key) < :end_last AND kind = :kind ORDER BY reverse(key) LIMIT :most
    """
)
_BY_KEYS = sa.text(
    """
    SELECT p.id FROM profiles p JOIN (
        SELECT profile_id FROM contact_points WHERE key = ANY(CAST(:keys AS text[]))
        GROUP BY profile_id HAVING count(*) = :count LIMIT :most
    ) AS c ON c.profile_id = p.id
    WHERE p.merged_into IS NULL ORDER BY p.search_name, p.id
    """
)
_ALL = sa.text("SELECT id FROM profiles WHERE merged_into IS NULL ORDER BY search_name, id LIMIT :most")
_ALL_BEHIND = sa.text(
    """
    SELECT id FROM profiles
    WHERE merged_into IS NULL AND (search_name, id) > ((SELECT search_name FROM profiles WHERE id = :behind), :behind)
    ORDER BY search_name, id LIMIT :most
    """
)
