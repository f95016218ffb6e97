"""Documents found by their numbers, of which the tables hold but stamps."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from services.kit import sealing
from services.kit.db import Tx
from services.kit.refusal import Invalid, Problem
from services.kit.scope import HOUSES, houses

_ABOUT: Final = "document number"
_LEAST, _LONGEST, _MOST = 4, 60, 50


@dataclass(frozen=True)
class Holder:
    booking_id: UUID
    position: int
    profile_id: UUID


def stamp(number: str | None) -> bytes:
    """By which the number is known again, under the present key; empty for none. Refuses with NoSealingKey."""
    plain = _plain(number or "")
    return sealing.sealer().stamp(plain.encode(), _ABOUT).content if plain else b""


def checked_number(said: str) -> str:
    """Refuses with Invalid what can be no document's number."""
    plain = _plain(said) if len(said) <= _LONGEST else ""
    if len(plain) < _LEAST:
        fault = f"The number of a document has {_LEAST} letters and digits or more, and {_LONGEST} characters at most."
        raise Invalid(errors=[Problem("/document", fault)])
    return plain


def holders(tx: Tx, number: str) -> list[Holder]:
    """Who was registered with it in the properties of the caller, and has a profile; the last one first."""
    said = {"stamps": list(sealing.sealer().stamps(number.encode(), _ABOUT)), "houses": houses(tx), "most": _MOST}
    return [Holder(row.booking_id, row.position, row.profile_id) for row in tx.execute(_HOLDERS, said)]


def _plain(number: str) -> str:
    """Upper case, letters and digits alone: how it is spaced and hyphenated differs from desk to desk."""
    return "".join(c for c in unicodedata.normalize("NFKC", number).upper() if c.isalnum())


_HOLDERS = sa.text(
    f"""
    SELECT r.booking_id, r.position, CAST(guest ->> 'profile_id' AS uuid) AS profile_id
    FROM registrations r
    JOIN bookings b ON b.id = r.booking_id
    CROSS JOIN LATERAL jsonb_array_elements(b.people) AS guest
    WHERE r.stamp = ANY(:stamps) AND r.stamp <> '' AND {HOUSES.format("b.property_id")}
      AND coalesce(CAST(guest ->> 'position' AS int), 0) = r.position AND guest ->> 'profile_id' IS NOT NULL
    ORDER BY r.changed_at DESC, r.booking_id, r.position LIMIT :most
    """  # noqa: S608 constants
).bindparams(sa.bindparam("stamps", type_=sa.ARRAY(sa.LargeBinary)))
