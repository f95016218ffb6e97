"""Values of the house's own fields: sealed where a field says so, and found by keys."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from services.contracts.profiles import FieldDefinition
from services.kit import sealing
from services.kit.db import Tx
from services.kit.scope import HOUSES, houses
from services.kit.sealing import NoSealingKey, Sealed, Sealer
from services.profiles.domain import field_values
from services.profiles.domain.field_values import Kept
from services.profiles.domain.names import Unfit
from services.profiles.domain.stages import months_later
from services.profiles.store import field_definitions
from services.profiles.store.field_definitions import definition_of

# The values of the profile `p` in fields that the caller may see.
COLUMNS: Final = f"""(SELECT json_agg(json_build_object(
            'code', f.code, 'type', f.type, 'value', f.value, 'sealed', encode(f.sealed, 'base64'), 'key_id', f.key_id,
            'source', f.source, 'said_by', f.said_by, 'said_at', f.said_at, 'definition', to_json(d)
        ) ORDER BY d.position, d.code)
        FROM profile_fields f JOIN field_definitions d ON d.code = f.code
        WHERE f.profile_id = p.id AND {HOUSES.format("d.property_id")}) AS fields"""  # noqa: S608 constants


@dataclass(frozen=True)
class Due:
    """A value whose time may be over. `last_stay`: its last day; `coming`: they are in the house, or booked."""

    profile_id: UUID
    code: str
    said_on: date
    months: int | None
    last_stay: date | None
    coming: bool


def on_card(row: Any) -> dict[str, Any]:
    """The values that a row with COLUMNS has, as they stand on a card."""
    return {code: field_values.shown(kept)[0] for code, kept in _kept(row.id, row.fields).items()}


def of_profile(tx: Tx, profile_id: UUID) -> dict[str, Kept]:
    """Of the fields that the caller may see, by code, in the house's order."""
    return of_profiles(tx, [profile_id])[profile_id]


def of_profiles(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, dict[str, Kept]]:
    """The same of several."""
    return {row.id: _kept(row.id, row.fields) for row in tx.execute(_OF_PROFILES, {"ids": ids, "houses": houses(tx)})}


def hand_over(tx: Tx, was: UUID, now_is: UUID) -> None:
    """What bookings said of one who turns out to be the other: that one's where they have nothing. Both are locked."""
    rows = tx.execute(_OF_PROFILES, {"ids": [was, now_is], "houses": None})
    found = {row.id: _kept(row.id, row.fields) for row in rows}
    said = {code: kept for code, kept in found[was].items() if kept.source == "booking" and kept.value is not None}
    keep(tx, [(now_is, kept) for code, kept in said.items() if code not in found[now_is]])
    gone = [*said, *(code for code, kept in found[was].items() if kept.source == "default")]
    if gone:
        tx.execute(_DROP, {"id": was, "codes": gone})


def write(
    tx: Tx, profile_id: UUID, values: Mapping[str, Any], fields: Mapping[str, FieldDefinition], source: str
) -> None:
    """New values by code, None for those that go away."""
    gone = [code for code, value in values.items() if value is None]
    kept = [
        Kept(fields[code], fields[code].type, value, source, tx.context.actor, tx.now)
        for code, value in values.items()
        if value is not None
    ]
    if gone:
        tx.execute(_DROP, {"id": profile_id, "codes": gone})
    keep(tx, [(profile_id, each) for each in kept])


def keep(tx: Tx, values: Sequence[tuple[UUID, Kept]]) -> None:
    """As their fields say now: sealed or not, with the keys that they are found by, and the day of their review."""
    if not values:
        return
    rows, keys = [], []
    for profile_id, kept in values:
        code, sealed = kept.definition.code, _sealed(profile_id, kept)
        months = kept.definition.retention_months
        rows.append(
            {
                "profile_id": profile_id,
                "code": code,
                "type": kept.type,
                "value": None if sealed else json.dumps(kept.value, ensure_ascii=False),
                "sealed": sealed.content if sealed else None,
                "key_id": sealed.key_id if sealed else None,
                "kept_by": kept.definition.version,
                "source": kept.source,
                "said_by": kept.said_by,
                "said_at": kept.said_at,
                "review_on": months_later(kept.said_at.date(), months) if months else None,
            }
        )
        keys += [{"code": code, "key": key, "profile_id": profile_id} for key in _keys(kept)]
    tx.execute(_WRITE, rows)
    tx.execute(_DROP_KEYS, [{"code": row["code"], "profile_id": row["profile_id"]} for row in rows])
    if keys:
        tx.execute(_ADD_KEYS, keys)


