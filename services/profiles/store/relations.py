"""Relations between profiles, each one row that is read from both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import NoSuchProfile, Relation, Represented
from services.kit.db import Tx
from services.kit.ids import new_id
from services.profiles.domain.relations import INVERSE, Tie


def lock(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The profiles' kind and `merged_into`; in order, so that two who relate them to one another do not wait for ever.

    Those that are missing are left out.
    """
    return {row.id: row for row in tx.execute(_LOCK, {"ids": list(ids)})}


def counts(tx: Tx, made: Tie) -> int:
    """How many relations the one has that has more."""
    return int(tx.execute(_COUNTS, _ends(made)).scalar_one())


def contradicted(tx: Tx, made: Tie) -> bool:
    """Whether the same is said the other way round already."""
    return tx.execute(_CONTRADICTED, {**_ends(made), "kind": made.kind}).first() is not None


def find(tx: Tx, made: Tie) -> Any:
    """The row of the same two in the same relation, if there is one."""
    return tx.execute(_FIND, _row(made)).one_or_none()


def add(tx: Tx, made: Tie) -> UUID:
    relation_id = new_id()
    if made.contact:
        tx.execute(_NO_CONTACT, _ends(made))
    row = {**_row(made), "id": relation_id, "contact": bool(made.contact)}
    tx.execute(_ADD, {**row, "function": made.function, "now": tx.now, "by": tx.context.actor})
    return relation_id


def change(tx: Tx, relation_id: UUID, made: Tie, function: str | None, contact: bool) -> None:
    if contact:
        tx.execute(_NO_CONTACT, _ends(made))
    tx.execute(_CHANGE, {"id": relation_id, "function": function, "contact": contact})


def remove(tx: Tx, profile_id: UUID, relation_id: UUID) -> Any:
    """The row that was there; None where the profile has no such relation."""
    return tx.execute(_REMOVE, {"id": relation_id, "profile_id": profile_id}).one_or_none()


def of_profile(tx: Tx, profile_id: UUID, relation_id: UUID | None = None) -> tuple[Relation, ...]:
    """All, or one of them; raises NoSuchProfile."""
    rows = tx.execute(_OF_PROFILE, {"profile_id": profile_id, "id": relation_id}).all()
    if not rows:
        raise NoSuchProfile
    return tuple(sorted((_shown(row) for row in rows if row.id is not None), key=_order))


def contact_of(tx: Tx, company_id: UUID) -> UUID | None:
    return tx.execute(_CONTACT_OF, {"company_id": company_id}).scalar_one_or_none()


def represented(tx: Tx, person_id: UUID) -> tuple[Represented, ...]:
    """By name."""
    return tuple(Represented(**row._mapping) for row in tx.execute(_REPRESENTED, {"person_id": person_id}))


def ids_of(tx: Tx, profile_id: UUID) -> tuple[UUID, ...]:
    """Of a profile that is not retired: its own first, then those of cards that were retired into it."""
    return (profile_id, *tx.execute(_RETIRED_INTO, {"profile_id": profile_id}).scalars())


def hand_over(tx: Tx, from_id: UUID, to_id: UUID) -> None:
    """The relations of a profile that was merged into another one are that one's, unless it has them.

    Whom it was the contact of, that one is the contact of.
    """
    for row in tx.execute(_CONTACT_NO_MORE, {"from_id": from_id}).all():
        tx.execute(_CONTACT_NOW, {"from_id": from_id, "to_id": to_id, "company_id": row.second_id})
    tx.execute(_HAND_OVER, {"from_id": from_id, "to_id": to_id})
    tx.execute(_LEFT_OVER, {"from_id": from_id})


def _order(relation: Relation) -> tuple[str, str, str, UUID]:
    family = relation.family_name or relation.name or ""
    return relation.relation, family.casefold(), (relation.given_name or "").casefold(), relation.id


def _shown(row: Any) -> Relation:
    return Relation(
        id=row.id,
        profile_id=row.profile_id,
        relation=row.kind if row.stands_first else INVERSE[row.kind],
        label=row.first_label if row.stands_first else row.second_label,
        function=row.function,
        contact=row.contact,
        since=row.since,
        kind=row.profile_kind,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
    )


def _ends(made: Tie) -> dict[str, UUID]:
    return {"first": made.first, "second": made.second}


def _row(made: Tie) -> dict[str, Any]:
    labels = {"first_label": made.first_label, "second_label": made.second_label}
    return {**_ends(made), **labels, "kind": made.kind}


