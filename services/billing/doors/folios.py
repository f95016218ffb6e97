"""Folios as they are shown; closing them, and opening them again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.billing import domain, store
from services.billing.store import ShownFolio
from services.contracts.billing import (
    Adjustment,
    Charge,
    CloseFolio,
    FindFolios,
    Folio,
    FoliosFound,
    FolioTotal,
    NoSuchFolio,
    ReadFolio,
    ReopenFolio,
)
from services.contracts.values import Money
from services.kit.cursors import position
from services.kit.db import Tx
from services.kit.doors import command, query
from services.kit.refusal import Invalid, Problem
from services.kit.scope import is_theirs, permit

_MOST = 200  # charges, and adjustments, shown of one folio; its totals are over all


class Folios:
    @query
    def find_folios(self, tx: Tx, request: FindFolios) -> FoliosFound:
        if not 1 <= request.limit <= 200:
            raise Invalid(errors=[Problem("/limit", "Not from 1 to 200.")])
        if request.booking_id is None and request.profile_id is None:
            raise Invalid(errors=[Problem("/booking_id", "Name the booking or the guest.")])
        found = store.find_folios(
            tx,
            booking_id=request.booking_id,
            profile_id=request.profile_id,
            after=position(request.cursor, UUID),
            limit=request.limit + 1,
        )
        shown = found[: request.limit]
        more = str(shown[-1].row.id) if len(found) > request.limit else None
        return FoliosFound(items=_folios(tx, shown), next=more)

    @query
    def read_folio(self, tx: Tx, request: ReadFolio) -> Folio:
        return _folio(tx, request.folio_id)

    @command
    def close_folio(self, tx: Tx, request: CloseFolio) -> Folio:
        _permit(tx, request.folio_id)
        store.close_folio(tx, request.folio_id)
        return _folio(tx, request.folio_id)

    @command
    def reopen_folio(self, tx: Tx, request: ReopenFolio) -> Folio:
        _permit(tx, request.folio_id)
        store.reopen_folio(tx, request.folio_id)
        return _folio(tx, request.folio_id)


def _permit(tx: Tx, folio_id: UUID) -> None:
    if tx.context.properties is not None and (found := store.folio(tx, folio_id)):
        permit(tx, found.row.property_id, NoSuchFolio)


def _folio(tx: Tx, folio_id: UUID) -> Folio:
    found = store.folio(tx, folio_id)
    if found is None or not is_theirs(tx.context, found.row.property_id):
        raise NoSuchFolio("There is no such folio.")
    (shown,) = _folios(tx, [found])
    return shown


def _folios(tx: Tx, found: Sequence[ShownFolio]) -> tuple[Folio, ...]:
    if not found:
        return ()
    ids = [f.row.id for f in found]
    charges, adjustments = store.charges_of_folios(tx, ids, _MOST), store.adjustments_of_folios(tx, ids, _MOST)
    return tuple(
        _shown(f, charges[f.row.id], [domain.adjustment_of(*each) for each in adjustments[f.row.id]]) for f in found
    )


def _shown(found: ShownFolio, charges: Sequence[Charge], adjustments: Sequence[Adjustment]) -> Folio:
    row, folio = found.row, found.row.folio
    owed = folio.owed()
    currencies = sorted({folio.currency, *owed, *found.covered})
    stay = folio.deferred_minor + folio.recognised_minor
    return Folio(
        id=row.id,
        booking_id=row.booking_id,
        property_id=row.property_id,
        profile_id=folio.payer_id,
        state="closed" if found.closed_at else "open",
        stay=Money(amount_minor=stay, currency=folio.currency),
        totals=tuple(_total(owed.get(c, 0), found.covered.get(c, 0), c) for c in currencies),
        charges=tuple(charges),
        adjustments=tuple(adjustments),
        opened_at=row.opened_at,
        closed_at=found.closed_at,
    )


def _total(owed: int, covered: int, currency: str) -> FolioTotal:
    total, paid, due = (Money(amount_minor=minor, currency=currency) for minor in (owed, covered, owed - covered))
    return FolioTotal(total=total, paid=paid, due=due)
