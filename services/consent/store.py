"""The tables of consent: every SQL statement of the service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.consent.domain import Act
from services.contracts.consent import ConsentRecord, RecordConsent
from services.kit.db import Tx
from services.kit.ids import new_id


def open_account(tx: Tx, profile_id: UUID) -> None:
    """Once; again it does nothing."""
    tx.execute(_OPEN, {"profile_id": profile_id, "now": tx.now})


@dataclass(frozen=True)
class Stated:
    """What is known besides of an act that another system's notice told of; see ConsentRecord."""

    notice_id: UUID | None = None
    stated_at: datetime | None = None
    effective: bool = True


def lock_account(tx: Tx, profile_id: UUID) -> None:
    """Opens it where nobody has: until the end of the transaction nobody else records an act of this guest."""
    tx.execute(_LOCK, {"profile_id": profile_id, "now": tx.now})


def record(tx: Tx, said: RecordConsent, stated: Stated = Stated()) -> tuple[ConsentRecord, int]:  # noqa: B008
    """Append an act; answers it and the account's new version. Acts of one guest wait for one another.

    An act for a profile whose creation has not been heard of yet opens the account itself.
    """
    parameters = {
        "id": new_id(),
        "profile_id": said.profile_id,
        "purpose": said.purpose,
        "channel": said.channel,
        "granted": said.granted,
        "wording_version": said.wording_version,
        "language": said.language,
        "source": said.source,
        "actor": tx.context.actor,
        "address": said.address,
        "now": tx.now,
        **vars(stated),
    }
    row = tx.execute(_RECORD, parameters).one()
    return _record(row), row.version


def records(tx: Tx, profile_id: UUID, until: datetime | None) -> list[ConsentRecord]:
    """Every act up to and with that instant (None: all), in the order in which they were recorded."""
    return [_record(row) for row in tx.execute(_RECORDS, {"profile_id": profile_id, "until": until})]


def deciding(tx: Tx, profile_id: UUID, purpose: str) -> list[Act]:
    """The latest act of a purpose on each channel, in the order in which they were recorded: they decide."""
    return list(acts(_record(row) for row in tx.execute(_DECIDING, {"profile_id": profile_id, "purpose": purpose})))


def acts(recorded: Iterable[ConsentRecord]) -> Iterable[Act]:
    """Those that count."""
    return (
        Act(
            id=r.id,
            purpose=r.purpose,
            channel=r.channel,
            granted=r.granted,
            wording_version=r.wording_version,
            recorded_at=r.recorded_at,
            stated_at=r.stated_at,
        )
        for r in recorded
        if r.effective
    )


def _record(row: Any) -> ConsentRecord:
    return ConsentRecord(
        id=row.id,
        profile_id=row.profile_id,
        purpose=row.purpose,
        channel=row.channel,
        granted=row.granted,
        wording_version=row.wording_version,
        language=row.language,
        source=row.source,
        actor=row.actor,
        address=row.address,
        recorded_at=row.recorded_at,
        notice_id=row.notice_id,
        stated_at=row.stated_at,
        effective=row.effective,
    )


_OPEN = sa.text(
    "INSERT INTO accounts (profile_id, version, opened_at, last_at) VALUES (:profile_id, 0, :now, :now)"
    " ON CONFLICT (profile_id) DO NOTHING"
)
_LOCK = sa.text(
    "INSERT INTO accounts AS a (profile_id, version, opened_at, last_at) VALUES (:profile_id, 0, :now, :now)"
    " ON CONFLICT (profile_id) DO UPDATE SET version = a.version"
)
# A clock that lags behind another process's does not put an act before one that was recorded earlier.
_RECORD = sa.text(
    """
    WITH account AS (
        INSERT INTO accounts AS a (profile_id, version, opened_at, last_at) VALUES (:profile_id, 1, :now, :now)
        ON CONFLICT (profile_id) DO UPDATE
            SET version = a.version + 1, last_at = greatest(a.last_at, excluded.last_at)
        RETURNING profile_id, version, last_at
    ), record AS (
        INSERT INTO records (id, profile_id, purpose, channel, granted, wording_version, language, source, actor,
            address, recorded_at, notice_id, stated_at, effective)
        SELECT :id, profile_id, :purpose, :channel, :granted, :wording_version, :language, :source, :actor,
            CAST(:address AS inet), last_at, CAST(:notice_id AS uuid), CAST(:stated_at AS timestamptz), :effective
        FROM account
        RETURNING id, profile_id, purpose, channel, granted, wording_version, language, source, actor,
            host(address) AS address, recorded_at, notice_id, stated_at, effective
    )
    SELECT record.*, account.version FROM record, account
    """
)
_RECORDS = sa.text(
    "SELECT id, profile_id, purpose, channel, granted, wording_version, language, source, actor,"
    " host(address) AS address, recorded_at, notice_id, stated_at, effective"
    " FROM records WHERE profile_id = :profile_id"
    " AND recorded_at <= coalesce(CAST(:until AS timestamptz), 'infinity') ORDER BY seq"
)
_DECIDING = sa.text(
    """
    SELECT * FROM (
        SELECT DISTINCT ON (channel) seq, id, profile_id, purpose, channel, granted, wording_version, language, source,
            actor, host(address) AS address, recorded_at, notice_id, stated_at, effective
        FROM records WHERE profile_id = :profile_id AND purpose = :purpose AND effective
        ORDER BY channel, seq DESC
    ) AS latest ORDER BY seq
    """
)