_LOCK = sa.text(
    "SELECT id, kind, merged_into FROM profiles WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"
)
_COUNTS = sa.text(
    """
    SELECT max(relations) FROM (
        SELECT (SELECT count(*) FROM relations WHERE first_id = p.id)
            + (SELECT count(*) FROM relations WHERE second_id = p.id) AS relations
        FROM (VALUES (CAST(:first AS uuid)), (CAST(:second AS uuid))) AS p (id)
    ) AS counted
    """
)
_CONTRADICTED = sa.text(
    "SELECT 1 FROM relations WHERE kind = :kind AND first_id = :second AND second_id = :first LIMIT 1"
)
_FIND = sa.text(
    """
    SELECT id, function, contact FROM relations
    WHERE kind = :kind AND first_id = :first AND second_id = :second
      AND coalesce(first_label, '') = coalesce(CAST(:first_label AS text), '')
      AND coalesce(second_label, '') = coalesce(CAST(:second_label AS text), '')
    """
)
_NO_CONTACT = sa.text(
    "UPDATE relations SET contact = false WHERE second_id = :second AND contact AND first_id <> :first"
)
_ADD = sa.text(
    """
    INSERT INTO relations (id, kind, first_id, second_id, first_label, second_label, function, contact, since, by)
    VALUES (:id, :kind, :first, :second, :first_label, :second_label, :function, :contact, :now, :by)
    """
)
_CHANGE = sa.text("UPDATE relations SET function = :function, contact = :contact WHERE id = :id")
_REMOVE = sa.text(
    "DELETE FROM relations WHERE id = :id AND :profile_id IN (first_id, second_id)"
    " RETURNING kind, first_id, second_id, first_label, second_label"
)
# A row without a relation says that the profile is there.
_OF_PROFILE = sa.text(
    """
    WITH found AS (
        SELECT r.*, r.first_id AS profile_id, true AS stands_first FROM relations r WHERE r.second_id = :profile_id
        UNION ALL
        SELECT r.*, r.second_id, false FROM relations r WHERE r.first_id = :profile_id
    )
    SELECT f.*, p.kind AS profile_kind, p.given_name, p.family_name, p.name
    FROM profiles mine
    LEFT JOIN (found f JOIN profiles p ON p.id = f.profile_id)
        ON CAST(:id AS uuid) IS NULL OR f.id = :id
    WHERE mine.id = :profile_id
    """
)
_CONTACT_OF = sa.text("SELECT first_id FROM relations WHERE second_id = :company_id AND contact")
_REPRESENTED = sa.text(
    """
    SELECT p.id AS profile_id, p.kind, p.name, r.function FROM relations r JOIN profiles p ON p.id = r.second_id
    WHERE r.first_id = :person_id AND r.contact ORDER BY p.name, p.id
    """
)
_RETIRED_INTO = sa.text("SELECT id FROM profiles WHERE merged_into = :profile_id ORDER BY created_at DESC LIMIT 199")
_CONTACT_NO_MORE = sa.text(
    "UPDATE relations SET contact = false WHERE first_id = :from_id AND contact RETURNING second_id"
)
# Of the one there is, else of the one that is handed over next.
_CONTACT_NOW = sa.text(
    """
    UPDATE relations SET contact = true WHERE id = (
        SELECT id FROM relations
        WHERE kind = 'employee' AND second_id = :company_id AND first_id IN (:from_id, :to_id)
        ORDER BY first_id = :to_id DESC LIMIT 1
    )
    """
)
_HAND_OVER = sa.text(
    """
    UPDATE relations r SET
        first_id = CASE WHEN r.first_id = :from_id THEN CAST(:to_id AS uuid) ELSE r.first_id END,
        second_id = CASE WHEN r.second_id = :from_id THEN CAST(:to_id AS uuid) ELSE r.second_id END,
        contact = r.contact AND NOT EXISTS (
            SELECT 1 FROM relations o WHERE o.second_id = :to_id AND o.contact AND r.second_id = :from_id
        )
    WHERE :from_id IN (r.first_id, r.second_id) AND :to_id NOT IN (r.first_id, r.second_id)
      AND NOT EXISTS (
        SELECT 1 FROM relations o
        WHERE o.kind = r.kind AND CAST(:to_id AS uuid) IN (o.first_id, o.second_id)
          AND (CASE WHEN r.first_id = :from_id THEN r.second_id ELSE r.first_id END) IN (o.first_id, o.second_id)
      )
    """
)
_LEFT_OVER = sa.text("DELETE FROM relations WHERE :from_id IN (first_id, second_id)")
