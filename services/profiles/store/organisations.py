"""Companies and agencies in the order of their names."""

from __future__ import annotations

import sys
from uuid import UUID

import sqlalchemy as sa

from services.kit.db import Tx


def find(tx: Tx, beginning: str, kind: str | None, after: UUID | None, limit: int) -> list[UUID]:
    """Whose folded name begins with this; their ids."""
    wanted = {
        "first": beginning,
        "last": f"{beginning}{chr(sys.maxunicode)}",
        "kind": kind,
        "after": after,
        "limit": limit,
    }
    return list(tx.execute(_FIND, wanted).scalars())


_FIND = sa.text(
    """
    SELECT id FROM profiles
    WHERE kind <> 'person' AND merged_into IS NULL AND match_name >= :first AND match_name < :last
        AND (CAST(:kind AS text) IS NULL OR kind = :kind)
        AND (CAST(:after AS uuid) IS NULL
            OR (match_name, id) > (SELECT match_name, id FROM profiles WHERE id = :after))
    ORDER BY match_name, id LIMIT :limit
    """
)
