"""Finding people as one types: every statement reads the beginning of a range of an index, however many there are.

What is found comes in stages, best first: the whole name, whole words, beginnings of words. A list goes on through them
from page to page. Where they are few, the first page is filled with what may have been meant, inner parts of words and
slips of the finger: nobody turns pages of guesses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.profiles.domain.registered import Registered
from services.profiles.domain.search import LAST, How, Place, Search, Words, slips
from services.profiles.store.register import by_ids

_HOW: tuple[How, ...] = ("whole", "words", "beginning")
_NARROW = 3000  # entries by which the word with the fewest is told; the others are looked at in its entries only
_BROAD = 100_000  # entries of one range that are looked through at most
_ENOUGH = 10  # people who are what was typed: then nobody is guessed at
_GUESSED = 60  # words that one may have been meant to be
_SHARED = 1000  # profiles with one address


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
    last = wanted.after
    for place in _by_words(tx, wanted, wanted.limit + len(hits) + 1):
        if len(hits) >= wanted.limit and place.profile_id not in hits:
            return Page(list(hits.values()), last)
        hits.setdefault(place.profile_id, Hit(place.profile_id, "name", _HOW[place.stage]))
        last = place
    if wanted.after is None and len(hits) < min(_ENOUGH, wanted.limit):
        for hit in _guesses(tx, wanted.words, wanted.limit - len(hits)):
            hits.setdefault(hit.profile_id, hit)
    return Page(list(hits.values()))


def _by_words(tx: Tx, wanted: Search, most: int) -> Iterator[Place]:
    """Those with all the words, one way in which they are found after the other, from where the page before ended."""
    after = wanted.after
    for sounding, said in ((False, wanted.words), (True, wanted.sounding)):
        if not said or (after and after.sounding and not sounding):
            continue
        goes_on = after if after and after.sounding == sounding else None
        driver = min(goes_on.driver, len(said) - 1) if goes_on else _narrowest(tx, said)
        for row in _all_with(tx, Words(said), driver, goes_on, most):
            yield Place(row.profile_id, sounding, driver, row.stage)


def _all_with(tx: Tx, words: Words, driver: int, after: Place | None, most: int) -> Iterable[Any]:
    word = words.words[driver]
    said: dict[str, Any] = {
        "word": word,
        "last": word + LAST,
        "orders": words.orders,
        "wholes": words.wholes,
        "starts": [start for n, start in enumerate(words.starts) if n != driver],
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


def _guesses(tx: Tx, words: tuple[str, ...], most: int) -> list[Hit]:
    """Whoever may have been meant: a word, or some of them, as a part of one, or with slips of the finger."""
    meant = _meant(tx, words)
    if not any(meant):
        return []
    patterns = [
        [f"% {word}%", *(f"% {other} %" for other in others)] for word, others in zip(words, meant, strict=True)
    ]
    found: dict[UUID, int] = {}
    for n in (n for n, others in enumerate(meant) if others):
        said = {"meant": list(meant[n]), "broad": _BROAD, "most": most, "starts": Words(words).starts}
        said |= {f"patterns_{m}": patterns[m] for m in range(len(words)) if m != n}
        for row in tx.execute(_guessing(n, len(words)), said):
            found.setdefault(row.profile_id, meant[n][row.word])
    ranked = sorted(found, key=lambda profile_id: found[profile_id])
    return [Hit(each, "name", "similar" if found[each] else "part") for each in ranked[:most]]


def _meant(tx: Tx, words: tuple[str, ...]) -> list[dict[str, int]]:
    """For each word those that have it as a part (0), and those that it is but for some slips (how many)."""
    meant: list[dict[str, int]] = [{} for _ in words]
    asked = [word for word in words if len(word) > 2]
    if not asked:
        return meant
    for row in tx.execute(_MEANT, {"words": asked, "most": _GUESSED}):
        count = 0 if row.part else slips(row.said, row.word)
        if count is not None and not row.word.startswith(row.said):
            meant[words.index(row.said)].setdefault(row.word, count)
    nearest = (
        sorted(each.items(), key=lambda found, said=said: (found[1], abs(len(found[0]) - len(said))))  # type: ignore[misc]
        for said, each in zip(words, meant, strict=True)
    )
    return [dict(each[:_GUESSED]) for each in nearest]


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
        SELECT profile_id FROM name_words WHERE word = :word AND name = ANY(CAST(:orders AS text[])) {behind}
        ORDER BY name, profile_id LIMIT :most
    ) AS whole
    """,
    """
    SELECT 1 AS stage, profile_id FROM (
        SELECT profile_id FROM name_words
        WHERE word = :word AND name LIKE ALL (CAST(:wholes AS text[]))
            AND name <> ALL (CAST(:orders AS text[])) {behind}
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
        WHERE name LIKE ALL (CAST(:starts AS text[])) AND NOT name LIKE ALL (CAST(:wholes AS text[]))
            AND NOT EXISTS (
                SELECT FROM unnest(string_to_array(btrim(e.name), ' ')) AS other
                WHERE other COLLATE "C" >= :word AND other COLLATE "C" < e.word
            )
        ORDER BY word, name, profile_id LIMIT :most
    ) AS beginnings
    """,
)
_BEHIND = (
    "AND (name, profile_id) > (:behind_name, :behind)",
    "AND (name, profile_id) > (:behind_name, :behind)",
    "AND (word, name, profile_id) > (:behind_word, :behind_name, :behind)",
)


def _stages(single: bool, behind: int | None) -> sa.TextClause:
    """One way after the other, each only begun where those before it have not filled the page."""
    parts = (
        stage.format(behind=_BEHIND[n] if n == behind else "", from_here=">" if single else ">=")
        for n, stage in enumerate(_STAGE)
        if n >= (behind or 0)
    )
    return sa.text(" UNION ALL ".join(parts) + " LIMIT :most")


_STAGES = {(single, behind): _stages(single, behind) for single in (True, False) for behind in (None, 0, 1, 2)}
_MEANT = sa.text(
    """
    SELECT said.word AS said, found.word, found.part
    FROM unnest(CAST(:words AS text[])) AS said(word)
    CROSS JOIN LATERAL (
        (SELECT word, true AS part FROM known_words
         WHERE word LIKE '%' || said.word || '%' AND NOT word LIKE said.word || '%' LIMIT :most)
        UNION ALL
        SELECT word, false FROM similar_words(said.word) AS alike(word)
    ) AS found
    """
)
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


def _guessing(n: int, count: int) -> sa.TextClause:
    others = " ".join(f"AND name LIKE ANY (CAST(:patterns_{m} AS text[]))" for m in range(count) if m != n)
    return sa.text(
        f"""
        SELECT word, profile_id FROM (
            SELECT * FROM name_words WHERE word = ANY (CAST(:meant AS text[])) LIMIT :broad
        ) AS e
        WHERE NOT name LIKE ALL (CAST(:starts AS text[])) {others}
        ORDER BY array_position(CAST(:meant AS text[]), word) LIMIT :most
        """  # noqa: S608
    )
