"""Recognising the people of a booking: who shares something with them, and what is kept of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import Address, Stage
from services.kit.db import Tx
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import SHARED_BY, Point
from services.profiles.domain.matching import Candidate
from services.profiles.store.rows import addresses_of, as_json, columns, point_columns


@dataclass(frozen=True)
class Known:
    """A candidate with what recognition may have to add to it."""

    candidate: Candidate
    do_not_book: bool
    stage: Stage
    has_address: bool


@dataclass(frozen=True)
class Found:
    """`done_for`: the version of the booking's people that have been recognised already, 0 if none have.

    `overused` are the identifiers that too many profiles share.
    """

    done_for: int
    known: dict[UUID, Known]
    overused: frozenset[str]


@dataclass(frozen=True)
class Addition:
    """What a booking adds to a profile that lacks it; nothing that is there is overwritten."""

    profile_id: UUID
    names_of: Card | None = None
    birth_date: date | None = None
    language: str | None = None
    addresses: tuple[Address, ...] = ()
    points: tuple[Point, ...] = ()


def wait_for(tx: Tx, keys: Iterable[int]) -> None:
    """Let nobody else recognise by the same identifiers until this transaction ends. In order, so without deadlock."""
    tx.execute(_WAIT, {"keys": sorted(keys)})


def candidates(
    tx: Tx,
    booking_id: UUID,
    *,
    identifiers: Iterable[str],
    births: Iterable[tuple[str, date]],
    companies: Iterable[str],
    ids: Iterable[UUID],
) -> Found:
    """All profiles that share something with the people of a booking or were recognised on it, in one statement.

    An identifier that SHARED_BY or more profiles have finds nobody.
    """
    births = list(births)
    rows = tx.execute(
        _CANDIDATES,
        {
            "booking_id": booking_id,
            "shared_by": SHARED_BY,
            "identifiers": list(identifiers),
            "names": [name for name, _ in births],
            "days": [day for _, day in births],
            "companies": list(companies),
            "ids": list(ids),
        },
    ).all()
    places: dict[UUID, set[int]] = {}
    for person in rows[0].people or ():
        places.setdefault(UUID(person["profile_id"]), set()).add(person["position"])
    return Found(
        done_for=rows[0].booking_version or 0,
        known={row.id: _known(row, places) for row in rows if row.id is not None},
        overused=frozenset(rows[0].overused or ()),
    )


def save(
    tx: Tx,
    *,
    created: Mapping[UUID, Card],
    additions: Iterable[Addition] = (),
    stage: Stage = "guest",
    booking: tuple[UUID, int, Mapping[int, UUID]] | None = None,
) -> dict[UUID, int]:
    """New profiles, additions to known ones and who was recognised on a booking, all in one statement.

    `booking` is its id, the version of its people and the profile at each position. Answers the new versions of the
    profiles that were added to.
    """
    additions = list(additions)
    points = [point_columns(profile_id, point) for profile_id, card in created.items() for point in card.points]
    points += [point_columns(added.profile_id, point) for added in additions for point in added.points]
    booking_id, booking_version, people = booking or (None, None, {})
    rows = tx.execute(
        _SAVE,
        {
            "now": tx.now,
            "stage": stage,
            "created": as_json(
                {"id": i, **columns(card), "addresses": [asdict(a) for a in card.addresses]}
                for i, card in created.items()
            ),
            "points": as_json(points),
            "additions": as_json(_addition(added) for added in additions),
            "booking_id": booking_id,
            "booking_version": booking_version,
            "people": as_json({"position": at, "profile_id": profile_id} for at, profile_id in people.items()),
        },
    )
    return {row.id: row.version for row in rows}


def _addition(added: Addition) -> dict[str, Any]:
    names = columns(added.names_of) if added.names_of else {}
    kept = ("given_name", "family_name", "match_name", "search_name")
    return {
        "id": added.profile_id,
        **{column: names.get(column) for column in kept},
        "birth_date": added.birth_date,
        "language": added.language,
        "addresses": [asdict(address) for address in added.addresses] or None,
    }


def _known(row: Any, places: Mapping[UUID, set[int]]) -> Known:
    card = Card(
        kind=row.kind,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
        birth_date=row.birth_date,
        language=row.language,
        addresses=addresses_of(row),
    )
    candidate = Candidate(
        profile_id=row.id,
        card=card,
        created_at=row.created_at,
        keys=frozenset(row.keys or ()),
        shared=row.shared or {},
        on_booking=frozenset(places.get(row.id, ())),
    )
    return Known(candidate, row.do_not_book, row.stage, bool(card.addresses))


# The two statements that follow in this transaction look up a few rows by index, and planning them anew each time takes
# four times as long as running them. So their first plan is kept; and as it may be made while the tables are small, it
# is told to use the indexes that they will need when they are large.
_WAIT = sa.text(
    """
    SELECT count(pg_advisory_xact_lock(key)), set_config('plan_cache_mode', 'force_generic_plan', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true)
    FROM unnest(CAST(:keys AS bigint[])) AS key
    """
)
_CANDIDATES = sa.text(
    """
    WITH sharing AS (
        SELECT c.profile_id, k.key, c.verified, count(*) OVER (PARTITION BY k.key) AS profiles
        FROM unnest(CAST(:identifiers AS text[])) AS k(key)
        CROSS JOIN LATERAL (
            SELECT profile_id, verified FROM contact_points WHERE key = k.key AND NOT relay LIMIT :shared_by
        ) AS c
    ), before AS (
        SELECT booking_version, people FROM recognitions WHERE booking_id = :booking_id
    ), found AS (
        SELECT profile_id, key, verified FROM sharing WHERE profiles < :shared_by
        UNION ALL
        SELECT p.id, NULL, NULL
        FROM unnest(CAST(:names AS text[]), CAST(:days AS date[])) AS born(name, day)
        CROSS JOIN LATERAL (
            SELECT id FROM profiles WHERE birth_date = born.day AND match_name = born.name LIMIT 20
        ) AS p
        UNION ALL
        SELECT p.id, NULL, NULL
        FROM unnest(CAST(:companies AS text[])) AS company(name)
        CROSS JOIN LATERAL (
            SELECT id FROM profiles WHERE kind = 'company' AND match_name = company.name LIMIT 50
        ) AS p
        UNION ALL
        SELECT unnest(CAST(:ids AS uuid[])), NULL, NULL
        UNION ALL
        SELECT CAST(person ->> 'profile_id' AS uuid), NULL, NULL
        FROM before CROSS JOIN jsonb_array_elements(before.people) AS person
    ), candidate AS (
        SELECT profile_id, json_object_agg(key, verified) FILTER (WHERE key IS NOT NULL) AS shared
        FROM found GROUP BY profile_id
    )
    SELECT before.booking_version, before.people,
        (SELECT array_agg(DISTINCT key) FROM sharing WHERE profiles >= :shared_by) AS overused,
        p.id, p.kind, p.given_name, p.family_name, p.name, p.birth_date, p.language, p.stage,
        p.created_at, p.addresses,
        coalesce(l.do_not_book, false) AS do_not_book, candidate.shared,
        (SELECT array_agg(c.key) FROM contact_points c WHERE c.profile_id = p.id) AS keys
    FROM (SELECT 1) AS one
    LEFT JOIN before ON true
    LEFT JOIN (candidate JOIN profiles p ON p.id = candidate.profile_id) ON true
    LEFT JOIN levels l ON l.name = p.level
    """
)
_SAVE = sa.text(
    """
    WITH created AS (
        INSERT INTO profiles (id, version, kind, given_name, family_name, second_family_name, name, sex, birth_date,
            nationality, language, addresses, level, stage, match_name, search_name, created_at, changed_at)
        SELECT id, 1, kind, given_name, family_name, second_family_name, name, sex, birth_date,
            nationality, language, addresses, level, :stage, match_name, search_name, :now, :now
        FROM json_to_recordset(CAST(:created AS json)) AS new(id uuid, kind text, given_name text, family_name text,
            second_family_name text, name text, sex text, birth_date date, nationality text, language text,
            addresses jsonb, level text, match_name text, search_name text)
    ), points AS (
        INSERT INTO contact_points (profile_id, key, kind, value, type, is_primary, verified, relay, source)
        SELECT profile_id, key, kind, value, type, is_primary, verified, relay, source
        FROM json_to_recordset(CAST(:points AS json)) AS new(profile_id uuid, key text, kind text, value text,
            type text, is_primary boolean, verified boolean, relay boolean, source text)
        ON CONFLICT (profile_id, key) DO NOTHING
    ), recognised AS (
        INSERT INTO recognitions AS r (booking_id, booking_version, people)
        SELECT CAST(:booking_id AS uuid), CAST(:booking_version AS integer), CAST(:people AS jsonb)
        WHERE CAST(:booking_id AS uuid) IS NOT NULL
        ON CONFLICT (booking_id) DO UPDATE
            SET booking_version = excluded.booking_version, people = excluded.people
    )
    UPDATE profiles p SET version = p.version + 1, changed_at = :now,
        given_name = CASE WHEN p.search_name = '' THEN new.given_name ELSE p.given_name END,
        family_name = CASE WHEN p.search_name = '' THEN new.family_name ELSE p.family_name END,
        match_name = CASE WHEN p.search_name = '' THEN coalesce(new.match_name, '') ELSE p.match_name END,
        search_name = CASE WHEN p.search_name = '' THEN coalesce(new.search_name, '') ELSE p.search_name END,
        birth_date = coalesce(p.birth_date, new.birth_date),
        language = coalesce(p.language, new.language),
        addresses = CASE WHEN p.addresses = '[]' THEN coalesce(new.addresses, '[]') ELSE p.addresses END,
        stage = CASE WHEN p.stage = 'lead' THEN 'guest' ELSE p.stage END
    FROM json_to_recordset(CAST(:additions AS json)) AS new(id uuid, given_name text, family_name text,
        match_name text, search_name text, birth_date date, language text, addresses jsonb)
    WHERE p.id = new.id
    RETURNING p.id, p.version
    """
)
