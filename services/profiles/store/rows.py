"""Rows of the register as cards and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from services.contracts.profiles import Address, Note
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import Point
from services.profiles.domain.registered import Registered


def columns(card: Card) -> dict[str, Any]:
    return {
        "kind": card.kind,
        "given_name": card.given_name,
        "family_name": card.family_name,
        "second_family_name": card.second_family_name,
        "name": card.name,
        "sex": card.sex,
        "birth_date": card.birth_date,
        "nationality": card.nationality,
        "language": card.language,
        "level": card.level,
        "match_name": card.match_name,
        "search_name": card.search_name,
    }


def point_columns(profile_id: UUID, point: Point) -> dict[str, Any]:
    return {
        "profile_id": profile_id,
        "key": point.key,
        "kind": point.kind,
        "value": point.value,
        "type": point.type,
        "is_primary": point.primary,
        "verified": point.verified,
        "relay": point.relay,
        "source": point.source,
    }


def stored(row: Any, notes: tuple[Note, ...] = ()) -> Registered:
    points = tuple(
        Point(p["kind"], p["key"], p["value"], p["relay"], p["type"], p["is_primary"], p["verified"], p["source"])
        for p in row.points or ()
    )
    card = Card(
        kind=row.kind,
        given_name=row.given_name,
        family_name=row.family_name,
        second_family_name=row.second_family_name,
        name=row.name,
        sex=row.sex,
        birth_date=row.birth_date,
        nationality=row.nationality,
        language=row.language,
        points=points,
        addresses=addresses_of(row),
        level=row.level,
    )
    return Registered(
        row.id, row.version, card, row.do_not_book, row.stage, row.created_at, row.changed_at, row.merged_into, notes
    )


def addresses_of(row: Any) -> tuple[Address, ...]:
    return tuple(Address(**{**a, "lines": tuple(a["lines"])}) for a in row.addresses)


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    return json.dumps(list(rows), default=str, ensure_ascii=False)
