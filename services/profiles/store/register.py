"""The register: one profile, or several that are looked for."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import NoSuchProfile, Note
from services.kit.db import Tx
from services.profiles.domain.card import Card, Level, Levels
from services.profiles.domain.registered import Registered
from services.profiles.domain.search import Search
from services.profiles.store.rows import as_json, columns, point_columns, stored


def read(tx: Tx, profile_id: UUID) -> Registered:
    """With notes, pinned ones first, then the newest. Raises NoSuchProfile."""
    row = tx.execute(_READ, {"id": profile_id}).one_or_none()
    if row is None:
        raise NoSuchProfile
    return stored(row, tuple(_note(profile_id, note) for note in row.notes or ()))


def _note(profile_id: UUID, said: dict[str, Any]) -> Note:
    written_at = datetime.fromisoformat(said["written_at"])
    return Note(**{**said, "id": UUID(said["id"]), "profile_id": profile_id, "written_at": written_at})


def lock(tx: Tx, profile_id: UUID) -> Registered:
    """Without notes; nobody else changes it until this transaction ends. Raises NoSuchProfile."""
    row = tx.execute(_LOCK, {"id": profile_id}).one_or_none()
    if row is None:
        raise NoSuchProfile
    return stored(row)


def replace(tx: Tx, profile_id: UUID, card: Card, points_too: bool) -> int:
    """The whole card anew; the profile is locked. Answers its new version."""
    row = {"id": profile_id, "now": tx.now, **columns(card), "addresses": as_json(map(asdict, card.addresses))}
    version = int(tx.execute(_REPLACE, row).scalar_one())
    if points_too:
        tx.execute(_DROP_POINTS, {"id": profile_id})
        if card.points:
            tx.execute(_ADD_POINTS, [point_columns(profile_id, point) for point in card.points])
    return version


def add_note(tx: Tx, note: Note) -> int:
    """Raises NoSuchProfile; answers the profile's new version."""
    version = tx.execute(_ADD_NOTE, asdict(note)).scalar_one_or_none()
    if version is None:
        raise NoSuchProfile
    return int(version)


def levels(tx: Tx) -> Levels:
    """By name in small letters."""
    return {row.name.casefold(): Level(row.name, row.do_not_book) for row in tx.execute(_LEVELS)}


def by_ids(tx: Tx, ids: Sequence[UUID]) -> list[Registered]:
    """In that order, without those that do not exist."""
    found = {row.id: stored(row) for row in tx.execute(_BY_IDS, {"ids": list(ids)})}
    return [found[i] for i in dict.fromkeys(ids) if i in found]


def find(tx: Tx, wanted: Search) -> list[Registered]:
    """Profiles with every one of the words in their names and every one of the keys; best first, one more than asked.

    Whole names come before whole words, whole words before beginnings of words, those before other parts. A single
    letter is the beginning of the whole name.
    """
    words = sorted(wanted.words, key=len, reverse=True)  # the longest picks the fewest
    if wanted.impossible:
        return []
    letter = f" {words[0]}" if len(words) == 1 and len(words[0]) == 1 else None
    # two letters are too few for the index on parts: there the beginning of a word is meant
    parts = [f"%{word}%" if len(word) > 2 else f"% {word}%" for word in words]
    parameters = {
        "keys": list(wanted.keys),
        "key_count": len(wanted.keys),
        "letter": letter,
        "last_letter": f"{letter}{chr(sys.maxunicode)}",
        "first": parts[0] if parts else None,
        "parts": parts,
        "whole": " ".join(sorted(words)),
        "starts": [f"% {word}%" for word in words],
        "whole_words": [f"% {word} %" for word in words],
        "after": wanted.after,
        "limit": wanted.limit + 1,
    }
    by = "letter" if letter else "words" if words else "nothing"
    statement = _FIND[by, bool(wanted.keys), wanted.after is not None]
    used = statement.compile().params
    return [stored(row) for row in tx.execute(statement, {name: parameters[name] for name in used})]