def sample(tx: Tx, made: FieldDefinition, most: int) -> tuple[int, list[Kept]]:
    """How many values there are of a field, and the first of them."""
    values = int(tx.execute(_COUNT, {"code": made.code}).scalar_one())
    rows = tx.execute(_SAMPLE, {"code": made.code, "most": most})
    return values, [_one(row.profile_id, row._mapping, made) for row in rows]


def stale(tx: Tx, most: int) -> list[tuple[UUID, Kept]]:
    """Values that are kept by what their field was before, or sealed with another key; their profiles are locked, and
    those that somebody else has locked are left for another time.
    """
    sealer = sealing.sealer() if sealing.configured() else None
    others = [key_id for key_id in sealer.keys if key_id != sealer.key_id] if sealer else []
    found = tx.execute(_STALE, {"most": most, "sealing": sealer is not None, "others": others}).all()
    held = lock_profiles(tx, {row.profile_id for row in found})
    pairs = [{"profile_id": str(row.profile_id), "code": row.code} for row in found if row.profile_id in held]
    if not pairs:
        return []
    fields = field_definitions.known(tx, {row["code"] for row in pairs})
    rows = tx.execute(_VALUES, {"pairs": json.dumps(pairs)})
    return [(row.profile_id, _one(row.profile_id, row._mapping, fields[row.code])) for row in rows]


def keep_sealed(tx: Tx, profile_id: UUID, kept: Kept) -> None:
    """One that cannot be opened stays as it is."""
    said = {"profile_id": profile_id, "code": kept.definition.code, "version": kept.definition.version}
    tx.execute(_KEEP_SEALED, said)


