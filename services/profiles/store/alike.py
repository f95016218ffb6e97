"""Who is called nearly as the people of a batch of rows, for all of them in one statement.

As `matching.around`, with the ways in that lead to whoever is looked into: the same day of birth and names that begin
alike, a name of the same sound and the same postcode (that of the register's first address), or the same name and
nearly the same day of birth. They are looked for before the batch has its turn; in its turn only among those who
were brought by others meanwhile (`among`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.kit.wire import compact
from services.profiles.domain.card import Card
from services.profiles.domain.codes import PLACEHOLDER_BIRTH_DATES
from services.profiles.domain.matching import Rarity
from services.profiles.domain.names import likeness
from services.profiles.store.rows import as_array

_EACH_WAY = 400  # cards by one way in
_MOST = 20  # cards that are compared whole
_FAR = 0.4  # likeness of first and last word: whoever has none in common and less than this is not them by any score


@dataclass(frozen=True)
class Alike:
    """How a name sounds, how rare it is, and the profiles that may be whose it is."""

    sound: str
    rarity: Rarity = Rarity()
    ids: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Sought:
    """What `alike` asks for, and how the names of the cards sound."""

    asked: Mapping[str, str]
    sounds: Mapping[int, str]


def sought(tx: Tx, cards: Mapping[int, Card]) -> Sought:
    """Of those of whom enough is known to look into others. Needs no lock: it looks at nobody."""
    rows = {number: card for number, card in cards.items() if card.is_person and card.given_name and card.family_name}
    homes = {number: _home(card) for number, card in rows.items()}
    rows = {number: card for number, card in rows.items() if card.birth_date or homes[number]}
    said = {
        "numbers": as_array(rows),
        "given": as_array(card.given_name for card in rows.values()),
        "family": as_array(card.family_name for card in rows.values()),
    }
    words = tx.execute(_WORDS, said).all() if rows else []
    born = {number: card.birth_date for number, card in rows.items()}
    asked = {
        "numbers": as_array(row.number for row in words),
        "given": as_array(row.given for row in words),
        "family": as_array(row.family for row in words),
        "sounds": as_array(row.sound for row in words),
        "born": as_array(None if born[w.number] in PLACEHOLDER_BIRTH_DATES else born[w.number] for w in words),
        "homes": as_array(homes[row.number] for row in words),
    }
    return Sought(asked, {row.number: row.sound or "" for row in words})


def alike(tx: Tx, of: Sought) -> dict[int, Alike]:
    """By the numbers of the cards that were `sought`."""
    found = {number: Alike(sound) for number, sound in of.sounds.items()}
    return _with(tx, found, tx.execute(_NEAR, of.asked)) if found else found


def among(tx: Tx, of: Sought, ids: Iterable[UUID], found: Mapping[int, Alike]) -> dict[int, Alike]:
    """What was `found`, and whoever of these few profiles is alike: by the same ways in, without an index."""
    return _with(tx, found, tx.execute(_AMONG, {**of.asked, "ids": as_array(ids)}))


def _with(tx: Tx, found: Mapping[int, Alike], rows: Iterable[Any]) -> dict[int, Alike]:
    """`found` with these, but for those whose names are too far apart to be looked into."""
    near: dict[int, dict[UUID, Any]] = {}
    for row in rows:
        mine, theirs = (row.given, row.family), (row.given_word, row.family_word)
        if {*mine} & {*theirs} or likeness(mine, theirs) >= _FAR:
            near.setdefault(row.number, {})[row.id] = row
    if not near:
        return dict(found)
    words = {word for each in near.values() for row in each.values() for word in (row.given, row.family)}
    rare = tx.execute(_RARE, {"words": as_array(words)}).one()
    whole = dict(found)
    for number, each in near.items():
        row = next(iter(each.values()))
        rarity = Rarity(rare.people, {word: rare.bearers[word] for word in (row.given, row.family)})
        ids = dict.fromkeys((*whole[number].ids, *each))
        whole[number] = Alike(whole[number].sound, rarity, tuple(ids)[:_MOST])
    return whole


def _home(card: Card) -> str | None:
    """As an address that has it in common contains it."""
    for address in card.addresses:
        if address.postcode and address.country:
            return compact([{"postcode": address.postcode, "country": address.country}])
    return None


# First letters that sound alike are one, as for `match_sound`.
_BEGINS = "translate(left({}, 1), 'cqgjyzwvdb', 'kkkiisfftp')"
_WORDS = sa.text(
    """
    SELECT number, given, family, match_sound(given, family) AS sound FROM (
        SELECT number, split_part(match_fold(given), ' ', 1) AS given, split_part(match_fold(family), ' ', -1) AS family
        FROM unnest(CAST(:numbers AS integer[]), CAST(:given AS text[]), CAST(:family AS text[]))
            AS said (number, given, family)
    ) AS n
    """
)
_ME = f"""
    WITH me AS MATERIALIZED (
        SELECT number, given COLLATE "C" AS given, family COLLATE "C" AS family, sound, born,
            CAST(home AS jsonb) AS home, {_BEGINS.format("given")} AS given_begins,
            {_BEGINS.format("family")} AS family_begins
        FROM unnest(CAST(:numbers AS integer[]), CAST(:given AS text[]), CAST(:family AS text[]),
            CAST(:sounds AS text[]), CAST(:born AS date[]), CAST(:homes AS text[]))
            AS said (number, given, family, sound, born, home)
    )"""  # noqa: S608 constants
# One of both names, or how both begin, of who was born the same day.
_NAMED_ALIKE = f"""(
            given_word IN (me.given, me.family) OR family_word IN (me.given, me.family)
            OR {_BEGINS.format("given_word")} = me.given_begins AND {_BEGINS.format("family_word")} = me.family_begins
        )"""
_BORN_NEARLY = """(
            CAST(date_part('year', birth_date) = date_part('year', me.born) AS integer)
            + CAST(date_part('month', birth_date) = date_part('month', me.born) AS integer)
            + CAST(date_part('day', birth_date) = date_part('day', me.born) AS integer) >= 2
            OR date_part('month', birth_date) = date_part('day', me.born)
                AND date_part('day', birth_date) = date_part('month', me.born)
        )"""
_SHOWN = "me.number, me.given, me.family, near.id, near.given_word, near.family_word"
_NAMESAKES = f"""(SELECT id, birth_date, given_word, family_word FROM profiles
             WHERE given_word = {{}} AND family_word = {{}} AND merged_into IS NULL LIMIT {_EACH_WAY})"""  # noqa: S608
_NEAR = sa.text(
    f"""{_ME}
    SELECT {_SHOWN} FROM me CROSS JOIN LATERAL (
        SELECT id, given_word, family_word FROM profiles WHERE birth_date = me.born LIMIT {_EACH_WAY}
    ) AS near WHERE {_NAMED_ALIKE}
    UNION ALL
    SELECT {_SHOWN} FROM me CROSS JOIN LATERAL (
        SELECT id, given_word, family_word, addresses FROM profiles
        WHERE match_sound(given_word, family_word) = me.sound AND merged_into IS NULL
            AND addresses #>> '{{0,postcode}}' = me.home #>> '{{0,postcode}}' LIMIT {_EACH_WAY}
    ) AS near WHERE addresses @> me.home
    UNION ALL
    SELECT {_SHOWN} FROM me CROSS JOIN LATERAL (
        {_NAMESAKES.format("me.given", "me.family")}
        UNION ALL
        {_NAMESAKES.format("me.family", "me.given")}
    ) AS near WHERE {_BORN_NEARLY}
    """  # noqa: S608 constants
)
# Joined by hash, each way in by what is equal; but not by how a name sounds, which would be worked out for all of them.
_AMONG = sa.text(
    f"""{_ME}, near AS MATERIALIZED (
        SELECT p.id, given_word, family_word, birth_date, addresses, addresses #>> '{{0,postcode}}' AS postcode
        FROM unnest(CAST(:ids AS uuid[])) AS brought (id) CROSS JOIN LATERAL (
            SELECT * FROM profiles WHERE profiles.id = brought.id LIMIT 1
        ) AS p WHERE merged_into IS NULL
    )
    SELECT {_SHOWN} FROM me JOIN near ON birth_date = me.born WHERE {_NAMED_ALIKE}
    UNION ALL
    SELECT {_SHOWN} FROM me JOIN near ON postcode = me.home #>> '{{0,postcode}}'
    WHERE CASE WHEN addresses @> me.home THEN match_sound(given_word, family_word) = me.sound END
    UNION ALL
    SELECT {_SHOWN} FROM me JOIN near ON given_word = me.given AND family_word = me.family WHERE {_BORN_NEARLY}
    UNION ALL
    SELECT {_SHOWN} FROM me JOIN near ON given_word = me.family AND family_word = me.given WHERE {_BORN_NEARLY}
    """  # noqa: S608 constants
)
_RARE = sa.text(
    """
    SELECT people, (
        SELECT json_object_agg(word, coalesce((SELECT t.people FROM name_tokens t WHERE t.token = word), 0))
        FROM unnest(CAST(:words AS text[])) AS word
    ) AS bearers FROM name_counts
    """
)
