"""Proofs over the whole ledger."""

from __future__ import annotations

from services.billing import store
from services.contracts.billing import (
    LedgerProof,
    ProveLedger,
)
from services.kit.db import Tx
from services.kit.doors import query


class Ledger:
    @query
    def prove_ledger(self, tx: Tx, request: ProveLedger) -> LedgerProof:
        counted = store.counts(tx, request.property_id)
        return LedgerProof(
            room_revenue=tuple(store.room_revenue(tx, request.property_id)),
            unbalanced_journals=counted.unbalanced,
            journals=counted.journals,
            entries=counted.entries,
        )
