"""What properties' prices are made of."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa

from services.billing.domain import taxes
from services.contracts.billing.taxes import PropertyTaxes
from services.kit import wire
from services.kit.db import Tx

_READ = sa.text("SELECT taxes FROM property_terms WHERE property_id = :property_id")
_KEEP = sa.text(
    """
    INSERT INTO property_terms (property_id, taxes, changed_at) VALUES (:property_id, :taxes, :at)
    ON CONFLICT (property_id) DO UPDATE SET taxes = excluded.taxes, changed_at = excluded.changed_at
    """
)


def read_taxes(tx: Tx, property_id: UUID) -> PropertyTaxes | None:
    return taxes_from(tx.execute(_READ, {"property_id": property_id}).scalar())


def keep_taxes(tx: Tx, said: PropertyTaxes) -> None:
    tx.execute(_KEEP, {"property_id": said.property_id, "taxes": wire.text(said), "at": tx.now})


def vat_rate(tx: Tx, property_id: UUID | None, tax_class: str, day: date) -> int:
    """In basis points; 0 where there is no rule, or no property."""
    return taxes.rate(read_taxes(tx, property_id), tax_class, day) if property_id else 0


def taxes_from(stored: str | None) -> PropertyTaxes | None:
    return _loaded(stored) if stored else None


@lru_cache(maxsize=1000)
def _loaded(stored: str) -> PropertyTaxes:
    return wire.load(PropertyTaxes, json.loads(stored))
