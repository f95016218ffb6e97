"""The register: one profile, or several that are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as with_more
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import NoSuchProfile
from services.kit.db import Tx
from services.kit.scope import houses
from services.profiles.domain.card import Card, Level, Levels
from services.profiles.domain.registered import Registered
from services.profiles.store import fields, internals
from services.profiles.store.rows import (
    POINT_COLUMNS,
    POINT_RECORD,
    as_json,
    columns,
    point_columns,
    points_of,
    stored,
)


def read(tx: Tx, profile_id: UUID) -> Registered:
    """With what the house keeps on it for itself, as far as it is of the caller's houses. Raises NoSuchProfile.

    A retired one is whom it was retired into.
    """
    row = tx.execute(_READ, {"id": profile_id, "houses": houses(tx)}).one_or_none()
    if row is None:
        raise NoSuchProfile
    if row.merged_into is not None:
        return with_more(read(tx, row.merged_into), merged_into=row.merged_into)
    return with_more(stored(row), **internals.on_card(row), fields=fields.on_card(row))


def look(tx: Tx, profile_id: UUID) -> Registered:
    """As `lock`, with nothing locked. Raises NoSuchProfile."""
    found = by_ids(tx, [profile_id])
    if not found:
        raise NoSuchProfile
    return look(tx, found[0].merged_into) if found[0].merged_into else found[0]


def lock(tx: Tx, profile_id: UUID) -> Registered:
    """Without notes; nobody else changes it until this transaction ends. Raises NoSuchProfile."""
    row = tx.execute(_LOCK, {"id": profile_id}).one_or_none()
    if row is None:
        raise NoSuchProfile
    return lock(tx, row.merged_into) if row.merged_into else stored(row)


def replace(tx: Tx, profile_id: UUID, card: Card, points_too: bool) -> int:
    """The whole card anew; the profile is locked. Answers its new version."""
    row = {"id": profile_id, "now": tx.now, **columns(card)}
    row |= {name: as_json(row[name]) for name in ("addresses", "name_forms")}
    version = int(tx.execute(_REPLACE, row).scalar_one())
    if points_too:
        tx.execute(_DROP_POINTS, {"id": profile_id})
        if card.points:
            points = as_json(point_columns(profile_id, point) for point in card.points)
            tx.execute(_ADD_POINTS, {"points": points})
    return version


def levels(tx: Tx, hold: bool = False) -> Levels:
    """By name in small letters. `hold`: nobody changes one until this transaction ends, so that what is said of a card
    that gets one stays true.
    """
    found = tx.execute(_LEVELS_HELD if hold else _LEVELS)
    return {row.name.casefold(): Level(row.name, row.do_not_book, row.retired) for row in found}


def by_ids(tx: Tx, ids: Sequence[UUID]) -> list[Registered]:
    """In that order, without those that do not exist."""
    found = {row.id: stored(row) for row in tx.execute(_BY_IDS, {"ids": list(ids)})}
    return [found[i] for i in dict.fromkeys(ids) if i in found]


_PROFILE = f"""
    SELECT p.*, l.name AS level, coalesce(l.do_not_book, false) AS do_not_book,
        (SELECT jsonb_agg({points_of()} ORDER BY c.kind, c.seq)
         FROM contact_points c WHERE c.profile_id = p.id) AS points
    FROM profiles p LEFT JOIN levels l ON l.code = p.level_code
"""  # noqa: S608
_BY_IDS = sa.text(_PROFILE + " WHERE p.id = ANY(:ids)")
_LOCK = sa.text(_PROFILE + " WHERE p.id = :id FOR UPDATE OF p")
_READ = sa.text(
    f"""
    SELECT p.*, l.name AS level, coalesce(l.do_not_book, false) AS do_not_book,
        (SELECT jsonb_agg({points_of()} ORDER BY c.kind, c.seq)
         FROM contact_points c WHERE c.profile_id = p.id) AS points,
        {internals.COLUMNS},
        {fields.COLUMNS}
    FROM profiles p LEFT JOIN levels l ON l.code = p.level_code
    WHERE p.id = :id
    """  # noqa: S608
)
_REPLACE = sa.text(
    """
    UPDATE profiles SET version = version + 1, changed_at = :now, given_name = :given_name,
        family_name = :family_name, second_family_name = :second_family_name, name = :name, sex = :sex,
        birth_date = :birth_date, nationality = :nationality, language = :language,
        kind = :kind, title = :title, suffix = :suffix, preferred_name = :preferred_name,
        name_forms = CAST(:name_forms AS jsonb), birth_place = :birth_place,
        other_nationalities = CAST(:other_nationalities AS text[]), other_languages = CAST(:other_languages AS text[]),
        addresses = CAST(:addresses AS jsonb), match_name = :match_name, search_name = :search_name,
        level_code = CASE WHEN CAST(:level AS text) IS NOT NULL THEN coalesce(
            (SELECT code FROM levels WHERE name = :level), level_code) END
    WHERE id = :id RETURNING version
    """
)
_DROP_POINTS = sa.text("DELETE FROM contact_points WHERE profile_id = :id")
# Somebody recognised at this moment may have put one of them there.
_ADD_POINTS = sa.text(
    f"""
    INSERT INTO contact_points ({", ".join(POINT_COLUMNS)})
    SELECT {", ".join(POINT_COLUMNS)} FROM json_to_recordset(CAST(:points AS json)) AS new({POINT_RECORD})
    ON CONFLICT (profile_id, key) DO UPDATE SET {", ".join(f"{c} = excluded.{c}" for c in POINT_COLUMNS[2:])}
    """  # noqa: S608
)
_LEVELS = sa.text("SELECT name, do_not_book, retired_at IS NOT NULL AS retired FROM levels")
_LEVELS_HELD = sa.text(
    "SELECT name, do_not_book, retired_at IS NOT NULL AS retired FROM levels ORDER BY code FOR SHARE"
)
