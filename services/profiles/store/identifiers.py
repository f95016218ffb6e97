"""The rules about identifiers, and the walk by which the whole register is judged anew when they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import (
    IdentifierRule,
    IdentifierRuleExists,
    IdentifierRuleHasChanged,
    NoSuchIdentifierRule,
    NotAnIdentifierRule,
    ReadIdentifierRules,
)
from services.kit.cursors import position
from services.kit.db import Tx
from services.profiles.domain.identifiers import Rule, Rules, seeded
from services.profiles.store.rows import as_json

MOST = 10_000
PAGE = 5_000  # contact points that are judged in one go
LATE = timedelta(minutes=1)  # longer than any transaction that still judges by the rules before


class _Memory:
    """The rules as this process read them last. Nobody relies on them without asking whether they are of the present
    edition; editions are drawn by chance, so they are never those of another database.
    """

    rules: Rules | None = None


def in_memory() -> Rules:
    """Without a statement; whoever judges by them compares the edition (`rules_of`) in one that runs anyhow."""
    return _Memory.rules or seeded()


def rules_of(tx: Tx, edition: UUID | None) -> Rules:
    """The rules of the present edition; read only where those in memory are of another."""
    kept = _Memory.rules
    if kept is None or kept.edition != edition:
        row = tx.execute(_ALL).one()
        kept = _Memory.rules = Rules((Rule(**each) for each in row.rules), row.edition)
    return kept


def rules(tx: Tx) -> Rules:
    """The rules that are in force."""
    return rules_of(tx, tx.execute(_EDITION).scalar_one())


def find(tx: Tx, wanted: ReadIdentifierRules) -> list[IdentifierRule]:
    """One more than asked."""
    after = position(wanted.cursor, UUID)
    row = {"kind": wanted.kind, "means": wanted.means, "enabled": wanted.enabled, "after": after}
    return [_rule(each) for each in tx.execute(_FIND, {**row, "limit": wanted.limit + 1})]


def read(tx: Tx, rule_id: UUID) -> IdentifierRule:
    """Raises NoSuchIdentifierRule."""
    row = tx.execute(_READ, {"id": rule_id}).one_or_none()
    if row is None:
        raise NoSuchIdentifierRule
    return _rule(row)


def lock(tx: Tx, rule_id: UUID, version: int) -> IdentifierRule:
    """Raises NoSuchIdentifierRule and IdentifierRuleHasChanged."""
    row = tx.execute(_LOCK, {"id": rule_id}).one_or_none()
    if row is None:
        raise NoSuchIdentifierRule
    if row.version != version:
        raise IdentifierRuleHasChanged(facts={"version": str(row.version)})
    return _rule(row)


def add(tx: Tx, columns: Mapping[str, Any]) -> IdentifierRule:
    """Raises IdentifierRuleExists, and NotAnIdentifierRule where there are too many."""
    row = tx.execute(_ADD, {**columns, "now": tx.now, "most": MOST}).one_or_none()
    if row is None:
        known = tx.execute(_BY_PATTERN, {"kind": columns["kind"], "pattern": columns["pattern"]}).scalar_one_or_none()
        if known is None:
            raise NotAnIdentifierRule(f"There are {MOST} rules, and that is all there can be.")
        raise IdentifierRuleExists(facts={"rule_id": str(known)})
    tx.execute(_NEW_EDITION, {"now": tx.now})
    return _rule(row)


def change(tx: Tx, rule_id: UUID, columns: Mapping[str, Any]) -> IdentifierRule:
    """The rule is locked."""
    row = tx.execute(_CHANGE, {"id": rule_id, "now": tx.now, **columns}).one()
    tx.execute(_NEW_EDITION, {"now": tx.now})
    return _rule(row)


def remove(tx: Tx, rule_id: UUID) -> None:
    """The rule is locked."""
    tx.execute(_REMOVE, {"id": rule_id})
    tx.execute(_NEW_EDITION, {"now": tx.now})


def is_settled(tx: Tx) -> bool:
    """Whether all contact points have been judged by the rules as they are now."""
    return bool(tx.execute(_IS_SETTLED).scalar_one())


@dataclass(frozen=True)
class Judged:
    """A contact point, and what it is: by the rules before as it is read, by those of now as it is kept."""

    profile_id: UUID
    key: str
    kind: str
    relay: bool
    means: str | None


def walk(tx: Tx) -> UUID | None:
    """The edition to judge by, where there is something to judge; nobody else walks until this transaction ends.

    A walk begins at once when rules change, and once more when every transaction that judged by the rules before has
    ended: what those wrote behind the first walk's back is met by the second.
    """
    row = tx.execute(_WALK).one()
    if row.walking is not None:
        return UUID(str(row.walking))
    again = row.walked == row.edition and tx.now >= row.changed_at + LATE
    if row.settled == row.edition or not (row.walked != row.edition or again):
        return None
    tx.execute(_BEGIN_WALK, {"now": tx.now})
    return UUID(str(row.edition))


def next_page(tx: Tx) -> list[Judged]:
    """The contact points that come next, of whole profiles; none at the end."""
    rows = [Judged(**row._mapping) for row in tx.execute(_PAGE, {"limit": PAGE})]
    if len(rows) == PAGE:  # the last one's may go on
        rows = [seen for seen in rows if seen.profile_id != rows[-1].profile_id]
    return rows


def walked_to(tx: Tx, profile_id: UUID) -> None:
    tx.execute(_WALKED_TO, {"after": profile_id})


def end_walk(tx: Tx) -> None:
    tx.execute(_END_WALK, {"late": LATE})


def keep_judged(tx: Tx, judged: Iterable[Judged]) -> dict[UUID, int]:
    """Answers the new versions of the profiles whose contact points are others now."""
    said = as_json(vars(each) for each in judged)
    tx.execute(_LOCK_JUDGED, {"judged": said})
    return {row.id: row.version for row in tx.execute(_JUDGE, {"judged": said, "now": tx.now})}


def _rule(row: Any) -> IdentifierRule:
    return IdentifierRule(**{name: getattr(row, name) for name in _COLUMNS})


_COLUMNS = (
    "id", "version", "kind", "pattern", "means", "site", "confidence", "source", "enabled", "created_at", "changed_at",
)  # fmt: skip
_SHOWN = ", ".join(_COLUMNS)
_EDITION = sa.text("SELECT edition FROM identifier_edition")
_ALL = sa.text(
    """
    SELECT edition, coalesce((
        SELECT json_agg(json_build_object('kind', kind, 'pattern', pattern, 'means', means, 'site', site,
            'confidence', confidence))
        FROM identifier_rules WHERE enabled
    ), '[]') AS rules
    FROM identifier_edition
    """
)
_FIND = sa.text(
    f"""
    SELECT {_SHOWN} FROM identifier_rules
    WHERE (CAST(:kind AS text) IS NULL OR kind = :kind) AND (CAST(:means AS text) IS NULL OR means = :means)
        AND (CAST(:enabled AS boolean) IS NULL OR enabled = :enabled)
        AND (CAST(:after AS uuid) IS NULL
            OR (kind, pattern) > (SELECT kind, pattern FROM identifier_rules WHERE id = :after))
    ORDER BY kind, pattern LIMIT :limit
    """  # noqa: S608
)
_READ = sa.text(f"SELECT {_SHOWN} FROM identifier_rules WHERE id = :id")  # noqa: S608
_LOCK = sa.text(f"SELECT {_SHOWN} FROM identifier_rules WHERE id = :id FOR UPDATE")  # noqa: S608
_BY_PATTERN = sa.text("SELECT id FROM identifier_rules WHERE kind = :kind AND pattern = :pattern")
_ADD = sa.text(
    f"""
    INSERT INTO identifier_rules (kind, pattern, means, site, confidence, source, enabled, created_at, changed_at)
    SELECT :kind, :pattern, :means, :site, :confidence, :source, :enabled, :now, :now
    WHERE (SELECT count(*) FROM identifier_rules) < :most
    ON CONFLICT ON CONSTRAINT one_rule_per_pattern DO NOTHING RETURNING {_SHOWN}
    """  # noqa: S608
)
_CHANGE = sa.text(
    f"""
    UPDATE identifier_rules SET version = version + 1, changed_at = :now, kind = :kind, pattern = :pattern,
        means = :means, site = :site, confidence = :confidence, source = :source, enabled = :enabled
    WHERE id = :id RETURNING {_SHOWN}
    """  # noqa: S608
)
_REMOVE = sa.text("DELETE FROM identifier_rules WHERE id = :id")
_NEW_EDITION = sa.text("UPDATE identifier_edition SET edition = gen_random_uuid(), changed_at = :now")
_IS_SETTLED = sa.text("SELECT settled IS NOT DISTINCT FROM edition FROM identifier_edition")

_WALK = sa.text("SELECT edition, changed_at, walking, walked, settled FROM identifier_edition FOR UPDATE")
_BEGIN_WALK = sa.text("UPDATE identifier_edition SET walking = edition, began_at = :now, after = NULL")
_PAGE = sa.text(
    """
    SELECT c.profile_id, c.key, c.kind, c.relay, c.means FROM contact_points c
    WHERE c.profile_id > coalesce((SELECT after FROM identifier_edition), '00000000-0000-0000-0000-000000000000')
    ORDER BY c.profile_id, c.key LIMIT :limit
    """
)
_WALKED_TO = sa.text("UPDATE identifier_edition SET after = :after")
_END_WALK = sa.text(
    """
    UPDATE identifier_edition SET walked = walking, walking = NULL, after = NULL,
        settled = CASE WHEN walking = edition AND began_at >= changed_at + :late THEN walking ELSE settled END
    """
)
_JUDGED = "json_to_recordset(CAST(:judged AS json)) AS j(profile_id uuid, key text, relay boolean, means text)"
_LOCK_JUDGED = sa.text(
    f"""
    SELECT count(*) FROM (
        SELECT id FROM profiles WHERE id IN (SELECT profile_id FROM {_JUDGED}) ORDER BY id FOR UPDATE
    ) AS locked
    """  # noqa: S608
)
_JUDGE = sa.text(
    f"""
    WITH judged AS (
        UPDATE contact_points c SET relay = j.relay, means = j.means FROM {_JUDGED}
        WHERE c.profile_id = j.profile_id AND c.key = j.key
        RETURNING c.profile_id
    )
    UPDATE profiles SET version = version + 1, changed_at = :now WHERE id IN (SELECT profile_id FROM judged)
    RETURNING id, version
    """  # noqa: S608
)
