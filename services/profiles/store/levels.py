"""The house's levels, and who has one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import Level, LevelExists, NoSuchLevel
from services.kit.db import Tx

AT_ONCE: Final = 500  # profiles that are told of in one transaction


def find(tx: Tx, retired_too: bool) -> tuple[Level, ...]:
    """In the house's order."""
    return tuple(_level(row) for row in tx.execute(_FIND, {"retired": retired_too}))


def read(tx: Tx, code: str) -> Level:
    """Raises NoSuchLevel."""
    row = tx.execute(_READ, {"code": code}).one_or_none()
    if row is None:
        raise NoSuchLevel
    return _level(row)


def lock(tx: Tx, code: str) -> Level:
    """Nobody changes it, and nobody gets it, until this transaction ends. Raises NoSuchLevel."""
    row = tx.execute(_LOCK, {"code": code}).one_or_none()
    if row is None:
        raise NoSuchLevel
    return _level(row)


def hold(tx: Tx, name: str) -> None:
    """Nobody changes the level of this name until this transaction ends: what is said of who gets it stays true."""
    tx.execute(_HOLD, {"name": name})


def add(tx: Tx, level: Level) -> None:
    """Raises LevelExists."""
    if tx.execute(_ADD, {**asdict(level), "now": tx.now}).one_or_none() is None:
        raise LevelExists


def replace(tx: Tx, level: Level) -> None:
    """Raises LevelExists where another one has its name."""
    if tx.execute(_NAMED, {"name": level.name, "code": level.code}).first():
        raise LevelExists
    tx.execute(_REPLACE, {**asdict(level), "now": tx.now})


def renew(tx: Tx, code: str, after: UUID | None) -> list[Any]:
    """The next profiles with this level, each with its new version; in order, so that nobody waits for one another."""
    return list(tx.execute(_RENEW, {"code": code, "after": after, "most": AT_ONCE, "now": tx.now}))


def _level(row: Any) -> Level:
    said = {name: getattr(row, name) for name in Level.__dataclass_fields__ if name != "retired"}
    return Level(**said, retired=row.retired_at is not None)


_FIND = sa.text("SELECT * FROM levels WHERE :retired OR retired_at IS NULL ORDER BY position, name")
_READ = sa.text("SELECT * FROM levels WHERE code = :code")
_LOCK = sa.text("SELECT * FROM levels WHERE code = :code FOR NO KEY UPDATE")
_HOLD = sa.text("SELECT 1 FROM levels WHERE name = :name FOR SHARE")
_NAMED = sa.text("SELECT 1 FROM levels WHERE lower(name) = lower(:name) AND code <> :code")
_ADD = sa.text(
    """
    INSERT INTO levels (code, version, name, colour, position, conduct, do_not_book)
    VALUES (:code, :version, :name, :colour, :position, :conduct, :do_not_book)
    ON CONFLICT DO NOTHING RETURNING code
    """
)
_REPLACE = sa.text(
    """
    UPDATE levels SET version = :version, name = :name, colour = :colour, position = :position, conduct = :conduct,
        do_not_book = :do_not_book, retired_at = CASE WHEN :retired THEN coalesce(retired_at, :now) END
    WHERE code = :code
    """
)
_RENEW = sa.text(
    """
    WITH next AS (
        SELECT id FROM profiles
        WHERE level_code = :code AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
        ORDER BY id LIMIT :most FOR UPDATE
    )
    UPDATE profiles p SET version = p.version + 1, changed_at = :now FROM next WHERE p.id = next.id
    RETURNING p.id, p.version
    """
)
