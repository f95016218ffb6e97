"""Profiles that went up in others: what stands under their ids is their successors', and is never rewritten."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx

_REMEMBER = sa.text(
    """
    INSERT INTO retired_profiles (profile_id, into_id) VALUES (:was, :now_is)
    ON CONFLICT (profile_id) DO UPDATE SET into_id = excluded.into_id
    """
)
_IDS = sa.text(
    """
    WITH RECURSIVE ids AS (
        SELECT CAST(:profile_id AS uuid) AS id
        UNION SELECT r.profile_id FROM ids JOIN retired_profiles r ON r.into_id = ids.id
    )
    SELECT id FROM ids
    """
)


def remember(tx: Tx, was: UUID, now_is: UUID) -> None:
    """In whatever order it is heard that one went up in another, and that in a third."""
    tx.execute(_REMEMBER, {"was": was, "now_is": now_is})


def ids_of(tx: Tx, profile_id: UUID) -> list[UUID]:
    """The profile's own, and those of all that went up in it."""
    return list(tx.execute(_IDS, {"profile_id": profile_id}).scalars())
