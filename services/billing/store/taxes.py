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

_READ = sa.text("SELECT taxes, time_zone FROM property_terms WHERE property_id = :property_id")
_KEEP = sa.text(
    """
    INSERT INTO property_terms (property_id, time_zone, taxes, changed_at)
    VALUES (:property_id, :time_zone, :taxes, :at)
    ON CONFLICT (property_id) DO UPDATE SET time_zone = excluded.time_zone, taxes = excluded.taxes,
        changed_at = excluded.changed_at
    """
)


def read_taxes(tx: Tx, property_id: UUID) -> PropertyTaxes | None:
    row = tx.execute(_READ, {"property_id": property_id}).first()
    return taxes_from(row.taxes, row.time_zone) if row else None


def keep_taxes(tx: Tx, said: PropertyTaxes) -> None:
    """The zone stands beside the rules, as policies need it too."""
    rules = wire.dump(said)
    zone = rules.pop("time_zone")
    tx.execute(_KEEP, {"property_id": said.property_id, "time_zone": zone, "taxes": json.dumps(rules), "at": tx.now})


def vat_rate(tx: Tx, property_id: UUID | None, tax_class: str, day: date) -> int:
    """In basis points; 0 where there is no rule, or no property."""
    return taxes.rate(read_taxes(tx, property_id), tax_class, day) if property_id else 0


def taxes_from(stored: str | None, time_zone: str | None) -> PropertyTaxes | None:
    """From the two columns of `property_terms`; None where there are no rules, only a zone."""
    return _loaded(stored, time_zone or "UTC") if stored else None


@lru_cache(maxsize=1000)
def _loaded(stored: str, time_zone: str) -> PropertyTaxes:
    return wire.load(PropertyTaxes, {**json.loads(stored), "time_zone": time_zone})
