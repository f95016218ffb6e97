"""API keys: made once and shown once; only their SHA-256 is kept. Created and revoked by ``foyer keys``."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gateway.access.limits import DEFAULT_RATE
from services.kit.context import MOST_PROPERTIES, Context
from services.kit.db import Database, Tx
from services.kit.refusal import Invalid, NotFound, Problem

SCOPES: Final = ("read", "write", "inbound", "admin")
PREFIX: Final = "foyer_"
MOST_RATE: Final = 100_000

_CONTEXT = Context(actor="keys")

_metadata = sa.MetaData()
api_keys = sa.Table(
    "api_keys",
    _metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("sha256", sa.LargeBinary),
    sa.Column("scopes", postgresql.ARRAY(sa.Text)),
    sa.Column("rate", sa.Integer),
    sa.Column("properties", postgresql.ARRAY(sa.Uuid)),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
    sa.Column("last_used_at", sa.DateTime(timezone=True)),
)


class NoSuchKey(NotFound):
    """There is no such API key."""


@dataclass(frozen=True)
class Key:
    """An API key without its secret. `rate`: calls per second, 0 for any; `last_used_at` is exact to an hour.

    `properties` are the ids of the only ones whose rows it may see and change; None for all of them.
    """

    id: uuid.UUID
    name: str
    scopes: tuple[str, ...]
    rate: int
    properties: tuple[uuid.UUID, ...] | None
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def create(
    database: Database,
    name: str,
    scopes: Iterable[str],
    rate: int = DEFAULT_RATE,
    properties: Iterable[uuid.UUID] | None = None,
) -> str:
    """A new key's text: the only time it can be seen. Refuses a scope nobody knows, and none at all.

    `rate` is in calls per second and gateway process; 0 lets the key call as often as it likes.
    """
    given = tuple(dict.fromkeys(scopes))
    if not given or not set(given) <= set(SCOPES):
        raise Invalid(errors=[Problem("/scopes", f"One or more of {', '.join(SCOPES)}.")])
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise Invalid(errors=[Problem("/name", "A name of 1 to 200 printable characters.")])
    if not 0 <= rate <= MOST_RATE:
        raise Invalid(errors=[Problem("/rate", f"A whole number from 0 to {MOST_RATE:,}.")])
    text = PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": uuid.uuid4(),
        "name": name,
        "sha256": digest(text),
        "scopes": [*given],
        "rate": rate,
        "properties": _limit(properties),
    }
    database.writing(_CONTEXT, lambda tx: tx.execute(sa.insert(api_keys), row))
    return text


def list(database: Database) -> tuple[Key, ...]:  # noqa: A001
    """All keys, the newest first, revoked ones too."""
    with database.reading(_CONTEXT) as tx:
        return tuple(_key(row) for row in tx.execute(_ALL))


def revoke(database: Database, key: str | uuid.UUID) -> Key:
    """End a key, named by its id or, where only one is called so, by its name; refuses with NoSuchKey."""

    def work(tx: Tx) -> Key:
        found = tx.execute(_ENDED, {"key": str(key)}).first()
        if found is None:
            raise NoSuchKey
        return _key(found)

    ended: Key = database.writing(_CONTEXT, work)
    return ended


def limit(database: Database, key: str | uuid.UUID, properties: Iterable[uuid.UUID] | None) -> Key:
    """Limit a key to other properties, None for all of them; refuses with NoSuchKey. Named as in `revoke`."""
    said = {"key": str(key), "properties": _limit(properties)}
    found = database.writing(_CONTEXT, lambda tx: tx.execute(_LIMITED, said).first())
    if found is None:
        raise NoSuchKey
    return _key(found)


def _limit(properties: Iterable[uuid.UUID] | None) -> Sequence[uuid.UUID] | None:
    """Refuses a limit to nothing: that is a key to be revoked."""
    if properties is None:
        return None
    given = [*dict.fromkeys(properties)]
    if not 1 <= len(given) <= MOST_PROPERTIES:
        raise Invalid(errors=[Problem("/properties", f"From 1 to {MOST_PROPERTIES} properties.")])
    return given


def find(database: Database, sha256: bytes) -> Key | None:
    """The live key with this hash; notes, at most once an hour, that it was used."""
    with database.reading(_CONTEXT) as tx:
        found = tx.execute(_BY_HASH, {"sha256": sha256}).first()
    if found is None:
        return None
    if found.unnoted:
        database.writing(_CONTEXT, lambda tx: tx.execute(_USED, {"key_id": found.id}))
    return _key(found)


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _key(row: Any) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes),
        rate=row.rate,
        properties=None if row.properties is None else tuple(row.properties),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


_ALL = sa.select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
_BY_HASH = sa.select(
    api_keys,
    sa.func.coalesce(api_keys.c.last_used_at < sa.func.now() - sa.text("interval '1 hour'"), True).label("unnoted"),
).where(api_keys.c.sha256 == sa.bindparam("sha256"), api_keys.c.revoked_at.is_(None))
_USED = (
    sa.update(api_keys).where(api_keys.c.id == sa.bindparam("key_id", type_=sa.Uuid)).values(last_used_at=sa.func.now())
)
_NAMED = """
    WHERE CAST(id AS text) = :key
       OR name = :key AND (SELECT count(*) FROM api_keys WHERE name = :key AND revoked_at IS NULL) = 1
          AND revoked_at IS NULL
    RETURNING *
"""
_ENDED = sa.text(f"UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) {_NAMED}")  # noqa: S608
_LIMITED = sa.text(f"UPDATE api_keys SET properties = CAST(:properties AS uuid[]) {_NAMED}")  # noqa: S608
