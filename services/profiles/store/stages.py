"""Stages: the rules, what is known of everybody's stays and memberships, and whom to look at again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import BookingFacts
from services.contracts.profiles import InLanguage, NoSuchStage, Stage, StageRule
from services.kit.db import Tx
from services.profiles.domain.stages import Facts, Standing
from services.profiles.store.rows import as_json

AT_ONCE: Final = 1000  # guests that are looked at in one transaction
_REVIEWED: Final = 10_000  # by one run of the clock


def hear_of_stay(tx: Tx, booking: BookingFacts, left: set[UUID]) -> None:
    """Everybody on a booking, and those who no longer are; what is older than what is known is left. One statement."""
    here = set(booking.profile_ids)
    said: list[dict[str, Any]] = [{"profile_id": who, "state": booking.state} for who in here]
    said += [{"profile_id": who, "state": "left"} for who in left - here]
    row = {
        "booking_id": booking.booking_id,
        "version": booking.version,
        "arrival": booking.arrival,
        "departure": booking.departure,
        "property_id": booking.property_id,
        "people": as_json(sorted(said, key=lambda each: str(each["profile_id"]))),
    }
    tx.execute(_STAY, row)


def hear_of_membership(tx: Tx, profile_id: UUID, version: int, tier: str | None) -> None:
    """Of an account, and of its tier where that is said. One statement."""
    tx.execute(_MEMBERSHIP, {"profile_id": profile_id, "version": version, "tier": tier})


def rules(tx: Tx) -> tuple[StageRule, ...]:
    """In the order in which they are looked at."""
    return tuple(_rule(row) for row in tx.execute(_RULES))


def lock_rule(tx: Tx, code: str) -> StageRule:
    """Raises NoSuchStage."""
    row = tx.execute(_LOCK_RULE, {"code": code}).one_or_none()
    if row is None:
        raise NoSuchStage
    return _rule(row)


def replace_rule(tx: Tx, rule: StageRule) -> None:
    care = as_json(asdict(each) for each in rule.care)
    tx.execute(_REPLACE_RULE, {**asdict(rule), "care": care, "tiers": json.dumps(rule.tiers, ensure_ascii=False)})


def due(tx: Tx) -> list[UUID]:
    """Whom something was heard of, in the order of it, some at a time; they are waited for by nobody else any more."""
    return list(dict.fromkeys(row.profile_id for row in tx.execute(_TAKE_DUE, {"most": AT_ONCE})))


def review(tx: Tx, today: date) -> None:
    """Whose stage may be another one today though nothing happened is looked at again."""
    tx.execute(_REVIEW, {"today": today, "most": _REVIEWED})


def behind(tx: Tx, after: UUID | None) -> list[UUID]:
    """The next profiles of the whole register."""
    return [row.id for row in tx.execute(_BEHIND, {"after": after, "most": AT_ONCE})]


def lock(tx: Tx, profile_ids: Iterable[UUID]) -> dict[UUID, tuple[Stage, int, Stage]]:
    """Their stages, versions, and the stage they began in: whom a booking brought is a guest from the beginning. In
    order, so that nobody waits for one another; those who were merged are left out.
    """
    found = tx.execute(_LOCK, {"ids": list(profile_ids)})
    return {row.id: (row.stage, row.version, row.began) for row in found}


def facts(tx: Tx, profile_ids: Iterable[UUID], today: date) -> dict[UUID, tuple[Facts, Standing | None]]:
    """What is known of each, and where they stood when they were looked at last. One statement."""
    found = tx.execute(_FACTS, {"ids": list(profile_ids), "today": today})
    return {row.profile_id: (_facts(row), _before(row)) for row in found}


def keep(tx: Tx, standings: Mapping[UUID, Standing]) -> dict[UUID, int]:
    """Where they stand now. Answers the new versions of the profiles that were in another stage."""
    said = [{"id": who, **asdict(standing)} for who, standing in standings.items()]
    found = tx.execute(_KEEP, {"standings": as_json(said), "now": tx.now})
    return {row.id: row.version for row in found}


def _rule(row: Any) -> StageRule:
    return StageRule(
        code=row.code,
        version=row.version,
        position=row.position,
        bookings=row.bookings,
        stays=row.stays,
        account=row.account,
        tiers=tuple(row.tiers),
        months_without_stay=row.months_without_stay,
        care=tuple(InLanguage(language=each["language"], text=each["text"]) for each in row.care),
    )


def _facts(row: Any) -> Facts:
    return Facts(
        bookings=row.bookings,
        stays=row.stays,
        last_stay=row.last_stay,
        coming_until=row.coming_until,
        account=bool(row.account),
        tier=row.tier,
    )


def _before(row: Any) -> Standing | None:
    return Standing(row.stage, row.why, row.review_on) if row.stage else None


# `stage_due` is only written at its end: transactions that hear of the same guest do not wait for one another.
_STAY = sa.text(
    """
    WITH heard AS (
        INSERT INTO known_stays AS k (booking_id, profile_id, version, state, arrival, departure, property_id)
        SELECT :booking_id, profile_id, :version, state, :arrival, :departure, :property_id
        FROM json_to_recordset(CAST(:people AS json)) AS p (profile_id uuid, state text)
        ON CONFLICT (booking_id, profile_id) DO UPDATE SET version = excluded.version, state = excluded.state,
            arrival = excluded.arrival, departure = excluded.departure, property_id = excluded.property_id
        WHERE k.version < excluded.version
        RETURNING profile_id
    )
    INSERT INTO stage_due (profile_id) SELECT profile_id FROM heard
    """
)
_MEMBERSHIP = sa.text(
    """
    WITH heard AS (
        INSERT INTO stage_facts AS f (profile_id, account, tier, loyalty_version)
        SELECT coalesce(p.merged_into, p.id), true, CAST(:tier AS text), :version
        FROM profiles p WHERE p.id = :profile_id
        ON CONFLICT (profile_id) DO UPDATE SET account = true,
            tier = CASE WHEN f.loyalty_version < :version THEN coalesce(excluded.tier, f.tier)
                ELSE coalesce(f.tier, excluded.tier) END,
            loyalty_version = greatest(f.loyalty_version, excluded.loyalty_version)
        RETURNING profile_id
    )
    INSERT INTO stage_due (profile_id) SELECT profile_id FROM heard
    """
)
_RULES = sa.text("SELECT * FROM stage_rules ORDER BY position, code")
_LOCK_RULE = sa.text("SELECT * FROM stage_rules WHERE code = :code FOR UPDATE")
_REPLACE_RULE = sa.text(
    """
    UPDATE stage_rules SET version = :version, position = :position, bookings = :bookings, stays = :stays,
        account = :account, tiers = CAST(:tiers AS jsonb), months_without_stay = :months_without_stay,
        care = CAST(:care AS jsonb)
    WHERE code = :code
    """
)
_TAKE_DUE = sa.text(
    """
    WITH taken AS (
        DELETE FROM stage_due WHERE seq IN (
            SELECT seq FROM stage_due ORDER BY seq LIMIT :most FOR UPDATE SKIP LOCKED
        ) RETURNING seq, profile_id
    )
    SELECT profile_id FROM taken ORDER BY seq
    """
)
_REVIEW = sa.text(
    """
    INSERT INTO stage_due (profile_id)
    SELECT profile_id FROM stage_facts WHERE review_on <= :today ORDER BY review_on LIMIT :most
    """
)
_BEHIND = sa.text(
    "SELECT id FROM profiles WHERE CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid) ORDER BY id LIMIT :most"
)
_LOCK = sa.text(
    "SELECT id, stage, version, CASE WHEN origin = 'booking' THEN 'guest' ELSE 'lead' END AS began FROM profiles"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND merged_into IS NULL ORDER BY id FOR NO KEY UPDATE"
)
_FACTS = sa.text(
    """
    SELECT who.profile_id, f.account, f.tier, f.stage, f.why, f.review_on, k.*
    FROM unnest(CAST(:ids AS uuid[])) AS who (profile_id)
    LEFT JOIN stage_facts f ON f.profile_id = who.profile_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state IN ('confirmed', 'in_house', 'departed')) AS bookings,
            count(*) FILTER (WHERE state = 'departed') AS stays,
            max(departure) FILTER (WHERE state IN ('in_house', 'departed')) AS last_stay,
            max(departure) FILTER (WHERE state IN ('tentative', 'confirmed') AND departure >= :today) AS coming_until
        FROM known_stays s WHERE s.profile_id = who.profile_id
    ) AS k
    """
)
# A booking makes a guest of a lead at once (see recognition): then the profile is in the stage already.
_KEEP = sa.text(
    """
    WITH said AS (
        SELECT * FROM json_to_recordset(CAST(:standings AS json))
            AS s (id uuid, stage text, why text, review_on date)
    ), kept AS (
        INSERT INTO stage_facts AS f (profile_id, stage, since, why, review_on)
        SELECT id, stage, :now, why, review_on FROM said
        ON CONFLICT (profile_id) DO UPDATE SET stage = excluded.stage, why = excluded.why,
            review_on = excluded.review_on,
            since = CASE WHEN f.stage = excluded.stage THEN f.since ELSE excluded.since END
    )
    UPDATE profiles p SET stage = said.stage, version = p.version + 1, changed_at = :now
    FROM said WHERE p.id = said.id AND p.stage <> said.stage
    RETURNING p.id, p.version
    """
)
