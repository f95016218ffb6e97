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
    profile_id: UUID | None


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
    """Who was registered with it in the properties of the caller, as either number of a document; the last one first.

    `profile_id` is None of whom the booking knows no profile.
    """
    said = {"stamps": list(sealing.sealer().stamps(number.encode(), _ABOUT)), "houses": houses(tx), "most": _MOST}
    return [Holder(row.booking_id, row.position, row.profile_id) for row in tx.execute(_HOLDERS, said)]


def _plain(number: str) -> str:
    """Upper case, letters and digits alone: how it is spaced and hyphenated differs from desk to desk."""
    return "".join(c for c in unicodedata.normalize("NFKC", number).upper() if c.isalnum())


_HOLDERS = sa.text(
    f"""
    SELECT r.booking_id, r.position, (
        SELECT CAST(guest ->> 'profile_id' AS uuid) FROM jsonb_array_elements(b.people) AS guest
        WHERE coalesce(CAST(guest ->> 'position' AS int), 0) = r.position LIMIT 1
    ) AS profile_id
    FROM (
        SELECT booking_id, position, changed_at FROM registrations WHERE stamp = ANY(:stamps) AND stamp <> ''
        UNION
        SELECT booking_id, position, changed_at FROM registrations
        WHERE support_stamp = ANY(:stamps) AND support_stamp <> ''
    ) AS r
    JOIN bookings b ON b.id = r.booking_id
    WHERE {HOUSES.format("b.property_id")}
    ORDER BY r.changed_at DESC, r.booking_id, r.position LIMIT :most
    """  # noqa: S608 constants
).bindparams(sa.bindparam("stamps", type_=sa.ARRAY(sa.LargeBinary)))
