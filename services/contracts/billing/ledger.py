"""Sums over the whole ledger, for proofs."""

from __future__ import annotations

from uuid import UUID

from services.contracts.values import Money
from services.kit.wire import Request, request, value


@value
class LedgerProof:
    """Sums over the whole ledger, for proofs: recognised room revenue per currency of departed stays, unbalanced
    journals (0).
    """

    room_revenue: tuple[Money, ...]
    unbalanced_journals: int
    journals: int
    entries: int


@request
class ProveLedger(Request[LedgerProof]):
    """Sums of one property's journals, or of all."""

    property_id: UUID | None = None
