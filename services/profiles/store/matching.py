"""Cards that may be the same person: how they are found among all, how rare names are, and pairs to be looked into.

Looking for them takes two statements of bounded work whatever the size of the register: each way in goes by an index
and stops after so many cards; which of those are loaded whole is decided by their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from rapidfuzz.distance import JaroWinkler

from services.contracts.profiles import Match, MatchReason
from services.kit.db import Tx
from services.profiles.domain.card import Card
from services.profiles.domain.codes import PLACEHOLDER_BIRTH_DATES
from services.profiles.domain.contacts import SHARED_BY, Point
from services.profiles.domain.guests import Guest
from services.profiles.domain.matching import Candidate, Evidence, Rarity, Thresholds
from services.profiles.domain.matching_words import said
from services.profiles.domain.recognition import traces
from services.profiles.store.rows import addresses_of, as_json, forms_of

LOADED = 30  # cards that are compared whole
_EACH_WAY = 400  # cards by one way in
_RECOUNTED = timedelta(days=1)

_Name = tuple[str, str, date | None]  # first and last word, day of birth


@dataclass(frozen=True)
class Around:
    """Who may be meant by a card, and by what to judge them."""

    candidates: list[Candidate]
    rarity: Rarity
    thresholds: Thresholds


def around(tx: Tx, card: Card, beside: Iterable[UUID] = ()) -> Around:
    """Whoever shares an identifier, a day of birth or a name, or one that sounds like it or is nearly it."""
    sought = traces([Guest(0, card)])
    rows = tx.execute(
        _AROUND,
        {
            "identifiers": list(sought.identifiers),
            "days": _days(card.birth_date),
            "given": card.given_name or card.name or card.family_name or "",
            "family": card.family_name or card.name or card.given_name or "",
            "person": card.is_person,
            "organisations": list(sought.companies),
            "beside": list(beside),
        },
    ).all()
    head = rows[0]
    shared: dict[UUID, dict[str, bool]] = {}
    names: dict[UUID, _Name] = {}
    with_them: dict[UUID, set[UUID]] = {}
    for row in rows:
        if row.id is None:
            continue
        names[row.id] = (row.given_word, row.family_word, row.birth_date)
        if row.key is not None:
            shared.setdefault(row.id, {})[row.key] = row.verified
        if row.stayed_with is not None:
            with_them.setdefault(row.id, set()).add(row.stayed_with)
    chosen = _likeliest((head.given, head.family, card.birth_date), names, {*shared, *with_them})
    candidates = [
        Candidate(
            profile_id=row.id,
            card=_card(row),
            created_at=row.created_at,
            keys=frozenset(key for _, key, _, _ in row.points or ()),
            shared=shared.get(row.id, {}),
            stayed_with=frozenset(with_them.get(row.id, ())),
        )
        for row in (tx.execute(_CARDS, {"ids": chosen}) if chosen else ())
    ]
    rarity = Rarity(head.people, {head.given: head.given_people, head.family: head.family_people})
    return Around(candidates, rarity, Thresholds(head.certain, head.review, head.version))


def _card(row: Any) -> Card:
    """As far as it is compared."""
    return Card(
        kind=row.kind,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
        sex=row.sex,
        suffix=row.suffix,
        birth_date=row.birth_date,
        points=tuple(Point(kind, key, key, relay, "", False, proven) for kind, key, relay, proven in row.points or ()),
        addresses=addresses_of(row),
        name_forms=forms_of(row),
    )


def thresholds(tx: Tx) -> Thresholds:
    row = tx.execute(_THRESHOLDS).one()
    return Thresholds(row.certain, row.review, row.version)


def set_thresholds(tx: Tx, wanted: Thresholds) -> Thresholds | None:
    """None where the version is not the present one."""
    row = tx.execute(_SET_THRESHOLDS, {**vars(wanted), "by": tx.context.actor, "at": tx.now}).one_or_none()
    return Thresholds(row.certain, row.review, row.version) if row else None


def count_names(tx: Tx) -> None:
    """Of whoever came since the last time; once a day of everybody, as people also change their names and go."""
    if tx.execute(_DUE, {"before": tx.now - _RECOUNTED}).scalar_one():
        tx.execute(_RECOUNT, {"at": tx.now})
    else:
        # those whose transactions were still open a moment ago are counted the next time
        tx.execute(_COUNT_MORE, {"until": tx.now - timedelta(seconds=30)})


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def different_from(tx: Tx, profile_id: UUID) -> frozenset[UUID]:
    """Whom somebody has said that this profile is not."""
    return frozenset(tx.execute(_DIFFERENT, {"id": profile_id}).scalars())


def file(tx: Tx, profile_id: UUID, others: Iterable[tuple[UUID, float, Sequence[Evidence]]]) -> None:
    """As `file_pairs`, of one profile with others."""
    file_pairs(tx, [(profile_id, other, score, evidence) for other, score, evidence in others])


def file_pairs(tx: Tx, found: Iterable[tuple[UUID, UUID, float, Sequence[Evidence]]]) -> None:
    """Pairs to be looked into. What was decided stays so; what is still open is as sure as it is now."""
    pairs = [
        {
            "one_id": min(one, other),
            "other_id": max(one, other),
            "score": score,
            "evidence": [vars(each) for each in evidence],
        }
        for one, other, score, evidence in found
    ]
    if pairs:
        tx.execute(_FILE, {"pairs": as_json(pairs), "now": tx.now})


def of_profile(tx: Tx, profile_id: UUID) -> list[Match]:
    """Open ones, the surest first."""
    return [_match(row) for row in tx.execute(_OF_PROFILE, {"id": profile_id})]


def page(tx: Tx, state: str, after: tuple[float, UUID] | None, limit: int) -> list[Match]:
    score, last = after or (None, None)
    rows = tx.execute(_PAGE, {"state": state, "score": score, "id": last, "limit": limit})
    return [_match(row) for row in rows]


def lock_pair(tx: Tx, match_id: UUID) -> Match | None:
    row = tx.execute(_LOCK_PAIR, {"id": match_id}).one_or_none()
    return _match(row) if row else None


def decide(tx: Tx, match_id: UUID, decision: str) -> Match:
    row = tx.execute(_DECIDE, {"id": match_id, "state": decision, "by": tx.context.actor, "at": tx.now}).one()
    return _match(row)


def _match(row: Any) -> Match:
    return Match(
        id=row.id,
        version=row.version,
        profile_ids=(row.one_id, row.other_id),
        score=row.score,
        reasons=tuple(MatchReason(code=e["code"], weight=e["weight"], text=said(e["code"])) for e in row.evidence),
        state=row.state,
        found_at=row.found_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def _days(born: date | None) -> list[date]:
    """The day of birth, and the one that it is with day and month the other way round."""
    if born is None or born in PLACEHOLDER_BIRTH_DATES:
        return []
    days = [born]
    if born.day <= 12 and born.day != born.month:
        days.append(date(born.year, born.day, born.month))
    return days


def _likeliest(mine: _Name, names: Mapping[UUID, _Name], sure: set[UUID]) -> list[UUID]:
    """Those whose names are most alike, and whoever shares more than a name; a day of birth is worth some letters."""
    alike = JaroWinkler.similarity
    given, family, born = mine

    def likeness(who: UUID) -> float:
        theirs, family_name, birth = names[who]
        straight = alike(given, theirs) + alike(family, family_name)
        swapped = alike(given, family_name) + alike(family, theirs) if straight < 1.6 else 0.0
        return max(straight, swapped) + (0.5 if born is not None and born == birth else 0.0)

    ranked = sorted(names.keys() - sure, key=likeness, reverse=True)
    return [*sure, *ranked[: max(0, LOADED - len(sure))]]


# A name that many bear is looked for with the beginning of the other one, so that no way in is wider than its limit.
_WAY = "id, given_word, family_word, birth_date, CAST(NULL AS text) AS key, false AS verified, stayed_with"
_NOBODY = "CAST(NULL AS uuid) AS stayed_with"
_AROUND = sa.text(
    f"""
    WITH me AS MATERIALIZED (
        SELECT split_part(match_fold(:given), ' ', 1) COLLATE "C" AS given,
               split_part(match_fold(:family), ' ', -1) COLLATE "C" AS family
    ), house AS MATERIALIZED (
        SELECT me.*, (SELECT c.people FROM name_counts c) AS people,
               coalesce((SELECT t.people FROM name_tokens t WHERE t.token = me.given), 0) AS given_people,
               coalesce((SELECT t.people FROM name_tokens t WHERE t.token = me.family), 0) AS family_people
        FROM me
    ), probe AS MATERIALIZED (
        SELECT anchor, first, left(other, CASE WHEN bearers < {_EACH_WAY} THEN 0
                                               WHEN bearers < {20 * _EACH_WAY} THEN 1 ELSE 2 END) AS start
        FROM house, LATERAL (VALUES
            (given, family, given_people), (family, given, family_people)
        ) AS v (anchor, other, bearers), LATERAL (VALUES (true), (false)) AS w (first)
        WHERE :person AND anchor <> ''
    ), sharing AS (
        SELECT c.profile_id, k.key, c.verified, count(*) OVER (PARTITION BY k.key) AS profiles
        FROM unnest(CAST(:identifiers AS text[])) AS k (key)
        CROSS JOIN LATERAL (
            SELECT profile_id, verified FROM contact_points
            WHERE key = k.key AND NOT relay AND CURRENT_DATE BETWEEN coalesce(valid_from, '-infinity')
                AND coalesce(valid_to, 'infinity')
            LIMIT {SHARED_BY}
        ) AS c
    ), found AS (
        SELECT p.id, p.given_word, p.family_word, p.birth_date, s.key, s.verified, {_NOBODY}
        FROM sharing s CROSS JOIN LATERAL (
            SELECT * FROM profiles
            WHERE id = s.profile_id AND merged_into IS NULL AND (kind = 'person') = :person LIMIT 1
        ) AS p
        WHERE s.profiles < {SHARED_BY}
        UNION ALL
        SELECT {_WAY} FROM (
            SELECT p.*, {_NOBODY} FROM unnest(CAST(:days AS date[])) AS born (day) CROSS JOIN LATERAL (
                SELECT * FROM profiles WHERE birth_date = born.day AND merged_into IS NULL AND kind = 'person'
                LIMIT {_EACH_WAY}
            ) AS p WHERE :person
        ) AS born
        UNION ALL
        SELECT {_WAY} FROM (
            SELECT p.*, {_NOBODY} FROM probe CROSS JOIN LATERAL (
                SELECT * FROM profiles WHERE given_word = probe.anchor AND merged_into IS NULL AND kind = 'person'
                    AND family_word >= probe.start AND family_word < probe.start || chr(1114111) LIMIT {_EACH_WAY}
            ) AS p WHERE probe.first
        ) AS by_given
        UNION ALL
        SELECT {_WAY} FROM (
            SELECT p.*, {_NOBODY} FROM probe CROSS JOIN LATERAL (
                SELECT * FROM profiles WHERE family_word = probe.anchor AND merged_into IS NULL AND kind = 'person'
                    AND given_word >= probe.start AND given_word < probe.start || chr(1114111) LIMIT {_EACH_WAY}
            ) AS p WHERE NOT probe.first
        ) AS by_family
        UNION ALL
        SELECT {_WAY} FROM (
            SELECT p.*, {_NOBODY} FROM me CROSS JOIN LATERAL (
                SELECT * FROM profiles WHERE match_sound(given_word, family_word) = match_sound(me.given, me.family)
                    AND merged_into IS NULL AND kind = 'person' LIMIT {_EACH_WAY}
            ) AS p WHERE :person
        ) AS by_sound
        UNION ALL
        SELECT {_WAY} FROM (
            SELECT p.*, {_NOBODY} FROM unnest(CAST(:organisations AS text[])) AS o (name) CROSS JOIN LATERAL (
                SELECT * FROM profiles WHERE kind <> 'person' AND match_name = o.name AND merged_into IS NULL LIMIT 50
            ) AS p
        ) AS organisations
        UNION ALL
        SELECT {_WAY} FROM (
            SELECT p.*, mine.profile_id AS stayed_with FROM unnest(CAST(:beside AS uuid[])) AS b (id)
            CROSS JOIN LATERAL (SELECT * FROM known_stays WHERE profile_id = b.id LIMIT 50) AS mine
            JOIN known_stays k ON k.booking_id = mine.booking_id AND k.profile_id <> mine.profile_id
            CROSS JOIN LATERAL (
                SELECT * FROM profiles
                WHERE id = k.profile_id AND merged_into IS NULL AND (kind = 'person') = :person LIMIT 1
            ) AS p
        ) AS companions
    )
    SELECT house.*, r.certain, r.review, r.version, found.*
    FROM house LEFT JOIN (SELECT * FROM matching_rules LIMIT 1) AS r ON true LEFT JOIN found ON true
    """  # noqa: S608 constants
)
_CARDS = sa.text(
    """
    SELECT p.id, p.kind, p.given_name, p.family_name, p.name, p.sex, p.suffix, p.birth_date, p.addresses, p.name_forms,
        p.created_at, (
            SELECT json_agg(json_build_array(c.kind, c.key, c.relay, c.verified))
            FROM contact_points c WHERE c.profile_id = p.id
        ) AS points
    FROM unnest(CAST(:ids AS uuid[])) AS w (id) CROSS JOIN LATERAL (SELECT * FROM profiles WHERE id = w.id LIMIT 1) AS p
    """
)
_THRESHOLDS = sa.text("SELECT certain, review, version FROM matching_rules")
_SET_THRESHOLDS = sa.text(
    "UPDATE matching_rules SET certain = :certain, review = :review, version = version + 1, changed_by = :by,"
    " changed_at = :at WHERE version = :version RETURNING certain, review, version"
)
_DUE = sa.text("SELECT recounted_at < :before FROM name_counts FOR UPDATE")
_BORNE = """
    SELECT w.token, count(*) AS people FROM profiles p, LATERAL (
        SELECT p.given_word AS token UNION SELECT p.family_word
    ) AS w
    WHERE p.kind = 'person' AND p.merged_into IS NULL AND w.token <> '' {when} GROUP BY w.token
