"""Recognising the people of a booking: who shares something with them, and what is kept of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import Address, Stage
from services.kit.db import Tx
from services.kit.wire import compact
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import SHARED_BY, Point
from services.profiles.domain.matching import Candidate
from services.profiles.store.rows import (
    POINT_COLUMNS,
    POINT_RECORD,
    address_column,
    addresses_of,
    as_array,
    as_json,
    columns,
    forms_of,
    point_columns,
)


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

    `overused` are the identifiers that too many profiles share, `certain` is from where the house links by itself;
    `now` says of retired profiles that the booking names who they are; `defaults`: new cards have values by default.
    """

    done_for: int
    known: dict[UUID, Known]
    overused: frozenset[str]
    certain: float
    now: Mapping[UUID, UUID]
    defaults: bool


@dataclass(frozen=True)
class Addition:
    """What a booking adds to a profile that lacks it; nothing that is there is overwritten."""

    profile_id: UUID
    names_of: Card | None = None
    birth_date: date | None = None
    language: str | None = None
    addresses: tuple[Address, ...] = ()
    points: tuple[Point, ...] = ()

    @property
    def says_who_it_is(self) -> bool:
        """By what is added the profile may turn out to be somebody else of the register."""
        return bool(self.names_of or self.birth_date or any(point.identifies for point in self.points))


def wait_for(tx: Tx, keys: Iterable[int]) -> UUID:
    """Let nobody else recognise by the same identifiers until this transaction ends. In order, so without deadlock.

    Answers the edition of the rules about identifiers.
    """
    edition: UUID = tx.execute(_WAIT, {"keys": as_array(sorted(keys))}).scalar_one()
    return edition


def look_by_index(tx: Tx) -> None:
    """As `wait_for` does, where nobody is waited for."""
    tx.execute(_BY_INDEX)


def candidates(
    tx: Tx,
    booking_id: UUID,
    *,
    identifiers: Iterable[str],
    births: Iterable[tuple[str, date]],
    companies: Iterable[str],
    ids: Iterable[UUID],
    companions: Iterable[str] = (),
    several: bool = False,
) -> Found:
    """All profiles that share something with the people of a booking or were recognised on it, in one statement.

    An identifier that SHARED_BY or more profiles have finds nobody. `companions` are names of whom nothing else is
    known: they are found among those with whom the others stayed before. `several`: it is not one person alone.
    """
    births = list(births)
    rows = tx.execute(
        _CANDIDATES,
        {
            "booking_id": booking_id,
            "shared_by": SHARED_BY,
            "identifiers": as_array(identifiers),
            "names": as_array(name for name, _ in births),
            "days": as_array(day for _, day in births),
            "companies": as_array(companies),
            "ids": as_array(ids),
            "companions": as_array(companions),
            "several": several,
        },
    ).all()
    now = {UUID(was): UUID(now_is) for was, now_is in (rows[0].now or {}).items()}
    places: dict[UUID, set[int]] = {}
    for person in rows[0].people or ():
        who = UUID(person["profile_id"])
        places.setdefault(now.get(who, who), set()).add(person["position"])
    return Found(
        done_for=rows[0].booking_version or 0,
        known={row.id: _known(row, places) for row in rows if row.id is not None},
        overused=frozenset(rows[0].overused or ()),
        certain=rows[0].certain,
        now=now,
        defaults=rows[0].defaults,
    )


@dataclass(frozen=True)
class Drawn:
    """A new profile and its contact points, as they are written: JSON objects without the list around them."""

    profile: str
    points: str


def drawn(profile_id: UUID, card: Card) -> Drawn:
    points = as_json(point_columns(profile_id, point) for point in card.points)
    return Drawn(compact({"id": profile_id, **columns(card)}), points[1:-1])


