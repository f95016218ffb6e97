"""Who of a booking's people the house does not book, and its guests as they were when they left."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from services.contracts.bookings import DepartedGuest
from services.kit import wire
from services.kit.db import Tx


def any_unwelcome(tx: Tx, profile_ids: Iterable[UUID]) -> bool:
    return bool(tx.execute(_UNWELCOME, {"ids": list(profile_ids)}).scalar())


def keep_departed(tx: Tx, booking_id: UUID, version: int, guests: Sequence[DepartedGuest]) -> bool:
    """Of a departed booking, in place of an earlier check-out's; says whether it was kept.

    Personal data of the class "guests of past stays". It is erased by emptying `guests`: the booking itself keeps the
    names it was made under.
    """
    said = {"booking_id": booking_id, "version": version, "guests": _json([wire.dump(guest) for guest in guests])}
    return tx.execute(_KEEP_DEPARTED, said).first() is not None


def departed(tx: Tx, booking_id: UUID) -> tuple[DepartedGuest, ...]:
    """None where it has not been said yet."""
    guests = tx.execute(_DEPARTED, {"booking_id": booking_id}).scalar() or []
    return tuple(wire.load(DepartedGuest, guest) for guest in guests)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


_UNWELCOME = sa.text("SELECT bool_or(do_not_book) FROM unwelcome WHERE profile_id = ANY(CAST(:ids AS uuid[]))")
_KEEP_DEPARTED = sa.text(
    """
    INSERT INTO departed_guests AS d (booking_id, version, guests)
    SELECT id, :version, CAST(:guests AS jsonb) FROM bookings WHERE id = :booking_id AND state = 'departed'
    ON CONFLICT (booking_id) DO UPDATE SET version = excluded.version, guests = excluded.guests
    WHERE d.version < excluded.version
    RETURNING version
    """
)
_DEPARTED = sa.text("SELECT guests FROM departed_guests WHERE booking_id = :booking_id")