"""
_RECOUNT = sa.text(
    f"""
    WITH gone AS (DELETE FROM name_tokens t WHERE NOT EXISTS (
        SELECT FROM profiles p WHERE p.merged_into IS NULL AND (p.given_word = t.token OR p.family_word = t.token)
    )), counted AS (
        INSERT INTO name_tokens (token, people) {_BORNE.format(when="AND p.created_at <= :at")}
        ON CONFLICT (token) DO UPDATE SET people = excluded.people
    )
    UPDATE name_counts SET recounted_at = :at, counted_to = :at, people = (
        SELECT count(*) FROM profiles WHERE kind = 'person' AND merged_into IS NULL AND created_at <= :at)
    """  # noqa: S608
)
_COUNT_MORE = sa.text(
    f"""
    WITH counted AS (
        INSERT INTO name_tokens AS t (token, people)
        {_BORNE.format(when="AND p.created_at > (SELECT counted_to FROM name_counts) AND p.created_at <= :until")}
        ON CONFLICT (token) DO UPDATE SET people = t.people + excluded.people
    )
    UPDATE name_counts c SET counted_to = :until, people = c.people + (
        SELECT count(*) FROM profiles WHERE kind = 'person' AND merged_into IS NULL
        AND created_at > c.counted_to AND created_at <= :until)
    WHERE c.counted_to < :until
    """  # noqa: S608
)
_DIFFERENT = sa.text(
    """
    SELECT CASE WHEN one_id = :id THEN other_id ELSE one_id END FROM match_candidates
    WHERE (one_id = :id OR other_id = :id) AND state = 'different'
    """
)
_FILE = sa.text(
    """
    INSERT INTO match_candidates AS m (one_id, other_id, score, evidence, found_at)
    SELECT one_id, other_id, score, evidence, :now FROM json_to_recordset(CAST(:pairs AS json))
        AS p (one_id uuid, other_id uuid, score double precision, evidence jsonb)
    ORDER BY one_id, other_id
    ON CONFLICT (one_id, other_id) DO UPDATE
        SET score = excluded.score, evidence = excluded.evidence, version = m.version + 1
    WHERE m.state = 'open' AND (m.score, m.evidence) IS DISTINCT FROM (excluded.score, excluded.evidence)
    """
)
_PAIR = """
    SELECT m.* FROM match_candidates m
    JOIN profiles a ON a.id = m.one_id AND a.merged_into IS NULL
    JOIN profiles b ON b.id = m.other_id AND b.merged_into IS NULL
"""
_OF_PROFILE = sa.text(
    _PAIR + " WHERE (m.one_id = :id OR m.other_id = :id) AND m.state = 'open' ORDER BY m.score DESC, m.id LIMIT 100"
)
_PAGE = sa.text(
    _PAIR
    + """
    WHERE m.state = :state AND (CAST(:score AS double precision) IS NULL OR (-m.score, m.id) > (-:score, :id))
    ORDER BY m.score DESC, m.id LIMIT :limit
    """
)
_LOCK_PAIR = sa.text("SELECT * FROM match_candidates WHERE id = :id FOR UPDATE")
_DECIDE = sa.text(
    "UPDATE match_candidates SET state = :state, version = version + 1, decided_by = :by, decided_at = :at"
    " WHERE id = :id RETURNING *"
)
