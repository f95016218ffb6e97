"""Codes on their way to addresses, and which guests are verified."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from services.contracts.profiles import PastVerification, Verification, VerifiedGuest
from services.kit.db import Tx, lock_key
from services.kit.sealing import Sealed
from services.profiles.domain.contacts import Point
from services.profiles.domain.verification import (
    GOOD_FOR,
    IN_DAY,
    IN_HOUR,
    PER_ADDRESS,
    PER_PROFILE,
    TRIES,
    Sent,
    channel_of,
    covered,
)


def one_at_a_time(tx: Tx, whose: str) -> None:
    """Nobody else has a code sent for this profile, or to this address, until this transaction ends: they are counted.

    The profile's comes before the lock on its row, the address's after it.
    """
    tx.lock([lock_key(f"code {whose}".encode())])


def last_sent(tx: Tx, profile_id: UUID, key: str) -> tuple[datetime | None, datetime | None]:
    """When the last but two was sent to this address, and the last but nine to this profile."""
    row = tx.execute(
        _LAST_SENT,
        {
            "profile_id": profile_id,
            "key": key,
            "of_address": PER_ADDRESS - 1,
            "of_profile": PER_PROFILE - 1,
            "hour_ago": tx.now - IN_HOUR,
            "day_ago": tx.now - IN_DAY,
        },
    ).one()
    return row.of_address, row.of_profile


def add(tx: Tx, profile_id: UUID, point: Point) -> Sent:
    """Earlier ones for this address of the profile are over."""
    added = Sent(
        id=uuid4(),
        profile_id=profile_id,
        key=point.key,
        channel=channel_of(point),
        to=point.value,
        expires_at=tx.now + GOOD_FOR,
        over=False,
        tries=0,
        stamp=None,
        key_id=None,
    )
    tx.execute(_END_OTHERS, {"profile_id": profile_id, "key": point.key})
    row = {name: getattr(added, name) for name in ("id", "profile_id", "key", "channel", "to", "expires_at")}
    tx.execute(_ADD, {**row, "now": tx.now})
    return added


def waiting(tx: Tx, profile_id: UUID) -> tuple[Verification, ...]:
    """Codes that can still be said, the latest first."""
    rows = tx.execute(_WAITING, {"profile_id": profile_id, "tries": TRIES, "now": tx.now})
    return tuple(Verification(**{**row._mapping, "to": covered(row.to)}) for row in rows)


def ask_once(tx: Tx, booking_id: UUID, profile_id: UUID) -> bool:
    """Whether the guest had not been asked at this booking before."""
    row = {"booking_id": booking_id, "profile_id": profile_id, "now": tx.now}
    return tx.execute(_ASK_ONCE, row).first() is not None


def lock(tx: Tx, verification_id: UUID) -> Sent | None:
    row = tx.execute(_LOCK, {"id": verification_id}).one_or_none()
    return None if row is None else Sent(**{**row._mapping, "stamp": row.stamp and bytes(row.stamp)})


def keep_stamp(tx: Tx, verification_id: UUID, stamped: Sealed) -> None:
    tx.execute(_KEEP_STAMP, {"id": verification_id, "stamp": stamped.content, "key_id": stamped.key_id})


def tried(tx: Tx, verification_id: UUID) -> int:
    """Once more in vain; answers how often by now."""
    return int(tx.execute(_TRIED, {"id": verification_id}).scalar_one())


def used(tx: Tx, verification_id: UUID) -> None:
    tx.execute(_USED, {"id": verification_id})


def address_verified(tx: Tx, profile_id: UUID, key: str) -> bool:
    """Whether it is still on the profile."""
    row = {"profile_id": profile_id, "key": key, "now": tx.now}
    return bool(tx.execute(_ADDRESS_VERIFIED, row).rowcount)


def forget(tx: Tx, before: datetime) -> None:
    """Codes are of no use once no limit counts them any more."""
    tx.execute(_FORGET, {"before": before - timedelta(hours=1)})


def begin(tx: Tx, profile_id: UUID, guest: VerifiedGuest) -> None:
    """The guest counts as verified; the profile is locked."""
    row = {"id": uuid4(), "profile_id": profile_id, "at": guest.at, "by": guest.by, "how": guest.how}
    tx.execute(_BEGIN, row)


def end(tx: Tx, profile_id: UUID, reason: str) -> None:
    tx.execute(_END, {"profile_id": profile_id, "now": tx.now, "by": tx.context.actor, "reason": reason})


def touch(tx: Tx, profile_id: UUID) -> int:
    """The profile is shown differently now; answers its new version."""
    return int(tx.execute(_TOUCH, {"profile_id": profile_id, "now": tx.now}).scalar_one())


def history(tx: Tx, profile_id: UUID) -> tuple[PastVerification, ...]:
    """The latest first."""
    return tuple(PastVerification(**row._mapping) for row in tx.execute(_HISTORY, {"profile_id": profile_id}))


def verified_among(tx: Tx, profile_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    found: Any = tx.execute(_AMONG, {"ids": list(profile_ids)})
    return tuple(row.id for row in found)


def hand_over(tx: Tx, from_id: UUID, to_id: UUID) -> None:
    """Of a profile that was merged into another one: codes on their way are that one's now, and its guest is verified
    unless somebody has said something of that before.
    """
    tx.execute(_HAND_OVER, {"from_id": from_id, "to_id": to_id})
    tx.execute(_HAND_OVER_GUEST, {"from_id": from_id, "to_id": to_id})


_LAST_SENT = sa.text(
    """
    SELECT
        (SELECT wanted_at FROM verifications WHERE key = :key AND wanted_at > :hour_ago
         ORDER BY wanted_at DESC OFFSET :of_address LIMIT 1) AS of_address,
        (SELECT wanted_at FROM verifications WHERE profile_id = :profile_id AND wanted_at > :day_ago
         ORDER BY wanted_at DESC OFFSET :of_profile LIMIT 1) AS of_profile
    """
)
_END_OTHERS = sa.text("UPDATE verifications SET over = true WHERE profile_id = :profile_id AND key = :key AND NOT over")
_ADD = sa.text(
    'INSERT INTO verifications (id, profile_id, key, channel, "to", wanted_at, expires_at)'
    " VALUES (:id, :profile_id, :key, :channel, :to, :now, :expires_at)"
)
_LOCK = sa.text(
    'SELECT id, profile_id, key, channel, "to", expires_at, over, tries, stamp, key_id FROM verifications'
    " WHERE id = :id FOR UPDATE"
)
_WAITING = sa.text(
    'SELECT id, profile_id, channel, "to", expires_at FROM verifications'
    " WHERE profile_id = :profile_id AND NOT over AND tries < :tries AND expires_at > :now ORDER BY wanted_at DESC"
)
_ASK_ONCE = sa.text(
    "INSERT INTO asked_verifications (booking_id, profile_id, at)"
    " SELECT :booking_id, id, :now FROM profiles WHERE id = :profile_id"
    " ON CONFLICT DO NOTHING RETURNING booking_id"
)
_KEEP_STAMP = sa.text("UPDATE verifications SET stamp = :stamp, key_id = :key_id WHERE id = :id")
_TRIED = sa.text("UPDATE verifications SET tries = tries + 1 WHERE id = :id RETURNING tries")
_USED = sa.text("UPDATE verifications SET over = true, stamp = NULL WHERE id = :id")
_ADDRESS_VERIFIED = sa.text(
    "UPDATE contact_points SET verified = true, verified_at = :now"
    " WHERE profile_id = :profile_id AND key = :key AND NOT relay"
)
_FORGET = sa.text("DELETE FROM verifications WHERE wanted_at < :before")
_BEGIN = sa.text(
    """
    WITH kept AS (
        INSERT INTO guest_verifications (id, profile_id, at, by, how) VALUES (:id, :profile_id, :at, :by, :how)
    )
    UPDATE profiles SET verified_at = :at, verified_by = :by, verified_how = :how WHERE id = :profile_id
    """
)
_END = sa.text(
    """
    WITH ended AS (
        UPDATE guest_verifications SET ended_at = :now, ended_by = :by, reason = :reason
        WHERE profile_id = :profile_id AND ended_at IS NULL
    )
    UPDATE profiles SET verified_at = NULL, verified_by = NULL, verified_how = NULL WHERE id = :profile_id
    """
)
_TOUCH = sa.text(
    "UPDATE profiles SET version = version + 1, changed_at = :now WHERE id = :profile_id RETURNING version"
)
_HISTORY = sa.text(
    "SELECT id, at, by, how, ended_at, ended_by, reason FROM guest_verifications WHERE profile_id = :profile_id"
    " ORDER BY at DESC, ended_at DESC NULLS FIRST LIMIT 200"
)
_AMONG = sa.text("SELECT id FROM profiles WHERE id = ANY(CAST(:ids AS uuid[])) AND verified_at IS NOT NULL")
_HAND_OVER = sa.text("UPDATE verifications SET profile_id = :to_id WHERE profile_id = :from_id AND NOT over")
_HAND_OVER_GUEST = sa.text(
    """
    WITH handed AS (
        UPDATE guest_verifications g SET profile_id = :to_id
        WHERE g.profile_id = :from_id AND g.ended_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM guest_verifications o WHERE o.profile_id = :to_id)
        RETURNING at, by, how
    )
    UPDATE profiles p SET
        verified_at = CASE WHEN p.id = :to_id THEN h.at END,
        verified_by = CASE WHEN p.id = :to_id THEN h.by END,
        verified_how = CASE WHEN p.id = :to_id THEN h.how END
    FROM handed h WHERE p.id IN (:from_id, :to_id)
    """
)
