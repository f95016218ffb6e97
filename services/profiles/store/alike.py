"""Who is called nearly as the people of a batch of rows, for all of them in one statement.

As `matching.around`, with the ways in that lead to whoever is looked into: the same day of birth and names that begin
alike, a name of the same sound and the same postcode (that of the register's first address), or the same name and
nearly the same day of birth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx
from services.kit.wire import compact
from services.profiles.domain.card import Card
from services.profiles.domain.codes import PLACEHOLDER_BIRTH_DATES
from services.profiles.domain.matching import Rarity
from services.profiles.store.rows import as_array

_EACH_WAY = 400  # cards by one way in
_MOST = 20  # cards that are compared whole


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
    for row in tx.execute(_NEAR, of.asked) if found else ():
        there = found[row.number]
        if len(there.ids) < _MOST and row.id not in there.ids:
            rarity = Rarity(row.people, {row.given: row.given_people, row.family: row.family_people})
            found[row.number] = Alike(there.sound, rarity, (*there.ids, row.id))
    return found


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
_NAMESAKES = f"""(SELECT id, birth_date FROM profiles
             WHERE given_word = {{}} AND family_word = {{}} AND merged_into IS NULL AND kind = 'person'
             LIMIT {_EACH_WAY})"""  # noqa: S608 constants
_NEAR = sa.text(
    f"""
    WITH me AS MATERIALIZED (
        SELECT number, given COLLATE "C" AS given, family COLLATE "C" AS family, sound, born,
            CAST(home AS jsonb) AS home, {_BEGINS.format("given")} AS given_begins,
            {_BEGINS.format("family")} AS family_begins
        FROM unnest(CAST(:numbers AS integer[]), CAST(:given AS text[]), CAST(:family AS text[]),
            CAST(:sounds AS text[]), CAST(:born AS date[]), CAST(:homes AS text[]))
            AS said (number, given, family, sound, born, home)
    ), near AS (
        SELECT me.number, me.given, me.family, born.id FROM me CROSS JOIN LATERAL (
            SELECT id, kind, merged_into, given_word, family_word FROM profiles
            WHERE birth_date = me.born LIMIT {_EACH_WAY}
        ) AS born
        WHERE merged_into IS NULL AND kind = 'person' AND (
            given_word IN (me.given, me.family) OR family_word IN (me.given, me.family)
            OR {_BEGINS.format("given_word")} = me.given_begins AND {_BEGINS.format("family_word")} = me.family_begins
        )
        UNION ALL
        SELECT me.number, me.given, me.family, neighbour.id FROM me CROSS JOIN LATERAL (
            SELECT id, addresses FROM profiles
            WHERE match_sound(given_word, family_word) = me.sound AND merged_into IS NULL
                AND addresses #>> '{{0,postcode}}' = me.home #>> '{{0,postcode}}' AND kind = 'person'
            LIMIT {_EACH_WAY}
        ) AS neighbour
        WHERE addresses @> me.home
        UNION ALL
        SELECT me.number, me.given, me.family, namesake.id FROM me CROSS JOIN LATERAL (
            {_NAMESAKES.format("me.given", "me.family")}
            UNION ALL
            {_NAMESAKES.format("me.family", "me.given")}
        ) AS namesake
        WHERE CAST(date_part('year', birth_date) = date_part('year', me.born) AS integer)
            + CAST(date_part('month', birth_date) = date_part('month', me.born) AS integer)
            + CAST(date_part('day', birth_date) = date_part('day', me.born) AS integer) >= 2
            OR date_part('month', birth_date) = date_part('day', me.born)
                AND date_part('day', birth_date) = date_part('month', me.born)
    )
    SELECT number, given, family, id, (SELECT c.people FROM name_counts c) AS people,
        coalesce((SELECT t.people FROM name_tokens t WHERE t.token = given), 0) AS given_people,
        coalesce((SELECT t.people FROM name_tokens t WHERE t.token = family), 0) AS family_people
    FROM near
    """  # noqa: S608 constants
)
