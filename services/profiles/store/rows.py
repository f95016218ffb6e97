"""Rows of the register as cards and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.contracts.profiles import Address, NameForm, Note, VerifiedGuest
from services.kit.wire import compact
from services.profiles.domain.card import Card
from services.profiles.domain.contacts import SHARED_BY, Point, is_current
from services.profiles.domain.registered import Registered

# A contact point as a row, in the order of its columns, and as a record of JSON.
_POINT = {
    "profile_id": "uuid",
    "key": "text",
    "kind": "text",
    "value": "text",
    "type": "text",
    "is_primary": "boolean",
    "verified": "boolean",
    "relay": "boolean",
    "source": "text",
    "id": "uuid",
    "means": "text",
    "verified_at": "timestamptz",
    "valid_from": "date",
    "valid_to": "date",
}
POINT_COLUMNS = tuple(_POINT)
POINT_RECORD = ", ".join(f"{name} {kind}" for name, kind in _POINT.items())


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
        "title": card.title,
        "suffix": card.suffix,
        "preferred_name": card.preferred_name,
        "name_forms": [asdict(form) for form in card.name_forms],
        "birth_place": card.birth_place,
        "other_nationalities": list(card.other_nationalities),
        "other_languages": list(card.other_languages),
        "addresses": [address_column(address) for address in card.addresses],
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
        "id": point.id,
        "means": point.means,
        "verified_at": point.verified_at,
        "valid_from": point.valid_from,
        "valid_to": point.valid_to,
    }


def points_of(alias: str = "c") -> str:
    """The columns of a contact point as JSON, with how many profiles have it, up to SHARED_BY."""
    return f"""jsonb_build_object('id', {alias}.id, 'kind', {alias}.kind, 'key', {alias}.key, 'value', {alias}.value,
        'relay', {alias}.relay, 'means', {alias}.means, 'type', {alias}.type, 'is_primary', {alias}.is_primary,
        'verified', {alias}.verified, 'verified_at', {alias}.verified_at, 'source', {alias}.source,
        'valid_from', {alias}.valid_from, 'valid_to', {alias}.valid_to,
        'people', CASE WHEN {alias}.relay THEN 1 ELSE (
            SELECT count(*) FROM (
                SELECT 1 FROM contact_points o WHERE o.key = {alias}.key AND NOT o.relay LIMIT {SHARED_BY}
            ) AS others
        ) END)"""  # noqa: S608


def stored(row: Any, notes: tuple[Note, ...] = ()) -> Registered:
    today = datetime.now(UTC).date()
    points = tuple(_point(p, today) for p in row.points or ())
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
        title=row.title,
        suffix=row.suffix,
        preferred_name=row.preferred_name,
        name_forms=forms_of(row),
        birth_place=row.birth_place,
        other_nationalities=tuple(row.other_nationalities),
        other_languages=tuple(row.other_languages),
    )
    return Registered(
        row.id,
        row.version,
        card,
        row.do_not_book,
        row.stage,
        row.created_at,
        row.changed_at,
        row.merged_into,
        notes,
        _verified(row),
    )


def _verified(row: Any) -> VerifiedGuest | None:
    if row.verified_at is None:
        return None
    return VerifiedGuest(at=row.verified_at, by=row.verified_by, how=row.verified_how)


def addresses_of(row: Any) -> tuple[Address, ...]:
    return tuple(_address(a) for a in row.addresses)


def forms_of(row: Any) -> tuple[NameForm, ...]:
    return tuple(NameForm(**form) for form in row.name_forms)


def _point(p: Mapping[str, Any], today: date) -> Point:
    verified_at, valid_from, valid_to = p.get("verified_at"), _day(p.get("valid_from")), _day(p.get("valid_to"))
    return Point(
        kind=p["kind"],
        key=p["key"],
        value=p["value"],
        relay=p["relay"],
        type=p["type"],
        primary=p["is_primary"],
        verified=p["verified"],
        source=p["source"],
        means=p.get("means"),
        verified_at=datetime.fromisoformat(verified_at).astimezone(UTC) if verified_at else None,
        valid_from=valid_from,
        valid_to=valid_to,
        id=UUID(p["id"]),
        current=is_current(valid_from, valid_to, today),
        people=p.get("people", 1),
    )


def _address(a: Mapping[str, Any]) -> Address:
    days = {name: _day(a.get(name)) for name in ("valid_from", "valid_to")}
    found = UUID(a["id"]) if a.get("id") else None
    return Address(**{**a, **days, "id": found, "lines": tuple(a["lines"])})


def address_column(address: Address) -> dict[str, Any]:
    return {name: value for name, value in vars(address).items() if name != "past"}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    return compact(list(rows))


def as_array(values: Iterable[Any]) -> str:
    """PostgreSQL's own writing of an array, for thousands of values at once: a driver takes longer for each of them."""
    said = ("NULL" if v is None else '"' + str(v).replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values)
    return "{" + ",".join(said) + "}"
