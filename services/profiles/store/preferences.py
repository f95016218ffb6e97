"""What guests like, and the kinds of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import (
    InLanguage,
    NoSuchPreference,
    NoSuchPreferenceKind,
    NoSuchProfile,
    Preference,
    PreferenceKind,
    PreferenceOption,
)
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses
from services.profiles.store.rows import as_json


def lock_profile(tx: Tx, profile_id: UUID) -> UUID:
    """Nobody else says what this guest likes until this transaction ends. Answers who they are: the survivor where the
    profile turned out to be somebody else's. Raises NoSuchProfile.
    """
    found = tx.execute(_LOCK_PROFILE, {"id": profile_id}).scalar_one_or_none()
    if found is None:
        raise NoSuchProfile
    return UUID(str(found))


def survivor(tx: Tx, profile_id: UUID) -> UUID:
    """Raises NoSuchProfile."""
    found = tx.execute(_SURVIVOR, {"id": profile_id}).scalar_one_or_none()
    if found is None:
        raise NoSuchProfile
    return UUID(str(found))


def of_profile(tx: Tx, profile_id: UUID, ended_too: bool) -> list[Preference]:
    """Those of the caller's houses, the newest first."""
    said = {"profile_id": profile_id, "ended": ended_too, "houses": houses(tx)}
    return [_preference(row._mapping) for row in tx.execute(_OF_PROFILE, said)]


def present(tx: Tx, profile_id: UUID) -> list[Preference]:
    """All that hold, of every house."""
    said = {"profile_id": profile_id, "ended": False, "houses": None}
    return [_preference(row._mapping) for row in tx.execute(_OF_PROFILE, said)]


def read(tx: Tx, preference_id: UUID) -> Preference:
    """Raises NoSuchPreference for one of another house, too."""
    row = tx.execute(_READ, {"id": preference_id, "houses": houses(tx)}).one_or_none()
    if row is None:
        raise NoSuchPreference
    return _preference(row._mapping)


def add(tx: Tx, preference: Preference) -> None:
    tx.execute(_ADD, asdict(preference))


def replace(tx: Tx, preference: Preference) -> None:
    tx.execute(_REPLACE, asdict(preference))


def kinds(tx: Tx, retired_too: bool = True) -> dict[str, PreferenceKind]:
    """By code, in the house's order."""
    return {row.code: kind_of(row) for row in tx.execute(_KINDS, {"retired": retired_too})}


def kind(tx: Tx, code: str) -> PreferenceKind | None:
    row = tx.execute(_KIND, {"code": code}).one_or_none()
    return kind_of(row) if row else None


def lock_kind(tx: Tx, code: str) -> PreferenceKind | None:
    """Nobody else changes it until this transaction ends."""
    row = tx.execute(_LOCK_KIND, {"code": code}).one_or_none()
    return kind_of(row) if row else None


def known_kind(tx: Tx, code: str) -> PreferenceKind:
    """Raises NoSuchPreferenceKind."""
    found = kind(tx, code)
    if found is None:
        raise NoSuchPreferenceKind
    return found


def set_kind(tx: Tx, made: PreferenceKind) -> bool:
    """False where somebody else has made it at the same moment."""
    said = {
        **asdict(made),
        "labels": as_json(asdict(each) for each in made.labels),
        "options": json.dumps([asdict(each) for each in made.options], ensure_ascii=False),
        "now": tx.now,
    }
    return tx.execute(_SET_KIND, said).one_or_none() is not None


def kind_of(row: Any) -> PreferenceKind:
    return PreferenceKind(
        code=row.code,
        version=row.version,
        labels=_texts(row.labels),
        options=tuple(
            PreferenceOption(code=each["code"], labels=_texts(each["labels"]), retired=each["retired"])
            for each in row.options
        ),
        several=row.several,
        dated=row.dated,
        sensitive=row.sensitive,
        position=row.position,
        retired=row.retired_at is not None,
    )


def _texts(said: Iterable[Mapping[str, str]]) -> tuple[InLanguage, ...]:
    return tuple(InLanguage(language=each["language"], text=each["text"]) for each in said)


def _preference(row: Any) -> Preference:
    said = {name: row[name] for name in Preference.__dataclass_fields__ if name in row}
    return Preference(**{**said, "sensitive": bool(row["sensitive"])})


_LOCK_PROFILE = sa.text(
    "SELECT id FROM profiles"
    " WHERE id = (SELECT coalesce(merged_into, id) FROM profiles WHERE id = :id) AND merged_into IS NULL"
    " FOR NO KEY UPDATE"
)
_SURVIVOR = sa.text("SELECT coalesce(merged_into, id) FROM profiles WHERE id = :id")
_SELECT = "SELECT p.*, k.sensitive FROM preferences p LEFT JOIN preference_kinds k ON k.code = p.kind WHERE "
_OF_PROFILE = sa.text(
    _SELECT
    + f"p.profile_id = :profile_id AND (:ended OR p.ended_at IS NULL) AND {HOUSES.format('p.property_id')}"
    + " ORDER BY p.recorded_at DESC, p.id LIMIT 1000"
)
_READ = sa.text(_SELECT + f"p.id = :id AND {HOUSES.format('p.property_id')}")
_ADD = sa.text(
    """
    INSERT INTO preferences (id, version, profile_id, kind, option, text, on_date, source, property_id, since,
        recorded_by, recorded_at)
    VALUES (:id, :version, :profile_id, :kind, :option, :text, :on_date, :source, CAST(:property_id AS uuid), :since,
        :recorded_by, :recorded_at)
    """
)
_REPLACE = sa.text(
    """
    UPDATE preferences SET version = :version, option = :option, text = :text, on_date = :on_date, source = :source,
        since = :since, changed_by = :changed_by, changed_at = :changed_at, ended_by = :ended_by, ended_at = :ended_at
    WHERE id = :id
    """
)
_KINDS = sa.text("SELECT * FROM preference_kinds WHERE :retired OR retired_at IS NULL ORDER BY position, code")
_KIND = sa.text("SELECT * FROM preference_kinds WHERE code = :code")
_LOCK_KIND = sa.text("SELECT * FROM preference_kinds WHERE code = :code FOR UPDATE")
_SET_KIND = sa.text(
    """
    INSERT INTO preference_kinds AS k (code, version, labels, options, several, dated, sensitive, position, retired_at)
    VALUES (:code, :version, CAST(:labels AS jsonb), CAST(:options AS jsonb), :several, :dated, :sensitive, :position,
        CASE WHEN :retired THEN CAST(:now AS timestamptz) END)
    ON CONFLICT (code) DO UPDATE SET version = excluded.version, labels = excluded.labels, options = excluded.options,
        several = excluded.several, dated = excluded.dated, sensitive = excluded.sensitive,
        position = excluded.position, retired_at = CASE WHEN :retired THEN coalesce(k.retired_at, :now) END
    WHERE k.version = excluded.version - 1
    RETURNING version
    """
)
