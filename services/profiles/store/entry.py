"""What the house wants on every card."""

from __future__ import annotations

import sqlalchemy as sa

from services.contracts.profiles import EntryRule
from services.kit.db import Tx


def rules(tx: Tx) -> tuple[EntryRule, ...]:
    """All of them: a house has a handful."""
    return tuple(
        EntryRule(kind=row.kind, country=row.country, property_id=row.property_id, required=tuple(row.required))
        for row in tx.execute(_RULES)
    )


def set_rule(tx: Tx, rule: EntryRule) -> None:
    """In place of the one for the same kind, country and property; one that requires nothing is none."""
    key = {"kind": rule.kind, "country": rule.country, "property_id": rule.property_id}
    if rule.required:
        tx.execute(_SET, {**key, "required": list(rule.required), "now": tx.now})
    else:
        tx.execute(_DROP, key)


_RULES = sa.text("SELECT * FROM entry_rules ORDER BY kind, country NULLS FIRST, property_id NULLS FIRST")
_SET = sa.text(
    """
    INSERT INTO entry_rules (kind, country, property_id, required, changed_at)
    VALUES (:kind, :country, :property_id, :required, :now)
    ON CONFLICT (kind, coalesce(country, ''), coalesce(property_id, '00000000-0000-0000-0000-000000000000'))
    DO UPDATE SET required = excluded.required, changed_at = excluded.changed_at
    """
)
_DROP = sa.text(
    """
    DELETE FROM entry_rules WHERE kind = :kind AND country IS NOT DISTINCT FROM :country
        AND property_id IS NOT DISTINCT FROM CAST(:property_id AS uuid)
    """
)
