"""Whose folio a kind of a booking's charges stands on.

A booking has its main folio, which holds the stay, and one for each profile that charges are routed to. A kind's
charges stand on one folio at any time, so that folio's total is the booking's revenue of that kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import Kind
from services.billing.store.folios import FOLIO_COLUMNS, FolioRow, folio_row, stored_charges
from services.billing.store.posting import POST, Journal, Moved, journal_values
from services.kit.db import Tx
from services.kit.ids import new_id

MAIN = "main"

_PARTS = (
    f"SELECT {FOLIO_COLUMNS}, f.part, f.closed_at"  # noqa: S608
    " FROM folios f WHERE f.booking_id = :booking_id ORDER BY f.part <> 'main', f.id"
)
_READ_PARTS = sa.text(_PARTS)
_LOCK_PARTS = sa.text(_PARTS + " FOR UPDATE OF f")
_OPEN_PARTS = sa.text(
    """
    INSERT INTO folios (
        id, booking_id, part, property_id, payer_profile_id, guest_profile_id, arrival, nights, currency,
        deferred_minor, recognised_minor, charges, seen_version, version, opened_at
    )
    SELECT w.id, f.booking_id, CAST(w.payer_id AS text), f.property_id, w.payer_id, f.guest_profile_id, f.arrival,
           f.nights, f.currency, 0, 0, '{}', 0, 1, :at
    FROM folios f, unnest(CAST(:ids AS uuid[]), CAST(:payers AS uuid[])) AS w (id, payer_id)
    WHERE f.booking_id = :booking_id AND f.part = 'main'
    ON CONFLICT (booking_id, part) DO NOTHING
    """
)
_WRITE_PART = sa.text(
    """
    UPDATE folios SET charges = CAST(:charges AS jsonb), earned = CAST(:earned AS jsonb), payer_profile_id = :payer_id,
        stay_payer_id = :stay_payer_id, version = :version
    WHERE id = :id
    """
)
_MOVE = sa.text(
    """
    WITH moved AS (
        UPDATE charges SET folio_id = :target_id WHERE folio_id = :source_id AND charges.kind = :charged
    ), folio AS (
        SELECT id, booking_id, property_id FROM folios WHERE id = :target_id
    )"""  # noqa: S608
    + POST
    + "SELECT id FROM folio"
)
_INVOICED = sa.text(
    "SELECT EXISTS (SELECT FROM charges WHERE folio_id = :folio_id AND kind = :kind AND invoice_id IS NOT NULL)"
)
_STAY_INVOICED = sa.text(
    """
    SELECT EXISTS (SELECT FROM invoiced_items i WHERE i.folio_id = :folio_id
        AND NOT EXISTS (SELECT FROM charges c WHERE i.journal_id IN (c.journal_id, c.voided_by)))
    """
)
_KINDS = sa.text("SELECT code FROM charge_kinds WHERE code = ANY(CAST(:kinds AS text[]))")
_RULES = sa.text("SELECT kind, payer_profile_id FROM routing_rules WHERE booking_id = :booking_id ORDER BY kind")
_KEEP_RULES = sa.text(
    """
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:payers AS uuid[])) AS w (kind, payer_id)
    ), gone AS (
        DELETE FROM routing_rules r WHERE r.booking_id = :booking_id
            AND NOT EXISTS (SELECT FROM wanted w WHERE w.kind = r.kind)
    )
    INSERT INTO routing_rules AS r (booking_id, kind, payer_profile_id, set_by, set_at)
    SELECT :booking_id, kind, payer_id, :by, :at FROM wanted
    ON CONFLICT (booking_id, kind) DO UPDATE SET payer_profile_id = excluded.payer_profile_id,
        set_by = excluded.set_by, set_at = excluded.set_at
        WHERE r.payer_profile_id <> excluded.payer_profile_id
    """
)


@dataclass(frozen=True)
class Part:
    """One folio of a booking; `name` is `main` or the payer that charges are routed to."""

    row: FolioRow
    name: str
    closed: bool


def parts_of(tx: Tx, booking_id: UUID) -> list[Part]:
    rows = tx.execute(_READ_PARTS, {"booking_id": booking_id})
    return [Part(folio_row(row), row.part, row.closed_at is not None) for row in rows]


def open_parts(tx: Tx, booking_id: UUID, payers: set[UUID], locked: set[UUID]) -> dict[str, Part]:
    """All the booking's folios by name, those for `payers` opened where they are missing, and nobody else writes them.

    Raises Moved where by now somebody owes one whose lock is not held.
    """
    wanted = sorted(payers)
    tx.execute(
        _OPEN_PARTS, {"booking_id": booking_id, "payers": wanted, "ids": [new_id() for _ in wanted], "at": tx.now}
    )
    rows = tx.execute(_LOCK_PARTS, {"booking_id": booking_id}).all()
    if not {row.payer_profile_id for row in rows} <= locked:
        raise Moved
    return {row.part: Part(folio_row(row), row.part, row.closed_at is not None) for row in rows}


def write_part(
    tx: Tx,
    part: Part,
    charges: Mapping[tuple[Kind, str], int],
    earned: Mapping[tuple[Kind, str], int],
    version: int,
    payer_id: UUID,
    stay_payer_id: UUID | None,
) -> None:
    """Its charges as they are now; the version is new even where they are the same, as a rule may have changed."""
    tx.execute(
        _WRITE_PART,
        {
            "id": part.row.id,
            "charges": stored_charges(charges),
            "earned": stored_charges(earned),
            "payer_id": payer_id,
            "stay_payer_id": stay_payer_id,
            "version": version,
        },
    )


def move_charges(tx: Tx, source: Part, target: Part, kind: str | None, journal: Journal | None) -> None:
    """The charges of this kind stand on the other folio from now on, and the journal says who owes them.

    Without a kind it is the stay that another one owes.
    """
    said = {"source_id": source.row.id, "target_id": target.row.id, "charged": kind, **journal_values(tx, journal)}
    tx.execute(_MOVE, said)


def any_invoiced(tx: Tx, part: Part, kind: str | None) -> bool:
    """Charges of this kind; without one, nights of the stay."""
    if kind is None:
        return bool(tx.execute(_STAY_INVOICED, {"folio_id": part.row.id}).scalar())
    return bool(tx.execute(_INVOICED, {"folio_id": part.row.id, "kind": kind}).scalar())


def known_kinds(tx: Tx, kinds: list[str]) -> set[str]:
    return set(tx.execute(_KINDS, {"kinds": kinds}).scalars())


def rules_of(tx: Tx, booking_id: UUID) -> dict[str, UUID]:
    """The payer of each kind that has a rule."""
    return {row.kind: row.payer_profile_id for row in tx.execute(_RULES, {"booking_id": booking_id})}


def keep_rules(tx: Tx, booking_id: UUID, payers: Mapping[str, UUID]) -> None:
    """Make the booking's rules these."""
    kinds = list(payers)
    tx.execute(
        _KEEP_RULES,
        {
            "booking_id": booking_id,
            "kinds": kinds,
            "payers": [payers[kind] for kind in kinds],
            "by": tx.context.actor,
            "at": tx.now,
        },
    )
