"""The house's own fields as they are defined."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from services.contracts.profiles import FieldDefinition, NoSuchField
from services.kit import wire
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses

_APART = ("code", "version", "property_id", "position", "retention_months", "retired", "wiped")


def known(tx: Tx, codes: Collection[str] | None = None, *, hold: bool = False) -> dict[str, FieldDefinition]:
    """Those that the caller may see, in the house's order. `hold`: they stay as they are until the transaction ends."""
    said = {"codes": None if codes is None else sorted(codes), "houses": houses(tx)}
    return {row.code: definition_of(row._mapping) for row in tx.execute(_HELD if hold else _KNOWN, said)}


def read(tx: Tx, code: str) -> FieldDefinition:
    """Raises NoSuchField."""
    found = known(tx, [code])
    if not found:
        raise NoSuchField
    return found[code]


def lock(tx: Tx, code: str) -> FieldDefinition | None:
    """Nobody fills or changes it until this transaction ends."""
    row = tx.execute(_LOCK, {"code": code}).one_or_none()
    return definition_of(row._mapping) if row else None


def keep(tx: Tx, made: FieldDefinition) -> bool:
    """False where somebody else has made it at the same moment."""
    said = wire.dump(made)
    row = {name: getattr(made, name) for name in _APART}
    rest = json.dumps({name: value for name, value in said.items() if name not in _APART}, ensure_ascii=False)
    changed = {"said": rest, "now": tx.now, "by": tx.context.actor}
    return tx.execute(_SET, {**row, **changed}).one_or_none() is not None


def count(tx: Tx) -> int:
    return int(tx.execute(_COUNT).scalar_one())


def definition_of(row: Any) -> FieldDefinition:
    apart = {
        "code": row["code"],
        "version": row["version"],
        "property_id": str(row["property_id"]) if row["property_id"] else None,
        "position": row["position"],
        "retention_months": row["retention_months"],
        "retired": row["retired_at"] is not None,
        "wiped": row["wiped"],
    }
    return wire.load(FieldDefinition, {**row["said"], **apart})


_SEEN = f"(CAST(:codes AS text[]) IS NULL OR code = ANY(CAST(:codes AS text[]))) AND {HOUSES.format('property_id')}"
_KNOWN = sa.text(f"SELECT * FROM field_definitions WHERE {_SEEN} ORDER BY position, code")  # noqa: S608
_HELD = sa.text(f"SELECT * FROM field_definitions WHERE {_SEEN} ORDER BY position, code FOR SHARE")  # noqa: S608
_LOCK = sa.text("SELECT * FROM field_definitions WHERE code = :code FOR UPDATE")
_COUNT = sa.text("SELECT count(*) FROM field_definitions")
_SET = sa.text(
    """
    INSERT INTO field_definitions AS d
        (code, version, property_id, position, said, retention_months, retired_at, changed_by, changed_at)
    VALUES (:code, :version, CAST(:property_id AS uuid), :position, CAST(:said AS jsonb), :retention_months,
        CASE WHEN :retired THEN CAST(:now AS timestamptz) END, :by, :now)
    ON CONFLICT (code) DO UPDATE SET version = excluded.version, position = excluded.position, said = excluded.said,
        retention_months = excluded.retention_months, changed_by = excluded.changed_by,
        changed_at = excluded.changed_at, retired_at = CASE WHEN :retired THEN coalesce(d.retired_at, :now) END
    WHERE d.version = excluded.version - 1
    RETURNING version
    """
)