_PROFILE = """
    SELECT p.*, coalesce(l.do_not_book, false) AS do_not_book,
        (SELECT json_agg(c ORDER BY c.kind, c.seq) FROM contact_points c WHERE c.profile_id = p.id) AS points
    FROM profiles p LEFT JOIN levels l ON l.name = p.level
"""
_BY_IDS = sa.text(_PROFILE + " WHERE p.id = ANY(:ids)")
_LOCK = sa.text(_PROFILE + " WHERE p.id = :id FOR UPDATE OF p")
_READ = sa.text(
    """
    SELECT p.*, coalesce(l.do_not_book, false) AS do_not_book,
        (SELECT json_agg(c ORDER BY c.kind, c.seq) FROM contact_points c WHERE c.profile_id = p.id) AS points,
        (SELECT json_agg(json_build_object(
                'id', n.id, 'text', n.text, 'pinned', n.pinned, 'author', n.author, 'written_at', n.written_at
            ) ORDER BY n.pinned DESC, n.written_at DESC)
         FROM notes n WHERE n.profile_id = p.id) AS notes
    FROM profiles p LEFT JOIN levels l ON l.name = p.level
    WHERE p.id = :id
    """
)
_REPLACE = sa.text(
    """
    UPDATE profiles SET version = version + 1, changed_at = :now, given_name = :given_name,
        family_name = :family_name, second_family_name = :second_family_name, name = :name, sex = :sex,
        birth_date = :birth_date, nationality = :nationality, language = :language,
        addresses = CAST(:addresses AS jsonb), level = :level, match_name = :match_name, search_name = :search_name
    WHERE id = :id RETURNING version
    """
)
_DROP_POINTS = sa.text("DELETE FROM contact_points WHERE profile_id = :id")
_ADD_POINTS = sa.text(
    "INSERT INTO contact_points (profile_id, key, kind, value, type, is_primary, verified, relay, source)"
    " VALUES (:profile_id, :key, :kind, :value, :type, :is_primary, :verified, :relay, :source)"
)
_ADD_NOTE = sa.text(
    """
    WITH profile AS (
        UPDATE profiles SET version = version + 1, changed_at = :written_at WHERE id = :profile_id
        RETURNING id, version
    ), note AS (
        INSERT INTO notes (id, profile_id, text, pinned, author, written_at)
        SELECT :id, profile.id, :text, :pinned, :author, :written_at FROM profile
    )
    SELECT version FROM profile
    """
)
_LEVELS = sa.text("SELECT name, do_not_book FROM levels")

_BY = {
    "nothing": "true",
    "letter": "p.search_name >= :letter AND p.search_name < :last_letter",
    "words": "p.search_name LIKE :first AND p.search_name LIKE ALL (CAST(:parts AS text[]))",
}
_KEYS = """
    p.id IN (
        SELECT profile_id FROM contact_points WHERE key = ANY(CAST(:keys AS text[]))
        GROUP BY profile_id HAVING count(*) = :key_count
    )
"""
_RANK = """
    CASE WHEN p.match_name = :whole THEN 0
        WHEN p.search_name LIKE ALL (CAST(:whole_words AS text[])) THEN 1
        WHEN p.search_name LIKE ALL (CAST(:starts AS text[])) THEN 2
        ELSE 3 END
"""
_LAST_ONE = "SELECT {} FROM profiles p WHERE p.id = :after"


def _finding(by: str, keys: bool, after: bool) -> sa.TextClause:
    order = f"{_RANK}, p.search_name, p.id" if by == "words" else "p.search_name, p.id"
    conditions = [_BY[by]]
    if keys:
        conditions.append(_KEYS)
    if after:
        conditions.append(f"({order}) > (" + _LAST_ONE.format(order) + ")")
    return sa.text(_PROFILE + " WHERE " + " AND ".join(conditions) + " ORDER BY " + order + " LIMIT :limit")


_FIND = {shape: _finding(*shape) for shape in itertools.product(_BY, (False, True), (False, True))}