def save(
    tx: Tx,
    *,
    created: Mapping[UUID, Card | Drawn],
    additions: Iterable[Addition] = (),
    stage: Stage = "guest",
    booking: tuple[UUID, int, Mapping[int, UUID]] | None = None,
) -> dict[UUID, int]:
    """New profiles, additions to known ones and who was recognised on a booking, all in one statement.

    `booking` is its id, the version of its people and the profile at each position. Answers the new versions of the
    profiles that were added to.
    """
    additions = list(additions)
    new = [each if isinstance(each, Drawn) else drawn(i, each) for i, each in created.items()]
    points = [each.points for each in new if each.points]
    points += [compact(point_columns(added.profile_id, point)) for added in additions for point in added.points]
    booking_id, booking_version, people = booking or (None, None, {})
    rows = tx.execute(
        _SAVE,
        {
            "now": tx.now,
            "stage": stage,
            "created": f"[{','.join(each.profile for each in new)}]",
            "points": f"[{','.join(points)}]",
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
        "addresses": [address_column(address) for address in added.addresses] or None,
    }


def _known(row: Any, places: Mapping[UUID, set[int]]) -> Known:
    card = Card(
        kind=row.kind,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
        sex=row.sex,
        suffix=row.suffix,
        birth_date=row.birth_date,
        language=row.language,
        addresses=addresses_of(row),
        name_forms=forms_of(row),
    )
    candidate = Candidate(
        profile_id=row.id,
        card=card,
        created_at=row.created_at,
        keys=frozenset(row.keys or ()),
        shared=row.shared or {},
        on_booking=frozenset(places.get(row.id, ())),
        stayed_with=frozenset(row.stayed_with or ()),
    )
    return Known(candidate, row.do_not_book, row.stage, bool(card.addresses))


# The two statements that follow in this transaction look up a few rows by index, and planning them anew each time takes
# four times as long as running them. So their first plan is kept; and as it may be made while the tables are small, it
# is told to use the indexes that they will need when they are large.
_BY_INDEX_SQL = """set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_nestloop', 'on', true),
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true)"""
_BY_INDEX = sa.text(f"SELECT {_BY_INDEX_SQL}")
_WAIT = sa.text(
    f"""
    SELECT (SELECT edition FROM identifier_edition), count(pg_advisory_xact_lock(key)), {_BY_INDEX_SQL}
    FROM unnest(CAST(:keys AS bigint[])) AS key
    """  # noqa: S608 constants
)
_CANDIDATES = sa.text(
    """
    WITH sharing AS (
        SELECT c.profile_id, k.key, c.verified, count(*) OVER (PARTITION BY k.key) AS profiles
        FROM unnest(CAST(:identifiers AS text[])) AS k(key)
        CROSS JOIN LATERAL (
            SELECT profile_id, verified FROM contact_points
            WHERE key = k.key AND NOT relay AND CURRENT_DATE BETWEEN coalesce(valid_from, '-infinity')
                AND coalesce(valid_to, 'infinity')
            LIMIT :shared_by
        ) AS c
    ), before AS (
        SELECT booking_version, people FROM recognitions WHERE booking_id = :booking_id
    ), named AS (
        SELECT p.id, p.merged_into FROM profiles p WHERE p.id IN (
            SELECT unnest(CAST(:ids AS uuid[]))
            UNION ALL
            SELECT CAST(person ->> 'profile_id' AS uuid)
            FROM before CROSS JOIN jsonb_array_elements(before.people) AS person
        )
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
            SELECT id FROM profiles WHERE kind <> 'person' AND match_name = company.name LIMIT 50
        ) AS p
        UNION ALL
        SELECT coalesce(merged_into, id), NULL, NULL FROM named
        UNION ALL
        SELECT p.id, NULL, NULL
        FROM (SELECT profile_id FROM sharing WHERE profiles < :shared_by UNION SELECT id FROM named) AS host
        CROSS JOIN LATERAL (
            SELECT booking_id FROM known_stays
            WHERE profile_id = host.profile_id AND CAST(:companions AS text[]) <> '{}' LIMIT 50
        ) AS stay
        JOIN known_stays k ON k.booking_id = stay.booking_id AND k.profile_id <> host.profile_id
        JOIN profiles p ON p.id = k.profile_id AND p.match_name = ANY(CAST(:companions AS text[]))
    ), candidate AS (
        SELECT profile_id, json_object_agg(key, verified) FILTER (WHERE key IS NOT NULL) AS shared
        FROM found GROUP BY profile_id
    )
    SELECT before.booking_version, before.people,
        (SELECT array_agg(DISTINCT key) FROM sharing WHERE profiles >= :shared_by) AS overused,
        (SELECT certain FROM matching_rules) AS certain,
        EXISTS (SELECT FROM field_definitions d WHERE d.retired_at IS NULL AND d.said ->> 'default' IS NOT NULL)
            AS defaults,
        (SELECT json_object_agg(id, merged_into) FROM named WHERE merged_into IS NOT NULL) AS now,
        p.id, p.kind, p.given_name, p.family_name, p.name, p.sex, p.suffix, p.birth_date, p.language, p.stage,
        p.created_at, p.addresses, p.name_forms,
        coalesce(l.do_not_book, false) AS do_not_book, candidate.shared,
        (SELECT array_agg(c.key) FROM contact_points c WHERE c.profile_id = p.id) AS keys,
        CASE WHEN :several THEN (
            SELECT array_agg(DISTINCT k.profile_id)
            FROM (SELECT booking_id FROM known_stays WHERE profile_id = p.id LIMIT 50) AS stay
            JOIN known_stays k ON k.booking_id = stay.booking_id AND k.profile_id <> p.id
        ) END AS stayed_with
    FROM (SELECT 1) AS one
    LEFT JOIN before ON true
    LEFT JOIN (candidate JOIN profiles p ON p.id = candidate.profile_id) ON true
    LEFT JOIN levels l ON l.code = p.level_code
    """
)
_SAVE = sa.text(
    f"""
    WITH created AS (
        INSERT INTO profiles (id, version, kind, given_name, family_name, second_family_name, name, sex, birth_date,
            nationality, language, title, suffix, preferred_name, name_forms, birth_place, other_nationalities,
            other_languages, addresses, level_code, stage, match_name, search_name, created_at, changed_at, origin)
        SELECT id, 1, kind, given_name, family_name, second_family_name, name, sex, birth_date,
            nationality, language, title, suffix, preferred_name, name_forms, birth_place, other_nationalities,
            other_languages, addresses,
            CASE WHEN level IS NOT NULL THEN (SELECT l.code FROM levels l WHERE l.name = new.level) END,
            :stage, match_name, search_name, :now, :now,
            CASE WHEN CAST(:booking_id AS uuid) IS NOT NULL THEN 'booking' END
        FROM json_to_recordset(CAST(:created AS json)) AS new(id uuid, kind text, given_name text, family_name text,
            second_family_name text, name text, sex text, birth_date date, nationality text, language text,
            title text, suffix text, preferred_name text, name_forms jsonb, birth_place text,
            other_nationalities text[], other_languages text[],
            addresses jsonb, level text, match_name text, search_name text)
    ), points AS (
        INSERT INTO contact_points ({", ".join(POINT_COLUMNS)})
        SELECT {", ".join(POINT_COLUMNS)} FROM json_to_recordset(CAST(:points AS json)) AS new({POINT_RECORD})
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
    """  # noqa: S608
)