def lock_profiles(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Those of them that nobody else has locked."""
    return {row.id for row in tx.execute(_LOCK_PROFILES, {"ids": sorted(ids)})} if ids else set()


def hold_for_wiping(tx: Tx) -> None:
    """Before any profile: whoever fills a field holds it, and then the profile."""
    tx.execute(_HOLD_REVIEWED)


def due(tx: Tx, most: int) -> list[Due]:
    rows = tx.execute(_DUE, {"today": tx.now.date(), "most": most})
    return [
        Due(
            row.profile_id,
            row.code,
            row.said_at.date(),
            row.retention_months,
            row.last_stay,
            bool(row.coming),
        )
        for row in rows
    ]


def review_later(tx: Tx, when: Iterable[tuple[Due, date | None]]) -> None:
    rows = [{"profile_id": each.profile_id, "code": each.code, "on": on} for each, on in when]
    if rows:
        tx.execute(_REVIEW_LATER, rows)


def wipe(tx: Tx, over: Sequence[Due]) -> dict[UUID, list[str]]:
    """Counted with the fields. Answers whose values are gone; one that was said anew meanwhile is not."""
    pairs = json.dumps([{"profile_id": str(each.profile_id), "code": each.code} for each in over])
    gone: dict[UUID, list[str]] = {}
    for row in tx.execute(_WIPE, {"pairs": pairs, "today": tx.now.date()}):
        gone.setdefault(row.profile_id, []).append(row.code)
    return gone


def grow(tx: Tx, ids: Collection[UUID]) -> dict[UUID, int]:
    """The new versions of profiles whose values have changed."""
    return {row.id: row.version for row in tx.execute(_GROW, {"ids": sorted(ids), "now": tx.now})}


def find(tx: Tx, wanted: Sequence[tuple[FieldDefinition, Any]], after: UUID | None, limit: int) -> list[UUID]:
    """Everybody with all of these values, in the order of their ids."""
    said = [{"code": field.code, "keys": _sought(field, value)} for field, value in wanted]
    first = said[0]
    row = {**first, "others": json.dumps(said[1:]), "after": after, "limit": limit}
    return [row.profile_id for row in tx.execute(_FIND, row)]


def _kept(profile_id: UUID, said: Sequence[Mapping[str, Any]] | None) -> dict[str, Kept]:
    return {each["code"]: _one(profile_id, each, definition_of(each["definition"])) for each in said or ()}


def _one(profile_id: UUID, row: Any, made: FieldDefinition) -> Kept:
    at = row["said_at"]
    return Kept(
        definition=made,
        type=row["type"],
        value=row["value"] if row["sealed"] is None else _opened(profile_id, made.code, row["sealed"], row["key_id"]),
        source=row["source"],
        said_by=row["said_by"],
        said_at=at if isinstance(at, datetime) else datetime.fromisoformat(at),
    )


def _sealed(profile_id: UUID, kept: Kept) -> Sealed | None:
    if not kept.definition.encrypted:
        return None
    text = json.dumps(kept.value, ensure_ascii=False).encode()
    return sealing.sealer().seal(text, _about(profile_id, kept.definition.code))


def _opened(profile_id: UUID, code: str, content: bytes | str, key_id: str) -> Any:
    """None where its key is not there: the card is read all the same."""
    given = base64.b64decode(content) if isinstance(content, str) else bytes(content)
    try:
        return json.loads(sealing.sealer().open(Sealed(given, key_id), _about(profile_id, code)))
    except NoSealingKey:
        return None


def _about(profile_id: UUID, code: str) -> str:
    return f"field {code} of {profile_id}"


def _keys(kept: Kept) -> list[str]:
    made = kept.definition
    if not made.searchable:
        return []
    try:
        value = kept.value if kept.type == made.type else field_values.converted(kept)
    except Unfit:
        return []
    keys = field_values.keys(made, value)
    return [_stamp(sealing.sealer(), made.code, key) for key in keys] if made.encrypted else [*keys]


def _sought(made: FieldDefinition, value: Any) -> list[str]:
    """With every key that there is, as values may be stamped with any."""
    keys = field_values.keys(made, value)
    if not made.encrypted:
        return [*keys]
    known = sealing.sealer().keys
    return [_stamp(Sealer({key_id: known[key_id]}), made.code, key) for key_id in known for key in keys]


def _stamp(sealer: Sealer, code: str, key: str) -> str:
    stamped = sealer.stamp(key.encode(), f"field {code}")
    return f"{stamped.key_id}:{stamped.content.hex()}"


_OF_PROFILES = sa.text(f"SELECT p.id, {COLUMNS} FROM unnest(CAST(:ids AS uuid[])) AS p (id)")  # noqa: S608 constants
_DROP = sa.text("DELETE FROM profile_fields WHERE profile_id = :id AND code = ANY(CAST(:codes AS text[]))")
_WRITE = sa.text(
    """
    INSERT INTO profile_fields
        (profile_id, code, type, value, sealed, key_id, kept_by, source, said_by, said_at, review_on)
    VALUES (:profile_id, :code, :type, CAST(:value AS jsonb), :sealed, :key_id, :kept_by, :source, :said_by, :said_at,
        :review_on)
    ON CONFLICT (profile_id, code) DO UPDATE SET type = excluded.type, value = excluded.value,
        sealed = excluded.sealed, key_id = excluded.key_id, kept_by = excluded.kept_by, source = excluded.source,
        said_by = excluded.said_by, said_at = excluded.said_at, review_on = excluded.review_on
    """
)
_DROP_KEYS = sa.text("DELETE FROM field_keys WHERE profile_id = :profile_id AND code = :code")
_ADD_KEYS = sa.text("INSERT INTO field_keys (code, key, profile_id) VALUES (:code, :key, :profile_id)")
_COUNT = sa.text("SELECT count(*) FROM profile_fields WHERE code = :code")
_SAMPLE = sa.text("SELECT * FROM profile_fields WHERE code = :code ORDER BY kept_by LIMIT :most")
_STALE = sa.text(
    """
    SELECT f.profile_id, f.code FROM field_definitions d CROSS JOIN LATERAL (
        SELECT profile_id, code FROM profile_fields WHERE code = d.code AND kept_by < d.version LIMIT :most
    ) AS f WHERE :sealing OR NOT CAST(d.said ->> 'encrypted' AS boolean)
    UNION
    (SELECT profile_id, code FROM profile_fields WHERE key_id = ANY(CAST(:others AS text[])) LIMIT :most)
    LIMIT :most
    """
)
_VALUES = sa.text(
    """
    SELECT f.* FROM json_to_recordset(CAST(:pairs AS json)) AS pair (profile_id uuid, code text)
    JOIN profile_fields f ON f.profile_id = pair.profile_id AND f.code = pair.code
    """
)
_KEEP_SEALED = sa.text("UPDATE profile_fields SET kept_by = :version WHERE profile_id = :profile_id AND code = :code")
_LOCK_PROFILES = sa.text(
    "SELECT id FROM profiles WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
)
_HOLD_REVIEWED = sa.text(
    "SELECT code FROM field_definitions WHERE retention_months IS NOT NULL ORDER BY code FOR NO KEY UPDATE"
)
_DUE = sa.text(
    """
    SELECT f.profile_id, f.code, f.said_at, d.retention_months, stay.*
    FROM (
        SELECT * FROM profile_fields WHERE review_on <= :today ORDER BY review_on LIMIT :most
    ) AS f
    JOIN field_definitions d ON d.code = f.code
    CROSS JOIN LATERAL (
        SELECT max(k.departure) FILTER (WHERE k.state IN ('in_house', 'departed')) AS last_stay,
            bool_or(k.state = 'in_house'
                OR k.state IN ('tentative', 'confirmed') AND k.departure >= :today) AS coming
        FROM known_stays k
        WHERE k.profile_id = f.profile_id AND (d.property_id IS NULL OR k.property_id = d.property_id)
    ) AS stay
    """
)
_REVIEW_LATER = sa.text(
    "UPDATE profile_fields SET review_on = CAST(:on AS date) WHERE profile_id = :profile_id AND code = :code"
)
_WIPE = sa.text(
    """
    WITH gone AS (
        DELETE FROM profile_fields f
        USING json_to_recordset(CAST(:pairs AS json)) AS pair (profile_id uuid, code text)
        WHERE f.profile_id = pair.profile_id AND f.code = pair.code AND f.review_on <= :today
        RETURNING f.profile_id, f.code
    ), counted AS (
        UPDATE field_definitions d SET wiped = d.wiped + n.wiped
        FROM (SELECT code, count(*) AS wiped FROM gone GROUP BY code) AS n WHERE d.code = n.code
    )
    SELECT profile_id, code FROM gone ORDER BY profile_id, code
    """
)
_GROW = sa.text(
    """
    UPDATE profiles SET version = version + 1, changed_at = :now WHERE id = ANY(CAST(:ids AS uuid[]))
    RETURNING id, version
    """
)
_FIND = sa.text(
    """
    SELECT k.profile_id FROM field_keys k JOIN profiles p ON p.id = k.profile_id AND p.merged_into IS NULL
    WHERE k.code = :code AND k.key = ANY(CAST(:keys AS text[]))
      AND (CAST(:after AS uuid) IS NULL OR k.profile_id > CAST(:after AS uuid))
      AND NOT EXISTS (
        SELECT FROM json_to_recordset(CAST(:others AS json)) AS other (code text, keys text[])
        WHERE NOT EXISTS (
            SELECT FROM field_keys o
            WHERE o.code = other.code AND o.key = ANY(other.keys) AND o.profile_id = k.profile_id
        )
      )
    ORDER BY k.profile_id LIMIT :limit
    """
)
